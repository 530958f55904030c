package file

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strconv"

	"assay/internal/message"
	"assay/internal/span"
	"assay/source"
)

// jsonBlock is some whole records: lines (elements and columns nil), elements, or
// the positions of columns.
type jsonBlock struct {
	r     *jsonReader
	group int
	fixed map[string]string

	data     []byte
	size     int64
	last     bool        // lines: the end of the part, which may lack a line end
	elements []span.Span // not nil: of data
	idColumn *string     // elements are members; their names go here
	columns  []jsonColumn

	leadLines  int64           // lines before data that belong to this block
	rejects    []source.Reject // found while cutting
	rejected   int64
	duplicates int64
}

func (b *jsonBlock) reject(r source.Reject) {
	b.rejected++
	if len(b.rejects) < source.MaxRejects {
		b.rejects = append(b.rejects, r)
	}
}

func (b *jsonBlock) Group() int  { return b.group }
func (b *jsonBlock) Size() int64 { return b.size }

// Decode parses the records and emits a batch for every jsonBatchRows rows.
func (b *jsonBlock) Decode(ctx context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	p := b.r.borrow()
	defer b.r.giveBack(p)
	p.load(b.data, b.idColumn)
	d := &jsonDecoding{b: b, p: p, ctx: ctx, emit: emit, mark: 0, markLine: b.leadLines + 1}
	var err error
	switch {
	case b.columns != nil:
		err = d.positions()
	case b.elements != nil:
		err = d.spans()
	default:
		err = d.lines()
	}
	if err == nil {
		err = d.flush()
	}
	if err != nil {
		return source.Stats{}, err
	}
	if b.duplicates > 0 {
		p.notes.add("", "json.duplicate_key", b.duplicates)
	}
	slices.SortStableFunc(b.rejects, func(x, y source.Reject) int { return int(x.Line - y.Line) })
	return source.Stats{Rows: d.rows, Rejected: b.rejected, Rejects: b.rejects,
		Lines: b.leadLines + int64(bytes.Count(b.data, []byte{'\n'})), Notes: p.notes.observations()}, nil
}

// jsonDecoding is one run of Decode.
type jsonDecoding struct {
	b    *jsonBlock
	p    *jsonParser
	ctx  context.Context
	emit func(*source.Batch) error

	rows   int64
	lineOf []int64
	chunks []source.Chunk

	mark     int   // a position in data
	markLine int64 // and its line
}

// lineAt returns the line of a position; positions do not fall.
func (d *jsonDecoding) lineAt(pos int) int64 {
	if pos > d.mark {
		d.markLine += int64(bytes.Count(d.b.data[d.mark:pos], []byte{'\n'}))
		d.mark = pos
	}
	return d.markLine
}

func (d *jsonDecoding) lines() error {
	data := d.b.data
	for pos := 0; pos < len(data); {
		end := bytes.IndexByte(data[pos:], '\n')
		if end < 0 {
			end = len(data)
		} else {
			end += pos
		}
		if err := d.records(pos, end); err != nil {
			return err
		}
		pos = end + 1
	}
	return nil
}

func (d *jsonDecoding) spans() error {
	for _, s := range d.b.elements {
		if err := d.records(int(s.Off), int(s.Off+s.Len)); err != nil {
			return err
		}
	}
	return nil
}

// records parses what stands in data[pos:end]: one record, or several without a line
// end or comma between them.
func (d *jsonDecoding) records(pos, end int) error {
	d.p.data = d.b.data[:end]
	for {
		pos = jsonSkipSpace(d.p.data, pos)
		for pos < end && d.p.data[pos] == ',' {
			pos = jsonSkipSpace(d.p.data, pos+1)
		}
		if pos >= end {
			return nil
		}
		line := d.lineAt(pos)
		next, err := d.p.next(d.p.rowAt, pos)
		if err != nil {
			d.reject(err)
			return nil
		}
		pos = next
		if err := d.row(line); err != nil {
			return err
		}
	}
}

// reject counts a bad record and leads to the place of the error.
func (d *jsonDecoding) reject(s *jsonSyntax) {
	at := min(s.pos, len(d.p.data))
	if d.b.last && s.code == jsonErrEnd && len(d.p.data) == len(d.b.data) {
		d.b.r.partial("json.truncated")
	}
	column := at - bytes.LastIndexByte(d.b.data[:at], '\n')
	d.b.reject(source.Reject{Line: d.lineAt(at), Code: s.code, Params: message.P("column", strconv.Itoa(column))})
}

func (d *jsonDecoding) row(line int64) error {
	d.rows++
	d.lineOf = append(d.lineOf, line)
	if d.p.row < jsonBatchRows {
		return nil
	}
	return d.flush()
}

// flush emits the batch in hand.
func (d *jsonDecoding) flush() error {
	if d.p.row == 0 {
		return nil
	}
	if err := d.ctx.Err(); err != nil {
		return err
	}
	rows := d.p.row
	d.chunks = d.p.chunks(d.chunks[:0])
	d.addFixed(rows)
	batch := &source.Batch{Group: d.b.group, FirstRow: int(d.rows) - rows, Rows: rows, Chunks: d.chunks, Lines: d.lineOf}
	err := d.emit(batch)
	d.p.newBatch()
	d.lineOf = d.lineOf[:0]
	return err
}

// addFixed adds what the file's path says of every row, unless the rows say it
// themselves.
func (d *jsonDecoding) addFixed(rows int) {
	for _, name := range slices.Sorted(maps.Keys(d.b.fixed)) {
		column, ok := d.b.r.columns.index(source.Column{Path: jsonChildPath("", name)}, 2*jsonMaxColumns)
		if !ok || slices.ContainsFunc(d.chunks, func(c source.Chunk) bool { return c.Column == column }) {
			continue
		}
		value := d.b.fixed[name]
		d.chunks = append(d.chunks, source.Chunk{Column: column, N: rows, Codes: make([]int32, rows),
			Values: source.Values{Kind: source.Text, Data: []byte(value), Spans: []span.Span{{Len: uint32(len(value))}}}})
	}
}

// jsonColumn is one column of a document that is written column by column.
type jsonColumn struct {
	key    string
	values []span.Span
}

func (d *jsonDecoding) positions() error {
	rows := 0
	for _, c := range d.b.columns {
		rows = max(rows, len(c.values))
	}
	for i := range rows {
		if _, err := d.p.next(d.positionAt, i); err != nil {
			d.mark, d.markLine = 0, 1 // columns lie behind one another: lines go back
			d.reject(err)
			continue
		}
		if err := d.row(1); err != nil {
			return err
		}
	}
	return nil
}

// positionAt parses the values at position i of all columns as a row.
func (d *jsonDecoding) positionAt(i int) (int, *jsonSyntax) {
	for _, c := range d.b.columns {
		if i >= len(c.values) {
			continue
		}
		start, end := int(c.values[i].Off), int(c.values[i].Off+c.values[i].Len)
		d.p.data = d.b.data[:end]
		child, ok := d.p.childFor(&d.p.root, []byte(c.key), start)
		if !ok {
			d.p.pending.add("", "json.columns_dropped", 1)
			continue
		}
		if stop, err := d.p.value(child, start, 1); err != nil {
			return stop, err
		} else if stop != end {
			return stop, &jsonSyntax{jsonErrValue, stop}
		}
	}
	return i, nil
}
