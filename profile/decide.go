package profile

import (
	"cmp"
	"slices"
	"strings"

	"assay/asset"
)

// decision is what a column is, after all values were seen.
type decision struct {
	kind  asset.Type
	like  *Likeness
	kinds []KindCount
}

// likeShare is the share of values, in hundredths, that must fit a type for the
// column to look like it.
const likeShare = 90

// minLike is from how many values on a likeness is worth telling.
const minLike = 10

// decide finds the most specific type that every value fits. Null words and blanks do
// not count. typed text stays text, except that a source which has no type for times
// writes them as text.
func decide(p *part, typed bool, declared string) decision {
	var d decision
	var total int64
	for t, n := range p.kinds {
		if n > 0 {
			d.kinds = append(d.kinds, KindCount{asset.Type(t), n})
			total += n
		}
	}
	slices.SortStableFunc(d.kinds, func(a, b KindCount) int { return cmp.Compare(b.Count, a.Count) })
	if total == 0 {
		if p.blanks > 0 || p.text.n > 0 {
			d.kind = asset.TypeText
		}
		return d
	}
	best, matched := bestType(p)
	switch {
	case matched < total:
		d.kind = asset.TypeText
		if p.kinds[asset.TypeBinary] == total {
			d.kind = asset.TypeBinary
		}
	case typed && p.isText && !mayInfer(best, declared):
		d.kind = asset.TypeText
	default:
		d.kind = best
	}
	if d.kind != best && matched >= minLike && matched*100 >= total*likeShare {
		d.like = &Likeness{best, matched, total}
	}
	return d
}

// mayInfer reports whether typed text may be taken for t: times, where the source
// has no better way to write them.
func mayInfer(t asset.Type, declared string) bool {
	up := strings.ToUpper(declared)
	return t.Temporal() && (up == "" || strings.Contains(up, "DATE") || strings.Contains(up, "TIME"))
}

// bestType is the type that most values fit, and how many.
func bestType(p *part) (asset.Type, int64) {
	k := &p.kinds
	whole, dec, float := k[asset.TypeInteger], k[asset.TypeDecimal], k[asset.TypeFloat]
	numbers := asset.TypeInteger
	switch {
	case float > 0:
		numbers = asset.TypeFloat
	case dec > 0:
		numbers = asset.TypeDecimal
	}
	dates, stamps := k[asset.TypeDate], k[asset.TypeTimestamp]
	days := asset.TypeDate
	if stamps > 0 {
		days = asset.TypeTimestamp
	}
	best, matched := asset.TypeText, k[asset.TypeText]
	for _, c := range []KindCount{
		{asset.TypeBinary, k[asset.TypeBinary]}, {asset.TypeBoolean, k[asset.TypeBoolean]},
		{numbers, whole + dec + float}, {days, dates + stamps}, {asset.TypeTime, k[asset.TypeTime]},
	} {
		if c.Count > matched {
			best, matched = c.Type, c.Count
		}
	}
	return best, matched
}

// dayOrder says which of day and month comes first.
type dayOrder uint8

const (
	noOrder      dayOrder = iota // no date is written so
	monthFirst                   // some can only be read so, and none the other way
	dayFirst                     //
	unknownOrder                 // nothing tells
)

func (p *part) dayFirst() dayOrder {
	st := &p.styles
	d, m := st[styleDMY]+st[styleDMYTime], st[styleMDY]+st[styleMDYTime]
	switch {
	case d > 0 && m == 0:
		return dayFirst
	case m > 0:
		return monthFirst
	case p.times[0].ambiguous+p.times[2].ambiguous > 0:
		return unknownOrder
	}
	return noOrder
}
