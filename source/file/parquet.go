package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// How Parquet is read
//
// openParquet reads every part's footer (parquet_footer.go) and makes columns of its
// schema (parquet_schema.go). Next hands out a block for each column chunk, or for
// each row group when batches must be aligned (parquet_block.go). A block walks its
// pages with a cursor (parquet_cursor.go) that decodes dictionaries once and codes
// never further than to integers.
//
// Of parquet-go, reading uses the format's names and the bit unpacking; writing
// (parquet_write.go) uses all of it. Its page reader takes memory as headers claim,
// before it looks at the data, and takes every chunk's codec from the first row group,
// which does not do for files from strangers.
//
// A column's dictionary has the same backing array in all batches of a block, and in
// no sense beyond: the next block may reuse the memory.

const (
	pqDefaultMemory = 128 << 20
	// pqPiece is how many places a batch has: enough to make its cost small, few
	// enough for the codes to stay in the second-level cache.
	pqPiece = 1 << 14
	// pqAlignedRows is how many rows an aligned batch has at most.
	pqAlignedRows = 4096
	// pqKeptChunks is how many column chunks' positions are kept from opening; the
	// footers of later parts are read again when their turn comes.
	pqKeptChunks = 1 << 18
)

// pqReader implements source.Reader.
type pqReader struct {
	dataset source.Dataset
	aligned bool
	limit   int64 // bytes of a page or dictionary
	columns []source.Column
	fixed   []string // names of the columns that come from the parts' paths
	parts   []*pqPart
	rows    int64
	facts   pqDescription

	part, group, column int // of the next block
	running             int // group number over all parts

	mu     sync.Mutex
	free   []*pqCursor
	closed bool
}

// pqPart is one file.
type pqPart struct {
	source.Part
	leaves []pqLeaf
	of     []int // by column: index into leaves
	rows   int64
	groups []pqGroup // nil when not kept
	size   int64

	mu   sync.Mutex
	file *os.File
	left int // blocks handed out and not decoded, plus one while Next is in the part
}

// pqDescription collects what Describe tells.
type pqDescription struct {
	groups    int
	createdBy map[string]bool
	codecs    map[string]bool
	asText    []string // columns of bytes that are text
}

// openParquet reads a dataset of format "parquet". See the rules for columns in
// parquet_schema.go.
func openParquet(ctx context.Context, d source.Dataset, o source.Options) (r source.Reader, err error) {
	defer pqRecover(d.Locator, &err)
	p := &pqReader{dataset: d, aligned: o.Aligned, limit: o.MemoryBytes,
		facts: pqDescription{createdBy: map[string]bool{}, codecs: map[string]bool{}}}
	if p.limit <= 0 {
		p.limit = pqDefaultMemory
	}
	p.limit = min(p.limit, 1<<30) // offsets within a page have 32 bits
	if err := p.openParts(ctx); err != nil {
		return nil, err
	}
	if err := p.nameColumns(o.Columns); err != nil {
		return nil, err
	}
	if len(p.parts) > 0 {
		p.parts[0].enter()
	}
	return p, nil
}

// pqRecover turns a panic over corrupt bytes into a fault.
func pqRecover(locator string, err *error) {
	if v := recover(); v != nil {
		*err = fault.Wrap(fmt.Errorf("panic: %v", v), fault.Invalid, "parquet.damaged", "locator", locator)
	}
}

func (r *pqReader) openParts(ctx context.Context) error {
	kept, columns := 0, map[string]int{}
	var unsigned []bool // by column: UINT_64 that does not surely fit
	for i, part := range r.dataset.Parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := &pqPart{Part: part}
		f, err := p.readFooter(r.limit)
		if err != nil {
			return pqFault(err, p.locator(r.dataset))
		}
		if p.leaves, err = pqLeaves(f.schema); err != nil {
			return pqFault(err, p.locator(r.dataset))
		}
		if err := f.checkAgainst(p.leaves); err != nil {
			return pqFault(err, p.locator(r.dataset))
		}
		if i == 0 {
			r.firstPart(p, f, columns)
			unsigned = make([]bool, len(p.leaves))
		} else if slices.Equal(p.leaves, r.parts[0].leaves) {
			p.leaves = r.parts[0].leaves // one copy is enough
		}
		if err := p.match(columns, r, unsigned, f); err != nil {
			return err
		}
		p.rows = f.rows
		r.rows += f.rows
		r.facts.add(f)
		kept += len(f.groups) * len(p.leaves)
		if i == 0 || kept <= pqKeptChunks {
			p.groups = f.groups
		}
		r.parts = append(r.parts, p)
	}
	return r.decide(ctx, unsigned)
}

func (r *pqReader) firstPart(p *pqPart, f *pqFooter, columns map[string]int) {
	comments := pqComments(f.sparkRow)
	for i := range p.leaves {
		l := &p.leaves[i]
		columns[l.path] = i
		c := l.column()
		if l.top != "" {
			c.Comment = comments[l.top]
		}
		r.columns = append(r.columns, c)
	}
}

// nameColumns adds the columns that come from paths and applies a renaming.
func (r *pqReader) nameColumns(rename []string) error {
	keys := map[string]bool{}
	for _, p := range r.parts {
		for k := range p.Fixed {
			keys[k] = true
		}
	}
	r.fixed = slices.Sorted(maps.Keys(keys))
	taken := map[string]bool{}
	for _, c := range r.columns {
		taken[c.Path] = true
	}
	for _, name := range r.fixed {
		c := source.Column{Path: name}
		for n := 2; taken[c.Path]; n++ {
			c.Path, c.Label = name+"_"+strconv.Itoa(n), name
		}
		taken[c.Path] = true
		r.columns = append(r.columns, c)
	}
	if rename == nil {
		return nil
	}
	if len(rename) != len(r.columns) {
		return fault.New(fault.Invalid, "parquet.rename", "locator", r.dataset.Locator,
			"columns", strconv.Itoa(len(r.columns)), "names", strconv.Itoa(len(rename)))
	}
	for i, name := range rename {
		if c := &r.columns[i]; c.Path != name {
			if c.Label == "" {
				c.Label = c.Path
			}
			c.Path = name
		}
	}
	return nil
}

// Columns implements source.Reader.
func (r *pqReader) Columns() []source.Column { return r.columns }

// Expect implements source.Reader; footers know.
func (r *pqReader) Expect() int64 { return r.rows }

// Describe implements source.Reader.
func (r *pqReader) Describe() source.Description {
	says := func(code string, kv ...string) asset.Observation {
		return asset.Observation{Code: code, Params: message.P(kv...)}
	}
	list := func(set map[string]bool) string { return pqNames(slices.Sorted(maps.Keys(set))) }
	d := source.Description{Evidence: []asset.Observation{
		says("parquet.layout", "parts", strconv.Itoa(len(r.parts)), "groups", strconv.Itoa(r.facts.groups),
			"codecs", list(r.facts.codecs)),
	}}
	if len(r.facts.createdBy) > 0 {
		d.Evidence = append(d.Evidence, says("parquet.created_by", "writer", list(r.facts.createdBy)))
	}
	for _, path := range r.facts.asText {
		o := says("parquet.bytes_as_text", "column", path)
		o.Column = path
		d.Evidence = append(d.Evidence, o)
	}
	return d
}

func (d *pqDescription) add(f *pqFooter) {
	d.groups += len(f.groups)
	if f.createdBy != "" {
		d.createdBy[f.createdBy] = true
	}
	for i := range f.groups {
		for j := range f.groups[i].chunks {
			d.codecs[f.groups[i].chunks[j].codec.String()] = true
		}
	}
}

// Next implements source.Reader.
func (r *pqReader) Next(ctx context.Context) (source.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.part >= len(r.parts) {
			return nil, io.EOF
		}
		p := r.parts[r.part]
		if p.groups == nil && r.group == 0 && r.column == 0 {
			f, err := p.readFooter(r.limit)
			if err == nil && f.rows != p.rows {
				err = errPqChanged
			}
			if err == nil {
				err = f.checkAgainst(p.leaves)
			}
			if err != nil {
				return nil, pqFault(err, p.locator(r.dataset))
			}
			p.groups = f.groups
		}
		if r.group < len(p.groups) {
			return r.block(p), nil
		}
		p.groups = nil
		p.leave()
		r.part, r.group = r.part+1, 0
		if r.part < len(r.parts) {
			r.parts[r.part].enter()
		}
	}
}

// block makes the next block of p's row group r.group.
func (r *pqReader) block(p *pqPart) source.Block {
	b := &pqBlock{r: r, part: p, group: p.groups[r.group], number: r.running, inFile: r.group, column: r.column}
	p.enter()
	r.column++
	if r.aligned || r.column >= len(r.columns) {
		r.column = 0
		r.group++
		r.running++
	}
	return b
}

// Close implements source.Reader.
func (r *pqReader) Close() error {
	r.mu.Lock()
	r.closed, r.free = true, nil
	r.mu.Unlock()
	var errs []error
	for _, p := range r.parts {
		p.mu.Lock()
		if p.file != nil {
			errs = append(errs, p.file.Close())
			p.file = nil
		}
		p.left = 0
		p.mu.Unlock()
	}
	return errors.Join(errs...)
}

// take returns a cursor, with the memory of an earlier one if there is one.
func (r *pqReader) take() *pqCursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		c := r.free[n-1]
		r.free = r.free[:n-1]
		return c
	}
	return &pqCursor{}
}

// give returns a cursor for reuse, unless it holds on to much.
func (r *pqReader) give(c *pqCursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed && len(r.free) < 64 && int64(c.memory()) <= r.limit/4 {
		r.free = append(r.free, c)
	}
}
