package report

import "assay/profile"

// figures counts what a document states, by how sure it is: exact, estimated, or a
// mask where a value would be.
type figures struct{ exact, estimated, masked int64 }

func (g *figures) add(n int, exact bool) {
	if exact {
		g.exact += int64(n)
	} else {
		g.estimated += int64(n)
	}
}

// trust says how far to trust a document, and what a scan does not look at.
func (w words) trust(d Document) []string {
	var g figures
	var partial int64
	for i := range d.Entries {
		e := &d.Entries[i]
		if partialReason(e) != "" {
			partial++
		}
		g.add(3, true) // rows, rejects, bytes
		if x := e.Facts.DistinctRows; x != nil {
			g.add(1, x.Exact)
		}
		for j := range e.Facts.Columns {
			g.column(&e.Facts.Columns[j])
		}
	}
	out := []string{w.say("report.trust.figures", "exact", count(g.exact), "estimated", count(g.estimated), "masked", count(g.masked))}
	if g.estimated > 0 {
		out = append(out, w.say("report.trust.bounds"))
	}
	if partial > 0 {
		out = append(out, w.say("report.trust.partial", "n", count(partial)))
	}
	return append(out, w.say("report.trust.unchecked"))
}

func (g *figures) column(c *profile.ColumnFacts) {
	g.add(2, true) // places and nulls
	g.add(1, c.Distinct.Exact)
	g.shown(c.Min.IsMasked(), c.Min.IsZero(), true)
	g.shown(c.Max.IsMasked(), c.Max.IsZero(), true)
	if c.Number != nil {
		g.add(3, true) // mean, standard deviation, sum
	}
	if q := c.Quantiles; q != nil {
		for _, at := range q.At {
			g.shown(at.Value.IsMasked(), at.Value.IsZero(), q.RankError == 0)
		}
	}
	for _, t := range c.Top {
		g.add(1, c.TopError == 0)
		if t.Value.IsMasked() {
			g.masked++
		}
	}
	for _, s := range c.Examples {
		if s.IsMasked() {
			g.masked++
		}
	}
	if c.Text != nil {
		g.add(3, true) // lengths
		g.add(len(c.Text.Shapes), c.Text.ShapesError == 0)
	}
	if c.Time != nil {
		g.add(2, true) // order and repeats
	}
}

func (g *figures) shown(masked, absent, exact bool) {
	switch {
	case absent:
	case masked:
		g.masked++
	default:
		g.add(1, exact)
	}
}
