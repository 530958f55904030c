package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"assay/fault"
)

// A file appears whole or not at all: when writing breaks off, what was there stays,
// and nothing is left beside it.
func TestToFileBreaksOff(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	c := &cli{}
	if err := c.toFile(path, content("old")); err != nil {
		t.Fatal(err)
	}
	err := c.toFile(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half of the n"); err != nil {
			return err
		}
		return &os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
	})
	if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want Unavailable because of ENOSPC", err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("the file holds %q, want what was there", got)
	}
	// An error about the content keeps its own words.
	want := fault.New(fault.Invalid, "assay.no_dataset", "path", "x")
	if err := c.toFile(path, func(io.Writer) error { return want }); fault.As(err) != want {
		t.Errorf("got %v, want %v", err, want)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// Replacing a file keeps its mode, and a link stays a link.
func TestToFileKeeps(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes and links are those of Unix")
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	c := &cli{}
	if err := errors.Join(os.WriteFile(path, []byte("old"), 0o600), os.Symlink(path, link), c.toFile(link, content("new"))); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 || read(t, path) != "new" {
		t.Errorf("%v, %v, %q: want mode 0600 and the new text", info.Mode(), err, read(t, path))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v: want it to be a link still", info.Mode(), err)
	}
}

// The first failed write is remembered, and nothing is written after it.
func TestSink(t *testing.T) {
	var b bytes.Buffer
	s := &sink{w: &failing{left: 1, w: &b}}
	for _, line := range []string{"one", "two", "three"} {
		_, _ = io.WriteString(s, line) // as commands print
	}
	if b.String() != "one" || !errors.Is(s.fault(), syscall.ENOSPC) || fault.KindOf(s.fault()) != fault.Unavailable {
		t.Errorf("wrote %q, error %v", b.String(), s.fault())
	}
}

// failing takes a number of writes, refuses one, and would take the next again.
type failing struct {
	left int
	w    io.Writer
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left == -1 {
		return 0, syscall.ENOSPC
	}
	return f.w.Write(p)
}

func content(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
