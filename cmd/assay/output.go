package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"assay/fault"
)

// sink is standard output. It remembers the first write that failed, so that a full
// disk is an error of the command even where a line is printed without looking.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

func (s *sink) fault() error { return fault.Wrap(s.err, fault.Unavailable, "cli.stdout") }

// printJSON prints v, which is small, on standard output.
func (c *cli) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// toFile writes to path, or to standard output when path is "" or "-". A file appears
// whole or not at all: it is written beside its place and renamed. What is there and
// no regular file (a device, a pipe) is written to as it is.
func (c *cli) toFile(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(c.out)
	}
	// A link stays a link: what it points at is replaced.
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	mode := os.FileMode(0)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return toDevice(path, write)
		}
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".assay-*")
	if err != nil {
		return unwritable(err, path)
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = errors.Join(os.Chmod(f.Name(), outputMode(mode)), os.Rename(f.Name(), path))
	}
	if err != nil {
		return unwritable(errors.Join(err, os.Remove(f.Name())), path)
	}
	return nil
}

// outputMode is the mode of a file that is written anew: that of the one it replaces,
// else readable by everybody, as files are that a person sends on.
func outputMode(old os.FileMode) os.FileMode {
	if old != 0 {
		return old
	}
	return 0o644
}

func toDevice(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return unwritable(err, path)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return unwritable(err, path)
	}
	return nil
}

// unwritable explains a file that could not be written. What was wrong before anything
// was to be written keeps its own words.
func unwritable(err error, path string) error {
	var at *os.PathError
	var link *os.LinkError
	switch {
	case fault.As(err) != nil || fault.KindOf(err) == fault.Canceled:
		return err
	case errors.Is(err, os.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "cli.write", "path", path)
	case errors.Is(err, os.ErrPermission):
		return fault.Wrap(err, fault.Denied, "cli.write", "path", path)
	case errors.As(err, &at), errors.As(err, &link):
		return fault.Wrap(err, fault.Unavailable, "cli.write", "path", path)
	}
	return err
}
