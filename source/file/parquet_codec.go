package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

var (
	errPqSize     = errors.New("a page does not decompress to the size it states")
	errPqCodec    = errors.New("unknown compression codec")
	errPqEncoding = errors.New("unknown encoding")
)

// pqUnzip decompresses pages. Whatever the input claims, the output is no longer than
// the page header states, and that is checked before. (parquet-go's own codecs grow
// until the input is used up; its lz4 one for ever, when the input is corrupt.)
// It keeps state between pages and is used by one goroutine at a time.
type pqUnzip struct {
	limit int64
	zstd  *zstd.Decoder
	gzip  *gzip.Reader
	in    bytes.Reader
}

// decode decompresses src to a buffer of size bytes, dst if that is large enough.
func (u *pqUnzip) decode(codec format.CompressionCodec, dst, src []byte, size int) ([]byte, error) {
	dst = pqGrow(dst, size)
	if size == 0 && len(src) == 0 {
		return dst, nil
	}
	switch codec {
	case format.Snappy:
		if n, err := snappy.DecodedLen(src); err != nil || n != size {
			return dst, errPqSize
		}
		_, err := snappy.Decode(dst, src)
		return dst, err
	case format.Zstd:
		return u.decodeZstd(dst, src)
	case format.Gzip:
		return dst, u.decodeGzip(dst, src)
	case format.Brotli:
		u.in.Reset(src)
		return dst, pqReadAll(brotli.NewReader(&u.in), dst)
	case format.Lz4Raw:
		n, err := lz4.UncompressBlock(src, dst)
		if err == nil && n != size {
			err = errPqSize
		}
		return dst, err
	case format.Lz4:
		return dst, pqHadoopLZ4(dst, src)
	}
	return dst, fmt.Errorf("%w %d", errPqCodec, int32(codec))
}

// pqGrow returns a slice of n bytes with pqPad behind it, b's memory if it suffices.
func pqGrow(b []byte, n int) []byte {
	if cap(b) < n+pqPad {
		b = make([]byte, n, n+n/8+pqPad)
	}
	return b[:n]
}

func (u *pqUnzip) decodeZstd(dst, src []byte) ([]byte, error) {
	if u.zstd == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxMemory(uint64(u.limit)), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return dst, err
		}
		u.zstd = d
	}
	out, err := u.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		err = errPqSize
	}
	return dst, err
}

func (u *pqUnzip) decodeGzip(dst, src []byte) (err error) {
	u.in.Reset(src)
	if u.gzip == nil {
		u.gzip, err = gzip.NewReader(&u.in)
	} else {
		err = u.gzip.Reset(&u.in)
	}
	if err != nil {
		return err
	}
	return pqReadAll(u.gzip, dst)
}

// pqReadAll fills dst from r, which must then be at its end.
func pqReadAll(r io.Reader, dst []byte) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	var more [1]byte
	if n, err := io.ReadFull(r, more[:]); n != 0 || err != io.EOF {
		return errPqSize
	}
	return nil
}

// pqHadoopLZ4 reads the deprecated LZ4 codec: frames of big-endian lengths as Hadoop
// writes them, or one bare block as others did (parquet-format, Compression.md, LZ4).
func pqHadoopLZ4(dst, src []byte) error {
	in, out := src, dst
	for len(in) >= 8 {
		plain, packed := binary.BigEndian.Uint32(in), binary.BigEndian.Uint32(in[4:])
		if uint64(plain) > uint64(len(out)) || uint64(packed) > uint64(len(in)-8) {
			break
		}
		n, err := lz4.UncompressBlock(in[8:8+packed], out[:plain])
		if err != nil || n != int(plain) {
			break
		}
		in, out = in[8+packed:], out[plain:]
	}
	if len(in) == 0 && len(out) == 0 {
		return nil
	}
	n, err := lz4.UncompressBlock(src, dst)
	if err == nil && n != len(dst) {
		err = errPqSize
	}
	return err
}

// pqWindow reads a part of a file forward, holding what is being looked at.
type pqWindow struct {
	f   io.ReaderAt
	off int64 // of the file: where buf ends
	end int64
	buf []byte
	r   int
}

// pqAhead is how far a window reads ahead: whole column chunks where they are small.
const pqAhead = 1 << 20

func (w *pqWindow) init(f io.ReaderAt, off, end int64) {
	*w = pqWindow{f: f, off: off, end: end, buf: w.buf[:0]}
}

// peek returns the next n bytes, fewer only where the window ends, with pqPad bytes of
// capacity behind them. They stay until the next peek.
func (w *pqWindow) peek(n int) ([]byte, error) {
	have := len(w.buf) - w.r
	if have < n && w.off < w.end {
		if err := w.fill(n - have); err != nil {
			return nil, err
		}
	}
	return w.buf[w.r:min(w.r+n, len(w.buf))], nil
}

func (w *pqWindow) fill(need int) error {
	rest := w.buf[w.r:]
	add := int(min(max(int64(need), pqAhead), w.end-w.off))
	if cap(w.buf) < len(rest)+add+pqPad {
		w.buf = append(make([]byte, 0, len(rest)+add+pqPad), rest...)
	} else {
		w.buf = w.buf[:copy(w.buf[:cap(w.buf)], rest)]
	}
	w.r = 0
	at := len(w.buf)
	w.buf = w.buf[:at+add]
	n, err := w.f.ReadAt(w.buf[at:], w.off)
	w.off += int64(n)
	w.buf = w.buf[:at+n]
	if n == add {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		w.end = w.off // the file shrank; whoever needs more will say so
		return nil
	}
	return err
}

func (w *pqWindow) skip(n int) { w.r += n }
