package delimited

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Layout is a dialect and where the table begins.
type Layout struct {
	Dialect
	Skip       int      // bytes before the header
	SkipLines  int      // lines before the header
	HeaderRows int      // 0 = none
	Header     []string // names, one a column; "" where there is none
	DataStart  int      // bytes before the first row
	DataLine   int      // lines before the first row
	Score      float64  // of the delimiter, 0 to 1; the evidence
	HeaderWhy  string   // "types", "words", "given", "none"
	LineEnd    string   // "lf", "crlf", "cr", "mixed"
	Total      bool     // the sample ends with a row of totals
}

// Override holds what is known beforehand; zero values are detected.
type Override struct {
	Delimiter  []byte
	Quote      *byte
	Escape     *byte
	Comment    []byte
	HeaderRows *int
	SkipRows   int
	Names      []string // the header of another part: where it stands here, it is the header
}

const (
	maxSampleRecords = 500
	maxSampleBytes   = 1 << 18
)

// Detect finds the layout of a text that begins with sample, in UTF-8. complete says
// that sample is all of it.
func Detect(sample []byte, complete bool, o Override) Layout {
	sample = clipSample(sample, complete)
	l := Layout{LineEnd: lineEnd(sample)}
	l.CR = l.LineEnd == "cr"
	l.SkipLines, l.Skip = o.SkipRows, afterLines(sample, o.SkipRows, l.newline())
	if o.Delimiter == nil {
		if d, n := separatorLine(sample[l.Skip:]); n > 0 { // Excel's "sep=;"
			o.Delimiter = d
			l.Skip += n
			l.SkipLines++
		}
	}
	l.choose(sample[l.Skip:], o)
	l.locate(sample, o)
	if l.LineEnd == "mixed" && l.Quote != 0 {
		l.LineEnd = lineEnd(outsideQuotes(sample[l.Skip:], l.Quote))
	}
	return l
}

// clipSample cuts the sample at a line end.
func clipSample(b []byte, complete bool) []byte {
	if complete && len(b) <= maxSampleBytes {
		return b
	}
	b = b[:min(len(b), maxSampleBytes)]
	if nl := bytes.LastIndexAny(b, "\n\r"); nl >= 0 {
		return b[:nl+1]
	}
	return b
}

func lineEnd(b []byte) string {
	crlf := bytes.Count(b, []byte("\r\n"))
	lf := bytes.Count(b, []byte("\n")) - crlf
	cr := bytes.Count(b, []byte("\r")) - crlf
	switch {
	case crlf+lf == 0 && cr > 0:
		return "cr"
	case lf > 0 && crlf == 0:
		return "lf"
	case crlf > 0 && lf == 0:
		return "crlf"
	case crlf+lf == 0:
		return ""
	}
	return "mixed"
}

// outsideQuotes leaves out what stands within quotation marks: a line end inside a
// field says nothing of how records end.
func outsideQuotes(b []byte, quote byte) []byte {
	var out []byte
	for i, piece := range bytes.Split(b, []byte{quote}) {
		if i%2 == 0 {
			out = append(out, piece...)
		}
	}
	return out
}

func afterLines(b []byte, n int, nl byte) int {
	at := 0
	for range n {
		k := bytes.IndexByte(b[at:], nl)
		if k < 0 {
			return len(b)
		}
		at += k + 1
	}
	return at
}

func separatorLine(b []byte) (delimiter []byte, n int) {
	nl := bytes.IndexByte(b, '\n')
	if nl < 0 || !bytes.HasPrefix(bytes.ToLower(b[:nl]), []byte("sep=")) {
		return nil, 0
	}
	d := bytes.TrimRight(b[4:nl], "\r")
	if len(d) == 0 || len(d) > 4 {
		return nil, 0
	}
	return bytes.Clone(d), nl + 1
}

// delimiters are tried in this order; where scores are equal the earlier wins.
var delimiters = []string{",", "\t", ";", "|", "，", "；", "||", "\x01", "^", "~", ":", " "}

// choose finds delimiter, quote, escape and comment by consistency: van den Burg,
// Nazábal, Sutton, "Wrangling messy CSV files by detecting row and type patterns",
// DMKD 33 (2019): the score of a dialect is the consistency of the numbers of fields
// times the share of fields that look like something.
func (l *Layout) choose(sample []byte, o Override) {
	best := -1.0
	var chosen Dialect
	try := func(d Dialect, weight float64) {
		if s := d.score(sample) * weight; s > best+1e-9 {
			best, chosen = s, d
		}
	}
	choices := delimiterChoices(sample, o)
	for _, comment := range comments(sample, o) {
		for _, del := range choices {
			d := Dialect{Delimiter: []byte(del), Comment: comment, CR: l.CR, Runs: del == " " && o.Delimiter == nil}
			for _, d.Quote = range quotes(sample, o) {
				for _, d.Escape = range escapes(sample, d.Quote, o) {
					weight := 1.0
					if len(comment) > 0 && o.Comment == nil {
						weight = d.commentWeight(sample)
					}
					try(d, weight)
				}
			}
		}
	}
	if o.Quote == nil && chosen.damaged(sample) { // perhaps inches and seconds
		for _, del := range choices {
			d := chosen
			d.Delimiter, d.Runs, d.Quote, d.Escape = []byte(del), del == " " && o.Delimiter == nil, 0, 0
			try(d, 0.95)
		}
	}
	l.Dialect, l.Score = chosen, max(best, 0)
}

// damaged reports whether quotes do not open and close as they should.
func (d *Dialect) damaged(sample []byte) bool {
	if d.Quote == 0 {
		return false
	}
	records, _, bad := d.sample(sample, maxSampleRecords)
	for _, r := range records {
		for _, c := range r {
			if c.strayed {
				return true
			}
		}
	}
	return bad > 0
}

func delimiterChoices(sample []byte, o Override) []string {
	if o.Delimiter != nil {
		return []string{string(o.Delimiter)}
	}
	out := make([]string, 0, len(delimiters)+2)
	for _, d := range delimiters {
		if bytes.Contains(sample, []byte(d)) {
			out = append(out, d)
		}
	}
	out = append(out, repeated(sample)...)
	all := slices.Clone(out)
	out = slices.DeleteFunc(out, func(d string) bool { return onlyInside(sample, d, all) })
	if !slices.Contains(out, ",") {
		out = append(out, ",") // which divides nothing: perhaps there is one column
	}
	return out
}

// onlyInside reports whether d stands only inside a longer one of the choices.
func onlyInside(sample []byte, d string, choices []string) bool {
	for _, c := range choices {
		if k := strings.Count(c, d); len(c) > len(d) && k > 0 && bytes.Count(sample, []byte(d)) == k*bytes.Count(sample, []byte(c)) {
			return true
		}
	}
	return false
}

// repeated finds delimiters of several bytes that stand in every one of the first
// lines: two or three punctuation marks in a row.
func repeated(sample []byte) []string {
	counts := map[string]int{}
	lines := 0
	for line := range bytes.Lines(sample) {
		if lines++; lines > 20 {
			break
		}
		seen := map[string]bool{}
		for i := 0; i < len(line); {
			j := i
			for j < len(line) && strings.IndexByte("!#$%&*+-/;<=>?@^_|~,:", line[j]) >= 0 {
				j++
			}
			if n := j - i; n >= 2 && n <= 4 {
				seen[string(line[i:j])] = true
			}
			i = max(j, i+1)
		}
		for d := range seen {
			counts[d]++
		}
	}
	var out []string
	for d, n := range counts {
		if n == min(lines, 20) && d != "||" && d != "--" && !signed(d) {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// signed reports whether d is a delimiter of one byte and the sign of a number behind it.
func signed(d string) bool {
	return strings.Contains(",;|:^~", d[:1]) && strings.Trim(d[1:], "-+#$@<>") == ""
}

func quotes(sample []byte, o Override) []byte {
	if o.Quote != nil {
		return []byte{*o.Quote}
	}
	out := []byte{'"'}
	if bytes.IndexByte(sample, '\'') >= 0 {
		out = append(out, '\'')
	}
	return out
}

func escapes(sample []byte, quote byte, o Override) []byte {
	switch {
	case o.Escape != nil:
		return []byte{*o.Escape}
	case quote != 0 && bytes.Contains(sample, []byte{'\\', quote}):
		return []byte{quote, '\\'}
	}
	return []byte{quote}
}

func comments(sample []byte, o Override) [][]byte {
	if o.Comment != nil {
		return [][]byte{o.Comment}
	}
	out := [][]byte{nil}
	for _, c := range []string{"#", "//", "--", "%"} {
		if bytes.HasPrefix(sample, []byte(c)) || bytes.Contains(sample, []byte("\n"+c)) {
			out = append(out, []byte(c))
		}
	}
	return out
}

// commentWeight says how willingly lines that begin with the comment mark are taken
// for comments: readily for the common mark, when they do not look like rows; a single
// such line may be a header.
func (d *Dialect) commentWeight(sample []byte) float64 {
	if string(d.Comment) != "#" {
		return 0.999
	}
	plain := *d
	plain.Comment = nil
	with, _, _ := d.sample(sample, maxSampleRecords)
	all, _, _ := plain.sample(sample, maxSampleRecords)
	if len(with) == 0 {
		return 0.5
	}
	want := commonWidth(with)
	for _, r := range all {
		if bytes.HasPrefix(bytes.TrimSpace(r[0].text), d.Comment) && width(r) != want {
			return 1.1
		}
	}
	return 0.999
}

// cell is a field of a sampled record.
type cell struct {
	text            []byte
	quoted, strayed bool
}

// sample reads up to max records. bad counts records with a damaged quote.
func (d *Dialect) sample(b []byte, max int) (records [][]cell, starts []int, bad int) {
	for i := d.skip(b, 0); i < len(b) && len(records) < max; i = d.skip(b, i) {
		start := i
		var rec []cell
		for {
			f := d.field(b, i, true)
			i = f.next
			if f.state != whole {
				bad++
				rec = nil
				break
			}
			text := b[f.start:f.end]
			if f.escaped {
				c := bytes.Clone(text)
				text = c[:d.unescape(c, 0, len(c))]
			}
			rec = append(rec, cell{text, f.quoted, f.strayed})
			if f.last {
				break
			}
			if i == len(b) {
				rec = append(rec, cell{})
				break
			}
		}
		if rec != nil {
			records, starts = append(records, rec), append(starts, start)
		}
	}
	return records, starts, bad
}

func (d *Dialect) score(sample []byte) float64 {
	records, starts, bad := d.sample(sample, maxSampleRecords)
	if len(records) == 0 {
		return 0
	}
	widths := map[int]int{}
	var typed, cells, quoted, strayed, numbers float64
	for _, r := range records {
		widths[width(r)]++
		for _, c := range r {
			cells++
			if c.quoted {
				quoted++
			}
			if c.strayed {
				strayed++
			}
			if k := kindOf(bytes.TrimSpace(c.text)); k == kindNumber || k == kindDate {
				numbers++
			}
			typed += d.looksLike(c)
		}
	}
	var pattern float64
	for w, n := range widths {
		pattern += float64(n) * math.Max(1e-3, float64(w-1)) / float64(w)
	}
	pattern /= float64(len(widths)) * float64(len(records)+bad)
	switch {
	case quoted == 0 && d.Quote != '"':
		pattern *= 0.9999
	case strayed > 0:
		pattern *= 1 - 0.05*strayed/quoted // another escape may explain them
	}
	// Blanks and colons divide words, names and times as well: only numbers make them
	// delimiters.
	switch {
	case !d.weak():
	case numbers*2 < cells || divided(sample, starts):
		pattern *= 1e-5
	default:
		pattern *= 0.49 // less than two even columns of any other delimiter
	}
	return pattern * (typed / cells)
}

// weak reports whether the delimiter alone is no evidence of columns.
func (d *Dialect) weak() bool {
	return d.Runs || string(d.Delimiter) == " " || string(d.Delimiter) == ":"
}

// divided reports whether most records are dates or times as a whole.
func divided(sample []byte, starts []int) bool {
	dates := 0
	for _, at := range starts {
		line := sample[at:]
		if nl := bytes.IndexAny(line, "\r\n"); nl >= 0 {
			line = line[:nl]
		}
		marks := 0
		for i := 1; i+1 < len(line); i++ {
			if c := line[i]; (c == '-' || c == '/' || c == ':') && isDigit(line[i-1]) && isDigit(line[i+1]) {
				marks++
			}
		}
		if marks >= 2 && kindOf(bytes.TrimSpace(line)) == kindDate {
			dates++
		}
	}
	return dates*2 > len(starts)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// width is the number of fields, an empty one at the end left out.
func width(r []cell) int {
	n := len(r)
	if n > 1 && len(r[n-1].text) == 0 && !r[n-1].quoted {
		n--
	}
	return n
}

// looksLike weighs a field: 1 when it is a number, a date, a word, nothing at all;
// less when it has what divides fields elsewhere.
func (d *Dialect) looksLike(c cell) float64 {
	t := bytes.TrimSpace(c.text)
	switch {
	case len(t) == 0:
		return 0.9
	case c.quoted, kindOf(t) != kindText:
		return 1
	case len(t) > 200:
		return 0.5
	}
	odd := 0
	for len(t) > 0 {
		r, n := utf8.DecodeRune(t)
		t = t[n:]
		switch {
		case r == ',' || r == ';' || r == '\t' || r == '|' || r == '"' || r == '，' || r == '；':
			odd += 3
		case unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .-_/()'&%+:@#（）、·*", r):
		default:
			odd++
		}
	}
	return math.Max(0.1, 1-0.2*float64(odd))
}
