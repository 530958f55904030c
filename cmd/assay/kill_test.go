//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is assay in a process of its own, on a home of its own.
type child struct {
	t    *testing.T
	home string
}

func newChild(t *testing.T) child { return child{t, filepath.Join(t.TempDir(), "home")} }

// command is assay with args; the test binary is assay when it is called so.
func (c child) command(args ...string) *exec.Cmd {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	c.t.Cleanup(cancel)
	self, err := exec.LookPath("assay") // testscript.Main put it first in PATH
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, append(args, "--home", c.home, "--lang", "en")...)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(c.home))
	return cmd
}

// run runs to the end and returns status, standard output and error.
func (c child) run(args ...string) (int, string, string) {
	c.t.Helper()
	cmd := c.command(args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if e := cmd.Run(); e != nil && cmd.ProcessState == nil {
		c.t.Fatal(e)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// listed are the datasets that a program sees, with their rows.
func (c child) listed() map[string]int64 {
	c.t.Helper()
	status, out, stderr := c.run("ls", "--json")
	if status != 0 {
		c.t.Fatalf("ls: status %d: %s", status, stderr)
	}
	var doc struct {
		Datasets []struct {
			Name    string
			Rows    int64
			Partial bool
			Columns []struct{ Count int64 }
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		c.t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, d := range doc.Datasets {
		rows[d.Name] = d.Rows
		if d.Partial {
			c.t.Errorf("%s is shown although it was read in part", d.Name)
		}
		if len(d.Columns) != 4 {
			c.t.Errorf("%s has %d columns, want 4", d.Name, len(d.Columns))
		}
	}
	return rows
}

func (c child) sound() {
	c.t.Helper()
	if status, out, stderr := c.run("fsck"); status != 0 || !strings.Contains(out, "are sound") {
		c.t.Fatalf("fsck: status %d\n%s%s", status, out, stderr)
	}
}

// writeTable writes a CSV file of four columns that takes a while to read.
func writeTable(t *testing.T, path string, rows int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, uint64(rows)))
	b.WriteString("id,place,value,day\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,place %x,%.6f,2024-06-%02d\n", i, r.Uint64(), r.NormFloat64(), 1+r.IntN(30))
		if b.Len() > 1<<20 || i == rows-1 {
			if _, err := b.WriteTo(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Ctrl-C stops a scan within a second with status 130. What was complete is there, what
// was under way is not, and the store is sound.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads 150 MB")
	}
	dir := t.TempDir()
	writeTable(t, filepath.Join(dir, "a-small.csv"), 1000)
	writeTable(t, filepath.Join(dir, "b-large.csv"), 3_000_000)
	c := newChild(t)
	c.listed() // makes the home, so that looking into it disturbs nothing
	cmd := c.command("scan", dir, "--no-group")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Once the small one is recorded, the large one is being read, for more than a second.
	for deadline := time.Now().Add(time.Minute); c.listed()["a-small"] == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the small file is not recorded after a minute")
		}
	}
	asked := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the status is looked at below
	took := time.Since(asked)
	if got := cmd.ProcessState.ExitCode(); got != exitCanceled {
		t.Fatalf("status %d, want %d (was the scan over before it was stopped?)\n%s%s", got, exitCanceled, out.String(), stderr.String())
	}
	if took > time.Second {
		t.Errorf("it took %v to stop, want at most a second", took)
	}
	if strings.Contains(out.String(), "b-large") {
		t.Errorf("what was read in part is shown:\n%s", out.String())
	}
	if strings.Contains(out.String(), "next:") || !strings.Contains(stderr.String(), "stopped as asked") {
		t.Errorf("standard error says %q", stderr.String())
	}
	c.sound()
	if got := c.listed(); len(got) != 1 || got["a-small"] != 1000 {
		t.Errorf("recorded: %v, want a-small with 1000 rows", got)
	}
	// The home is free again, and the rest is read.
	if status, _, stderr := c.run("scan", dir, "--no-group"); status != 0 {
		t.Fatalf("the scan after: status %d: %s", status, stderr)
	}
	if got := c.listed(); got["b-large"] != 3_000_000 {
		t.Errorf("recorded: %v, want b-large with 3,000,000 rows", got)
	}
}

// kill -9 at any moment leaves a sound store that shows whole datasets only, and the
// next scan works.
func TestKill(t *testing.T) {
	const files, rows, kills = 8, 20_000, 12
	dir := t.TempDir()
	for i := range files {
		writeTable(t, filepath.Join(dir, fmt.Sprintf("t%c.csv", 'a'+i)), rows)
	}
	// How long a whole scan takes here, home and all, sets the moments.
	whole := newChild(t)
	begun := time.Now()
	if status, _, stderr := whole.run("scan", dir, "--no-group"); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	span := time.Since(begun)
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	partly := 0
	for i := range kills {
		c := newChild(t)
		cmd := c.command("scan", dir, "--no-group")
		cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// One in each twelfth of the time, somewhere.
		moment := time.Duration((float64(i) + r.Float64()) / kills * float64(span))
		time.Sleep(moment)
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && cmd.Wait() != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed, or was done before
		c.sound()
		got := c.listed()
		if n := len(got); n > 0 && n < files {
			partly++
		}
		for name, n := range got {
			if n != rows {
				t.Errorf("seed %d, killed after %v: %s has %d rows, want %d", seed, moment, name, n, rows)
			}
		}
		if status, _, stderr := c.run("scan", dir, "--no-group"); status != 0 {
			t.Fatalf("seed %d, killed after %v: the scan after: status %d: %s", seed, moment, status, stderr)
		}
		if got := c.listed(); len(got) != files {
			t.Errorf("seed %d, killed after %v: %d datasets after the next scan, want %d", seed, moment, len(got), files)
		}
	}
	if partly == 0 {
		t.Errorf("seed %d: no kill hit a scan under way; the test shows nothing", seed)
	}
	t.Logf("%d of %d kills hit a scan that had recorded some datasets and not all", partly, kills)
}

// What is no regular file is written to and never replaced: -o /dev/null must not make
// a file of the device.
func TestToFileDevice(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		b, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		got <- string(b)
	}()
	if err := (&cli{}).toFile(pipe, content("through")); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "through" {
		t.Errorf("the reader got %q", s)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v, %v: want a pipe still", info.Mode(), err)
	}
}
