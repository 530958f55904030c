package delimited

import (
	"bytes"
	"slices"
	"strings"
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
	l.Columns = commonWidth(records)
	if o.HeaderRows == nil && l.Columns > 1 {
		first := preface(records, l.Columns)
		l.SkipLines += bytes.Count(sample[l.Skip:l.Skip+starts[first]], []byte{l.newline()})
		base := l.Skip
		l.Skip += starts[first]
		records, starts = records[first:], starts[first:]
		for i := range starts {
			starts[i] += base
		}
	} else {
		for i := range starts {
			starts[i] += l.Skip
		}
	}
	l.headerRows(records, o)
	body := records[min(l.HeaderRows, len(records)):]
	if len(body) > 0 {
		l.Columns = commonWidth(body)
	}
	if l.HeaderRows > 0 {
		l.Columns = max(l.Columns, width(records[0]))
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
// than the rows have. A table must follow: three rows of its width, or all that are
// left.
func preface(records [][]cell, columns int) int {
	for i, r := range records {
		if width(r) < columns {
			continue
		}
		rest := records[i:min(i+3, len(records))]
		if !slices.ContainsFunc(rest, func(r []cell) bool { return width(r) < columns }) {
			return i
		}
		return 0
	}
	return 0
}

// headerRows decides how many records name the columns.
func (l *Layout) headerRows(records [][]cell, o Override) {
	if o.HeaderRows != nil {
		l.HeaderRows, l.HeaderWhy = min(*o.HeaderRows, len(records)), "given"
		return
	}
	body := records[1:]
	switch forHeader, against := votes(records[0], body); {
	case against > 0 && against >= forHeader:
	case forHeader > 0:
		l.HeaderRows, l.HeaderWhy = 1, "types"
	case l.namesLike(records[0], body):
		l.HeaderRows, l.HeaderWhy = 1, "words"
	}
	// Two lines of names: text, where the third line and on have numbers or dates.
	if len(body) >= 3 && allText(records[0]) && allText(body[0]) {
		if more, against := votes(body[0], body[1:]); more > 0 && against == 0 && more*2 >= width(body[0]) {
			l.HeaderRows, l.HeaderWhy = 2, "types"
		}
	}
}

// votes compares a record with the ones below: a text over numbers or dates speaks
// for a header, a number over numbers against it.
func votes(head []cell, body [][]cell) (forHeader, against int) {
	for c := range head {
		var kinds [4]int
		n := 0
		for _, r := range body {
			if c < len(r) {
				if k := kindOf(bytes.TrimSpace(r[c].text)); k != kindEmpty {
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

// padding allows short records where they are the rule rather than damage: in more
// than one of twenty.
func (l *Layout) padding(body [][]cell, bad int) {
	short := 0
	for _, r := range body {
		if width(r) < l.Columns {
			short++
		}
	}
	l.Padded = short*20 > len(body)+bad && l.Columns > 1
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
