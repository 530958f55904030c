package report

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"assay/internal/message"
	"assay/profile"
	"assay/source"
)

// WriteTable writes one line a dataset and lists what was skipped. No line is wider
// than o.Width (which is taken as 60 at least).
func WriteTable(w io.Writer, d Document, o Options) error {
	b := bufio.NewWriter(w)
	p := &page{out: b, words: words{o.lang()}, width: o.width(), ink: ink{o.Color}}
	if len(d.Entries) == 0 && len(d.Skipped) == 0 {
		p.line(p.say("report.none"))
	}
	if len(d.Entries) > 0 {
		p.datasets(d)
	}
	if len(d.Skipped) > 0 {
		p.skipped(d)
	}
	return b.Flush()
}

// page is a text under way.
type page struct {
	words
	ink
	out   *bufio.Writer
	width int
}

// line writes a line; errors stay in the writer until Flush.
func (p *page) line(parts ...string) {
	p.out.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	p.out.WriteByte('\n')
}

// ink adds weight and colour, where the terminal can show them.
type ink struct{ on bool }

func (i ink) style(code, s string) string {
	if !i.on || strings.TrimSpace(s) == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (i ink) bold(s string) string { return i.style("1", s) }
func (i ink) dim(s string) string  { return i.style("2", s) }
func (i ink) warn(s string) string { return i.style("33", s) }
func (i ink) bad(s string) string  { return i.style("31", s) }

// gap is the space between two columns of a table.
const gap = "  "

// leastNotes is the width that notes need beside the figures; with less they stand
// below.
const leastNotes = 36

func wideNames(rows [][]string) (n int) {
	for _, r := range rows {
		n = max(n, wide(r[0]))
	}
	return n
}

// datasets writes the table of the datasets: figures take what they need, the name
// and the notes share the rest.
func (p *page) datasets(d Document) {
	t := p.datasetTable(d)
	rest := t.fit(p.width)
	names := max(wide(t.heads[0]), wideNames(t.rows))
	t.widths[0] = min(names, max(14, rest*45/100))
	notes := rest - len(gap) - t.widths[0]
	below := notes < leastNotes
	head := gap + Fit(p.say("report.head.notes"), notes)
	if below {
		t.widths[0] = min(names, rest)
		head = ""
	}
	p.line(p.dim(t.line(t.heads, func(s string) string { return s }) + head))
	for i := range d.Entries {
		p.dataset(&d.Entries[i], t.line(t.rows[i], p.bold), notes, below)
	}
}

func (p *page) datasetTable(d Document) *table {
	t := &table{heads: []string{p.say("report.head.name"), p.say("report.head.format"), p.say("report.head.rows"),
		p.say("report.head.columns"), p.say("report.head.size"), p.say("report.head.nulls")}}
	for i := range d.Entries {
		e := &d.Entries[i]
		t.rows = append(t.rows, []string{visible(e.Dataset.Name), Fit(visible(e.Dataset.Format), 10), rowsFigure(e),
			count(int64(len(e.Facts.Columns))), size(e.Scan.Bytes), nullShare(e.Facts.Columns)})
	}
	return t
}

// dataset writes a row and, beside or below it, what stands out.
func (p *page) dataset(e *Entry, row string, notes int, below bool) {
	found := attention(e)
	style := p.dim
	if len(found) > 0 && found[0].Weight == wrong {
		style = p.warn
	}
	if below {
		p.line(row)
		for _, l := range p.fragments(p.standsOut(e, found), p.width-len(gap), 2) {
			if l != "" {
				p.line(gap, style(l))
			}
		}
		return
	}
	lines := p.fragments(p.standsOut(e, found), notes, 2)
	p.line(row, gap, style(lines[0]))
	for _, more := range lines[1:] {
		p.line(strings.Repeat(" ", p.width-notes), style(more))
	}
}

// table is a head and rows of cells; the first column is the name.
type table struct {
	heads  []string
	rows   [][]string
	widths []int
}

// leastName is the width that a name keeps; before it gets less, whole columns give
// way, for a cut figure would be a wrong one.
const leastName = 8

// fit sets the widths of the figures and returns what is left for the name and the
// notes.
func (t *table) fit(width int) (rest int) {
	for _, dropped := range []int{-1, 1, 2, 3} { // format, then columns, then nulls, by their places then
		if dropped > 0 {
			t.drop(dropped)
		}
		t.widths = make([]int, len(t.heads))
		rest = width
		for i := 1; i < len(t.heads); i++ {
			t.widths[i] = wide(t.heads[i])
			for _, r := range t.rows {
				t.widths[i] = max(t.widths[i], wide(r[i]))
			}
			rest -= t.widths[i] + len(gap)
		}
		if rest >= leastName {
			break
		}
	}
	return max(rest, leastName)
}

func (t *table) drop(i int) {
	t.heads = slices.Delete(t.heads, i, i+1)
	for j := range t.rows {
		t.rows[j] = slices.Delete(t.rows[j], i, i+1)
	}
}

// line pads the cells of a row: name and format to the left, figures to the right.
func (t *table) line(cells []string, style func(string) string) string {
	out := []string{style(padRight(cells[0], t.widths[0]))}
	figures := len(t.heads) - min(4, len(t.heads)-1)
	for i := 1; i < len(cells); i++ {
		if i < figures {
			out = append(out, padRight(cells[i], t.widths[i]))
		} else {
			out = append(out, padLeft(cells[i], t.widths[i]))
		}
	}
	return strings.Join(out, gap)
}

// rowsFigure is the number of rows, ≥ when more was not read.
func rowsFigure(e *Entry) string {
	if partialReason(e) != "" {
		return "≥" + noBreak + count(e.Facts.Rows)
	}
	return count(e.Facts.Rows)
}

// nullShare is the share of nulls among all places.
func nullShare(columns []profile.ColumnFacts) string {
	var nulls, all int64
	for i := range columns {
		nulls += columns[i].Nulls
		all += columns[i].Count
	}
	return share(nulls, all)
}

// standsOut lists in few words what is unusual about a dataset: first what is wrong,
// then an encoding that is not UTF-8, then the rest.
func (w words) standsOut(e *Entry, found []note) []string {
	split := 0
	for split < len(found) && found[split].Weight == wrong {
		split++
	}
	parts := brief(w, found[:split])
	if enc := e.Facts.Description.Encoding; unusual(enc) {
		parts = append(parts, strings.ToUpper(visible(enc)))
	}
	return append(parts, brief(w, found[split:])...)
}

// unusual reports whether an encoding is worth a word: not UTF-8 and not ASCII, which
// is a part of it.
func unusual(encoding string) bool {
	switch strings.ToLower(encoding) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return false
	}
	return true
}

// fragments sets short texts in at most max lines of a width; what finds no place is
// counted in the last line. There is always one line.
func (p *page) fragments(parts []string, width, max int) []string {
	const dot = " · "
	lines := []string{""}
	for i, part := range parts {
		last := &lines[len(lines)-1]
		more := ""
		if rest := len(parts) - i - 1; rest > 0 && len(lines) == max {
			more = dot + p.plural("report.brief.more", int64(rest))
		}
		sep := dot
		if *last == "" {
			sep = ""
		}
		if wide(*last+sep+part+more) <= width || (*last == "" && len(lines) == max) {
			*last += sep + part
			continue
		}
		if len(lines) < max && *last != "" {
			lines = append(lines, "")
			last = &lines[len(lines)-1]
			if rest := len(parts) - i - 1; rest > 0 && len(lines) == max {
				more = dot + p.plural("report.brief.more", int64(rest))
			}
			if wide(part+more) <= width {
				*last = part
				continue
			}
			sep = ""
		}
		*last += sep + p.plural("report.brief.more", int64(len(parts)-i))
		break
	}
	for i := range lines {
		lines[i] = Fit(lines[i], width)
	}
	return lines
}

// groupFrom is from how many skipped things of one reason on the reason is said once.
const groupFrom = 4

// shownOfGroup is how many of such a group are named; the rest is counted.
const shownOfGroup = 3

// skipped lists what was not taken, in the order of the document, things of one
// reason together when there are many.
func (p *page) skipped(d Document) {
	if len(d.Entries) > 0 {
		p.line()
	}
	p.line(p.bold(p.plural("report.skipped", int64(len(d.Skipped)))))
	for _, g := range groupSkipped(d.Skipped) {
		if len(g) < groupFrom {
			for _, s := range g {
				p.wrapped("  ", p.words.text(s.Code, p.params(s.Params)), p.warn)
				p.hint(s)
			}
			continue
		}
		p.wrapped("  ", p.say("report.skipped.group", "n", count(int64(len(g))), "reason", p.words.text(g[0].Code, p.withoutPlace(g[0].Params))), p.warn)
		p.hint(source.Skipped{Code: g[0].Code, Params: p.withoutPlace(g[0].Params)})
		for _, s := range g[:shownOfGroup] {
			p.line(p.dim("    " + Fit(visible(s.Locator), p.width-4)))
		}
		p.line(p.dim("    " + p.plural("report.skipped.more", int64(len(g)-shownOfGroup))))
	}
}

// hint writes what can be done, where the catalogue knows.
func (p *page) hint(s source.Skipped) {
	if h := message.Hint(p.lang, s.Code, p.params(s.Params)); h != "" {
		p.wrapped("    ", h, p.dim)
	}
}

// wrapped writes a sentence in as many lines as it takes, all of them indented.
func (p *page) wrapped(indent, s string, style func(string) string) {
	for _, l := range wrap(s, p.width-len(indent)) {
		p.line(indent, style(l))
	}
}

func groupSkipped(all []source.Skipped) [][]source.Skipped {
	at := map[string]int{}
	var groups [][]source.Skipped
	for _, s := range all {
		i, ok := at[s.Code]
		if !ok {
			i = len(groups)
			at[s.Code] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// withoutPlace puts … for the places in the parameters of a reason that many things
// share.
func (p *page) withoutPlace(in message.Params) message.Params {
	out := p.params(in)
	for _, k := range []string{"locator", "path", "name", "part"} {
		if _, ok := out[k]; ok {
			out[k] = "…"
		}
	}
	return out
}

// wrap breaks s into lines of at most width columns: at spaces, and between Chinese
// characters where no closing mark follows.
func wrap(s string, width int) []string {
	var lines []string
	runes := []rune(s)
	for len(runes) > 0 {
		n, at, used := 0, 0, 0
		for n < len(runes) && used+runeWide(runes[n]) <= width {
			used += runeWide(runes[n])
			n++
			if n == len(runes) || breaks(runes[n-1], runes[n]) {
				at = n
			}
		}
		if at == 0 {
			at = max(n, 1)
		}
		lines = append(lines, strings.TrimRight(string(runes[:at]), " "))
		for at < len(runes) && runes[at] == ' ' {
			at++
		}
		runes = runes[at:]
	}
	return lines
}

// breaks reports whether a line may end between a and b.
func breaks(a, b rune) bool {
	if a == ' ' || b == ' ' {
		return true
	}
	if strings.ContainsRune("，。；：、）”》！？％", b) || strings.ContainsRune("（“《", a) {
		return false
	}
	return runeWide(a) == 2 || runeWide(b) == 2
}
