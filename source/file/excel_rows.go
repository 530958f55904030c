package file

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// excelCell is a cell that holds something: a value, or a formula without one.
type excelCell struct {
	col   int32 // from 0
	style int32
	typ   excelType
	// formula says that the value was computed; noValue that it was not kept.
	formula, noValue bool
	filled           bool  // by a merged cell above
	str              int32 // excelShared
	off, end         uint32
}

type excelType uint8

const (
	excelNumeric excelType = iota
	excelShared            // str is the number of a shared string
	excelInline            // text in the cell, or a formula's
	excelBool
	excelError
	excelISODate
)

// excelRow is a row with at least one cell.
type excelRow struct {
	num         int // 1 = the first of the sheet
	first, last int // of excelRows.cells
}

// excelRows are some rows, one after the other.
type excelRows struct {
	data  []byte // that the cells' texts are in
	cells []excelCell
	rows  []excelRow
	notes jsonNotes // what was seen while cutting
}

func (g *excelRows) of(r excelRow) []excelCell { return g.cells[r.first:r.last] }

func (g *excelRows) text(c *excelCell) []byte { return g.data[c.off:c.end] }

// excelRange is a merged range, ends included; rows from 1, columns from 0.
type excelRange struct{ r1, c1, r2, c2 int }

// excelSheetReader streams the rows of a sheet.
type excelSheetReader struct {
	x       *excelXML
	strings *excelStrings
	last    int // number of the last row, empty ones included
	done    bool
	broken  error // why the sheet ended early, nil = it did not
}

// next reads rows until max of them hold something, or the group has grown enough.
func (s *excelSheetReader) next(max int) *excelRows {
	const enoughCells, enoughBytes = 1 << 19, 8 << 20
	g := &excelRows{notes: jsonNotes{}}
	for !s.done && len(g.rows) < max && len(g.cells) < enoughCells && len(g.data) < enoughBytes {
		token, err := s.x.next()
		switch {
		case err != nil:
			s.stop(err)
		case token == excelStart && s.x.is("row"):
			if err := s.row(g); err != nil {
				s.stop(err)
			}
		case token == excelEnd && s.x.is("sheetData"):
			s.done = true
		}
	}
	return g
}

func (s *excelSheetReader) stop(err error) {
	s.done = true
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // the end of sheetData was not seen
	}
	s.broken = err
}

// row reads a row up to its end. A row that breaks off is left out.
func (s *excelSheetReader) row(g *excelRows) error {
	const enoughBytes = 1 << 28 // no real row comes near
	num, ok := s.x.attrInt("r")
	if ok && num <= s.last {
		g.notes.add("", "excel.row_order", 1)
	}
	if !ok || num <= s.last {
		num = s.last + 1
	}
	s.last = num
	hidden := s.x.attrTrue("hidden")
	first, col, sorted := len(g.cells), -1, true
	for {
		token, err := s.x.next()
		if err != nil {
			g.cells = g.cells[:first]
			return err
		}
		if token == excelEnd && s.x.is("row") {
			break
		}
		if token != excelStart || !s.x.is("c") {
			continue
		}
		c, err := s.cell(g, col)
		if err != nil {
			g.cells = g.cells[:first]
			return err
		}
		if len(g.data) > enoughBytes || len(g.cells)-first > 4*excelMaxCols {
			g.cells = g.cells[:first]
			return errExcelToken
		}
		sorted = sorted && int(c.col) > col
		col = int(c.col)
		switch {
		case col >= excelMaxCols || num > excelMaxRows:
			g.notes.add("", "excel.outside", 1)
		case s.holds(g, &c):
			g.cells = append(g.cells, c)
		}
	}
	if !sorted {
		g.sortCells(first)
	}
	if len(g.cells) > first {
		g.rows = append(g.rows, excelRow{num: num, first: first, last: len(g.cells)})
		if hidden {
			g.notes.add("", "excel.hidden_rows", 1)
		}
	}
	return nil
}

// sortCells puts the cells of a row in order; of two at one place the later stays.
func (g *excelRows) sortCells(first int) {
	row := g.cells[first:]
	slices.Reverse(row)
	slices.SortStableFunc(row, func(a, b excelCell) int { return int(a.col - b.col) })
	n := len(slices.CompactFunc(row, func(a, b excelCell) bool { return a.col == b.col }))
	if n < len(row) {
		g.notes.add("", "excel.cell_twice", int64(len(row)-n))
	}
	g.cells = g.cells[:first+n]
}

// holds reports whether a cell has anything to say: an empty text does not.
func (s *excelSheetReader) holds(g *excelRows, c *excelCell) bool {
	switch {
	case c.noValue:
		return c.formula
	case c.typ == excelShared:
		return c.str < 0 || s.strings.len(c.str) > 0
	}
	return c.end > c.off
}

// cell reads a cell; left is the column of the one before.
func (s *excelSheetReader) cell(g *excelRows, left int) (excelCell, error) {
	c := excelCell{col: int32(left + 1), noValue: true}
	if ref, ok := s.x.attr("r"); ok {
		if col, _, ok := excelRef(ref); ok {
			c.col = int32(col)
		}
	}
	if style, ok := s.x.attrInt("s"); ok && style >= 0 {
		c.style = int32(min(style, 1<<30))
	}
	t, _ := s.x.attr("t")
	shared := false
	switch string(t) {
	case "s":
		shared = true
	case "str", "inlineStr":
		c.typ = excelInline
	case "b":
		c.typ = excelBool
	case "e":
		c.typ = excelError
	case "d":
		c.typ = excelISODate
	}
	c.off = uint32(len(g.data))
	if err := s.content(g, &c); err != nil {
		return c, err
	}
	c.end = uint32(len(g.data))
	switch {
	case c.noValue:
	case shared:
		c.typ, c.str = excelShared, s.shared(g.data[c.off:])
		g.data = g.data[:c.off]
	case c.typ == excelInline:
		c.end = c.off + uint32(len(excelXString(g.data[c.off:])))
	default:
		c.noValue = len(bytes.TrimSpace(g.text(&c))) == 0
	}
	return c, nil
}

// content reads what is inside of a cell into g.data.
func (s *excelSheetReader) content(g *excelRows, c *excelCell) error {
	taking, reading := false, false
	for {
		token, err := s.x.next()
		if err != nil {
			return err
		}
		if token == excelText {
			if taking && !reading {
				g.data = s.x.appendText(g.data)
			}
			continue
		}
		switch name := string(s.x.name); name {
		case "c":
			if token == excelEnd {
				return nil
			}
		case "v", "t":
			taking = token == excelStart
			c.noValue = false
		case "f":
			c.formula, taking = true, false
		case "rPh":
			reading = token == excelStart
		}
	}
}

// shared reads the number of a shared string, or -1 where there is none such.
func (s *excelSheetReader) shared(text []byte) int32 {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 32)
	if err != nil || n < 0 || int(n) >= len(s.strings.ends) {
		return -1
	}
	return int32(n)
}

// excelRef reads an address like "AB12": the column from 0, the row from 1 (0 where
// only a column stands).
func excelRef(ref []byte) (col, row int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		letter := ref[i] &^ 0x20
		if ref[i] == '$' {
			continue
		}
		if letter < 'A' || letter > 'Z' {
			break
		}
		col = 26*col + int(letter-'A') + 1
	}
	for _, d := range ref[i:] {
		if d == '$' {
			continue
		}
		if d < '0' || d > '9' || row > 10*excelMaxRows {
			return 0, 0, false
		}
		row = 10*row + int(d-'0')
	}
	return col - 1, row, col > 0
}

// excelColumnName is the inverse: 0 is "A".
func excelColumnName(col int) string {
	name := ""
	for col++; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return name
}

// excelFrame is what stands around the rows of a sheet.
type excelFrame struct {
	merged []excelRange // by first row, then column
	rows   int          // by the sheet's own account, 0 = unknown
	more   bool         // there were more merged ranges than are kept
}

// readFrame reads a sheet but for its rows, over which it steps without looking. The
// merged ranges stand behind the rows and must be known before them.
func (b *excelBook) readFrame(part string) (*excelFrame, error) {
	const enough = 1 << 20
	r, err := b.open(part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x, f := newExcelXML(r), &excelFrame{}
	for {
		token, err := x.next()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return f, nil // reading the rows will come to the same end and say so
			}
			return nil, b.damaged(err)
		}
		if token != excelStart {
			continue
		}
		switch {
		case x.is("dimension"):
			if d, ok := excelRangeOf(x.attrText("ref")); ok {
				f.rows = d.r2 - d.r1 + 1
			}
		case x.is("sheetData") && !x.closed:
			if err := x.skipRows(); err != nil {
				return f, nil
			}
		case x.is("mergeCell"):
			if m, ok := excelRangeOf(x.attrText("ref")); ok {
				if f.more = len(f.merged) == enough; f.more {
					return f, nil
				}
				f.merged = append(f.merged, m)
			}
		}
	}
}

// skipRows goes to the end tag of sheetData. Outside of CDATA, which no writer uses
// for the purpose, "</" cannot be part of a text.
func (x *excelXML) skipRows() error {
	const end, farthest = "sheetData>", 64
	for {
		at := bytes.Index(x.buf[x.pos:], []byte(end))
		if at < 0 {
			x.pos = max(x.pos, len(x.buf)-farthest)
			if !x.more() {
				return x.broken()
			}
			continue
		}
		at += x.pos
		from := max(x.pos, at-farthest)
		open := bytes.LastIndexByte(x.buf[from:at], '<')
		if open >= 0 && x.buf[from+open+1] == '/' {
			x.pos = from + open
			return nil
		}
		x.pos = at + len(end)
	}
}

func excelRangeOf(ref string) (excelRange, bool) {
	from, to, found := strings.Cut(ref, ":")
	if !found {
		to = from
	}
	c1, r1, ok1 := excelRef([]byte(from))
	c2, r2, ok2 := excelRef([]byte(to))
	ok := ok1 && ok2 && r1 > 0 && r1 <= r2 && c1 <= c2 && r2 <= excelMaxRows && c2 < excelMaxCols
	return excelRange{r1, c1, r2, c2}, ok
}
