package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"assay/fault"
	"assay/source"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// openStream opens a part and decompresses it, by its content and not by its name:
// gzip with any number of members, zstd with any number of frames. Damage in a
// compressed stream comes back from Read as a fault: "source.truncated" when it
// breaks off, "source.damaged" when a checksum or a code is wrong. What was read
// before stays good, so readers pass the fault on as "partial".
//
// Nothing is held but a window, so a stream that grows a thousandfold costs time and
// no memory.
func openStream(p source.Part) (io.ReadCloser, error) {
	f, err := openRegular(p.Path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(openFault(err, p.Path), f.Close())
	}
	c := compressionOf(head[:n])
	if c == plain {
		return f, nil
	}
	s := &stream{f: f, path: p.Path}
	s.r, s.close, err = decompress(bufio.NewReaderSize(f, 1<<16), c)
	if err != nil {
		return nil, errors.Join(streamFault(err, p.Path), f.Close())
	}
	return s, nil
}

// compression is how the bytes of a file are packed.
type compression uint8

const (
	plain compression = iota
	gzipped
	zstded
)

func compressionOf(head []byte) compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}): // RFC 1952, 2.3.1
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}): // RFC 8878, 3.1.1
		return zstded
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}): // 3.1.2, a skippable frame
		return zstded
	}
	return plain
}

// zstdMemory bounds the window that a zstd frame may ask for, in bytes: 2^27 is what
// the command zstd takes without being told otherwise.
const zstdMemory = 128 << 20

func decompress(r io.Reader, c compression) (io.Reader, func() error, error) {
	if c == gzipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(zstdMemory))
	if err != nil {
		return nil, nil, err
	}
	return z, func() error { z.Close(); return nil }, nil
}

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
		err = streamFault(err, s.path)
	}
	return n, err
}

// Close closes the file. What the decompressor says then it has said while reading.
func (s *stream) Close() error {
	_ = s.close()
	return s.f.Close()
}

func streamFault(err error, path string) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.Wrap(err, fault.Invalid, "source.truncated", "locator", path)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fault.Wrap(err, fault.Exhausted, "source.window", "locator", path)
	}
	if e := new(fs.PathError); errors.As(err, &e) {
		return openFault(err, path)
	}
	return fault.Wrap(err, fault.Invalid, "source.damaged", "locator", path)
}

// openRegular opens a regular file, and nothing else, even if something else has
// taken its place since it was listed.
func openRegular(path string) (*os.File, error) {
	f, err := openNonBlocking(path)
	if err != nil {
		return nil, openFault(err, path)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(openFault(err, path), f.Close())
	}
	if !info.Mode().IsRegular() {
		return nil, errors.Join(fault.New(fault.Invalid, "source.special", "locator", path, "kind", specialKind(info.Mode())), f.Close())
	}
	return f, nil
}

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
