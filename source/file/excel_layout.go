package file

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/asset"
	"assay/fault"
	"assay/source"
)

// excelLayout is where the table of a sheet begins and what its columns are called.
type excelLayout struct {
	titles  int // rows before the header, of those that hold anything
	header  int // rows of the header
	first   int // index of the first row of the body
	columns []source.Column
	byCol   map[int32]int // sheet column to index of columns
	used    map[string]bool
	why     []asset.Observation
}

// excelSample is the top of a sheet, prepared for looking at.
type excelSample struct {
	g      *excelRows
	strs   *excelStrings
	merged []excelRange // those that begin in the sample
	width  int          // most cells in a row
	left   int32        // first column in use
}

const excelSampleRows = 200

// excelFindLayout looks at the first rows. The order of trust: what the options say,
// merged cells, then the kinds of the cells.
func (r *excelReader) excelFindLayout(g *excelRows, o source.Options) (*excelLayout, error) {
	s := r.sample(g)
	l := &excelLayout{byCol: map[int32]int{}, used: map[string]bool{}}
	l.titles = s.titles(o)
	switch {
	case o.HeaderRows != nil:
		l.header = min(max(0, *o.HeaderRows), len(g.rows)-l.titles)
		l.note("excel.header_asked", "rows", strconv.Itoa(l.header))
	case l.titles < len(g.rows):
		l.detectHeader(s)
	}
	l.first = l.titles + l.header
	if l.titles > 0 {
		l.note("excel.title_rows", "count", strconv.Itoa(l.titles))
	}
	l.nameColumns(s)
	if o.Columns == nil {
		return l, nil
	}
	if len(o.Columns) != len(l.columns) {
		return nil, fault.New(fault.Invalid, "excel.columns_count", "locator", r.book.locator,
			"want", strconv.Itoa(len(l.columns)), "got", strconv.Itoa(len(o.Columns)))
	}
	for i := range l.columns {
		l.columns[i].Label, l.columns[i].Path = cmp.Or(l.columns[i].Label, l.columns[i].Path), o.Columns[i]
	}
	return l, nil
}

func (l *excelLayout) note(code string, kv ...string) {
	l.why = append(l.why, jsonObservation("", code, kv...))
}

func (r *excelReader) sample(g *excelRows) *excelSample {
	s := &excelSample{g: g, strs: r.sheet.strings, left: excelMaxCols}
	const enough = 4096 // those of the header come first
	rows := g.rows[:min(len(g.rows), excelSampleRows)]
	for _, row := range rows {
		s.width = max(s.width, row.last-row.first)
		s.left = min(s.left, g.cells[row.first].col)
	}
	if len(rows) > 0 {
		end := rows[len(rows)-1].num
		for _, m := range r.frame.merged {
			if m.r1 > end || len(s.merged) == enough {
				break
			}
			s.merged = append(s.merged, m)
		}
	}
	return s
}

// titles counts the rows above the header: a heading merged over the table, the unit
// of measure, who reported when.
func (s *excelSample) titles(o source.Options) int {
	const most = 20
	rows := s.g.rows
	n := 0
	if o.SkipRows > 0 || o.HeaderRows != nil && *o.HeaderRows == 0 {
		for n < len(rows) && rows[n].num <= o.SkipRows {
			n++
		}
		return n
	}
	for n+1 < len(rows) && n <= most && s.isTitle(n) {
		n++
	}
	if n > most {
		return 0 // that many lines are no heading: nothing is left out
	}
	return n
}

func (s *excelSample) isTitle(i int) bool {
	row := s.g.rows[i]
	cells := s.g.of(row)
	if s.width < 2 || len(cells) == s.width {
		return false
	}
	if len(cells) == 1 {
		// A heading of some columns is no title: it begins right of the first
		// column, is merged, and the row below is full.
		m, merged := s.mergedAt(row.num, int(cells[0].col))
		return !(merged && m.c2 > m.c1 && cells[0].col > s.left && len(s.g.of(s.g.rows[i+1])) == s.width)
	}
	labelled, covered := 0, 0
	for k := range cells {
		if strings.ContainsAny(s.text(&cells[k]), ":：") {
			labelled++
		}
		covered++
		if m, ok := s.mergedAt(row.num, int(cells[k].col)); ok {
			covered += m.c2 - m.c1
		}
	}
	return 2*labelled >= len(cells) && len(cells) < s.width || 3*covered <= s.width
}

// mergedAt returns the merged range that a cell is in.
func (s *excelSample) mergedAt(row, col int) (excelRange, bool) {
	for _, m := range s.merged {
		if m.r1 > row {
			break
		}
		if row <= m.r2 && m.c1 <= col && col <= m.c2 {
			return m, true
		}
	}
	return excelRange{}, false
}

func (s *excelSample) isText(c *excelCell) bool { return c.typ == excelInline || c.typ == excelShared }

// text returns what a cell says, as far as a header needs it.
func (s *excelSample) text(c *excelCell) string {
	if c.typ == excelShared {
		if c.str < 0 {
			return ""
		}
		return string(s.strs.text(c.str))
	}
	return string(s.g.text(c))
}

// detectHeader decides whether and how many rows are the header.
func (l *excelLayout) detectHeader(s *excelSample) {
	rows := s.g.rows[:min(len(s.g.rows), excelSampleRows)]
	top := l.titles
	if !s.mayBeHeader(rows[top]) {
		l.note("excel.header_none")
		return
	}
	height, merged := s.headerHeight(rows, top)
	body := rows[top+height:]
	last := rows[top+height-1]
	switch {
	case merged:
		l.note("excel.header_merged", "rows", strconv.Itoa(height))
	case len(body) == 0 && last.last-last.first == 1:
		l.note("excel.header_none")
		return
	case s.differsBelow(last, body):
		l.note("excel.header_types", "rows", strconv.Itoa(height))
	case s.looksLikeNames(last, body):
		l.note("excel.header_names", "rows", strconv.Itoa(height))
	default:
		l.note("excel.header_none")
		return
	}
	l.header = height
}

// mayBeHeader: all cells are text, or text before numbers in equal steps, as in
// "region, 2021, 2022, 2023".
func (s *excelSample) mayBeHeader(row excelRow) bool {
	var numbers []float64
	texts := 0
	cells := s.g.of(row)
	for i := range cells {
		if s.isText(&cells[i]) {
			texts++
			continue
		}
		f, err := strconv.ParseFloat(s.text(&cells[i]), 64)
		if err != nil || cells[i].typ != excelNumeric {
			return false
		}
		numbers = append(numbers, f)
	}
	if len(numbers) == 0 {
		return true
	}
	if texts == 0 || len(numbers) < 2 {
		return false
	}
	step := numbers[1] - numbers[0]
	for i := 1; i < len(numbers); i++ {
		if step <= 0 || numbers[i]-numbers[i-1] != step {
			return false
		}
	}
	return true
}

// headerHeight follows merged cells down: one that is merged over rows reaches as far
// as the header does, one merged over columns has names below. Three rows at most.
func (s *excelSample) headerHeight(rows []excelRow, top int) (height int, merged bool) {
	const most = 3
	height = 1
	for i := top; i < top+height; i++ {
		for _, m := range s.merged {
			if m.r1 != rows[i].num || !s.isHead(rows[i], m) {
				continue
			}
			for height < most && top+height < len(rows) && rows[top+height].num <= m.r2 && s.mayBeHeader(rows[top+height]) {
				height++
				merged = true
			}
			next := i + 1
			if m.c2 > m.c1 && next == top+height && height < most && next+1 < len(rows) && s.mayBeHeader(rows[next]) {
				height++
				merged = true
			}
		}
	}
	return height, merged
}

// isHead reports whether m begins at a cell of row.
func (s *excelSample) isHead(row excelRow, m excelRange) bool {
	return slices.ContainsFunc(s.g.of(row), func(c excelCell) bool { return int(c.col) == m.c1 })
}

// differsBelow reports whether in some column text stands above cells that mostly are
// not text.
func (s *excelSample) differsBelow(head excelRow, body []excelRow) bool {
	other, all := map[int32]int{}, map[int32]int{}
	for _, row := range body {
		for _, c := range s.g.of(row) {
			all[c.col]++
			if !s.isText(&c) {
				other[c.col]++
			}
		}
	}
	for _, c := range s.g.of(head) {
		if s.isText(&c) && 2*other[c.col] > all[c.col] {
			return true
		}
	}
	return false
}

// looksLikeNames reports whether the cells of a table of text read like names of
// columns: all different, short, and none occurs again below.
func (s *excelSample) looksLikeNames(head excelRow, body []excelRow) bool {
	const long = 60
	names := map[int32]string{}
	seen := map[string]bool{}
	for _, c := range s.g.of(head) {
		name := strings.TrimSpace(s.text(&c))
		if name == "" || seen[name] || utf8.RuneCountInString(name) > long {
			return false
		}
		seen[name], names[c.col] = true, name
	}
	for _, row := range body {
		for _, c := range s.g.of(row) {
			if names[c.col] != "" && names[c.col] == strings.TrimSpace(s.text(&c)) {
				return false
			}
		}
	}
	return true
}

// nameColumns makes a column of every sheet column that the header or the group's
// rows use, in the order of the sheet.
func (l *excelLayout) nameColumns(s *excelSample) {
	used := map[int32]bool{}
	for _, row := range s.g.rows[l.titles:] {
		for _, c := range s.g.of(row) {
			used[c.col] = true
		}
	}
	cols := make([]int32, 0, len(used))
	for c := range used {
		cols = append(cols, c)
	}
	slices.Sort(cols)
	for _, col := range cols {
		l.add(col, l.nameOf(s, int(col)))
	}
}

// nameOf joins what stands above a column: "parent/child".
func (l *excelLayout) nameOf(s *excelSample, col int) string {
	if l.header == 0 {
		return ""
	}
	rows := s.g.rows[l.titles : l.titles+l.header]
	var parts []string
	for num := rows[0].num; num <= rows[len(rows)-1].num; num++ {
		r, c := num, col
		if m, ok := s.mergedAt(num, col); ok {
			r, c = m.r1, m.c1 // merged over rows it is found again, and said once
		}
		text := ""
		for _, row := range rows {
			for k := range s.g.of(row) {
				cell := &s.g.cells[row.first+k]
				if row.num == r && int(cell.col) == c {
					text = s.text(cell)
				}
			}
		}
		if text = strings.Trim(text, " \t\r\n\u3000"); text != "" && (len(parts) == 0 || parts[len(parts)-1] != text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "/")
}

// add makes a column called label; without a name it gets the letter of the sheet's
// column, and a name that is taken gets a number.
func (l *excelLayout) add(col int32, label string) int {
	name := strings.Join(strings.Fields(label), " ")
	if name == "" {
		name = excelColumnName(int(col))
	}
	path := name
	for n := 2; l.used[path]; n++ {
		path = name + "_" + strconv.Itoa(n)
	}
	l.used[path] = true
	c := source.Column{Path: path}
	if path != label {
		c.Label = label
	}
	l.byCol[col] = len(l.columns)
	l.columns = append(l.columns, c)
	return len(l.columns) - 1
}

// addNamed makes a column for a value that the file's path gives to every row, unless
// the sheet has one of that name.
func (l *excelLayout) addNamed(name string) {
	if !l.used[name] {
		l.used[name] = true
		l.columns = append(l.columns, source.Column{Path: name})
	}
}
