package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"runtime"

	"assay/fault"
	"assay/internal/span"
	"assay/source"
)

// spool keeps batches until they are read back: the first few megabytes in memory, the
// rest in a temporary file that only its owner can read and that is gone when it is
// closed. Its form is nobody's business but its own.
type spool struct {
	mem  bytes.Buffer
	file *os.File
	w    *bufio.Writer
	buf  []byte
	n    int // batches
}

const spoolMemory = 8 << 20

// put keeps a copy of b.
func (s *spool) put(b *source.Batch) error {
	e := s.buf[:0]
	e = binary.AppendUvarint(e, uint64(b.Rows))
	e = binary.AppendUvarint(e, uint64(len(b.Chunks)))
	for i := range b.Chunks {
		e = appendChunk(e, &b.Chunks[i])
	}
	s.buf = e
	s.n++
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(len(e)))
	if s.file == nil && s.mem.Len()+len(e) <= spoolMemory {
		s.mem.Write(size[:])
		s.mem.Write(e)
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	if _, err := s.w.Write(size[:]); err != nil {
		return spoolFault(err)
	}
	if _, err := s.w.Write(e); err != nil {
		return spoolFault(err)
	}
	return nil
}

// spill makes the file, the first time.
func (s *spool) spill() error {
	if s.file != nil {
		return nil
	}
	f, err := os.CreateTemp("", "assay-cat-")
	if err != nil {
		return spoolFault(err)
	}
	if runtime.GOOS != "windows" {
		// Nothing is left behind, however the process ends.
		if err := os.Remove(f.Name()); err != nil {
			return errors.Join(spoolFault(err), f.Close())
		}
	}
	s.file, s.w = f, bufio.NewWriterSize(f, 1<<18)
	return nil
}

func spoolFault(err error) error { return fault.Wrap(err, fault.Unavailable, "cat.spool") }

// each gives back the batches in order. A batch is valid during take only.
func (s *spool) each(ctx context.Context, take func(*source.Batch) error) error {
	in := io.Reader(&s.mem)
	if s.file != nil {
		if err := s.w.Flush(); err != nil {
			return spoolFault(err)
		}
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return spoolFault(err)
		}
		in = io.MultiReader(&s.mem, bufio.NewReaderSize(s.file, 1<<18))
	}
	for range s.n {
		if err := ctx.Err(); err != nil {
			return err
		}
		var size [8]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return spoolFault(err)
		}
		s.buf = pqResize(s.buf, int(binary.LittleEndian.Uint64(size[:])))
		if _, err := io.ReadFull(in, s.buf); err != nil {
			return spoolFault(err)
		}
		d := spoolDecoder{b: s.buf}
		b := d.batch()
		if err := take(&b); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if runtime.GOOS == "windows" {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	if err != nil {
		return spoolFault(err)
	}
	return nil
}

func appendChunk(e []byte, k *source.Chunk) []byte {
	v := &k.Values
	for _, n := range []int{k.Column, k.N, k.Nulls, len(k.Valid), len(k.RowEnds), len(k.Codes), int(v.Kind), v.Len(), v.Scale + 1<<10} {
		e = binary.AppendUvarint(e, uint64(n))
	}
	flags := byte(0)
	for i, set := range []bool{k.Codes != nil, k.RowEnds != nil, v.Zoned} {
		if set {
			flags |= 1 << i
		}
	}
	e = append(e, flags)
	for _, w := range k.Valid {
		e = binary.LittleEndian.AppendUint64(e, w)
	}
	for _, n := range k.RowEnds {
		e = binary.AppendUvarint(e, uint64(n))
	}
	for _, n := range k.Codes {
		e = binary.AppendUvarint(e, uint64(n))
	}
	switch v.Kind {
	case source.Text, source.Binary:
		for _, s := range v.Spans {
			e = append(binary.AppendUvarint(e, uint64(s.Len)), s.Of(v.Data)...)
		}
	case source.Float64:
		for _, f := range v.Floats {
			e = binary.LittleEndian.AppendUint64(e, math.Float64bits(f))
		}
	default:
		for _, n := range v.Ints {
			e = binary.AppendVarint(e, n)
		}
	}
	return e
}

// spoolDecoder reads what put wrote.
type spoolDecoder struct {
	b  []byte
	at int
}

func (d *spoolDecoder) uint() int {
	n, size := binary.Uvarint(d.b[d.at:])
	d.at += size
	return int(n)
}

func (d *spoolDecoder) word() uint64 {
	n := binary.LittleEndian.Uint64(d.b[d.at:])
	d.at += 8
	return n
}

func (d *spoolDecoder) batch() source.Batch {
	b := source.Batch{Rows: d.uint()}
	for range d.uint() {
		b.Chunks = append(b.Chunks, d.chunk())
	}
	return b
}

func (d *spoolDecoder) chunk() source.Chunk {
	k := source.Chunk{Column: d.uint(), N: d.uint(), Nulls: d.uint()}
	valid, ends, codes := d.uint(), d.uint(), d.uint()
	v := source.Values{Kind: source.Kind(d.uint())}
	n := d.uint()
	v.Scale = d.uint() - 1<<10
	flags := d.b[d.at]
	d.at++
	v.Zoned = flags&4 != 0
	for range valid {
		k.Valid = append(k.Valid, d.word())
	}
	if flags&2 != 0 {
		k.RowEnds = make([]uint32, ends)
		for i := range k.RowEnds {
			k.RowEnds[i] = uint32(d.uint())
		}
	}
	if flags&1 != 0 {
		k.Codes = make([]int32, codes)
		for i := range k.Codes {
			k.Codes[i] = int32(d.uint())
		}
	}
	k.Values = d.values(v, n)
	return k
}

func (d *spoolDecoder) values(v source.Values, n int) source.Values {
	switch v.Kind {
	case source.Text, source.Binary:
		v.Data, v.Spans = d.b, make([]span.Span, n)
		for i := range v.Spans {
			size := d.uint()
			v.Spans[i] = span.Span{Off: uint32(d.at), Len: uint32(size)}
			d.at += size
		}
	case source.Float64:
		v.Floats = make([]float64, n)
		for i := range v.Floats {
			v.Floats[i] = math.Float64frombits(d.word())
		}
	default:
		v.Ints = make([]int64, n)
		for i := range v.Ints {
			x, size := binary.Varint(d.b[d.at:])
			d.at += size
			v.Ints[i] = x
		}
	}
	return v
}
