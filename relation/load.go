package relation

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"sync"

	"assay/fault"
	"assay/source"
)

// DefaultMemory bounds a table when LoadOptions does not.
const DefaultMemory = 512 << 20

// Loader loads tables whose values can be compared with each other.
type Loader struct {
	seed maphash.Seed
	o    LoadOptions
}

// LoadOptions say how tables are loaded. The zero value compares text within
// DefaultMemory.
type LoadOptions struct {
	Compare Compare // "" = Text
	Memory  int64   // bytes all tables of the loader may take together, 0 = DefaultMemory
	Workers int     // 0 = 2
}

// NewLoader returns a loader.
func NewLoader(o LoadOptions) *Loader {
	if o.Compare == "" {
		o.Compare = Text
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	return &Loader{seed: maphash.MakeSeed(), o: o}
}

// Load reads r, which must have been opened Aligned, to its end. It fails with
// Exhausted when the table does not fit into what is left of the loader's memory:
// dependencies of a part of a table say nothing about the table.
func (l *Loader) Load(ctx context.Context, name string, r source.Reader) (*Table, error) {
	f := &filling{l: l, r: r, t: &Table{Name: name, Compare: l.o.Compare}}
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		stats, err := b.Decode(ctx, f.add)
		if err != nil {
			return nil, err
		}
		f.t.Rejected += stats.Rejected
	}
	f.finish()
	l.o.Memory -= f.t.Bytes()
	return f.t, nil
}

// Release gives the memory of a table that the caller no longer uses back to l.
func (l *Loader) Release(t *Table) { l.o.Memory += t.Bytes() }

// filling is one Load under way.
type filling struct {
	l       *Loader
	r       source.Reader
	t       *Table
	columns []filler // by index of the reader
}

// filler fills one column.
type filler struct {
	Column
	declared source.Column
	memo     []uint32 // codes of a chunk's dictionary, code+1; 0 = not yet asked for
	text     []byte   // of a value that is no text
}

func (f *filling) add(b *source.Batch) error {
	f.widen()
	work := func(from, step int) {
		for i := from; i < len(b.Chunks); i += step {
			if c := &b.Chunks[i]; !f.columns[c.Column].declared.Repeated {
				f.columns[c.Column].add(c, f.t.Rows, f.l.o.Compare)
			}
		}
	}
	if workers := min(f.l.o.Workers, len(b.Chunks)); workers > 1 && b.Rows > 256 {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() { work(w, workers) })
		}
		wg.Wait()
	} else {
		work(0, 1)
	}
	f.t.Rows += b.Rows
	return f.fits()
}

// widen takes in columns that the reader has found meanwhile.
func (f *filling) widen() {
	known := f.r.Columns()
	for i := len(f.columns); i < len(known); i++ {
		f.columns = append(f.columns, filler{declared: known[i], Column: Column{Name: known[i].Path, dict: newDictionary(f.l.seed)}})
	}
}

func (f *filling) fits() error {
	var n int64
	for i := range f.columns {
		n += f.columns[i].bytes()
	}
	if n > f.l.o.Memory || f.t.Rows > 1<<31-2 {
		return fault.New(fault.Exhausted, "relation.memory", "dataset", f.t.Name)
	}
	return nil
}

// add takes the next rows of the column; before is the number of rows before them.
func (c *filler) add(k *source.Chunk, before int, how Compare) {
	c.fillTo(before)
	c.memo = c.memo[:0]
	if k.Codes != nil {
		c.memo = append(c.memo, make([]uint32, k.Values.Len())...)
	}
	next := 0
	for i := range k.N {
		if k.Nulls > 0 && !k.IsValid(i) {
			c.codes = append(c.codes, none)
			c.nulls++
			continue
		}
		at := next
		next++
		if k.Codes == nil {
			c.codes = append(c.codes, c.code(&k.Values, at, how))
			continue
		}
		at = int(k.Codes[at])
		if c.memo[at] == 0 {
			c.memo[at] = c.code(&k.Values, at, how) + 1
		}
		c.codes = append(c.codes, c.memo[at]-1)
	}
}

func (c *filler) code(v *source.Values, at int, how Compare) uint32 {
	if v.Kind == source.Text && how == Text {
		return c.dict.code(v.Spans[at].Of(v.Data))
	}
	c.text = appendValue(c.text[:0], v, at)
	if how == Typed {
		c.text = canonical(c.text, v.Kind, c.declared.Typed)
	}
	return c.dict.code(c.text)
}

// fillTo makes rows in which the column did not occur null.
func (c *filler) fillTo(rows int) {
	for len(c.codes) < rows {
		c.codes = append(c.codes, none)
		c.nulls++
	}
}

func (f *filling) finish() {
	f.widen()
	for i := range f.columns {
		c := &f.columns[i]
		if c.declared.Repeated {
			f.t.Repeated = append(f.t.Repeated, c.Name)
			continue
		}
		c.fillTo(f.t.Rows)
		f.t.Columns = append(f.t.Columns, c.Column)
	}
	f.t.Partial = f.r.Describe().Partial
}
