//go:build unix

package file

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"assay/fault"
	"assay/source"
)

// A FIFO would block whoever opens it for ever.
func TestListNeverOpensPipes(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a.csv": table})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.csv"), 0o644); err != nil {
		t.Fatal(err)
	}
	done := make(chan map[string]string, 1)
	go func() { done <- codes(t, list(t, Options{}, dir, filepath.Join(dir, "pipe.csv")), dir) }()
	select {
	case c := <-done:
		if c["pipe.csv"] != "source.special" {
			t.Errorf("skipped %v", c)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("listing hangs at a FIFO")
	}
	// One that takes a file's place after listing is not opened either.
	if _, err := openStream(source.Part{Path: filepath.Join(dir, "pipe.csv")}); fault.As(err) == nil || fault.As(err).Code != "source.special" {
		t.Errorf("openStream of a FIFO: %v", err)
	}
}
