package relation

import (
	"bytes"
	"cmp"
	"context"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// Ref is a column of one of several tables, by position.
type Ref struct{ Table, Column int }

// IND is an inclusion dependency: every value of Dependent occurs in Referenced.
type IND struct{ Dependent, Referenced Ref }

// Inclusions finds all unary inclusion dependencies between different columns of the
// tables, which must come from one Loader; sorted by dependent, then referenced column.
//
// Nulls and empty strings are left out, as SQL's foreign keys leave out nulls: they
// need no counterpart. A column that then has no value is in no dependency.
//
// The distinct values of all columns are merged in the order of their hashes (SPIDER,
// ICDE 2006); bytes are compared where hashes are equal, so the answer is exact.
func Inclusions(ctx context.Context, tables []*Table, workers int) ([]IND, error) {
	m := &merger{}
	for t, table := range tables {
		for c := range table.Columns {
			m.refs = append(m.refs, Ref{t, c})
			m.runs = append(m.runs, run{dict: table.Columns[c].dict, skip: emptyKey(table.Compare)})
		}
	}
	m.sort(max(workers, 1))
	m.begin()
	for steps := 0; len(m.heap) > 0; steps++ {
		if steps&0xfff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		m.step()
	}
	return m.result(), nil
}

// emptyKey is the empty string as a table's dictionary has it.
func emptyKey(how Compare) []byte {
	if how == Typed {
		return []byte{isText}
	}
	return []byte{}
}

// merger walks through the distinct values of all columns in one order.
type merger struct {
	refs  []Ref
	runs  []run
	heap  []int      // runs that have values left, the least hash on top
	group []int      // runs whose next value has the least hash
	in    [][]uint64 // by dependent run: the runs that held all its values so far, as bits
	same  []uint64   // scratch
}

// run is a column's distinct values, sorted by hash.
type run struct {
	dict  *dictionary
	skip  []byte
	codes []uint32
	at    int
}

func (r *run) hash() uint64  { return r.dict.hashes[r.codes[r.at]] }
func (r *run) value() []byte { return r.dict.value(r.codes[r.at]) }

func (m *merger) sort(workers int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, len(m.runs)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(m.runs)); i = next.Add(1) - 1 {
				m.runs[i].sort()
			}
		})
	}
	wg.Wait()
}

func (r *run) sort() {
	r.codes = make([]uint32, 0, r.dict.len())
	for c := range uint32(r.dict.len()) {
		if !bytes.Equal(r.dict.value(c), r.skip) {
			r.codes = append(r.codes, c)
		}
	}
	// Values whose hashes are equal by accident are sorted by their bytes.
	slices.SortFunc(r.codes, func(a, b uint32) int {
		if x, y := r.dict.hashes[a], r.dict.hashes[b]; x != y {
			return cmp.Compare(x, y)
		}
		return bytes.Compare(r.dict.value(a), r.dict.value(b))
	})
}

func (m *merger) begin() {
	words := (len(m.runs) + 63) / 64
	m.same = make([]uint64, words)
	m.in = make([][]uint64, len(m.runs))
	for i := range m.runs {
		m.in[i] = make([]uint64, words)
		if len(m.runs[i].codes) == 0 {
			continue // no value: in no dependency
		}
		for j := range m.runs {
			if i != j && len(m.runs[j].codes) >= len(m.runs[i].codes) {
				m.in[i][j>>6] |= 1 << (j & 63)
			}
		}
		m.heap = append(m.heap, i)
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
}

// step takes the least value off all runs that have it.
func (m *merger) step() {
	least := &m.runs[m.heap[0]]
	h, v := least.hash(), least.value()
	m.group = m.group[:0]
	for len(m.heap) > 0 {
		r := &m.runs[m.heap[0]]
		if r.hash() != h || !bytes.Equal(r.value(), v) {
			break
		}
		m.group = append(m.group, m.heap[0])
		if r.at++; r.at == len(r.codes) {
			m.heap[0] = m.heap[len(m.heap)-1]
			m.heap = m.heap[:len(m.heap)-1]
		}
		m.sink(0)
	}
	clear(m.same)
	for _, i := range m.group {
		m.same[i>>6] |= 1 << (i & 63)
	}
	for _, i := range m.group {
		for w := range m.same {
			m.in[i][w] &= m.same[w]
		}
	}
}

// sink restores the order of the heap below place i.
func (m *merger) sink(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(m.heap); c++ {
			if m.before(m.heap[c], m.heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}

func (m *merger) before(a, b int) bool {
	x, y := &m.runs[a], &m.runs[b]
	if x.hash() != y.hash() {
		return x.hash() < y.hash()
	}
	return bytes.Compare(x.value(), y.value()) < 0
}

func (m *merger) result() []IND {
	var out []IND
	for i := range m.runs {
		for w, word := range m.in[i] {
			for ; word != 0; word &= word - 1 {
				out = append(out, IND{m.refs[i], m.refs[w<<6+bits.TrailingZeros64(word)]})
			}
		}
	}
	return out
}
