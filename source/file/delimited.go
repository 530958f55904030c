package file

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"

	"assay/asset"
	"assay/fault"
	"assay/internal/charset"
	"assay/internal/delimited"
	"assay/internal/message"
	"assay/source"
)

// sampleBytes is how much of a part, decoded, is looked at to detect its layout.
const sampleBytes = 1 << 20

// giantBytes is how long a record may be before only the first MiB of its fields is
// kept.
const giantBytes = delimited.MaxQuoted + 1<<20

// textReader reads the parts of a dataset of delimited text, one after the other.
type textReader struct {
	d     source.Dataset
	o     source.Options
	cols  []source.Column
	names []string // as the first part's header has them; nil without a header
	width int      // columns that the text itself has
	fixed []fixedColumn
	desc  source.Description
	per   float64 // bytes of a record, from the sample; 0 = unknown

	part    int
	in      *textPart
	group   int
	buffers sync.Pool // of *[]byte

	mu sync.Mutex
	// Under mu: what reading adds to desc.
	late     *charset.Guess // of the first part
	more     []asset.Observation
	replaced int64 // places that could not be decoded
}

// fixedColumn is a column whose value the path gives.
type fixedColumn struct {
	name string
	by   []*string // by part; nil where its path does not say
}

// openDelimited opens a dataset of delimited text. The header of the first part names
// the columns; the others must have the same names, in any order.
func openDelimited(ctx context.Context, d source.Dataset, o source.Options) (source.Reader, error) {
	r := &textReader{d: d, o: o}
	if err := r.openPart(0); err != nil {
		return nil, err
	}
	l := &r.in.layout
	r.width = l.Columns
	names := l.Header
	if l.HeaderRows > 0 {
		r.names = l.Header
	}
	if len(o.Columns) > 0 {
		if len(o.Columns) != l.Columns {
			err := fault.New(fault.Invalid, "delimited.columns", "locator", d.Locator,
				"want", strconv.Itoa(l.Columns), "got", strconv.Itoa(len(o.Columns)))
			return nil, errors.Join(err, r.Close())
		}
		names = o.Columns
	}
	r.cols = uniqueColumns(names)
	r.fixed = fixedColumns(d.Parts)
	for _, f := range r.fixed {
		c := source.Column{Path: freeName(r.cols, f.name)}
		if c.Path != f.name {
			c.Label = f.name
		}
		r.cols = append(r.cols, c)
	}
	r.describe()
	return r, nil
}

// uniqueColumns gives every column a path of its own; Label keeps the header where
// that had to change.
func uniqueColumns(names []string) []source.Column {
	cols := make([]source.Column, 0, len(names))
	tried := make(map[string]int, len(names)) // paths that are taken, and the last number tried behind each
	for i, n := range names {
		path := n
		if n == "" {
			path = "column_" + strconv.Itoa(i+1)
		}
		c := source.Column{Path: path}
		for k := tried[path]; tried[c.Path] > 0; tried[path] = k {
			k++
			c.Path, c.Label = path+"_"+strconv.Itoa(k), n
		}
		tried[c.Path] = 1
		cols = append(cols, c)
	}
	return cols
}

// freeName is name, or name with the first number behind it that no column has.
func freeName(cols []source.Column, name string) string {
	free := name
	for k := 2; slices.ContainsFunc(cols, func(c source.Column) bool { return c.Path == free }); k++ {
		free = name + "_" + strconv.Itoa(k)
	}
	return free
}

// fixedColumns are the values that folder names such as year=2024 give, in the order
// of the names.
func fixedColumns(parts []source.Part) []fixedColumn {
	names := map[string]bool{}
	for _, p := range parts {
		for n := range p.Fixed {
			names[n] = true
		}
	}
	var out []fixedColumn
	for _, n := range sortedKeys(names) {
		f := fixedColumn{name: n}
		for _, p := range parts {
			if v, ok := p.Fixed[n]; ok {
				f.by = append(f.by, &v)
			} else {
				f.by = append(f.by, nil)
			}
		}
		out = append(out, f)
	}
	return out
}

func (r *textReader) describe() {
	l := &r.in.layout
	say := func(code string, kv ...string) {
		r.desc.Evidence = append(r.desc.Evidence, asset.Observation{Code: code, Params: message.P(kv...)})
	}
	r.desc.Encoding = r.in.encoding.Name
	say(r.in.encoding.Evidence)
	r.desc.Dialect = &source.Dialect{
		Delimiter: string(l.Delimiter), HeaderRows: l.HeaderRows, SkipRows: l.SkipLines, Comment: string(l.Comment), LineEnd: l.LineEnd,
	}
	if l.Quote != 0 {
		r.desc.Dialect.Quote = string(rune(l.Quote))
	}
	if l.Escape != 0 {
		r.desc.Dialect.Escape = string(rune(l.Escape))
	}
	say("dialect.delimiter", "delimiter", strconv.Quote(string(l.Delimiter)), "score", strconv.FormatFloat(l.Score, 'f', 3, 64), "columns", strconv.Itoa(l.Columns))
	say("header."+l.HeaderWhy, "rows", strconv.Itoa(l.HeaderRows))
	if l.SkipLines > 0 {
		say("dialect.preface", "lines", strconv.Itoa(l.SkipLines))
	}
	if l.Padded {
		say("dialect.padded")
	}
	if l.Total {
		say("row.total")
	}
}

// openPart opens a part and detects its layout.
func (r *textReader) openPart(i int) error {
	p := r.d.Parts[i]
	raw, err := openStream(p)
	if err != nil {
		return err
	}
	in := &textPart{raw: raw, path: p.Path, size: openSize(raw), encoding: charset.Guess{Name: r.o.Encoding, Evidence: "encoding.given"}}
	late := func(g charset.Guess) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.more = append(r.more, asset.Observation{Code: "encoding.late", Params: message.P("part", p.Name, "encoding", g.Name)})
		if i == 0 {
			r.late = &g
		}
	}
	if err := in.begin(r.o, r.names, late); err != nil {
		return errors.Join(err, raw.Close())
	}
	r.in, r.part = in, i
	if per := in.perRecord(); per > 0 && i == 0 && in.size >= 0 && in.encoding.Name == charset.UTF8 {
		r.per = per
	}
	return nil
}

func (r *textReader) Columns() []source.Column { return r.cols }

// Expect divides the size by the mean length of the sampled records.
func (r *textReader) Expect() int64 {
	if r.per == 0 {
		return 0
	}
	return int64(float64(r.d.Bytes)/r.per) + 1
}

func (r *textReader) Describe() source.Description {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.desc
	d.Evidence = append(slices.Clone(d.Evidence), r.more...)
	if r.late != nil {
		d.Encoding = r.late.Name
		d.Evidence = append(d.Evidence, asset.Observation{Code: r.late.Evidence})
	}
	if r.replaced > 0 {
		d.Evidence = append(d.Evidence, asset.Observation{Code: "encoding.replaced", Params: message.P("count", strconv.FormatInt(r.replaced, 10))})
	}
	return d
}

func (r *textReader) Close() error {
	if r.in == nil {
		return nil
	}
	in := r.in
	r.in = nil
	if in.replaced != nil {
		r.mu.Lock()
		r.replaced += in.replaced.Count
		r.mu.Unlock()
	}
	return in.raw.Close()
}

// Next cuts the next block off the current part, or opens the next part.
func (r *textReader) Next(ctx context.Context) (source.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.in == nil {
			return nil, io.EOF
		}
		b, err := r.in.cut(r)
		if err == nil {
			return b, nil
		}
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err := r.nextPart(); err != nil {
			return nil, err
		}
	}
}

func (r *textReader) nextPart() error {
	if err := r.Close(); err != nil {
		return err
	}
	if r.part+1 >= len(r.d.Parts) {
		return io.EOF
	}
	if err := r.openPart(r.part + 1); err != nil {
		return err
	}
	return r.match()
}

// match finds the first part's columns in the part just opened.
func (r *textReader) match() error {
	l := &r.in.layout
	if l.Columns != r.width {
		return r.mismatch()
	}
	if l.HeaderRows == 0 {
		return nil
	}
	r.in.order = make([]int, r.width)
	for i, c := range uniqueColumns(l.Header) {
		at := -1
		for j := range r.width {
			if r.cols[j].Path == c.Path || len(r.o.Columns) > 0 && j == i {
				at = j
			}
		}
		if at < 0 {
			return r.mismatch()
		}
		r.in.order[i] = at
	}
	return nil
}

func (r *textReader) mismatch() error {
	return errors.Join(fault.New(fault.Invalid, "delimited.parts_differ", "part", r.d.Parts[r.part].Name, "first", r.d.Parts[0].Name), r.Close())
}

func (r *textReader) buffer() []byte {
	if b, ok := r.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil // fill makes one as large as the text needs
}

// recycle keeps a buffer for the next block, unless a giant record has made it large.
func (r *textReader) recycle(b []byte) {
	if cap(b) <= 2*r.blockBytes()+1<<16 {
		r.buffers.Put(&b)
	}
}

func (r *textReader) blockBytes() int {
	if r.o.BlockBytes > 0 {
		return r.o.BlockBytes
	}
	return source.DefaultBlockBytes
}
