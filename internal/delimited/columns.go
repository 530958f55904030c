package delimited

import "assay/internal/span"

// Columns is a run of rows, column by column.
type Columns struct {
	Rows  int
	Spans [][]span.Span // by column: the values that are not null
	Nulls []int         // by column
	Valid [][]uint64    // by column: bit i set = row i is not null; meant only where Nulls > 0
	At    []uint32      // by row: the offset of its record; empty unless asked for
}

// Batch sizes: spans of a batch stay in the cache, also when there are many columns.
const (
	maxBatchRows  = 4096
	minBatchRows  = 64
	maxBatchCells = 1 << 17
)

// BatchRows is how many rows of a table of so many columns go into a batch.
func BatchRows(columns int) int {
	return min(maxBatchRows, max(minBatchRows, maxBatchCells/max(1, columns)&^63))
}

func (c *Columns) init(columns int) {
	rows := BatchRows(columns)
	c.Nulls, c.Valid, c.Spans = make([]int, columns), make([][]uint64, columns), make([][]span.Span, columns)
	all := make([]span.Span, columns*rows)
	for i := range c.Spans {
		c.Spans[i], all = all[:0:rows], all[rows:]
	}
}

func (c *Columns) reset() {
	c.Rows, c.At = 0, c.At[:0]
	clear(c.Nulls)
	for i := range c.Spans {
		c.Spans[i] = c.Spans[i][:0]
	}
}

// setNull says that the value of a row is null.
func (c *Columns) setNull(column, row int) {
	v := c.Valid[column]
	if c.Nulls[column] == 0 {
		if v == nil {
			v = make([]uint64, BatchRows(len(c.Spans))/64)
			c.Valid[column] = v
		}
		for i := range v {
			v[i] = ^uint64(0)
		}
	}
	v[row>>6] &^= 1 << (row & 63)
	c.Nulls[column]++
}

// add appends a row.
func (c *Columns) add(row []span.Span) {
	for i, f := range row {
		if f == Null {
			c.setNull(i, c.Rows)
			continue
		}
		c.Spans[i] = append(c.Spans[i], f)
	}
	c.Rows++
}
