package relation

// Compare says when two values are the same.
type Compare string

// The two ways to compare.
const (
	// Text compares what was read, byte by byte: nothing is trimmed, "?" is a value
	// like any other, "007" differs from "7" and "7" from "7.0". A null is the empty
	// string. It is what the literature does with CSV files.
	Text Compare = "text"
	// Typed compares values: numbers by what they are (7 = 7.0 = 70e-1), where the
	// source has no types of its own also if written as text. "007" stays a text: a
	// number with a leading zero is a code. A null differs from the empty string.
	Typed Compare = "typed"
)

// Table is one dataset in memory, every column as codes into its distinct values.
// It is read-only once loaded and safe for concurrent use.
type Table struct {
	Name    string
	Rows    int
	Columns []Column
	// Repeated are columns that were left out because they have not one value a row.
	Repeated []string
	// Rejected counts the records that could not be read as rows.
	Rejected int64
	// Partial is the reason code when the source broke off before its end.
	Partial string
	Compare Compare
	// View says that the rows are computed from other tables: such a table has no
	// foreign keys, and none point at it. The caller of Load knows.
	View bool
}

// Column is a column of a Table: its name and a code for every row.
type Column struct {
	Name  string
	codes []uint32
	dict  *dictionary
	nulls int
}

// none is the code of a null.
const none = ^uint32(0)

// Distinct is the number of distinct values, nulls aside.
func (c *Column) Distinct() int { return c.dict.len() }

// Nulls is the number of rows without a value.
func (c *Column) Nulls() int { return c.nulls }

// Names are the names of the columns, in order.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = t.Columns[i].Name
	}
	return names
}

// Bytes estimates what the table takes in memory.
func (t *Table) Bytes() int64 {
	var n int64
	for i := range t.Columns {
		n += t.Columns[i].bytes()
	}
	return n
}

func (c *Column) bytes() int64 { return int64(4*cap(c.codes)) + c.dict.bytes() }

// Columns is a set of columns of one table, by position, ascending.
type Columns []int
