package profile

import (
	"bytes"
	"slices"

	"assay/asset"
)

// order follows the values of a column in the order of the rows, nulls left out.
type order struct {
	n                     int64
	up, down, strict      bool // so far: never falls, never rises, never stays
	first, last           orderKey
	run, firstRun, maxRun int64 // length of the run under way, of the first, of the longest
}

// orderKey is a value as far as comparing needs it.
type orderKey struct {
	v    value
	text []byte // of values that are text, at most maxKeep bytes
}

func (o *order) reset() {
	*o = order{up: true, down: true, strict: true,
		first: orderKey{text: o.first.text[:0]}, last: orderKey{text: o.last.text[:0]}}
}

// stay says that the next w values equal the last one.
func (o *order) stay(w int64) {
	if w > 0 {
		o.n += w
		o.run += w
		o.strict = false
	}
}

// next says that a value follows. It is compared with the last one while the order
// still holds.
func (o *order) next(v *value, b []byte) {
	switch {
	case o.n == 0:
		o.first.set(v, b)
	case o.last.v.hash == v.hash:
		o.stay(1)
		return
	default:
		o.endRun()
		if o.up || o.down {
			o.step(o.last.compare(v, b))
		}
	}
	o.last.set(v, b)
	o.n++
	o.run = 1
}

// turn says that w equal values follow which differ from the last one, once no order
// holds any more: only runs are followed then.
func (o *order) turn(w int64) {
	o.endRun()
	o.n += w
	o.run = w
}

func (o *order) step(c int) {
	switch {
	case c < 0:
		o.down = false
	case c > 0:
		o.up = false
	default: // not comparable, or alike but for their writing
		o.up, o.down = false, false
	}
}

func (o *order) endRun() {
	if o.firstRun == 0 {
		o.firstRun = o.run
	}
	o.maxRun = max(o.maxRun, o.run)
}

// merge adds a later part; l must have been closed by finish.
func (o *order) merge(l *order) {
	if l.n == 0 {
		return
	}
	if o.n == 0 {
		*o = *l
		o.first.text, o.last.text = slices.Clone(l.first.text), slices.Clone(l.last.text)
		return
	}
	o.strict = o.strict && l.strict
	o.up, o.down = o.up && l.up, o.down && l.down
	joined := o.last.v.hash == l.first.v.hash
	switch {
	case joined:
		o.strict = false
	case o.up || o.down:
		o.step(o.last.compare(&l.first.v, l.first.text))
	}
	o.maxRun = max(o.maxRun, l.maxRun)
	if joined {
		o.maxRun = max(o.maxRun, o.run+l.firstRun)
	}
	if whole := l.firstRun == l.n; whole && joined {
		o.run += l.n
	} else {
		o.run = l.run
	}
	if o.firstRun == o.n && joined {
		o.firstRun += l.firstRun
	}
	o.n += l.n
	o.last.v = l.last.v
	o.last.text = append(o.last.text[:0], l.last.text...)
}

// finish closes the run under way.
func (o *order) finish() {
	if o.n > 0 {
		o.endRun()
	}
}

func (k *orderKey) set(v *value, b []byte) {
	k.v = *v
	k.text = clip(k.text[:0], b)
}

// compare returns -1 when k comes before v, 1 when after, 0 when they cannot be
// compared.
func (k *orderKey) compare(v *value, b []byte) int {
	a := &k.v
	switch {
	case a.kind.Numeric() && v.kind.Numeric():
		if less(a, v) {
			return -1
		}
		if less(v, a) {
			return 1
		}
		return 0
	case a.kind != v.kind:
		return 0
	case a.kind == asset.TypeText || a.kind == asset.TypeBinary:
		return bytes.Compare(k.text, b[:min(len(b), maxKeep)])
	case a.i < v.i:
		return -1
	case a.i > v.i:
		return 1
	}
	return 0
}

// steps follows the time from row to row: what a series has for a clock.
type steps struct {
	n         int64 // temporal values
	kind      asset.Type
	mixed     bool // more than one kind, or so disordered that steps mean nothing
	first     int64
	last      int64
	repeats   int64
	backwards int64
	forward   []step // by length, the commonest kept
	other     int64  // forward steps of lengths not kept
	longest   int64
}

// step is a length of time, in the kind's unit, and how many steps have it.
type step struct{ length, n int64 }

// maxSteps is the number of step lengths that are counted apart.
const maxSteps = 48

func (s *steps) reset() { *s = steps{forward: s.forward[:0]} }

// add says that the next w rows have the time v.
func (s *steps) add(v *value, w int64) {
	if s.mixed {
		return
	}
	if s.n == 0 {
		s.kind, s.first, s.last = v.kind, v.i, v.i
		s.repeats += w - 1
		s.n = w
		return
	}
	if v.kind != s.kind {
		s.mixed = true
		return
	}
	s.move(v.i)
	s.repeats += w - 1
	s.n += w
	// A column whose times run backwards as often as this is no series.
	if s.backwards > 256 && s.backwards > s.n/4 {
		s.mixed = true
	}
}

func (s *steps) move(t int64) {
	d := t - s.last
	s.last = t
	switch {
	case d == 0:
		s.repeats++
	case d < 0:
		s.backwards++
	default:
		s.longest = max(s.longest, d)
		s.tally(d, 1)
	}
}

func (s *steps) tally(d, n int64) {
	for i := range s.forward {
		if s.forward[i].length == d {
			s.forward[i].n += n
			if i > 0 && s.forward[i].n > s.forward[i-1].n {
				s.forward[i], s.forward[i-1] = s.forward[i-1], s.forward[i]
			}
			return
		}
	}
	if len(s.forward) < maxSteps {
		s.forward = append(s.forward, step{d, n})
		return
	}
	s.other += n
}

// merge adds a later part.
func (s *steps) merge(l *steps) {
	if l.n == 0 && !l.mixed || s.mixed {
		return
	}
	if s.n == 0 && !l.mixed {
		*s = *l
		s.forward = slices.Clone(l.forward)
		return
	}
	if l.mixed || l.kind != s.kind {
		s.mixed = true
		return
	}
	s.move(l.first)
	s.last = l.last
	s.n += l.n
	s.repeats += l.repeats
	s.backwards += l.backwards
	s.other += l.other
	s.longest = max(s.longest, l.longest)
	for _, f := range l.forward {
		s.tally(f.length, f.n)
	}
}
