package assay_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/asset"
	"assay/fault"
	"assay/report"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// openHome opens a home of its own, with the settings that change makes.
func openHome(t *testing.T, change ...func(*assay.Config)) *assay.Assay {
	t.Helper()
	c := assay.Config{Home: t.TempDir(), Account: "tester"}
	for _, f := range change {
		f(&c)
	}
	a, err := assay.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// scanPaths scans and wants no error.
func scanPaths(t *testing.T, a *assay.Assay, paths ...string) *assay.ScanResult {
	t.Helper()
	return scanWith(t, a, assay.ScanRequest{Paths: paths})
}

func scanWith(t *testing.T, a *assay.Assay, req assay.ScanRequest) *assay.ScanResult {
	t.Helper()
	res, err := a.Scan(t.Context(), a.Actor(), req)
	if err != nil {
		t.Fatalf("scan %q: %v", req.Paths, err)
	}
	return res
}

// still fixes the clock and the ids, so that two homes differ in nothing.
func still(c *assay.Config) {
	c.Now = func() time.Time { return time.Date(2024, 6, 18, 9, 30, 0, 0, time.UTC) }
	c.Entropy = rand.NewChaCha8([32]byte{7})
}

// documentBytes is the scan document without what a scan costs, which is measured.
func documentBytes(t *testing.T, d report.Document) []byte {
	t.Helper()
	for i := range d.Entries {
		d.Entries[i].Scan.Cost = asset.Cost{}
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeFile writes a file below dir and returns its path.
func writeFile(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// manyRows writes rows that put every part of the kernel under load: unique texts,
// numbers of large range, categories of which some come late, times out of order,
// null words, a value in fifty that does not fit.
func manyRows(rows int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString("id,code,amount,kind,at,note,mixed\n")
	for i := range rows {
		kind := fmt.Sprintf("k%d", int(math.Exp(r.Float64()*9)))
		mixed := strconv.Itoa(r.IntN(1000))
		if r.IntN(50) == 0 {
			mixed = "NA"
		}
		at := time.Unix(1_700_000_000+int64(i)*60+int64(r.IntN(3))*90, 0).UTC().Format(time.DateTime)
		fmt.Fprintf(&b, "%d,%08x-%d,%.2f,%s,%s,备注%d,%s\n", i, r.Uint32(), i, math.Exp(r.NormFloat64()*3), kind, at, r.IntN(40_000), mixed)
	}
	return b.Bytes()
}

// The same bytes give the same document, however many goroutines work on them.
func TestWorkersNeverChangeAResult(t *testing.T) {
	dir := t.TempDir()
	big := writeFile(t, dir, "many.csv", manyRows(200_000)) // four blocks of text
	for _, tt := range []struct {
		name   string
		memory int64
		paths  []string
	}{
		{"zone", 0, []string{"examples/zone"}},
		{"many rows", 0, []string{big}},
		{"many rows in 8 MiB", 8 << 20, []string{big}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var first []byte
			for _, workers := range []int{1, 1, 2, 3, 4, 4} {
				a := openHome(t, still, func(c *assay.Config) { c.Workers, c.Memory = workers, tt.memory })
				got := documentBytes(t, scanPaths(t, a, tt.paths...).Document)
				if first == nil {
					first = got
				}
				if !bytes.Equal(first, got) {
					t.Fatalf("%d workers give another document than 1 (-1 +%d):\n%.4000s", workers, workers,
						cmp.Diff(strings.Split(string(first), "\n"), strings.Split(string(got), "\n")))
				}
			}
		})
	}
}

// reads counts the datasets that a scan read.
func reads(events *int) func(assay.ScanEvent) {
	return func(e assay.ScanEvent) {
		if e.Phase == assay.PhaseRead {
			*events++
		}
	}
}

func TestUnchangedDatasetsAreNotRead(t *testing.T) {
	a := openHome(t)
	var n int
	req := assay.ScanRequest{Paths: []string{"examples/zone"}, Watch: reads(&n)}
	first := scanWith(t, a, req)
	if first.Unchanged != 0 || n != len(first.Document.Entries) {
		t.Fatalf("first scan: %d of %d read, %d unchanged", n, len(first.Document.Entries), first.Unchanged)
	}
	n = 0
	second := scanWith(t, a, req)
	if n != 0 || second.Unchanged != len(first.Document.Entries) {
		t.Errorf("second scan: %d read, %d unchanged; want 0 and %d", n, second.Unchanged, len(first.Document.Entries))
	}
	for i, e := range second.Document.Entries {
		if !e.Unchanged || e.Scan.ID != first.Document.Entries[i].Scan.ID {
			t.Errorf("%s: unchanged %v, scan %s; want the first, %s", e.Dataset.Name, e.Unchanged, e.Scan.ID, first.Document.Entries[i].Scan.ID)
		}
		if diff := cmp.Diff(first.Document.Entries[i].Facts, e.Facts, cmp.AllowUnexported(asset.Shown{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: facts changed on their way through the store (-first +second):\n%s", e.Dataset.Name, diff)
		}
	}
}

// TestWhatCountsAsChanged changes one thing at a time.
func TestWhatCountsAsChanged(t *testing.T) {
	text := []byte("a,b\n1,x\n2,y\n")
	other := []byte("a,b\n1,x\n9,y\n") // of the same size
	later := time.Now().Add(-time.Hour).Truncate(time.Second)
	tests := []struct {
		name   string
		change func(t *testing.T, path string, req *assay.ScanRequest)
		read   bool // again
		same   bool // the fingerprint
		max    string
	}{
		{"nothing", func(*testing.T, string, *assay.ScanRequest) {}, false, true, "2"},
		{"time", func(t *testing.T, path string, _ *assay.ScanRequest) { touch(t, path, later.Add(time.Minute)) }, true, true, "2"},
		{"bytes and time", func(t *testing.T, path string, _ *assay.ScanRequest) {
			writeFile(t, filepath.Dir(path), "t.csv", other)
		}, true, false, "9"},
		{"bytes alone", func(t *testing.T, path string, _ *assay.ScanRequest) {
			writeFile(t, filepath.Dir(path), "t.csv", other)
			touch(t, path, later)
		}, false, true, "2"}, // assumed: the price of not reading; see Rehash
		{"bytes alone, rehash", func(t *testing.T, path string, req *assay.ScanRequest) {
			writeFile(t, filepath.Dir(path), "t.csv", other)
			touch(t, path, later)
			req.Rehash = true
		}, true, false, "9"},
		{"nothing, rehash", func(_ *testing.T, _ string, req *assay.ScanRequest) { req.Rehash = true }, false, true, "2"},
		{"force", func(_ *testing.T, _ string, req *assay.ScanRequest) { req.Force = true }, true, true, "2"},
		{"options", func(_ *testing.T, _ string, req *assay.ScanRequest) { req.Reading.Delimiter = ";" }, true, true, ""},
		{"null words", func(_ *testing.T, _ string, req *assay.ScanRequest) { req.NullWords = []string{"x"} }, true, true, "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := openHome(t)
			path := writeFile(t, t.TempDir(), "t.csv", text)
			touch(t, path, later)
			req := assay.ScanRequest{Paths: []string{path}}
			before := scanWith(t, a, req).Document.Entries[0]
			tt.change(t, path, &req)
			n := 0
			req.Watch = reads(&n)
			res := scanWith(t, a, req)
			after := res.Document.Entries[0]
			if read := n == 1; read != tt.read || after.Unchanged == tt.read || (res.Unchanged == 0) != tt.read {
				t.Errorf("read again: %v, unchanged %d; want %v", read, res.Unchanged, tt.read)
			}
			if same := before.Scan.Fingerprint == after.Scan.Fingerprint; same != tt.same {
				t.Errorf("same fingerprint: %v, want %v", same, tt.same)
			}
			if got := after.Facts.Columns[0].Max.Text(); tt.max != "" && got != tt.max {
				t.Errorf("max %q, want %q", got, tt.max)
			}
		})
	}
}

func touch(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// A second scan of a home waits for the first, or gives up when its time is over.
func TestScansOfOneHomeTakeTurns(t *testing.T) {
	path := writeFile(t, t.TempDir(), "t.csv", []byte("a,b\n1,x\n2,y\n"))
	a := openHome(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := a.Scan(t.Context(), a.Actor(), assay.ScanRequest{Paths: []string{path}, Watch: func(e assay.ScanEvent) {
			if e.Phase == assay.PhaseRead {
				close(inside)
				<-leave
			}
		}})
		done <- err
	}()
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := a.Scan(ctx, a.Actor(), assay.ScanRequest{Paths: []string{path}})
	if k := fault.KindOf(err); err == nil || k != fault.Unavailable && k != fault.Conflict {
		t.Errorf("scan during a scan: %v (%v)", err, k)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if res := scanPaths(t, a, path); res.Unchanged != 1 {
		t.Errorf("after the first scan: %d unchanged, want 1", res.Unchanged)
	}
}

// When ctx ends, what is complete stays recorded.
func TestCancelledScanKeepsWhatIsComplete(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "a/one.csv", []byte("a,b\n1,x\n2,y\n"))
	writeFile(t, dir, "b/two.csv", []byte("c,d\n1,x\n2,y\n"))
	a := openHome(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := a.Scan(ctx, a.Actor(), assay.ScanRequest{Paths: []string{dir}, Watch: func(e assay.ScanEvent) {
		if e.Phase == assay.PhaseRead && e.Index == 1 {
			cancel()
		}
	}})
	if fault.KindOf(err) != fault.Canceled {
		t.Fatalf("error %v, want Canceled", err)
	}
	doc, err := a.Datasets(t.Context(), a.Actor(), "")
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Dataset.Name != "one" {
		t.Fatalf("recorded: %d datasets, %v; want the first", len(doc.Entries), err)
	}
	if res := scanPaths(t, a, dir); res.Unchanged != 1 || len(res.Document.Entries) != 2 {
		t.Errorf("next scan: %d unchanged of %d, want 1 of 2", res.Unchanged, len(res.Document.Entries))
	}
}

// memoryAllowance is what a process may use besides the budget of its scan: the
// program itself, its stacks, SQLite with its page cache, and what the runtime holds
// back before it returns memory.
const memoryAllowance = 80 << 20

// memoryChild names the file that the test's child scans.
const memoryChild = "ASSAY_TEST_MEMORY_CHILD"

// A wide file stays within the budget. The high-water mark of a process never falls,
// so a process of its own does the scan.
func TestMemoryStaysWithinTheBudget(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes several times the memory: the run without it checks the budget")
	}
	const budget = 64 << 20
	if path := os.Getenv(memoryChild); path != "" {
		a := openHome(t, func(c *assay.Config) { c.Memory = budget })
		f := scanPaths(t, a, path).Document.Entries[0].Facts
		if f.Rows != 20_000 || len(f.Columns) != 300 {
			t.Errorf("%d rows of %d columns", f.Rows, len(f.Columns))
		}
		fmt.Printf("VmHWM %d\n", highWater(t))
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("SKIPPED: the high-water mark of memory is read from /proc, which is not here")
	}
	path := writeFile(t, t.TempDir(), "wide.csv", wideRows(20_000, 300))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryStaysWithinTheBudget$", "-test.v")
	cmd.Env = append(os.Environ(), memoryChild+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, ok := strings.Cut(string(out), "VmHWM ")
	line, _, _ := strings.Cut(rest, "\n")
	used, err := strconv.ParseInt(line, 10, 64)
	if !ok || err != nil {
		t.Fatalf("the child says nothing of its memory: %s", out)
	}
	t.Logf("%d MiB at most, with a budget of %d MiB", used>>20, int64(budget)>>20)
	if used > budget+memoryAllowance {
		t.Errorf("%d MiB, want at most %d + %d", used>>20, int64(budget)>>20, int64(memoryAllowance)>>20)
	}
}

func highWater(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// wideRows has columns of unique text, decimals, integers and categories in turn.
func wideRows(rows, columns int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	for c := range columns {
		fmt.Fprintf(&b, "c%d,", c)
	}
	b.Truncate(b.Len() - 1)
	b.WriteByte('\n')
	for range rows {
		for c := range columns {
			switch c % 4 {
			case 0:
				fmt.Fprintf(&b, "%x,", r.Uint64())
			case 1:
				fmt.Fprintf(&b, "%.3f,", r.NormFloat64()*1000)
			case 2:
				fmt.Fprintf(&b, "%d,", r.IntN(1_000_000))
			default:
				fmt.Fprintf(&b, "kind %d,", r.IntN(40))
			}
		}
		b.Truncate(b.Len() - 1)
		b.WriteByte('\n')
	}
	return b.Bytes()
}
