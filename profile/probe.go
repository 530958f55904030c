package profile

import (
	"assay/asset"
	"assay/source"
)

// ValueProbe looks at each value once a block, with its weight, in the same pass.
// Rooms above implement it; an absent probe costs nothing.
type ValueProbe interface {
	// Start returns the counter of a block's values of a column, or nil when the
	// column is of no interest. It is called from several goroutines.
	Start(c source.Column) ValueCounter
}

// ValueCounter counts values of one column. One goroutine uses it at a time.
type ValueCounter interface {
	// Value says that a value came weight times. A value may come more than once:
	// from another block, or when it was rare. The weights of all calls add up to
	// the number of values that are not null.
	Value(v Value, weight int64)
	// Merge takes in the counter of a later block. The counters of a column are
	// merged in the order of the blocks.
	Merge(later ValueCounter)
}

// Value is a value as a ValueProbe sees it. It is valid during the call only.
type Value struct {
	v    *value
	text []byte
}

// Type is what the value looks like on its own; TypeEmpty for a blank.
func (v Value) Type() asset.Type { return v.v.kind }

// Text is the value as it is written, or the canonical text of a typed value. The
// bytes belong to the kernel.
func (v Value) Text() []byte {
	if v.text != nil {
		return v.text
	}
	return []byte(v.v.canonical(""))
}

// IsNullWord reports whether the value is a word such as NA or 无.
func (v Value) IsNullWord() bool { return v.v.word != 0 }

// Hash is the keyed hash of the value, equal for equal values of any format.
func (v Value) Hash() uint64 { return v.v.hash }

// BatchProbe looks at whole rows, in the same pass. Its presence makes readers align
// their batches (source.Options.Aligned), which costs some speed.
type BatchProbe interface {
	// Start returns the counter of a block.
	Start(columns []source.Column) BatchCounter
}

// BatchCounter counts rows. One goroutine uses it at a time.
type BatchCounter interface {
	// Batch looks at an aligned batch. Row i of the batch is row b.FirstRow+i of the
	// block; the locator is completed in Merge.
	Batch(b *source.Batch) error
	// Merge takes in the counter of the next block, whose first row is row firstRow
	// of the dataset, from 0. On the first block it is called with the counter
	// itself as later, so that it too learns its first row.
	Merge(later BatchCounter, firstRow int64)
}
