package source

import (
	"assay/internal/span"
)

// Column is a column as its source declares it.
type Column struct {
	Path     string // "a"; "a.b[].c" where nested; unique within the dataset
	Label    string // as written in the source, when Path had to differ (a repeated or empty header)
	Declared string // the source's own type, "" when it has none (CSV)
	// Typed says that the source's type is to be believed: text that looks like a
	// number stays text. It is false for CSV, where everything is text.
	Typed    bool
	Repeated bool   // values are not one a row: the column has its own count
	Comment  string // the source's own comment
}

// Kind is the physical form of a chunk's values.
type Kind uint8

// The kinds. For each, the field of Values that holds it.
const (
	Text      Kind = iota // Spans of Data: UTF-8 text; bytes that are no valid UTF-8 stay as they are
	Int64                 // Ints
	Float64               // Floats
	Bool                  // Ints, 0 or 1
	Decimal               // Ints, unscaled; value = Ints / 10^Scale
	Date                  // Ints, days since 1970-01-01
	Time                  // Ints, microseconds since midnight
	Timestamp             // Ints, microseconds since 1970-01-01T00:00 (UTC when Zoned)
	Binary                // Text: bytes that are no text
)

// Values is a run of values without nulls.
type Values struct {
	Kind   Kind
	Data   []byte      // Text, Binary: the buffer that Spans point into
	Spans  []span.Span // Text, Binary
	Ints   []int64
	Floats []float64
	Scale  int  // Decimal
	Zoned  bool // Timestamp: an instant, not a wall clock
}

// Len is the number of values.
func (v *Values) Len() int {
	switch v.Kind {
	case Text, Binary:
		return len(v.Spans)
	case Float64:
		return len(v.Floats)
	default:
		return len(v.Ints)
	}
}

// Chunk is a run of consecutive values of one column.
//
// N counts the places, nulls included. Values holds what is not null, in order; when
// Codes is set, Values is a dictionary instead and Codes, one per non-null place,
// index it. A dictionary may hold entries that no code uses and, from careless
// writers, the same entry twice.
type Chunk struct {
	Column int // index into Reader.Columns
	N      int
	Valid  []uint64 // bit i set = place i is not null; nil = no nulls
	Nulls  int      // places that are null
	Codes  []int32
	Values Values
	// RowEnds, in aligned batches of repeated columns, has for each row the end of
	// its places. nil elsewhere.
	RowEnds []uint32
}

// Batch is some consecutive rows of a block, for one column or more.
//
// In an aligned batch (Options.Aligned) every column of the dataset that is not
// Repeated has a chunk with N = Rows. Otherwise a batch may hold any columns.
type Batch struct {
	Group    int // of the block
	FirstRow int // within the group
	Rows     int
	Chunks   []Chunk
	// Line, when not nil, has for each row the line (1 = the block's first) or row
	// number of the source, to lead a person to it.
	Lines []int64
}

// IsValid reports whether place i of c holds a value.
func (c *Chunk) IsValid(i int) bool {
	return c.Valid == nil || c.Valid[i>>6]&(1<<(i&63)) != 0
}

// SetNull marks place i of c null; n is the final number of places, which sizes the
// bitmap the first time. The caller counts Nulls.
func (c *Chunk) SetNull(i, n int) {
	if c.Valid == nil {
		c.Valid = make([]uint64, (n+63)/64)
		for j := range c.Valid {
			c.Valid[j] = ^uint64(0)
		}
	}
	c.Valid[i>>6] &^= 1 << (i & 63)
}
