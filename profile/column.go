package profile

import (
	"math"
	"slices"
	"sync"

	"assay/internal/sketch"
	"assay/source"
)

// column gathers what the blocks say of one column.
type column struct {
	index int
	col   source.Column
	// first is where the column was first seen: block, then place within it. It
	// orders the columns of formats without a schema.
	first [2]int

	sum   part // merged in the order of the blocks, under the run's order
	probe ValueCounter

	mu       sync.Mutex
	distinct *sketch.Distinct
	sample   sketch.Sample[sampleValue]
	shown    examples
}

func newColumn(index int, c source.Column, l limits) *column {
	col := &column{index: index, col: c, distinct: sketch.NewDistinct(l.distinct)}
	col.first = [2]int{math.MaxInt, index}
	col.sample.K = l.sample
	col.sum.reset(false, l.top)
	return col
}

// absorb takes in what commutes: hashes and samples.
func (c *column) absorb(b *columnBlock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.distinct.AddAll(b.hashes)
	c.sample.Add(b.samples...)
	c.shown.merge(&b.shown)
}

// limit is a hash above which the column's set keeps none; it only falls.
func (c *column) limit() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.distinct.Limit()
}

// append takes in what depends on the order of the blocks.
func (c *column) append(seq int, b *columnBlock) {
	if c.first[0] == math.MaxInt {
		c.first = [2]int{seq, b.arrival}
	}
	c.sum.merge(&b.part)
	switch {
	case b.probe == nil:
	case c.probe == nil:
		c.probe = b.probe
	default:
		c.probe.Merge(b.probe)
	}
}

// maxExamples is how many values of a column are shown, masked.
const maxExamples = 5

// examples are the values of the rows with the smallest hashes.
type examples struct {
	list []example
}

type example struct {
	row  uint64 // hash of the place
	v    value
	text string
}

func (e *examples) reset() { e.list = e.list[:0] }

// wants reports whether a row with this hash would be kept.
func (e *examples) wants(row uint64) bool {
	return len(e.list) < 4*maxExamples || row < e.list[len(e.list)-1].row
}

// add keeps the 4·maxExamples smallest, so that equal values can be left out later.
func (e *examples) add(x example) {
	i, _ := slices.BinarySearchFunc(e.list, x.row, func(y example, row uint64) int {
		if y.row < row {
			return -1
		}
		return 1
	})
	e.list = slices.Insert(e.list, i, x)
	if len(e.list) > 4*maxExamples {
		e.list = e.list[:4*maxExamples]
	}
}

func (e *examples) merge(other *examples) {
	for _, x := range other.list {
		if e.wants(x.row) {
			e.add(x)
		}
	}
}
