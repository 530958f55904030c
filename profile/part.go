package profile

import (
	"math"
	"time"

	"assay/asset"
	"assay/internal/sketch"
)

const numKinds = int(asset.TypeBinary) + 1

// part is what is known of a column after some blocks: after one block it is a
// worker's, and the column's own is the merge of all, in order.
type part struct {
	places, nulls, blanks int64
	kinds                 [numKinds]int64 // values by kind; blanks and null words left out
	words                 [len(nullWords)]int64

	powers  powers // of the block under way
	moments moments
	sums    sums
	whole   [20]int64 // whole numbers by their number of digits
	number  numberSums
	times   [3]timeSums // by date, time, timestamp
	styles  [styles]int64
	zoned   int64
	isText  bool // values came as text: text holds how they are written
	text    textSums

	shapes *sketch.Frequent[string]
	top    *sketch.Frequent[topValue]
	order  order
	steps  steps
}

// numberSums are facts of numeric values besides their moments.
type numberSums struct {
	zeros, negatives    int64
	nans, infinite      int64
	maxDigits, maxScale uint8
	min, max            value // of values that are numbers
	has                 bool
	grouped, fullWidth  int64
	comma, ambiguous    int64
}

// timeSums are the range of one kind of temporal value. Where day and month cannot be
// told apart, swapped is the range under the other reading.
type timeSums struct {
	n, ambiguous     int64
	min, max         int64
	swapMin, swapMax int64
}

// topValue is a frequent value before it is masked.
type topValue struct {
	v    value
	text string // at most maxKeep bytes; only where the value came as text
}

// count adds w places with the value v; b is how it is written, when it came as text.
func (p *part) count(v *value, b []byte, w int64) {
	if v.kind == asset.TypeEmpty {
		p.blanks += w
		return
	}
	p.kinds[v.kind] += w
	if b != nil {
		if v.kind == asset.TypeText {
			p.text.add(b, w)
			if v.word != 0 {
				p.words[v.word] += w
				p.kinds[v.kind] -= w
			}
			return
		}
		p.text.addNumber(b, w, v.flags&flagFullWidth != 0)
		p.styles[v.style] += w
	}
	switch v.kind {
	case asset.TypeInteger:
		p.whole[min(v.digit, 19)] += w
		p.sums[0].addMul(v.i, w)
		p.countNumber(v, w)
	case asset.TypeDecimal:
		p.sums[v.scale].addMul(v.i, w)
		p.countNumber(v, w)
	case asset.TypeFloat:
		p.countFloat(v, w)
	case asset.TypeDate, asset.TypeTime, asset.TypeTimestamp:
		p.times[v.kind-asset.TypeDate].add(v, w)
		if v.flags&flagZoned != 0 {
			p.zoned += w
		}
	}
}

func (p *part) countFloat(v *value, w int64) {
	switch {
	case math.IsNaN(v.f):
		p.number.nans += w
	case math.IsInf(v.f, 0):
		p.number.infinite += w
	default:
		p.countNumber(v, w)
	}
}

func (p *part) countNumber(v *value, w int64) {
	p.powers.add(v.f, w)
	n := &p.number
	n.extend(v)
	if v.f <= 0 {
		n.sign(v.f, w)
	}
	if v.flags != 0 {
		n.countFlags(v.flags, w)
	}
}

// extend widens the range of values and digits to take v in.
func (n *numberSums) extend(v *value) {
	if !n.has {
		n.has, n.min, n.max = true, *v, *v
	} else if v.f <= n.min.f && less(v, &n.min) {
		n.min = *v
	} else if v.f >= n.max.f && less(&n.max, v) {
		n.max = *v
	}
	n.maxDigits, n.maxScale = max(n.maxDigits, v.digit), max(n.maxScale, v.scale)
}

// sign counts w values that are not positive.
func (n *numberSums) sign(f float64, w int64) {
	if f == 0 {
		n.zeros += w
	} else {
		n.negatives += w
	}
}

func (n *numberSums) countFlags(flags uint8, w int64) {
	if flags&flagGrouped != 0 {
		n.grouped += w
	}
	if flags&flagFullWidth != 0 {
		n.fullWidth += w
	}
	if flags&flagComma != 0 {
		n.comma += w
	}
	if flags&flagAmbiguous != 0 {
		n.ambiguous += w
	}
}

// less compares numbers exactly where their floating point images are equal.
func less(a, b *value) bool {
	if a.f != b.f {
		return a.f < b.f
	}
	if a.kind == asset.TypeFloat || b.kind == asset.TypeFloat || a.scale != b.scale {
		return false
	}
	return a.i < b.i
}

func (n *numberSums) merge(l *numberSums) {
	if l.has {
		if !n.has {
			n.min, n.max = l.min, l.max
		}
		if less(&l.min, &n.min) {
			n.min = l.min
		}
		if less(&n.max, &l.max) {
			n.max = l.max
		}
		n.has = true
	}
	n.zeros += l.zeros
	n.negatives += l.negatives
	n.nans += l.nans
	n.infinite += l.infinite
	n.maxDigits, n.maxScale = max(n.maxDigits, l.maxDigits), max(n.maxScale, l.maxScale)
	n.grouped += l.grouped
	n.fullWidth += l.fullWidth
	n.comma += l.comma
	n.ambiguous += l.ambiguous
}

func (t *timeSums) add(v *value, w int64) {
	swapped := v.i
	if v.flags&flagAmbiguous != 0 {
		t.ambiguous += w
		swapped = swapDayMonth(v.kind, v.i)
	}
	if t.n == 0 {
		t.min, t.max, t.swapMin, t.swapMax = v.i, v.i, swapped, swapped
	}
	t.n += w
	t.min, t.max = min(t.min, v.i), max(t.max, v.i)
	t.swapMin, t.swapMax = min(t.swapMin, swapped), max(t.swapMax, swapped)
}

func (t *timeSums) merge(l *timeSums) {
	if l.n == 0 {
		return
	}
	if t.n == 0 {
		*t = *l
		return
	}
	t.n += l.n
	t.ambiguous += l.ambiguous
	t.min, t.max = min(t.min, l.min), max(t.max, l.max)
	t.swapMin, t.swapMax = min(t.swapMin, l.swapMin), max(t.swapMax, l.swapMax)
}

// swapDayMonth reads a date the other way round: 3 April for 4 March.
func swapDayMonth(kind asset.Type, i int64) int64 {
	rest := int64(0)
	if kind == asset.TypeTimestamp {
		rest = ((i % day) + day) % day
		i = (i - rest) / day
	}
	t := time.Unix(i*86400, 0).UTC()
	days, ok := civil(t.Year(), t.Day(), int(t.Month()))
	if !ok {
		days = i
	}
	if kind == asset.TypeTimestamp {
		return days*day + rest
	}
	return days
}

// reset makes p ready for a block.
func (p *part) reset(isText bool, topSize int) {
	min, max := p.text.min[:0], p.text.max[:0]
	*p = part{isText: isText}
	p.text.min, p.text.max = min, max
	p.shapes = sketch.NewFrequent[string](shapeSize)
	p.top = sketch.NewFrequent[topValue](topSize)
	p.order.reset()
	p.steps.reset()
}

// shapeSize is the number of shapes that are counted apart.
const shapeSize = 64

// merge adds a later part.
func (p *part) merge(l *part) {
	p.places += l.places
	p.nulls += l.nulls
	p.blanks += l.blanks
	for i := range p.kinds {
		p.kinds[i] += l.kinds[i]
	}
	for i := range p.words {
		p.words[i] += l.words[i]
	}
	p.moments.merge(l.powers.moments())
	p.sums.merge(&l.sums)
	for i := range p.whole {
		p.whole[i] += l.whole[i]
	}
	p.number.merge(&l.number)
	for i := range p.times {
		p.times[i].merge(&l.times[i])
	}
	for i := range p.styles {
		p.styles[i] += l.styles[i]
	}
	p.zoned += l.zoned
	p.isText = p.isText || l.isText
	p.text.merge(&l.text)
	p.shapes.Merge(l.shapes)
	p.top.Merge(l.top)
	p.order.merge(&l.order)
	p.steps.merge(&l.steps)
}
