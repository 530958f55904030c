package profile

import (
	"math"
	"math/bits"
	"sync"

	"assay/asset"
	"assay/internal/sketch"
	"assay/source"
)

// group is the state that the blocks of one group of rows share: which rows are
// sampled, and the hash of each row.
type group struct {
	number int
	limit  uint64 // rows whose hash is not above it are sampled

	mu      sync.Mutex
	upTo    int // rows looked at for sampling
	chosen  []chosenRow
	rows    []uint64 // sum of the columns' value hashes, by row
	pending int      // blocks not finished
	closed  bool     // no more blocks will come
}

// chosenRow is a sampled row.
type chosenRow struct {
	row  int
	hash uint64
}

// placeHash orders rows at random, but the same way on every machine: it depends on
// the place alone (SplitMix64's finalizer, Steele et al., OOPSLA 2014).
func placeHash(group, row int) uint64 {
	z := uint64(group)<<40 ^ uint64(row) + 0x9e3779b97f4a7c15*uint64(row+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// sampled returns the sampled rows of [from, to).
func (g *group) sampled(from, to int) []chosenRow {
	g.mu.Lock()
	defer g.mu.Unlock()
	for ; g.upTo < to; g.upTo++ {
		if h := placeHash(g.number, g.upTo); h <= g.limit {
			g.chosen = append(g.chosen, chosenRow{g.upTo, h})
		}
	}
	lo := searchRow(g.chosen, from)
	return g.chosen[lo:searchRow(g.chosen, to)]
}

func searchRow(rows []chosenRow, row int) int {
	lo, hi := 0, len(rows)
	for lo < hi {
		if mid := (lo + hi) / 2; rows[mid].row < row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// addRows adds one block's share of the row hashes.
func (g *group) addRows(share []uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.rows) < len(share) {
		g.rows = append(g.rows, make([]uint64, len(share)-len(g.rows))...)
	}
	for i, h := range share {
		g.rows[i] += h
	}
}

// sampleLimit is the hash below which about 1.25 k of n expected rows lie.
func sampleLimit(k int, n int64) uint64 {
	want := 1.25*float64(k) + 4*math.Sqrt(float64(k)) + 64
	if n <= 0 || want >= float64(n) {
		return math.MaxUint64
	}
	return uint64(want / float64(n) * math.MaxUint64)
}

// takeSample copies the sampled values of a chunk.
func (c *columnBlock) takeSample(ch *source.Chunk, firstRow int, rows []chosenRow) {
	place, dense := 0, 0
	for _, r := range rows {
		at := r.row - firstRow
		if !ch.IsValid(at) {
			continue
		}
		dense += at - place - nullsIn(ch, place, at)
		place = at
		c.sampleAt(ch, dense, r.hash)
	}
}

func (c *columnBlock) sampleAt(ch *source.Chunk, i int, hash uint64) {
	vs := &ch.Values
	if ch.Codes != nil {
		i = int(ch.Codes[i])
	}
	var v value
	var b []byte
	switch vs.Kind {
	case source.Text:
		b = vs.Spans[i].Of(vs.Data)
		if c.lookText(b, c.hasher.text(b), &v); v.word == wordNull {
			return
		}
	case source.Binary:
		return
	case source.Float64:
		v = value{kind: asset.TypeFloat, f: vs.Floats[i]}
	default:
		v = typedInt(vs, vs.Ints[i], 0)
	}
	switch {
	case v.kind.Numeric():
		if !math.IsNaN(v.f) && !math.IsInf(v.f, 0) {
			c.samples = append(c.samples, sketch.Sampled[sampleValue]{Hash: hash,
				Value: sampleValue{int64(math.Float64bits(v.f)), v.kind, v.flags}})
		}
	case v.kind.Temporal():
		c.samples = append(c.samples, sketch.Sampled[sampleValue]{Hash: hash,
			Value: sampleValue{v.i, v.kind, v.flags}})
	}
	if c.shown.wants(hash) {
		c.shown.add(example{row: hash, v: v, text: string(b[:min(len(b), maxKeep)])})
	}
}

// nullsIn counts the nulls among the places [from, to) of a chunk.
func nullsIn(ch *source.Chunk, from, to int) int {
	if ch.Valid == nil || from >= to {
		return 0
	}
	valid := 0
	for w := from >> 6; w <= (to-1)>>6; w++ {
		x := ch.Valid[w]
		if w == from>>6 {
			x &= math.MaxUint64 << (from & 63)
		}
		if w == (to-1)>>6 {
			x &= math.MaxUint64 >> (63 - (to-1)&63)
		}
		valid += bits.OnesCount64(x)
	}
	return to - from - valid
}

// open says that a block of the group is under way.
func (g *group) open() {
	g.mu.Lock()
	g.pending++
	g.mu.Unlock()
}

// close says that no more blocks of the group will come.
func (g *group) close(s *run) {
	if g == nil {
		return
	}
	g.mu.Lock()
	g.closed = true
	done := g.pending == 0
	g.mu.Unlock()
	if done {
		g.complete(s)
	}
}

// finish takes a merged block's row hashes.
func (g *group) finish(s *run, share []uint64) {
	g.addRows(share)
	g.mu.Lock()
	g.pending--
	done := g.closed && g.pending == 0
	g.mu.Unlock()
	if done {
		g.complete(s)
	}
}

// complete hands the group's rows to the run, once.
func (g *group) complete(s *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rowSet.AddAll(g.rows)
	g.rows = nil
	for _, c := range g.chosen {
		s.marks.Add(sketch.Sampled[struct{}]{Hash: c.hash})
	}
}

// takePlaces samples the values of a column that has not one a row, by the place of
// each value in the group.
func (c *columnBlock) takePlaces(ch *source.Chunk, g *group) {
	first := int(c.places) - ch.N // of this block: add has counted the chunk
	dense := 0
	for i := range ch.N {
		if !ch.IsValid(i) {
			continue
		}
		// A group has at most one block with a repeated column, so its places are
		// numbered within the block.
		if h := placeHash(g.number, first+i); h <= g.limit {
			c.sampleAt(ch, dense, h)
		}
		dense++
	}
}
