package relation

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// search enumerates the minimal sets of columns that determine one column, or all:
// the minimal hitting sets of the difference sets. Not all difference sets are known
// at first. A candidate that hits those that are known is checked against the rows;
// two rows that contradict it add a difference set, and the search goes on from where
// it stands (HPIValid, PVLDB 13(11) 2020; FDHits, PACMMOD 2(1) 2024). The enumeration
// is MMCS (Murakami and Uno, Discrete Applied Mathematics 170, 2014).
//
// Late sets do no harm: one that a candidate misses is missed by every ancestor too,
// so it is uncovered in all frames of the stack; and no known column of these frames
// is in it, so their critical sets stay as they are.
type search[S set] struct {
	f     *refiner
	limit *limits
	rhs   int  // the column to determine, or allColumns
	whole bool // edges are complete: candidates need no check
	most  int  // columns a result may have

	edges  []S
	occurs [][]uint64 // by column: the edges it is in, as bits
	open   S          // columns that may still be chosen
	chosen []int
	frames []frame
	parts  []partition // parts[d] is the rows cut by chosen[:d]
	cut    int         // parts[:cut+1] are up to date
	fresh  bag[S]      // edges found by checks
	found  []S
}

const allColumns = -1

// frame is a node of the search: edges as bits.
type frame struct {
	uncovered []uint64
	critical  [][]uint64 // by position in chosen: the edges that only this column hits
}

// limits stop a search from outside.
type limits struct {
	stop   atomic.Bool  // time ran out or the caller gave up
	memory atomic.Int64 // bytes left for results
}

func newSearch[S set](f *refiner, limit *limits, rhs, most int, known evidence[S]) *search[S] {
	s := &search[S]{f: f, limit: limit, rhs: rhs, most: most, whole: known.whole}
	var wanted []S
	for i := range known.sets {
		d := known.sets[i]
		if rhs != allColumns {
			if !has(&d, rhs) {
				continue
			}
			drop(&d, rhs)
		}
		wanted = append(wanted, d)
	}
	s.edges = slices.Clip(minimal(wanted, &limit.stop))
	s.occurs = make([][]uint64, f.r.width)
	words := (len(s.edges) + 63) / 64
	for c := range s.occurs {
		s.occurs[c] = make([]uint64, words, words+4)
		if c != rhs {
			put(&s.open, c)
		}
	}
	root := s.frame(0)
	root.uncovered = make([]uint64, words, words+4)
	var columns []int
	for i := range s.edges {
		root.uncovered[i>>6] |= 1 << (i & 63)
		columns = members(&s.edges[i], columns[:0])
		for _, c := range columns {
			s.occurs[c][i>>6] |= 1 << (i & 63)
		}
	}
	s.parts = append(s.parts, f.r.whole())
	return s
}

func (s *search[S]) frame(depth int) *frame {
	for len(s.frames) <= depth {
		s.frames = append(s.frames, frame{critical: make([][]uint64, len(s.frames))})
	}
	return &s.frames[depth]
}

// visit searches below the columns chosen so far.
func (s *search[S]) visit() {
	depth := len(s.chosen)
	var branch S
	for {
		if s.limit.stop.Load() {
			return
		}
		at, choices := s.pick(depth)
		if at >= 0 {
			if choices == 0 || depth == s.most {
				return
			}
			branch = s.edges[at]
			if depth == s.most-1 {
				branch = s.inAll(depth) // one column has to hit what is left
			}
			break
		}
		if s.holds(depth) {
			s.report()
			return
		}
	}
	entered := s.open
	for w := 0; w < len(branch); w++ {
		branch[w] &= entered[w]
		s.open[w] &^= branch[w]
	}
	for w := 0; w < len(branch); w++ {
		for rest := branch[w]; rest != 0; rest &= rest - 1 {
			c := w<<6 + bits.TrailingZeros64(rest)
			// A column that makes another superfluous stays out for its siblings too.
			if !s.extend(depth, c) {
				continue
			}
			s.chosen = append(s.chosen, c)
			s.visit()
			s.chosen = s.chosen[:depth]
			s.cut = min(s.cut, depth)
			put(&s.open, c)
		}
	}
	s.open = entered
}

// pick returns the uncovered edge with the fewest columns to choose from, or -1. Any
// uncovered edge would do; few are looked at, because the smallest come first.
func (s *search[S]) pick(depth int) (edge, choices int) {
	const looks = 96
	edge, choices = -1, 1<<30
	looked := 0
	for w, word := range s.frames[depth].uncovered {
		for ; word != 0; word &= word - 1 {
			i := w<<6 + bits.TrailingZeros64(word)
			if n := sizeOfBoth(&s.edges[i], &s.open); n < choices {
				edge, choices = i, n
				if n <= 1 {
					return edge, choices
				}
			}
			if looked++; looked == looks {
				return edge, choices
			}
		}
	}
	return edge, choices
}

// inAll is the columns that are in every uncovered edge.
func (s *search[S]) inAll(depth int) S {
	common, empty := s.open, *new(S)
	for w, word := range s.frames[depth].uncovered {
		for ; word != 0; word &= word - 1 {
			e := &s.edges[w<<6+bits.TrailingZeros64(word)]
			for i := 0; i < len(common); i++ {
				common[i] &= (*e)[i]
			}
			if common == empty {
				return empty
			}
		}
	}
	return common
}

// extend prepares the frame for one more column; false when an earlier column would
// then hit no edge of its own, so that no superset is minimal.
func (s *search[S]) extend(depth, c int) bool {
	below := s.frame(depth + 1)
	here := &s.frames[depth]
	occurs := s.occurs[c]
	for i := range depth {
		left := uint64(0)
		out := below.critical[i][:0]
		for w, word := range here.critical[i] {
			word &^= occurs[w]
			left |= word
			out = append(out, word)
		}
		below.critical[i] = out
		if left == 0 {
			return false
		}
	}
	out, own := below.uncovered[:0], below.critical[depth][:0]
	for w, word := range here.uncovered {
		out = append(out, word&^occurs[w])
		own = append(own, word&occurs[w])
	}
	below.uncovered, below.critical[depth] = out, own
	return true
}

// holds checks the chosen columns against the rows. When they contradict, edges that
// the chosen columns miss have been added.
func (s *search[S]) holds(depth int) bool {
	if s.whole {
		return true
	}
	for len(s.parts) <= depth {
		s.parts = append(s.parts, partition{})
	}
	for ; s.cut < depth; s.cut++ {
		s.parts[s.cut+1] = s.f.refine(s.parts[s.cut], s.chosen[s.cut], s.parts[s.cut+1])
	}
	before := len(s.fresh.all)
	s.contradict(s.parts[depth])
	if len(s.fresh.all) == before {
		return !s.limit.stop.Load()
	}
	added := minimal(bySize(s.fresh.all[before:]), &s.limit.stop)
	for i := range added {
		s.addEdge(&added[i], depth)
	}
	return false
}

// maxContradictions is how many pairs of rows against a candidate are looked for.
const maxContradictions = 24

// contradict adds to fresh the difference sets of pairs of rows, in the clusters of p,
// that speak against the chosen columns. A set that is there already cannot occur: it
// would be an edge that the chosen columns miss.
func (s *search[S]) contradict(p partition) {
	r, pairs := s.f.r, 0
	from := uint32(0)
	for _, end := range p.ends {
		cluster := p.rows[from:end]
		from = end
		for i := 1; i < len(cluster); i++ {
			a, b := cluster[i-1], cluster[i]
			if s.rhs != allColumns {
				x := r.cells[int(a)*r.width+s.rhs]
				if x == r.cells[int(b)*r.width+s.rhs] && x != alone {
					continue
				}
			}
			d := difference[S](r, a, b)
			if s.rhs != allColumns {
				drop(&d, s.rhs)
			}
			s.fresh.add(&d)
			if pairs++; pairs == maxContradictions {
				return
			}
			if i%4 == 0 {
				break // other clusters contradict in other columns
			}
		}
	}
}

func (s *search[S]) addEdge(e *S, depth int) {
	id := len(s.edges)
	s.edges = append(s.edges, *e)
	for c := range s.occurs {
		if id&63 == 0 {
			s.occurs[c] = append(s.occurs[c], 0)
		}
		if has(e, c) {
			s.occurs[c][id>>6] |= 1 << (id & 63)
		}
	}
	for d := range depth + 1 {
		u := &s.frames[d].uncovered
		for len(*u) <= id>>6 {
			*u = append(*u, 0)
		}
		(*u)[id>>6] |= 1 << (id & 63)
	}
}

func (s *search[S]) report() {
	var x S
	for _, c := range s.chosen {
		put(&x, c)
	}
	s.found = append(s.found, x)
	// The bits, and later the FD with its columns.
	if s.limit.memory.Add(-int64(8*len(x)+64+8*len(s.chosen))) < 0 {
		s.limit.stop.Store(true)
	}
}
