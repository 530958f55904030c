package file

import (
	"bytes"
	"errors"
	"io"
	"sort"

	"assay/internal/charset"
	"assay/internal/delimited"
	"assay/source"
)

// textPart is a part being read.
type textPart struct {
	raw      io.ReadCloser
	text     io.Reader // decoded
	encoding charset.Guess
	layout   delimited.Layout
	order    []int // column of the dataset by column of the part; nil = the same

	rest    []byte // read, and not yet in a block
	begun   bool   // the first block was cut
	ended   bool   // text has ended
	readErr error  // how it ended, when not well
}

// begin detects encoding and layout on the first part of the text.
func (in *textPart) begin(o source.Options) error {
	head := make([]byte, sampleBytes)
	n, err := io.ReadFull(in.raw, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if n == 0 {
			return err
		}
		in.readErr = err // a damaged stream: what came before is read
	}
	head = head[:n]
	if o.Encoding == "" {
		in.encoding = charset.Detect(head)
	}
	follow := io.Reader(in.raw)
	if err != nil {
		follow = &failedReader{in.readErr}
	}
	in.text, err = charset.NewReader(io.MultiReader(bytes.NewReader(head), follow), in.encoding.Name)
	if err != nil {
		return err
	}
	in.rest = make([]byte, sampleBytes)
	n, err = io.ReadFull(in.text, in.rest)
	in.rest = in.rest[:n]
	in.end(err)
	in.layout = delimited.Detect(in.rest, in.ended, override(o))
	return nil
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
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && in.readErr == nil:
		in.ended = true
	default:
		in.ended, in.readErr = true, err
	}
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

// perRecord is the mean length of the sampled rows, in bytes.
func (in *textPart) perRecord() float64 {
	sample := in.rest[min(in.layout.DataStart, len(in.rest)):]
	lines := bytes.Count(sample, []byte("\n")) + bytes.Count(sample, []byte("\r"))
	if in.layout.LineEnd == "crlf" || in.layout.LineEnd == "mixed" {
		lines = bytes.Count(sample, []byte("\n"))
	}
	if lines == 0 {
		return 0
	}
	return float64(len(sample)) / float64(lines)
}

// cut returns the next block, or io.EOF at the end of the part.
func (in *textPart) cut(r *textReader) (*textBlock, error) {
	buf := append(r.buffer(), in.rest...)
	in.rest = in.rest[:0]
	skipLines := 0
	if !in.begun {
		in.begun = true
		buf = append(buf[:0], buf[min(in.layout.DataStart, len(buf)):]...)
		skipLines = in.layout.DataLine
	}
	want := r.blockBytes()
	for {
		buf = in.fill(buf, want)
		if end := in.layout.LastEnd(buf[:min(len(buf), want)], in.ended && len(buf) <= want); end > 0 {
			in.rest = append(in.rest, buf[end:]...)
			return in.block(r, buf[:end], skipLines), nil
		}
		if in.ended && len(buf) <= want {
			break
		}
		if len(buf) >= giantBytes && len(in.layout.Delimiter) == 1 && !in.layout.Runs {
			return in.giant(r, buf, skipLines)
		}
		want += r.blockBytes()
	}
	if in.readErr != nil {
		err := in.readErr
		in.readErr = nil
		return nil, err
	}
	return nil, io.EOF
}

// fill reads until buf holds n bytes or the text ends.
func (in *textPart) fill(buf []byte, n int) []byte {
	for len(buf) < n && !in.ended {
		if cap(buf) < n {
			buf = append(make([]byte, 0, n+1<<16), buf...)
		}
		got, err := in.text.Read(buf[len(buf):n])
		buf = buf[:len(buf)+got]
		in.end(err)
	}
	return buf
}

func (in *textPart) block(r *textReader, b []byte, skipLines int) *textBlock {
	blk := &textBlock{r: r, layout: &in.layout, order: in.order, data: b, group: r.group, part: r.part, skipLines: skipLines}
	r.group++
	return blk
}

// giant reads a record that is too long to be held.
func (in *textPart) giant(r *textReader, buf []byte, skipLines int) (*textBlock, error) {
	g := delimited.NewGiant(&in.layout.Dialect)
	for {
		n, done := g.Write(buf)
		if done {
			in.rest = append(in.rest, buf[n:]...)
			break
		}
		if in.ended {
			break
		}
		buf = in.fill(buf[:0], r.blockBytes())
	}
	b := in.block(r, g.Kept, skipLines)
	b.truncated = g.Dropped
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
