package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"

	"assay/fault"
	"assay/source"

	"github.com/klauspost/compress/zstd"
)

// openStream opens a part and decompresses it, by its content and not by its name.
// Damage in a compressed stream comes back from Read as a fault.
func openStream(p source.Part) (io.ReadCloser, error) {
	f, err := os.Open(p.Path)
	if err != nil {
		return nil, openFault(err, p.Path)
	}
	head := make([]byte, 4)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(openFault(err, p.Path), f.Close())
	}
	s := &stream{f: f, path: p.Path}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
		if err != nil {
			return nil, errors.Join(fault.Wrap(err, fault.Invalid, "source.damaged", "locator", p.Path), f.Close())
		}
		s.r, s.close = z, z.Close
	case bytes.HasPrefix(head, zstdMagic):
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdMemory))
		if err != nil {
			return nil, errors.Join(fault.Wrap(err, fault.Invalid, "source.damaged", "locator", p.Path), f.Close())
		}
		s.r, s.close = z, func() error { z.Close(); return nil }
	default:
		return f, nil
	}
	return s, nil
}

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// zstdMemory bounds the window a zstd frame may ask for, in bytes.
const zstdMemory = 128 << 20

// stream is a compressed part.
type stream struct {
	f     *os.File
	r     io.Reader
	close func() error
	path  string
}

func (s *stream) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fault.Wrap(err, fault.Invalid, "source.damaged", "locator", s.path)
	}
	return n, err
}

func (s *stream) Close() error { return errors.Join(s.close(), s.f.Close()) }

// openFault says why a file cannot be opened.
func openFault(err error, path string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "source.not_found", "locator", path)
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.Denied, "source.denied", "locator", path)
	}
	return fault.Wrap(err, fault.Unavailable, "source.unreadable", "locator", path)
}
