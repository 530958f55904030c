package delimited

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// kind is what a field looks like, as far as finding headers and dialects needs it.
type kind uint8

const (
	kindText kind = iota
	kindNumber
	kindDate
	kindEmpty
)

func kindOf(t []byte) kind {
	if len(t) == 0 {
		return kindEmpty
	}
	digits, other := 0, 0
	for i, c := range t {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case (c == '-' || c == '+') && i == 0, c == '.' || c == ',', (c == 'e' || c == 'E') && digits > 0 && i < len(t)-1:
		case c == '-' || c == '/' || c == ':' || c == ' ' || c == 'T' || c == 'Z' || c == '+':
			other++
		default:
			return dateInHan(t)
		}
	}
	switch {
	case digits == 0:
		return kindText
	case other == 0:
		return kindNumber
	case digits >= 3 && other <= 6:
		return kindDate
	}
	return kindText
}

func dateInHan(t []byte) kind {
	if bytes.Contains(t, []byte("年")) && bytes.Contains(t, []byte("月")) && t[0] >= '0' && t[0] <= '9' && len(t) < 40 {
		return kindDate
	}
	return kindText
}

// locate finds where the table begins, its width and its header.
func (l *Layout) locate(sample []byte, o Override) {
	records, starts, bad := l.sample(sample[l.Skip:], maxSampleRecords)
	l.HeaderWhy = "none"
	if len(records) == 0 {
		l.Columns, l.Header = 1, []string{""}
		l.dataAt(sample, l.Skip)
		return
	}
	for i := range starts {
		starts[i] += l.Skip
	}
	l.Columns = commonWidth(records)
	if o.HeaderRows == nil && l.Columns > 1 {
		first := preface(records, l.Columns)
		l.SkipLines += bytes.Count(sample[l.Skip:starts[first]], []byte{l.newline()})
		l.Skip = starts[first]
		records, starts = records[first:], starts[first:]
	}
	l.headerRows(records, o)
	body := records[min(l.HeaderRows, len(records)):]
	if len(body) > 0 {
		l.Columns = commonWidth(body)
	}
	if l.HeaderRows > 0 {
		l.Columns = l.widthWith(records[0], body)
	}
	if l.HeaderRows == 1 && width(records[0]) == l.Columns-1 && rowNames(records[0], body) {
		records[0] = append([]cell{{}}, records[0]...)
		l.HeaderWhy = "row_names"
	}
	l.names(records)
	l.padding(body, bad)
	l.Total = len(body) > 1 && isTotal(body[len(body)-1])
	if l.HeaderRows < len(records) {
		l.dataAt(sample, starts[l.HeaderRows])
	} else {
		l.dataAt(sample, len(sample))
	}
}

// rowNames reports whether a header that is one name short leaves out the first column,
// as R writes tables: the rows are counted there, or the names fit better one column on.
func rowNames(head []cell, body [][]cell) bool {
	seen := map[string]bool{}
	counted := len(body) >= 3
	for i, r := range body {
		t := string(bytes.TrimSpace(r[0].text))
		if t == "" || seen[t] {
			return false
		}
		seen[t] = true
		counted = counted && (t == strconv.Itoa(i) || t == strconv.Itoa(i+1))
	}
	here, _ := votes(head, body)
	there, against := votes(append([]cell{{}}, head...), body)
	return counted || there > here && against == 0
}

// widthWith is the number of columns of a table with a header: that of the header when
// it is the greater one, or when nearly as many rows have it as have the commonest.
func (l *Layout) widthWith(head []cell, body [][]cell) int {
	w, same, common := width(head), 0, 0
	for _, r := range body {
		switch width(r) {
		case l.Columns:
			common++
		case w:
			same++
		}
	}
	if w > l.Columns || same*2 >= common {
		return w
	}
	return l.Columns
}

func (l *Layout) dataAt(sample []byte, at int) {
	l.DataStart = at
	l.DataLine = bytes.Count(sample[:at], []byte{l.newline()})
}

// commonWidth is the commonest number of fields, the greater where two are as common.
func commonWidth(records [][]cell) int {
	counts := map[int]int{}
	best := 1
	for _, r := range records {
		w := width(r)
		counts[w]++
		if n := counts[w]; n > counts[best] || n == counts[best] && w > best {
			best = w
		}
	}
	return best
}

// preface counts the records before the table: titles and notes with fewer fields
// than the rows have, or, as spreadsheets write them, with nothing in all fields but
// one. A table must follow: three rows of its width, or all that are left.
func preface(records [][]cell, columns int) int {
	first := 0
	for first < len(records) && width(records[first]) < columns {
		first++
	}
	rest := records[first:min(first+3, len(records))]
	if len(rest) == 0 || slices.ContainsFunc(rest, func(r []cell) bool { return width(r) < columns }) {
		first = 0
	}
	if first > 0 && shortHeader(records[first-1], records[first:], columns) {
		return first - 1
	}
	titles := first
	for titles < len(records) && columns >= 3 && filled(records[titles]) == 1 {
		titles++
	}
	if titles < len(records) && titles <= maxTitles && filled(records[titles])*3 >= columns*2 && allText(records[titles]) {
		return titles
	}
	return first
}

// maxTitles is how many lines of titles a spreadsheet may have above its table.
const maxTitles = 10

// filled counts the fields that are not empty.
func filled(r []cell) (n int) {
	for _, c := range r {
		if len(bytes.TrimSpace(c.text)) > 0 {
			n++
		}
	}
	return n
}

// shortHeader reports whether a record with too few fields names the first columns
// all the same: names over numbers, in at least half the columns.
func shortHeader(r []cell, body [][]cell, columns int) bool {
	if w := width(r); w < 2 || w*2 < columns || filled(r) < w || !allText(r) {
		return false
	}
	forHeader, against := votes(r, body)
	return forHeader > 0 && against == 0
}

// headerRows decides how many records name the columns.
func (l *Layout) headerRows(records [][]cell, o Override) {
	if o.HeaderRows != nil {
		l.HeaderRows, l.HeaderWhy = min(*o.HeaderRows, len(records)), "given"
		return
	}
	if n := l.known(records, o.Names); n > 0 {
		l.HeaderRows, l.HeaderWhy = n, "known"
		return
	}
	body := records[1:]
	switch forHeader, against := votes(records[0], body); {
	case against > 0 && against >= forHeader:
		if corner(records[0], body) {
			l.HeaderRows, l.HeaderWhy = 1, "corner"
		}
	case forHeader > 0:
		l.HeaderRows, l.HeaderWhy = 1, "types"
	case l.namesLike(records[0], body):
		l.HeaderRows, l.HeaderWhy = 1, "words"
	}
	for n := 2; n <= maxHeaderRows && n < len(records)-1; n++ {
		if !continuesHeader(records[:n], records[n:]) {
			break
		}
		l.HeaderRows, l.HeaderWhy = n, "types"
	}
}

// corner reports whether a record is the header of a matrix: something different over
// every column, be it numbers, and over the first nothing, or a name over numbers.
func corner(head []cell, body [][]cell) bool {
	if len(head) < 3 || len(body) == 0 {
		return false
	}
	seen := map[string]bool{}
	for _, c := range head[1:] {
		t := string(bytes.TrimSpace(c.text))
		if t == "" || seen[t] {
			return false
		}
		seen[t] = true
	}
	first := bytes.TrimSpace(head[0].text)
	if kindOf(first) != kindText && len(first) > 0 || isNullWord(head[0]) {
		return false
	}
	return !slices.ContainsFunc(body, func(r []cell) bool {
		k := kindOf(bytes.TrimSpace(r[0].text))
		return k == kindEmpty || len(first) > 0 && k != kindNumber && k != kindDate
	})
}

// continuesHeader reports whether the last of the records is a further line of the
// header: text over numbers, below a line that does not name every column by itself,
// or with units.
func continuesHeader(head, body [][]cell) bool {
	last, above := head[len(head)-1], head[len(head)-2]
	if !allText(above) || !allText(last) || slices.ContainsFunc(last, isNullWord) {
		return false
	}
	forHeader, against := votes(last, body)
	if forHeader == 0 || against > 0 || forHeader*2 < width(last) {
		return false
	}
	units, seen := 0, map[string]bool{}
	for _, c := range last {
		if t := bytes.TrimSpace(c.text); len(t) > 0 && bytes.ContainsAny(t[:1], "([") || bytes.HasPrefix(t, []byte("（")) || bytes.HasPrefix(t, []byte("【")) {
			units++
		}
	}
	for _, c := range above {
		seen[string(bytes.TrimSpace(c.text))] = true
	}
	return len(seen) < len(above) || filled(above) < len(above) || units*2 >= filled(last)
}

// isNullWord knows the words that stand for no value; no header has them.
func isNullWord(c cell) bool {
	switch strings.ToLower(string(bytes.TrimSpace(c.text))) {
	case "na", "n/a", "nan", "null", "none", "nil", `\n`, "-", "--", "?", "#n/a", "无", "空", "缺失":
		return true
	}
	return false
}

// maxHeaderRows is how many records a header may have.
const maxHeaderRows = 3

// known is the number of header rows that give the names, in any order; 0 when none do.
func (l *Layout) known(records [][]cell, names []string) int {
	if len(names) == 0 {
		return 0
	}
	want := slices.Sorted(slices.Values(names))
	trial := Layout{}
	for n := 1; n <= min(maxHeaderRows, len(records)); n++ {
		trial.HeaderRows, trial.Columns = n, width(records[0])
		trial.names(records)
		if slices.Equal(want, slices.Sorted(slices.Values(trial.Header))) {
			return n
		}
	}
	return 0
}

// votes compares a record with the ones below: a text over numbers or dates speaks
// for a header, a number over numbers against it.
func votes(head []cell, body [][]cell) (forHeader, against int) {
	for c := range head {
		var kinds [4]int
		n := 0
		for _, r := range body {
			if c < len(r) {
				if k := kindOf(bytes.TrimSpace(r[c].text)); k != kindEmpty && !isNullWord(r[c]) {
					kinds[k]++
					n++
				}
			}
		}
		top := kindText
		for _, k := range []kind{kindNumber, kindDate} {
			if kinds[k]*10 >= n*8 && kinds[k] > 0 {
				top = k
			}
		}
		if top == kindText {
			if c < len(head) && sameShape(head[c], body, c) {
				against++
			}
			continue
		}
		switch k := kindOf(bytes.TrimSpace(head[c].text)); {
		case k == top:
			against++
		case k == kindText:
			forHeader++
		}
	}
	return forHeader, against
}

// sameShape reports whether a text is written like nearly all below it, with digits at
// the same places: a code or a date in words, and no name.
func sameShape(head cell, body [][]cell, c int) bool {
	want, digits := shapeOf(head.text), 0
	for _, r := range string(head.text) {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if strings.Count(want, "9") < 2 && digits < 3 { // as in names: col1, PM10
		return false
	}
	same, n, words := 0, 0, map[string]bool{}
	for _, r := range body {
		if c < len(r) && len(r[c].text) > 0 {
			n++
			words[lettersOf(r[c].text)] = true
			if shapeOf(r[c].text) == want {
				same++
			}
		}
	}
	// One word over the same other word in every row is a name all the same.
	return n >= 3 && same*10 >= n*8 && (len(words) > 1 || words[lettersOf(head.text)])
}

func lettersOf(t []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, string(t))
}

// shapeOf writes runs of digits as 9 and runs of letters as a.
func shapeOf(t []byte) string {
	var s []rune
	for _, r := range string(bytes.TrimSpace(t)) {
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsLetter(r):
			r = 'a'
		}
		if len(s) == 0 || r != s[len(s)-1] || r != '9' && r != 'a' {
			s = append(s, r)
		}
	}
	return string(s)
}

// namesLike reports whether a record of text over text reads like names: each there,
// none twice, none with digits only, none among the values below.
func (l *Layout) namesLike(head []cell, body [][]cell) bool {
	seen := map[string]bool{}
	for c, x := range head {
		t := strings.TrimSpace(string(x.text))
		if t == "" && c == len(head)-1 && len(head) > 1 {
			continue // a delimiter at the end
		}
		if k := kindOf([]byte(t)); k != kindText || seen[t] || len(t) > 120 {
			return false
		}
		seen[t] = true
		for _, r := range body {
			if c < len(r) && strings.TrimSpace(string(r[c].text)) == t {
				return false
			}
		}
	}
	return true
}

func allText(r []cell) bool {
	for _, c := range r {
		if k := kindOf(bytes.TrimSpace(c.text)); k != kindText && k != kindEmpty {
			return false
		}
	}
	return true
}

// names joins the header rows, one name a column.
func (l *Layout) names(records [][]cell) {
	l.Header = make([]string, l.Columns)
	for _, r := range records[:l.HeaderRows] {
		carried := "" // a cell that spans several columns is written once
		for c := range l.Columns {
			part := ""
			if c < len(r) {
				part = strings.TrimSpace(strings.TrimPrefix(string(r[c].text), "\ufeff"))
			}
			if l.HeaderRows > 1 && &r[0] == &records[0][0] {
				if part == "" {
					part = carried
				}
				carried = part
			}
			switch {
			case part == "" || part == l.Header[c]:
			case l.Header[c] == "":
				l.Header[c] = part
			default:
				l.Header[c] += "/" + part
			}
		}
	}
}

// padding allows short records where they are the rule rather than damage: two of
// them at least, and more than one of twenty.
func (l *Layout) padding(body [][]cell, bad int) {
	short := 0
	for _, r := range body {
		if len(r) < l.Columns {
			short++
		}
	}
	l.Padded = short >= 2 && short*20 > len(body)+bad && l.Columns > 1
}

// totals open the last row of many tables made by hand.
var totals = []string{"合计", "总计", "小计", "共计", "total", "totals", "sum", "grand total", "subtotal"}

func isTotal(r []cell) bool {
	return IsTotal(r[0].text)
}

// IsTotal reports whether a row that begins so is one of totals.
func IsTotal(first []byte) bool {
	t := strings.ToLower(strings.TrimRight(strings.TrimSpace(string(first)), ":："))
	return slices.Contains(totals, t)
}
