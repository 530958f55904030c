package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// How JSON is read
//
// openJSON looks at the first bytes of each part (json_shape.go), makes a cutter
// that finds where records end without parsing them (json_cut.go), and hands out
// blocks of whole records. A block parses its own records into columns
// (json_parse.go, json_leaf.go), on whichever goroutine decodes it. What a column's
// path looks like is told in docs/formats/paths.md.

const (
	// jsonHead is how much of a document is looked at to decide where its rows are.
	jsonHead = 16 << 20
	// jsonLineHead is how much of a file of lines is looked at before reading it.
	jsonLineHead = 1 << 18
	// jsonBatchRows is the number of rows of a batch. A column has one kind in a
	// batch, so this belongs to the format version like source.DefaultBlockBytes.
	jsonBatchRows = 4096
	// jsonMaxColumns bounds the paths of a dataset; members beyond are kept as text.
	jsonMaxColumns = 20_000
	// jsonMaxDepth is how deep objects and arrays open into paths.
	jsonMaxDepth = 64
	// jsonManyKeys is when an object looks like a map from ids rather than a record.
	jsonManyKeys = 1000
	// jsonMaxText is how much of a string is kept.
	jsonMaxText = 1 << 20

	jsonDefaultMemory = 128 << 20
)

// openJSON reads a dataset of format "ndjson" or "json". Options.Columns is refused:
// paths are found while reading, so there is no list to rename.
func openJSON(ctx context.Context, d source.Dataset, o source.Options) (source.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Columns != nil {
		return nil, fault.New(fault.Unsupported, "json.no_rename", "locator", d.Locator)
	}
	r := &jsonReader{dataset: d, aligned: o.Aligned, encoding: o.Encoding,
		blockBytes: o.BlockBytes, limit: int(o.MemoryBytes / 2)}
	if r.blockBytes <= 0 {
		r.blockBytes = source.DefaultBlockBytes
	}
	if o.MemoryBytes <= 0 {
		r.limit = jsonDefaultMemory / 2
	}
	r.limit = max(r.limit, r.blockBytes)
	if err := r.openPart(0); err != nil {
		return nil, err
	}
	return r, nil
}

// jsonReader is a source.Reader over the parts of one dataset, in order.
type jsonReader struct {
	dataset    source.Dataset
	aligned    bool
	encoding   string // asked for, "" = detect
	blockBytes int
	limit      int // bytes of one record, and of a document that must be held whole

	// Used by Next alone.
	part   int
	closer io.Closer
	cutter jsonCutter
	group  int
	expect int64

	columns jsonColumns

	mu sync.Mutex
	// Under mu.
	description source.Description
	idle        []*jsonParser
}

// jsonCutter finds the ends of records.
type jsonCutter interface {
	// next returns the next block, without its group, or io.EOF.
	next() (*jsonBlock, error)
}

func (r *jsonReader) openPart(i int) error {
	p := r.dataset.Parts[i]
	f, err := openStream(p)
	if err != nil {
		return err
	}
	in := &jsonStream{in: f, cut: func() { r.partial("json.truncated") }}
	text, encoding, evidence, err := jsonText(in, r.encoding)
	if err != nil {
		f.Close()
		return err
	}
	r.part, r.closer = i, f
	r.describe(func(d *source.Description) {
		d.Encoding = encoding
		if i == 0 {
			d.Evidence = append(d.Evidence, evidence...)
		}
	})
	r.cutter, err = r.newCutter(text, i)
	if err != nil {
		f.Close()
		r.closer = nil
	}
	return err
}

func (r *jsonReader) newCutter(text *bufio.Reader, part int) (jsonCutter, error) {
	if r.dataset.Format == "ndjson" {
		head, err := jsonPeek(text, jsonLineHead)
		if err != nil {
			return nil, err
		}
		if jsonLinesAreValues(head) {
			if part == 0 {
				r.expect = r.estimate(head, float64(bytes.Count(head, []byte{'\n'})))
			}
			return &jsonLineCutter{r: r, in: text}, nil
		}
	}
	return r.newDocumentCutter(text, part)
}

// newDocumentCutter decides where the rows of a document are and starts there.
func (r *jsonReader) newDocumentCutter(text *bufio.Reader, part int) (jsonCutter, error) {
	head, whole, err := jsonReadHead(text, jsonHead)
	if err != nil {
		return nil, err
	}
	shape := jsonFindShape(head, whole)
	if shape.mode == jsonModeColumns && !whole {
		if head, whole, err = jsonReadMore(head, text, r.limit); err != nil {
			return nil, err
		}
		if !whole {
			return nil, fault.New(fault.Exhausted, "json.columns_too_large", "locator", r.dataset.Locator,
				"limit_mib", strconv.Itoa(r.limit>>20))
		}
		shape = jsonFindShape(head, whole)
	}
	if part == 0 {
		r.expect = r.estimate(head, shape.records)
		r.describe(func(d *source.Description) { d.Evidence = append(d.Evidence, shape.evidence(whole)...) })
	}
	if shape.mode == jsonModeColumns {
		return &jsonColumnarCutter{r: r, data: head, shape: shape}, nil
	}
	rest := io.MultiReader(bytes.NewReader(head[shape.start:]), text)
	return &jsonElementCutter{r: r, in: rest, mode: shape.mode, keyName: shape.keyName,
		wrapped:   len(shape.path) > 0,
		leadLines: int64(bytes.Count(head[:shape.start], []byte{'\n'})), covered: int64(shape.start)}, nil
}

// estimate extrapolates the records of the head over the bytes of all parts. Of
// compressed parts only the compressed size is known, so nothing is said.
func (r *jsonReader) estimate(head []byte, records float64) int64 {
	if records == 0 || len(head) == 0 || r.dataset.Bytes < int64(len(head)) {
		return 0
	}
	return int64(records * float64(r.dataset.Bytes) / float64(len(head)))
}

// Columns are the paths found so far.
func (r *jsonReader) Columns() []source.Column { return r.columns.list() }

// Expect extrapolates from the head of the first part.
func (r *jsonReader) Expect() int64 { return r.expect }

// Next returns the next block of records.
func (r *jsonReader) Next(ctx context.Context) (source.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.cutter == nil {
			return nil, io.EOF
		}
		b, err := r.cutter.next()
		if err == nil {
			b.r, b.group, b.fixed = r, r.group, r.dataset.Parts[r.part].Fixed
			r.group++
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

func (r *jsonReader) nextPart() error {
	if err := r.Close(); err != nil {
		return err
	}
	if r.part+1 == len(r.dataset.Parts) {
		return nil
	}
	return r.openPart(r.part + 1)
}

// Describe says what was found out so far.
func (r *jsonReader) Describe() source.Description {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.description
	d.Evidence = slices.Clone(d.Evidence)
	return d
}

func (r *jsonReader) describe(change func(*source.Description)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.description)
}

// partial records that the end was not reached; the first reason stays.
func (r *jsonReader) partial(code string) {
	r.describe(func(d *source.Description) {
		if d.Partial == "" {
			d.Partial = code
		}
	})
}

// Close closes the open part.
func (r *jsonReader) Close() error {
	r.cutter = nil
	if r.closer == nil {
		return nil
	}
	err := r.closer.Close()
	r.closer = nil
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // a decompressor says again what reading has recorded as partial
	}
	return err
}

// borrow returns a parser that has seen some of the dataset's paths already, which
// makes it quicker but never changes what it emits.
func (r *jsonReader) borrow() *jsonParser {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.idle); n > 0 {
		p := r.idle[n-1]
		r.idle = r.idle[:n-1]
		return p
	}
	return newJSONParser(r)
}

func (r *jsonReader) giveBack(p *jsonParser) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, p)
}

// jsonColumns hands out stable indices for paths.
type jsonColumns struct {
	mu sync.RWMutex
	// Under mu.
	byPath map[string]int
	cols   []source.Column
}

func (c *jsonColumns) list() []source.Column {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.cols[:len(c.cols):len(c.cols)]
}

func (c *jsonColumns) full() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.cols) >= jsonMaxColumns
}

// index returns the index of a column, or false when it is new and limit columns are
// known already.
func (c *jsonColumns) index(col source.Column, limit int) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i, ok := c.byPath[col.Path]; ok {
		return i, true
	}
	if len(c.cols) >= limit {
		return 0, false
	}
	if c.byPath == nil {
		c.byPath = map[string]int{}
	}
	c.byPath[col.Path] = len(c.cols)
	c.cols = append(c.cols, col)
	return len(c.cols) - 1, true
}

func jsonObservation(column, code string, kv ...string) asset.Observation {
	return asset.Observation{Column: column, Code: code, Params: message.P(kv...)}
}
