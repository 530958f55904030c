package report

import (
	"math"
	"slices"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
)

// note is something that needs a person's look. Its sentence is report.note.<Kind>,
// or that of Code where a reader or the kernel said it.
type note struct {
	Column string // path
	Whole  bool   // of the dataset, not of a column
	Kind   string
	Code   string // "" = "report.note." + Kind
	Params func(w words) message.Params
	N      int64 // how many rows or values
	Weight weight
}

// weight orders notes, worst last.
type weight int

const (
	byTheWay weight = iota // good to know
	look                   // likely a flaw
	wrong                  // data are missing or could not be read
)

func (n note) code() string {
	if n.Code != "" {
		return n.Code
	}
	return "report.note." + n.Kind
}

// params are the parameters of a note's sentence; nil is a note that has none.
func (n note) params(w words) message.Params {
	if n.Params == nil {
		return nil
	}
	return n.Params(w)
}

// sentence writes a note in full.
func (n note) sentence(w words) string { return w.text(n.code(), n.params(w)) }

// attention lists what needs a look in a dataset, worst first, then in the order of
// the columns.
func attention(e *Entry) []note {
	var notes []note
	for _, check := range datasetChecks() {
		if n, ok := check(e); ok {
			n.Whole = true
			notes = append(notes, n)
		}
	}
	for _, o := range e.Facts.Observations {
		n := observed(o, o.Column)
		n.Whole = o.Column == ""
		notes = append(notes, n)
	}
	for i := range e.Facts.Columns {
		notes = append(notes, columnAttention(&e.Facts.Columns[i])...)
	}
	worstFirst(notes)
	return notes
}

// columnAttention lists what needs a look in a column, worst first.
func columnAttention(c *profile.ColumnFacts) []note {
	var notes []note
	for _, check := range columnChecks() {
		if n, ok := check(c); ok {
			n.Column = c.Path
			notes = append(notes, n)
		}
	}
	for _, o := range c.Observations {
		notes = append(notes, observed(o, c.Path))
	}
	worstFirst(notes)
	return notes
}

func worstFirst(notes []note) {
	slices.SortStableFunc(notes, func(a, b note) int { return int(b.Weight - a.Weight) })
}

func observed(o asset.Observation, column string) note {
	return note{Column: column, Kind: "observed", Code: o.Code, N: 1, Weight: look,
		Params: func(w words) message.Params { return w.params(o.Params) }}
}

func datasetChecks() []func(*Entry) (note, bool) {
	return []func(*Entry) (note, bool){isPartial, hasRejects, hasDuplicates, hasNoRows}
}

func columnChecks() []func(*profile.ColumnFacts) (note, bool) {
	return []func(*profile.ColumnFacts) (note, bool){
		isAllNull, isConstant, hasInvalid, looksLike, hasNullWords, hasGaps, isOutOfOrder, hasFlatRun,
		hasFullWidth, isPadded, hasBlanks, isNearlyUnique, hasLeadingZeros, isMostlyNull,
	}
}

func isPartial(e *Entry) (note, bool) {
	reason := partialReason(e)
	return note{Kind: "partial", Weight: wrong, N: 1,
		Params: func(w words) message.Params { return message.P("reason", w.say(reason)) }}, reason != ""
}

func hasRejects(e *Entry) (note, bool) {
	n := e.Facts.Rejected
	return counted("rejected", wrong, n, n+e.Facts.Rows), n > 0
}

func hasDuplicates(e *Entry) (note, bool) {
	d := e.Facts.DistinctRows
	if d == nil {
		return note{}, false
	}
	n := e.Facts.Rows - d.Value
	made := counted("duplicates", look, n, e.Facts.Rows)
	if d.Exact {
		return made, n > 0
	}
	// An estimate speaks of repeats only beyond its own error.
	made.Params = func(words) message.Params {
		return message.P("count", "≈"+noBreak+count(n), "share", "≈"+noBreak+share(n, e.Facts.Rows))
	}
	return made, float64(n) > d.ErrorBound*float64(d.Value)
}

func hasNoRows(e *Entry) (note, bool) {
	return note{Kind: "no_rows", Weight: look, N: 1}, e.Facts.Rows == 0
}

func isAllNull(c *profile.ColumnFacts) (note, bool) {
	return note{Kind: "all_null", Weight: look, N: c.Count}, c.Count > 0 && c.Nulls == c.Count
}

func isConstant(c *profile.ColumnFacts) (note, bool) {
	return note{Kind: "constant", Weight: byTheWay, N: c.Count},
		c.Distinct.Exact && c.Distinct.Value == 1 && c.Count-c.Nulls > 1
}

func hasNullWords(c *profile.ColumnFacts) (note, bool) {
	var n int64
	for _, w := range c.NullWords {
		n += w.Count
	}
	return note{Kind: "null_words", Weight: look, N: n, Params: func(w words) message.Params {
		return message.P("count", count(n), "words", w.nullWords(c.NullWords))
	}}, n > 0
}

func looksLike(c *profile.ColumnFacts) (note, bool) {
	l := c.LooksLike
	if l == nil {
		return note{}, false
	}
	if l.Matched == l.Total {
		return note{Kind: "looks_like", Code: "report.note.looks_like_all", Weight: look, N: l.Matched, Params: func(w words) message.Params {
			return message.P("total", count(l.Total), "type", w.typeName(l.Type), "kept", w.typeName(c.Type))
		}}, true
	}
	return note{Kind: "looks_like", Weight: look, N: l.Matched, Params: func(w words) message.Params {
		return message.P("matched", count(l.Matched), "total", count(l.Total), "rest", count(l.Total-l.Matched), "type", w.typeName(l.Type))
	}}, true
}

func hasGaps(c *profile.ColumnFacts) (note, bool) {
	t := c.Time
	if t == nil || t.Cadence == 0 || t.Gaps == 0 {
		return note{}, false
	}
	return note{Kind: "gaps", Weight: look, N: t.Gaps, Params: func(words) message.Params {
		return message.P("cadence", lasting(t.Cadence), "count", count(t.Gaps), "missing", count(t.Missing), "longest", lasting(t.LongestGap))
	}}, true
}

// isOutOfOrder speaks only of time that mostly goes forward: dates of a register have
// no order, and nothing is wrong with that.
func isOutOfOrder(c *profile.ColumnFacts) (note, bool) {
	if c.Time == nil {
		return note{}, false
	}
	n := c.Time.OutOfOrder
	return counted("out_of_order", look, n, c.Time.Count), n > 0 && n*20 < c.Time.Count
}

// hasFlatRun compares the longest run of one value with what chance would give. The
// longest run of a value with share p in n independent rows is about log n / log(1/p)
// (Erdős and Rényi, On a new law of large numbers, 1970). Slow processes repeat
// themselves more than chance does, hence four times that, 20 rows at least and 0.5 %
// of the rows. A sorted column has long runs by nature.
func hasFlatRun(c *profile.ColumnFacts) (note, bool) {
	n := c.Count - c.Nulls
	if c.Order == nil || !c.Type.Numeric() || c.Order.Ascending || c.Order.Descending || len(c.Top) == 0 || c.Distinct.Value < 3 || n == 0 {
		return note{}, false
	}
	p := float64(c.Top[0].Count) / float64(n)
	if p <= 0 || p >= 1 {
		return note{}, false
	}
	run, chance := c.Order.LongestRun, math.Log(float64(n))/math.Log(1/p)
	return counted("flat_run", look, run, n), run >= 20 && run*200 >= n && float64(run) >= 4*chance
}

func isNearlyUnique(c *profile.ColumnFacts) (note, bool) {
	n := c.Count - c.Nulls
	repeats := n - c.Distinct.Value
	return counted("nearly_unique", byTheWay, repeats, n),
		c.Distinct.Exact && c.Type != asset.TypeFloat && c.Type != asset.TypeDecimal && repeats > 0 && repeats*100 <= n
}

func isMostlyNull(c *profile.ColumnFacts) (note, bool) {
	return counted("mostly_null", byTheWay, c.Nulls, c.Count), c.Nulls*2 > c.Count && c.Nulls < c.Count
}

func hasBlanks(c *profile.ColumnFacts) (note, bool) {
	return counted("blanks", look, c.Blanks, c.Count), c.Blanks > 0
}

func hasLeadingZeros(c *profile.ColumnFacts) (note, bool) {
	return textNote(c, "leading_zeros", byTheWay, func(t *profile.TextFacts) int64 { return t.LeadingZeros })
}

func isPadded(c *profile.ColumnFacts) (note, bool) {
	return textNote(c, "padded", look, func(t *profile.TextFacts) int64 { return t.Padded })
}

func hasFullWidth(c *profile.ColumnFacts) (note, bool) {
	return textNote(c, "full_width", look, func(t *profile.TextFacts) int64 { return t.FullWidth })
}

func hasInvalid(c *profile.ColumnFacts) (note, bool) {
	return textNote(c, "invalid", look, func(t *profile.TextFacts) int64 { return t.Invalid })
}

func textNote(c *profile.ColumnFacts, kind string, wt weight, of func(*profile.TextFacts) int64) (note, bool) {
	if c.Text == nil {
		return note{}, false
	}
	n := of(c.Text)
	return counted(kind, wt, n, c.Count-c.Nulls), n > 0
}

// counted is a note about n of total rows or values.
func counted(kind string, wt weight, n, total int64) note {
	return note{Kind: kind, Weight: wt, N: n, Params: func(words) message.Params {
		return message.P("count", count(n), "share", share(n, total))
	}}
}

// brief writes a dataset's notes in few words, one fragment a kind: notes of columns
// are counted by columns.
func brief(w words, notes []note) []string {
	var kinds []string
	n := map[string]int64{}
	for _, x := range notes {
		if _, seen := n[x.Kind]; !seen {
			kinds = append(kinds, x.Kind)
		}
		if x.Whole && x.Kind != "observed" {
			n[x.Kind] = x.N
		} else {
			n[x.Kind]++
		}
	}
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = w.plural("report.brief."+k, n[k])
	}
	return out
}
