package file

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sort"
	"sync"

	"assay/fault"
	"assay/internal/charset"
	"assay/internal/delimited"
	"assay/source"
)

// textPart is a part being read.
type textPart struct {
	raw      io.ReadCloser
	path     string
	size     int64     // of the file when it was opened; -1 = compressed, so not known
	read     int64     // bytes read of raw
	text     io.Reader // decoded
	encoding charset.Guess
	replaced *charset.Replaced // counts what could not be decoded; nil for UTF-8
	layout   delimited.Layout
	order    []int     // column of the dataset by column of the part; nil = the same
	parsers  sync.Pool // of *delimited.Parser

	rest    []byte // read, and not yet in a block; the end of spare
	spare   []byte
	begun   bool  // the first block was cut
	ended   bool  // text has ended
	readErr error // how it ended, when not well
}

// begin detects encoding and layout on the first part of the text. names are the
// columns of the dataset, where they are known from an earlier part.
func (in *textPart) begin(o source.Options, names []string, late func(charset.Guess)) error {
	head := make([]byte, sampleBytes)
	counted := &countedReader{in: in}
	n, err := io.ReadFull(counted, head)
	if err != nil && !isEnd(err) {
		if n == 0 {
			return err
		}
		in.readErr = err // a damaged stream: what came before is read
	}
	head = head[:n]
	follow := io.Reader(counted)
	if err != nil {
		follow = &failedReader{in.readErr}
	}
	if o.Encoding == "" {
		in.encoding = charset.Detect(head)
	}
	in.text, err = charset.NewReader(io.MultiReader(bytes.NewReader(head), follow), in.encoding.Name)
	if err != nil {
		return err
	}
	if _, name, err := charset.Lookup(in.encoding.Name); err == nil {
		in.encoding.Name = name
	}
	switch {
	case in.encoding.Name != charset.UTF8:
		in.replaced = &charset.Replaced{R: in.text}
		in.text = in.replaced
	case in.encoding.Evidence == "encoding.ascii" && n == sampleBytes:
		in.text = charset.NewLateReader(in.text, func(g charset.Guess, rest io.Reader) io.Reader {
			late(g)
			if g.Name == charset.UTF8 {
				return rest
			}
			in.replaced = &charset.Replaced{R: rest}
			return in.replaced
		})
	}
	in.spare = make([]byte, sampleBytes)
	n, err = io.ReadFull(in.text, in.spare)
	in.spare = in.spare[:n]
	in.rest = in.spare
	in.end(err)
	v := override(o)
	v.Names = names
	in.layout = delimited.Detect(in.rest, in.ended, v)
	return nil
}

// countedReader reads the raw bytes of a part and counts them. Where a file ends
// before the size that it had when it was opened, that is an error and no end.
type countedReader struct{ in *textPart }

func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.in.raw.Read(b)
	c.in.read += int64(n)
	if errors.Is(err, io.EOF) && c.in.size > c.in.read {
		err = fault.New(fault.Unavailable, "delimited.shrunk", "locator", c.in.path)
	}
	return n, err
}

// openSize is the size of an open file, -1 when raw is a compressed stream.
func openSize(raw io.ReadCloser) int64 {
	f, ok := raw.(*os.File)
	if !ok || compressed(raw) {
		return -1
	}
	info, err := f.Stat()
	if err != nil {
		return -1
	}
	return info.Size()
}

func compressed(raw io.ReadCloser) bool {
	_, ok := raw.(*stream)
	return ok
}

// failedReader ends like the stream it stands for.
type failedReader struct{ err error }

func (f *failedReader) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

func (in *textPart) end(err error) {
	switch {
	case err == nil:
	case isEnd(err):
		in.ended = true
	default:
		in.ended, in.readErr = true, err
	}
}

// isEnd reports whether a text came to its end. A compressed stream that broke off
// says the same inside a fault, and is no end.
func isEnd(err error) bool {
	return fault.As(err) == nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

func override(o source.Options) delimited.Override {
	v := delimited.Override{Quote: o.Quote, Escape: o.Escape, HeaderRows: o.HeaderRows, SkipRows: o.SkipRows}
	if o.Delimiter != "" {
		v.Delimiter = []byte(o.Delimiter)
	}
	if o.Comment != "" {
		v.Comment = []byte(o.Comment)
	}
	return v
}

// column is the dataset's column of the part's column c.
func (in *textPart) column(c int) int {
	if in.order == nil {
		return c
	}
	return in.order[c]
}

// parser takes a parser of the part's dialect from the pool. The caller puts it back.
func (in *textPart) parser() *delimited.Parser {
	if p, ok := in.parsers.Get().(*delimited.Parser); ok {
		return p
	}
	return delimited.NewParser(&in.layout.Dialect)
}

// perRecord is the mean length of the sampled rows, in bytes.
func (in *textPart) perRecord() float64 {
	sample := in.rest[min(in.layout.DataStart, len(in.rest)):]
	lines := bytes.Count(sample, []byte{newlineOf(&in.layout)})
	if lines == 0 {
		return 0
	}
	return float64(len(sample)) / float64(lines)
}

// cut returns the next block, or io.EOF at the end of the part.
func (in *textPart) cut(r *textReader) (*textBlock, error) {
	skipLines := 0
	if !in.begun {
		in.begun = true
		in.rest = in.rest[min(in.layout.DataStart, len(in.rest)):]
		skipLines = in.layout.DataLine
	}
	buf := r.buffer()
	for want := r.blockBytes(); ; want = min(want+max(r.blockBytes(), want/2), giantBytes) {
		buf = in.fill(buf, want)
		if end := in.layout.LastEnd(buf, in.over()); end > 0 {
			in.unread(buf[end:])
			return in.block(r, buf[:end], skipLines), nil
		}
		if in.over() {
			break
		}
		if want >= giantBytes {
			return in.giant(r, buf, skipLines)
		}
	}
	r.recycle(buf)
	if in.readErr != nil {
		err := in.readErr
		in.readErr = nil
		return nil, err
	}
	return nil, io.EOF
}

// over reports whether all of the text has been taken.
func (in *textPart) over() bool { return in.ended && len(in.rest) == 0 }

// fill takes from the text until buf holds n bytes or the text ends.
func (in *textPart) fill(buf []byte, n int) []byte {
	if in.ended {
		n = min(n, len(buf)+len(in.rest))
	}
	if cap(buf) < n {
		buf = append(make([]byte, 0, n+1<<16), buf...)
	}
	k := min(n-len(buf), len(in.rest))
	buf, in.rest = append(buf, in.rest[:k]...), in.rest[k:]
	for len(buf) < n && !in.ended {
		got, err := in.text.Read(buf[len(buf):n])
		buf = buf[:len(buf)+got]
		in.end(err)
	}
	return buf
}

// unread gives back the end of what was taken.
func (in *textPart) unread(b []byte) {
	if len(in.rest) > 0 { // then b comes from right before it
		in.rest = in.spare[len(in.spare)-len(in.rest)-len(b):]
		return
	}
	in.spare = append(in.spare[:0], b...)
	in.rest = in.spare
}

func (in *textPart) block(r *textReader, b []byte, skipLines int) *textBlock {
	blk := &textBlock{r: r, in: in, data: b, size: int64(len(b)), group: r.group, part: r.part, skipLines: skipLines}
	r.group++
	return blk
}

// giant reads a record that is too long to be held.
func (in *textPart) giant(r *textReader, buf []byte, skipLines int) (*textBlock, error) {
	g := delimited.NewGiant(&in.layout.Dialect)
	size := int64(0)
	for {
		n, done := g.Write(buf, in.ended)
		size += int64(n)
		if done {
			in.unread(buf[n:])
			break
		}
		left := copy(buf, buf[n:])
		buf = in.fill(buf[:left], left+1<<20)
	}
	r.recycle(buf)
	b := in.block(r, g.Kept, skipLines)
	b.giant, b.size = g, size
	return b, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
