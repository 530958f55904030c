package sourcetest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"assay/source"
)

// Null stands for a null among the texts of Rows and Columns.
const Null = "\x00null"

// Rows reads r, which must have been opened Aligned, to its end and returns every row
// as texts, in the order of r.Columns(). A repeated column's text is its values in
// brackets with commas between.
func Rows(ctx context.Context, r source.Reader) ([][]string, error) {
	var rows [][]string
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, err
		}
		if _, err := b.Decode(ctx, func(batch *source.Batch) error {
			rows = append(rows, rowsOf(batch)...)
			return nil
		}); err != nil {
			return rows, err
		}
	}
	width := len(r.Columns())
	for i := range rows { // columns found later are null in the rows before
		for len(rows[i]) < width {
			rows[i] = append(rows[i], Null)
		}
	}
	return rows, nil
}

func rowsOf(b *source.Batch) [][]string {
	rows := make([][]string, b.Rows)
	for i := range b.Chunks {
		c := &b.Chunks[i]
		texts := Texts(c)
		for j := range rows {
			for len(rows[j]) <= c.Column {
				rows[j] = append(rows[j], Null)
			}
			if c.RowEnds == nil {
				rows[j][c.Column] = texts[j]
				continue
			}
			from := uint32(0)
			if j > 0 {
				from = c.RowEnds[j-1]
			}
			rows[j][c.Column] = "[" + strings.Join(texts[from:c.RowEnds[j]], ",") + "]"
		}
	}
	return rows
}

// Columns reads r to its end and returns the texts of every column's places by path.
func Columns(ctx context.Context, r source.Reader) (map[string][]string, error) {
	out := map[string][]string{}
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if _, err := b.Decode(ctx, func(batch *source.Batch) error {
			for i := range batch.Chunks {
				path := r.Columns()[batch.Chunks[i].Column].Path
				out[path] = append(out[path], Texts(&batch.Chunks[i])...)
			}
			return nil
		}); err != nil {
			return out, err
		}
	}
}

// Texts returns the text of every place of c, Null where there is no value.
func Texts(c *source.Chunk) []string {
	out := make([]string, 0, c.N)
	k := 0
	for i := range c.N {
		if !c.IsValid(i) {
			out = append(out, Null)
			continue
		}
		at := k
		k++
		if c.Codes != nil {
			at = int(c.Codes[at])
		}
		out = append(out, Text(&c.Values, at))
	}
	return out
}

// Text is value i of v as text: plain decimals, RFC 3339 times, floats as Go writes
// them shortest, bytes as they are.
func Text(v *source.Values, i int) string {
	switch v.Kind {
	case source.Text, source.Binary:
		return string(v.Spans[i].Of(v.Data))
	case source.Float64:
		return strconv.FormatFloat(v.Floats[i], 'g', -1, 64)
	case source.Bool:
		return strconv.FormatBool(v.Ints[i] == 1)
	case source.Decimal:
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Scale)), nil)
		return new(big.Rat).SetFrac(big.NewInt(v.Ints[i]), unit).FloatString(v.Scale)
	case source.Date:
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(v.Ints[i])).Format(time.DateOnly)
	case source.Time:
		return time.UnixMicro(v.Ints[i]).UTC().Format("15:04:05.999999")
	case source.Timestamp:
		s := time.UnixMicro(v.Ints[i]).UTC().Format("2006-01-02T15:04:05.999999")
		if v.Zoned {
			s += "Z"
		}
		return s
	}
	return strconv.FormatInt(v.Ints[i], 10)
}

// decoded is what one block gave.
type decoded struct {
	stats    source.Stats
	columns  map[int][]byte // by column: the places, one after the other, see encode
	problems []string
}

func (d *decoded) problem(format string, args ...any) {
	if len(d.problems) < 10 {
		d.problems = append(d.problems, fmt.Sprintf(format, args...))
	}
}

// decodeBlock decodes a block and checks what its batches promise.
func decodeBlock(r source.Reader, b source.Block, aligned bool) *decoded {
	d := &decoded{columns: map[int][]byte{}}
	next := map[int]int{} // by column: the row that comes next
	var err error
	d.stats, err = b.Decode(context.Background(), func(batch *source.Batch) error {
		if batch.Group != b.Group() {
			d.problem("a batch of group %d in a block of group %d", batch.Group, b.Group())
		}
		if batch.Lines != nil && len(batch.Lines) != batch.Rows {
			d.problem("%d lines for %d rows", len(batch.Lines), batch.Rows)
		}
		cols := r.Columns()
		seen := map[int]bool{}
		for i := range batch.Chunks {
			c := &batch.Chunks[i]
			if c.Column < 0 || c.Column >= len(cols) || seen[c.Column] {
				d.problem("a chunk of column %d of %d, or twice", c.Column, len(cols))
				continue
			}
			seen[c.Column] = true
			if !d.chunk(c, batch, cols[c.Column], aligned) {
				continue
			}
			if !cols[c.Column].Repeated {
				// A column that is found late begins late.
				want, begun := next[c.Column]
				if batch.FirstRow < want || begun && aligned && batch.FirstRow != want {
					d.problem("column %q goes on at row %d, not %d", cols[c.Column].Path, batch.FirstRow, want)
				}
				next[c.Column] = batch.FirstRow + batch.Rows
			}
			d.columns[c.Column] = encode(d.columns[c.Column], c)
		}
		return nil
	})
	if err != nil {
		d.problem("Decode: %v", err)
	}
	for col, n := range next {
		if d.stats.Rows > 0 && int64(n) > d.stats.Rows {
			d.problem("column %d has %d rows of %d", col, n, d.stats.Rows)
		}
	}
	return d
}

// chunk checks that the parts of a chunk agree.
func (d *decoded) chunk(c *source.Chunk, b *source.Batch, col source.Column, aligned bool) bool {
	nulls := 0
	if c.Valid != nil {
		if len(c.Valid)*64 < c.N {
			d.problem("column %q: %d places, a bitmap of %d words", col.Path, c.N, len(c.Valid))
			return false
		}
		ones := 0
		for i := range c.N {
			ones += int(c.Valid[i>>6] >> (i & 63) & 1)
		}
		nulls = c.N - ones
	}
	values := c.Values.Len()
	if c.Codes != nil {
		for _, code := range c.Codes {
			if code < 0 || int(code) >= values {
				d.problem("column %q: code %d of a dictionary of %d", col.Path, code, values)
				return false
			}
		}
		values = len(c.Codes)
	}
	if c.Nulls != nulls || values != c.N-nulls {
		d.problem("column %q: %d places, %d nulls (the bitmap has %d), %d values", col.Path, c.N, c.Nulls, nulls, values)
		return false
	}
	for _, s := range c.Values.Spans {
		if uint64(s.Off)+uint64(s.Len) > uint64(len(c.Values.Data)) {
			d.problem("column %q: a span beyond its data", col.Path)
			return false
		}
	}
	if !col.Repeated && c.N != b.Rows {
		d.problem("column %q: %d places in %d rows", col.Path, c.N, b.Rows)
		return false
	}
	return !aligned || !col.Repeated || d.rowEnds(c, b, col)
}

func (d *decoded) rowEnds(c *source.Chunk, b *source.Batch, col source.Column) bool {
	last := uint32(0)
	for _, end := range c.RowEnds {
		if end < last {
			d.problem("column %q: a row ends before it begins", col.Path)
			return false
		}
		last = end
	}
	if len(c.RowEnds) != b.Rows || int(last) != c.N {
		d.problem("column %q: ends for %d of %d rows, the last at %d of %d places", col.Path, len(c.RowEnds), b.Rows, last, c.N)
		return false
	}
	return true
}

// encode appends the places of a chunk so that no two sequences look alike: a null is
// 0, a value its length plus one and its text.
func encode(dst []byte, c *source.Chunk) []byte {
	for _, t := range Texts(c) {
		if t == Null {
			dst = append(dst, 0)
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(len(t))+1)
		dst = append(dst, t...)
	}
	return dst
}

// digest tells a column's places: all of them, and the values alone. A reader that
// finds a column late may have nulls or nothing in the rows before.
type digest struct {
	places, nulls int64
	all, values   [32]byte
}

type columnHash struct {
	places, nulls int64
	all, values   hash.Hash
}

func newColumnHash() *columnHash { return &columnHash{all: sha256.New(), values: sha256.New()} }

func (c *columnHash) add(encoded []byte) {
	c.all.Write(encoded)
	for len(encoded) > 0 {
		c.places++
		n, size := binary.Uvarint(encoded)
		if n == 0 {
			c.nulls++
			encoded = encoded[1:]
			continue
		}
		end := size + int(n) - 1
		c.values.Write(encoded[:end])
		encoded = encoded[end:]
	}
}

func (c *columnHash) digest() digest {
	d := digest{places: c.places, nulls: c.nulls}
	c.all.Sum(d.all[:0])
	if c.places > c.nulls {
		c.values.Sum(d.values[:0])
	}
	return d
}
