package relation

// Nulls says whether nulls are equal to each other.
type Nulls string

// The two meanings of null.
const (
	NullsEqual    Nulls = "equal"    // null = null: one value like any other
	NullsDistinct Nulls = "distinct" // null ≠ null: every null is a value of its own, on both sides of a dependency
)

// rows are a table as the search sees it: for every cell a code such that two cells of
// a column have the same code exactly when they are equal, and alone where no other
// row has the value.
type rows struct {
	n, width int
	cells    []uint32 // by row, then column
	limit    []uint32 // by column: codes below it occur twice or more
}

// alone is the code of a value that no other row has. Two such cells differ.
const alone = ^uint32(0)

func rowsOf(t *Table, nulls Nulls) *rows {
	r := &rows{n: t.Rows, width: len(t.Columns), cells: make([]uint32, t.Rows*len(t.Columns)), limit: make([]uint32, len(t.Columns))}
	for i := range t.Columns {
		r.fill(&t.Columns[i], i, nulls, t.Compare)
	}
	return r
}

// fill recodes a column so that repeated values are 0, 1, 2, … in the order of the
// dictionary.
func (r *rows) fill(c *Column, at int, nulls Nulls, how Compare) {
	codeOfNull := uint32(c.dict.len())
	if nulls == NullsEqual && how == Text {
		for code := range uint32(c.dict.len()) {
			if len(c.dict.value(code)) == 0 {
				codeOfNull = code // a null is the empty string
			}
		}
	}
	counts := make([]uint32, c.dict.len()+1)
	for _, code := range c.codes {
		if code == none {
			code = codeOfNull
		}
		counts[code]++
	}
	if nulls == NullsDistinct && int(codeOfNull) == c.dict.len() {
		counts[codeOfNull] = 0
	}
	next := uint32(0)
	for code, n := range counts {
		counts[code] = alone
		if n > 1 {
			counts[code] = next
			next++
		}
	}
	r.limit[at] = next
	for row, code := range c.codes {
		if code == none {
			code = codeOfNull
		}
		r.cells[row*r.width+at] = counts[code]
	}
}

func (r *rows) row(i uint32) []uint32 {
	return r.cells[int(i)*r.width : (int(i)+1)*r.width]
}

// difference is the set of columns on which rows a and b differ.
func difference[S set](r *rows, a, b uint32) (d S) {
	x, y := r.row(a), r.row(b)
	y = y[:len(x)]
	for w := 0; w < len(d) && w<<6 < len(x); w++ {
		var word uint64
		for i := w << 6; i < min(len(x), w<<6+64); i++ {
			differ := uint64(0)
			if x[i] != y[i] || x[i] == alone {
				differ = 1
			}
			word |= differ << (i & 63)
		}
		d[w] = word
	}
	return d
}

// partition is the rows that share their values on some columns with another row,
// cluster by cluster; rows alone are left out (a stripped partition, TANE 1999).
type partition struct {
	rows []uint32
	ends []uint32 // of the clusters in rows
}

// whole is the partition by no column.
func (r *rows) whole() partition {
	p := partition{rows: make([]uint32, r.n)}
	for i := range p.rows {
		p.rows[i] = uint32(i)
	}
	if r.n > 1 {
		p.ends = []uint32{uint32(r.n)}
		return p
	}
	p.rows = nil
	return p
}

// refiner cuts partitions by columns. It is the scratch space of one worker.
type refiner struct {
	r      *rows
	counts []uint32
	used   []uint32 // codes of the cluster under way, in the order of appearance
}

func newRefiner(r *rows) *refiner {
	most := uint32(0)
	for _, n := range r.limit {
		most = max(most, n)
	}
	return &refiner{r: r, counts: make([]uint32, most)}
}

// refine writes p, cut by a column, over out and returns it.
func (f *refiner) refine(p partition, column int, out partition) partition {
	out.rows, out.ends = out.rows[:0], out.ends[:0]
	cells, width := f.r.cells[column:], f.r.width
	from := uint32(0)
	for _, end := range p.ends {
		f.used = f.used[:0]
		cluster := p.rows[from:end]
		from = end
		for _, row := range cluster {
			if code := cells[int(row)*width]; code != alone {
				if f.counts[code] == 0 {
					f.used = append(f.used, code)
				}
				f.counts[code]++
			}
		}
		at := uint32(len(out.rows))
		for _, code := range f.used {
			n := f.counts[code]
			if n == 1 {
				f.counts[code] = alone
				continue
			}
			f.counts[code] = at
			at += n
			out.ends = append(out.ends, at)
		}
		if int(at) > cap(out.rows) {
			grown := make([]uint32, len(out.rows), max(int(at), 2*cap(out.rows)))
			copy(grown, out.rows)
			out.rows = grown
		}
		out.rows = out.rows[:at]
		for _, row := range cluster {
			if code := cells[int(row)*width]; code != alone && f.counts[code] != alone {
				out.rows[f.counts[code]] = row
				f.counts[code]++
			}
		}
		for _, code := range f.used {
			f.counts[code] = 0
		}
	}
	return out
}
