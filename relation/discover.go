package relation

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"assay/fault"
)

// FD is a functional dependency: rows that agree on LHS agree on RHS. The empty LHS
// says that RHS is constant.
type FD struct {
	LHS Columns
	RHS int
}

// Wanted says what Discover looks for. The zero value looks for nothing.
type Wanted struct {
	UCC, FD bool
	MaxLHS  int           // columns in a UCC or a left side, 0 = no cap
	Nulls   Nulls         // "" = NullsEqual
	Memory  int64         // bytes for results, 0 = DefaultMemory
	Workers int           // 0 = 2
	Done    *atomic.Int64 // counts finished right-hand sides, for a progress line; may be nil
}

// Found is what Discover found, sorted: UCCs by their columns, FDs by right side, then
// left side.
type Found struct {
	UCCs []Columns
	FDs  []FD
	// Truncated is why the lists are not complete: "time" or "memory"; "" = they are.
	// What is listed holds and is minimal all the same.
	Truncated string
}

// Discover finds all minimal unique column combinations and functional dependencies of
// t. A deadline of ctx is a budget: when it passes, what was found is returned with
// Truncated set. Any other end of ctx is an error.
//
// A table of no or one row has the empty UCC, and its columns are constant.
func Discover(ctx context.Context, t *Table, w Wanted) (*Found, error) {
	if w.Nulls == "" {
		w.Nulls = NullsEqual
	}
	if w.Memory <= 0 {
		w.Memory = DefaultMemory
	}
	if w.Workers <= 0 {
		w.Workers = 2
	}
	if w.MaxLHS <= 0 || w.MaxLHS > len(t.Columns) {
		w.MaxLHS = len(t.Columns)
	}
	switch n := len(t.Columns); {
	case n <= 64:
		return discover[[1]uint64](ctx, t, w)
	case n <= 128:
		return discover[[2]uint64](ctx, t, w)
	case n <= 256:
		return discover[[4]uint64](ctx, t, w)
	case n <= MaxColumns:
		return discover[[16]uint64](ctx, t, w)
	default:
		return nil, fault.New(fault.Unsupported, "relation.too_wide", "dataset", t.Name,
			"columns", strconv.Itoa(n), "most", strconv.Itoa(MaxColumns))
	}
}

// discovery is one Discover under way.
type discovery[S set] struct {
	r     *rows
	w     Wanted
	limit limits
	known evidence[S]
	keys  []Columns
	left  [][]Columns // by right side
}

func discover[S set](ctx context.Context, t *Table, w Wanted) (*Found, error) {
	d := &discovery[S]{r: rowsOf(t, w.Nulls), w: w, left: make([][]Columns, len(t.Columns))}
	d.limit.memory.Store(w.Memory)
	// The search looks at a flag, which is cheaper than the context.
	defer context.AfterFunc(ctx, func() { d.limit.stop.Store(true) })()
	if tasks := d.tasks(); len(tasks) > 0 {
		d.known = gather[S](d.r, w.Workers, &d.limit.stop)
		d.run(tasks)
	}
	out := d.result()
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return nil, err
	case d.limit.memory.Load() < 0:
		out.Truncated = "memory"
	case d.limit.stop.Load():
		out.Truncated = "time"
	}
	return out, nil
}

// tasks are the right-hand sides to work off; allColumns stands for the keys.
func (d *discovery[S]) tasks() []int {
	var tasks []int
	if d.w.UCC && !d.hasTwins() {
		tasks = append(tasks, allColumns)
	}
	if d.w.FD {
		for c := range d.r.width {
			tasks = append(tasks, c)
		}
	}
	return tasks
}

func (d *discovery[S]) run(tasks []int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(d.w.Workers, len(tasks)) {
		wg.Go(func() {
			f := newRefiner(d.r)
			for i := next.Add(1) - 1; i < int64(len(tasks)) && !d.limit.stop.Load(); i = next.Add(1) - 1 {
				s := newSearch(f, &d.limit, tasks[i], d.w.MaxLHS, d.known)
				s.visit()
				if tasks[i] == allColumns {
					d.keys = sorted(s.found)
				} else {
					d.left[tasks[i]] = sorted(s.found)
				}
				if d.w.Done != nil {
					d.w.Done.Add(1)
				}
			}
		})
	}
	wg.Wait()
}

// hasTwins reports whether two whole rows are equal: then there is no key.
func (d *discovery[S]) hasTwins() bool {
	f, p := newRefiner(d.r), d.r.whole()
	for c := 0; c < d.r.width && len(p.ends) > 0; c++ {
		p = f.refine(p, c, partition{})
	}
	return len(p.ends) > 0
}

func (d *discovery[S]) result() *Found {
	out := &Found{UCCs: d.keys}
	n := 0
	for _, all := range d.left {
		n += len(all)
	}
	out.FDs = make([]FD, 0, n)
	for rhs, all := range d.left {
		for _, lhs := range all {
			out.FDs = append(out.FDs, FD{LHS: lhs, RHS: rhs})
		}
	}
	return out
}

// sorted lists sets as columns, in lexical order. All share one array.
func sorted[S set](sets []S) []Columns {
	n := 0
	for i := range sets {
		n += size(&sets[i])
	}
	array, out := make([]int, 0, n), make([]Columns, len(sets))
	for i := range sets {
		from := len(array)
		array = members(&sets[i], array)
		out[i] = array[from:len(array):len(array)]
	}
	slices.SortFunc(out, func(a, b Columns) int { return slices.Compare(a, b) })
	return out
}
