package file

import (
	"context"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// How workbooks are read
//
// A workbook is a ZIP archive of XML parts (ECMA-376). excel_book.go opens it and
// reads the small parts; excel_rows.go streams a sheet's rows; excel_layout.go finds
// titles and header; excel_cells.go turns cells into chunks. Nothing is unpacked to
// disk and no more is held than the shared strings and the blocks in hand.
//
// The library excelize is not used here: it holds a whole sheet, or hands out its
// rows as the text that a person would see, without the cells' types and formats.
// The tests write their workbooks with it, and it is the judge of what they hold.

// excelBlockRows is the number of rows of a block. It belongs to the format version
// like source.DefaultBlockBytes.
const excelBlockRows = 4096

const excelDefaultMemory = 128 << 20

// listExcel lists the sheets of a workbook that have cells. Hidden ones are listed and
// say so; charts and empty sheets are skipped with the reason.
func listExcel(ctx context.Context, p source.Part) ([]source.Dataset, []source.Skipped, error) {
	book, err := openExcelBook(p, p.Path)
	if err != nil {
		return nil, nil, err
	}
	defer book.close()
	var found []source.Dataset
	var skipped []source.Skipped
	names := map[string]int{}
	for _, s := range book.sheets {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		locator := p.Path + "#" + s.name
		skip := func(code string) {
			skipped = append(skipped, source.Skipped{Locator: locator, Code: code, Params: message.P("sheet", s.name)})
		}
		if names[s.name]++; names[s.name] > 1 {
			skip("excel.sheet_twice")
			continue
		}
		if s.kind != "worksheet" {
			skip(map[bool]string{true: "excel.missing_sheet", false: "excel.chart_sheet"}[s.part == ""])
			continue
		}
		holds, err := book.hasCells(s.part)
		switch {
		case err != nil:
			skip("excel.damaged_sheet")
		case !holds:
			skip("excel.empty_sheet")
		default:
			found = append(found, excelDataset(p, s, locator))
		}
	}
	return found, skipped, nil
}

func excelDataset(p source.Part, s excelSheet, locator string) source.Dataset {
	d := source.Dataset{Name: p.Name + "/" + s.name, Locator: locator, Format: "xlsx", Parts: []source.Part{p}, Bytes: p.Size}
	if p.Name == "" {
		d.Name = path.Base(p.Path) + "/" + s.name
	}
	if s.state == "hidden" || s.state == "veryHidden" {
		d.Note = []asset.Observation{jsonObservation("", "excel.hidden", "sheet", s.name)}
	}
	return d
}

// hasCells looks for the first cell with a value or a formula.
func (b *excelBook) hasCells(part string) (bool, error) {
	r, err := b.open(part)
	if err != nil {
		return false, err
	}
	defer r.Close()
	x := newExcelXML(r)
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, b.damaged(err)
		}
		if token == excelStart && (x.is("v") || x.is("is") || x.is("f")) {
			return true, nil
		}
	}
}

// openExcel reads the sheet that the locator names behind "#".
func openExcel(ctx context.Context, d source.Dataset, o source.Options) (source.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	book, err := openExcelBook(d.Parts[0], d.Locator)
	if err != nil {
		return nil, err
	}
	r := &excelReader{book: book, fixed: d.Parts[0].Fixed, size: d.Bytes}
	if err := r.open(d.Locator, o); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// excelReader is a source.Reader over one sheet.
type excelReader struct {
	book  *excelBook
	frame *excelFrame
	sheet *excelSheetReader
	part  io.Closer
	fixed map[string]string
	size  int64

	// Used by Next alone.
	group    int
	ahead    *excelRows // the first rows, read to find the header
	layout   *excelLayout
	merged   []excelFill // merged ranges that go on
	mergeAt  int         // the next of frame.merged
	lastRow  int         // the last row of the blocks so far
	lastFull int         // the last row of the body that held something

	mu sync.Mutex
	// Under mu.
	columns     []source.Column
	description source.Description
}

func (r *excelReader) open(locator string, o source.Options) error {
	s, ok := r.book.sheet(locator)
	if !ok {
		return fault.New(fault.NotFound, "excel.no_sheet", "locator", locator)
	}
	limit := o.MemoryBytes
	if limit <= 0 {
		limit = excelDefaultMemory
	}
	strs, err := r.book.readStrings(limit)
	if err != nil {
		return err
	}
	if r.frame, err = r.book.readFrame(s.part); err != nil {
		return err
	}
	slices.SortFunc(r.frame.merged, func(a, b excelRange) int {
		if a.r1 != b.r1 {
			return a.r1 - b.r1
		}
		return a.c1 - b.c1
	})
	part, err := r.book.open(s.part)
	if err != nil {
		return err
	}
	r.part, r.sheet = part, &excelSheetReader{x: newExcelXML(part), strings: strs}
	r.ahead = r.sheet.next(excelBlockRows + excelSampleRows)
	if r.layout, err = r.excelFindLayout(r.ahead, o); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.fixed)) {
		r.layout.addNamed(name)
	}
	r.columns = r.layout.columns
	r.describe(s)
	return nil
}

// sheet finds the sheet that a locator ends in. Its name may hold "#" itself, so the
// longest one wins.
func (b *excelBook) sheet(locator string) (excelSheet, bool) {
	best, found := excelSheet{}, false
	for _, s := range b.sheets {
		if s.kind == "worksheet" && strings.HasSuffix(locator, "#"+s.name) && (!found || len(s.name) > len(best.name)) {
			best, found = s, true
		}
	}
	return best, found
}

func (r *excelReader) describe(s excelSheet) {
	r.description = source.Description{Evidence: r.layout.why, Dialect: &source.Dialect{HeaderRows: r.layout.header}}
	if n := r.layout.titles; n > 0 {
		// In rows of the sheet, as Options.SkipRows counts them.
		r.description.Dialect.SkipRows = r.ahead.rows[n-1].num
	}
	if s.state == "hidden" || s.state == "veryHidden" {
		r.description.Evidence = append(r.description.Evidence, jsonObservation("", "excel.hidden", "sheet", s.name))
	}
	if r.book.is1904 {
		r.description.Evidence = append(r.description.Evidence, jsonObservation("", "excel.epoch_1904"))
	}
	if r.frame.more {
		r.description.Evidence = append(r.description.Evidence, jsonObservation("", "excel.merged_limit",
			"count", strconv.Itoa(len(r.frame.merged))))
	}
}

// Columns are those of the header and of the first rows, and any that a later row
// brings.
func (r *excelReader) Columns() []source.Column {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.columns[:len(r.columns):len(r.columns)]
}

// Expect is what the sheet says of its size, without the header.
func (r *excelReader) Expect() int64 {
	return int64(max(0, r.frame.rows-r.layout.first))
}

// Describe says where the header is and why.
func (r *excelReader) Describe() source.Description {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.description
}

// Close closes the workbook.
func (r *excelReader) Close() error {
	if r.book == nil {
		return nil
	}
	var errs []error
	if r.part != nil {
		errs = append(errs, r.part.Close())
	}
	errs = append(errs, r.book.close())
	r.book, r.sheet, r.part = nil, nil, nil
	return errors.Join(errs...)
}

// Next returns the next rows.
func (r *excelReader) Next(ctx context.Context) (source.Block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.sheet == nil {
		return nil, io.EOF
	}
	g := r.ahead
	r.ahead = nil
	if g == nil {
		g = r.sheet.next(excelBlockRows)
	} else {
		g.rows = g.rows[r.layout.first:]
	}
	if err := r.sheet.broken; err != nil && r.sheet.done {
		if f := fault.As(err); f != nil && f.Kind != fault.Invalid {
			return nil, err // a bomb: what it holds is not worth counting
		}
		r.mu.Lock()
		r.description.Partial = "excel.broken_off"
		r.mu.Unlock()
	}
	if len(g.rows) == 0 && (r.group > 0 || r.sheet.done) {
		if r.group > 0 || len(g.notes) == 0 {
			return nil, io.EOF
		}
	}
	return r.block(g), nil
}

func (r *excelReader) block(g *excelRows) *excelBlock {
	b := &excelBlock{r: r, group: r.group, g: g, base: r.lastRow, strings: r.sheet.strings, book: r.book, fixed: r.fixed}
	r.group++
	for i := range g.rows {
		r.prepare(g, i)
	}
	if n := len(g.rows); n > 0 {
		r.lastRow = g.rows[n-1].num
	}
	b.end = r.lastRow
	// The ranges are read-only from here; the map is not, so the block takes a copy
	// of what it needs.
	b.indexOf = make([]int32, 0, len(r.layout.byCol))
	for col, i := range r.layout.byCol {
		for int(col) >= len(b.indexOf) {
			b.indexOf = append(b.indexOf, -1)
		}
		b.indexOf[col] = int32(i)
	}
	if r.frame.rows > 0 {
		b.size = r.size * int64(b.end-b.base) / int64(max(r.frame.rows, b.end))
	}
	return b
}

// excelFill is a merged range of the body whose first cell fills the rows below.
type excelFill struct {
	excelRange
	cell excelCell
	text []byte
}

// prepare counts blank rows, fills merged cells and finds columns that are new.
func (r *excelReader) prepare(g *excelRows, i int) {
	row := g.rows[i]
	if r.lastFull > 0 && row.num > r.lastFull+1 {
		g.notes.add("", "excel.blank_rows", int64(row.num-r.lastFull-1))
	}
	r.lastFull = row.num
	for k := range g.of(row) {
		col := g.cells[row.first+k].col
		if _, ok := r.layout.byCol[col]; !ok {
			r.layout.add(col, "")
			r.mu.Lock()
			r.columns = r.layout.columns
			r.mu.Unlock()
		}
	}
	r.fill(g, i)
}

func (r *excelReader) fill(g *excelRows, i int) {
	row := g.rows[i]
	for ; r.mergeAt < len(r.frame.merged) && r.frame.merged[r.mergeAt].r1 <= row.num; r.mergeAt++ {
		m := r.frame.merged[r.mergeAt]
		at, ok := excelCellAt(g.of(row), m.c1)
		if m.r1 == row.num && m.r2 > m.r1 && ok && len(r.merged) < excelMaxCols {
			c := g.cells[row.first+at]
			r.merged = append(r.merged, excelFill{m, c, slices.Clone(g.text(&c))})
		}
	}
	r.merged = slices.DeleteFunc(r.merged, func(f excelFill) bool { return f.r2 < row.num })
	if len(r.merged) == 0 {
		return
	}
	cells := slices.Clone(g.of(row))
	for _, f := range r.merged {
		if _, taken := excelCellAt(g.of(row), f.c1); taken || f.r1 == row.num {
			continue
		}
		c := f.cell
		c.filled, c.off = true, uint32(len(g.data))
		g.data = append(g.data, f.text...)
		c.end = uint32(len(g.data))
		cells = append(cells, c)
	}
	if len(cells) == row.last-row.first {
		return
	}
	slices.SortFunc(cells, func(a, b excelCell) int { return int(a.col - b.col) })
	first := len(g.cells)
	g.cells = append(g.cells, cells...)
	g.rows[i].first, g.rows[i].last = first, len(g.cells)
}

// excelCellAt finds a column among the cells of a row.
func excelCellAt(cells []excelCell, col int) (int, bool) {
	return slices.BinarySearchFunc(cells, col, func(c excelCell, col int) int { return int(c.col) - col })
}
