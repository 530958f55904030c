package file

import (
	"io"

	"assay/internal/span"
	"assay/source"
)

// pqAligned decodes a row group row by row: all columns side by side.
//
// A batch ends where any flat column's page ends, so that a chunk is never made of two
// pages; repeated columns, whose rows may straddle pages, are copied together instead.
type pqAligned struct {
	b        *pqBlock
	cursors  []*pqCursor // by column
	repeated []pqJoin    // by column
	fixed    []pqFixed
	chunks   []source.Chunk
}

func (b *pqBlock) decodeAligned(emit func(*source.Batch) error, st *source.Stats) error {
	a := pqAligned{b: b, chunks: make([]source.Chunk, len(b.r.columns)), fixed: make([]pqFixed, len(b.r.fixed)),
		repeated: make([]pqJoin, len(b.part.of))}
	if len(b.part.of) > 0 {
		f, err := b.part.acquire()
		if err != nil {
			return pqFault(err, b.part.locator(b.r.dataset))
		}
		a.open(f)
		defer a.close(st)
	}
	for row := int64(0); row < b.group.rows; {
		n, err := a.rows(min(b.group.rows-row, pqAlignedRows))
		if err != nil {
			return err
		}
		if err := a.fill(n); err != nil {
			return err
		}
		if err := emit(b.batch(int(row), n, a.chunks)); err != nil {
			return err
		}
		row += int64(n)
	}
	return a.ended()
}

func (a *pqAligned) open(f io.ReaderAt) {
	for i := range a.b.part.of {
		a.cursors = append(a.cursors, a.b.cursor(f, i))
	}
}

func (a *pqAligned) close(st *source.Stats) {
	for i, c := range a.cursors {
		a.b.finish(c, i, st)
	}
}

// rows is how many rows the next batch has, at most n: what all flat columns have left
// in their pages.
func (a *pqAligned) rows(n int64) (int, error) {
	held := int64(0)
	for i, c := range a.cursors {
		if c.leaf.maxRep > 0 {
			continue
		}
		if c.n == 0 {
			if ok, err := c.next(); err != nil || !ok {
				return 0, a.b.fault(err, i)
			}
			if held += int64(c.memory()); held > pqMaxHeld(a.b.r.limit) {
				return 0, a.b.fault(errPqLarge, i)
			}
		}
		n = min(n, int64(c.n))
	}
	return int(n), nil
}

// pqMaxHeld bounds the pages that an aligned row group has open at once. It is wide,
// since hundreds of columns of honest pages need it, and exists for dishonest ones.
func pqMaxHeld(limit int64) int64 { return 16 * limit }

func (a *pqAligned) fill(n int) error {
	for i, c := range a.cursors {
		k := &a.chunks[i]
		*k = source.Chunk{Column: i}
		var err error
		if c.leaf.maxRep > 0 {
			err = a.repeated[i].fill(c, n, k)
		} else {
			err = c.flat(n, k)
		}
		if err != nil {
			return a.b.fault(err, i)
		}
	}
	for i := range a.fixed {
		column := len(a.b.part.of) + i
		a.chunks[column] = a.fixed[i].chunk(a.b, column, n)
	}
	return nil
}

// ended checks that repeated columns have no rows left.
func (a *pqAligned) ended() error {
	for i, c := range a.cursors {
		if c.leaf.maxRep > 0 && (c.left > 0 || c.n > 0 || a.repeated[i].at < len(c.defs)) {
			return a.b.fault(errPqLevels, i)
		}
	}
	return nil
}

// pqJoin collects the places of whole rows of a repeated column. Values are copied
// and codes resolved, since a row's places may come from two pages.
type pqJoin struct {
	started bool
	seen    int // levels looked at for the rows being collected
	at      int // of the cursor's levels: the next to look at
	full    int // places with a value among the levels before at, not yet copied

	n, nulls int
	valid    []uint64
	ends     []uint32
	values   source.Values
}

// fill takes the places of n rows into k.
func (j *pqJoin) fill(c *pqCursor, n int, k *source.Chunk) error {
	if !j.started { // the cursor may have levels of an earlier chunk
		c.defs, c.reps, j.started = c.defs[:0], c.reps[:0], true
	}
	j.seen, j.n, j.nulls, j.valid, j.ends = 0, 0, 0, j.valid[:0], j.ends[:0]
	j.values = source.Values{Kind: j.values.Kind, Data: j.values.Data[:0], Spans: j.values.Spans[:0],
		Ints: j.values.Ints[:0], Floats: j.values.Floats[:0], Scale: j.values.Scale, Zoned: j.values.Zoned}
	rows := 0
	for {
		more, err := j.level(c)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if c.reps[j.at] == 0 {
			if rows > 0 {
				j.ends = append(j.ends, uint32(j.n))
			}
			if rows++; rows > n {
				break
			}
		} else if rows == 0 {
			return errPqLevels
		}
		j.place(c)
		j.at++
	}
	if rows < n {
		return errPqPages
	}
	if rows == n {
		j.ends = append(j.ends, uint32(j.n))
	}
	if err := j.copy(c); err != nil {
		return err
	}
	k.N, k.Nulls, k.Values, k.RowEnds = j.n, j.nulls, j.values, j.ends
	if k.Nulls > 0 {
		k.Valid = j.valid
	}
	return nil
}

// level makes sure that there is a level to look at; false at the chunk's end.
func (j *pqJoin) level(c *pqCursor) (bool, error) {
	for j.at >= len(c.defs) {
		if err := j.copy(c); err != nil {
			return false, err
		}
		if c.n == 0 {
			if ok, err := c.next(); err != nil || !ok {
				return false, err
			}
		}
		if err := c.levels(min(c.n, pqAlignedRows)); err != nil {
			return false, err
		}
		j.at = 0
		if j.seen += len(c.defs); j.seen > c.limit { // a row without end
			return false, errPqLarge
		}
	}
	return true, nil
}

func (j *pqJoin) place(c *pqCursor) {
	d := int(c.defs[j.at])
	if d < c.leaf.repDef {
		return
	}
	if j.n&63 == 0 {
		j.valid = append(j.valid, 0)
	}
	if d == c.leaf.maxDef {
		j.valid[j.n>>6] |= 1 << (j.n & 63)
		j.full++
	} else {
		j.nulls++
	}
	j.n++
}

// copy takes the values of the places seen so far.
func (j *pqJoin) copy(c *pqCursor) error {
	var k source.Chunk
	if j.full == 0 {
		return nil
	}
	if err := c.values(j.full, &k); err != nil {
		return err
	}
	j.full = 0
	if len(j.values.Data)+pqTextSize(&k) > c.limit || j.n > c.limit {
		return errPqLarge
	}
	pqAppend(&j.values, &k)
	return nil
}

// pqTextSize is how many bytes of text k's values have once codes are resolved.
func pqTextSize(k *source.Chunk) (n int) {
	if k.Values.Spans == nil {
		return 0
	}
	if k.Codes == nil {
		for _, s := range k.Values.Spans {
			n += int(s.Len)
		}
	}
	for _, i := range k.Codes {
		n += int(k.Values.Spans[i].Len)
	}
	return n
}

// pqAppend appends k's values to v, with codes resolved. Both are of one kind.
func pqAppend(v *source.Values, k *source.Chunk) {
	from := &k.Values
	v.Kind, v.Scale, v.Zoned = from.Kind, from.Scale, from.Zoned
	text := from.Kind == source.Text || from.Kind == source.Binary
	one := func(i int) {
		switch {
		case text:
			b := from.Spans[i].Of(from.Data)
			v.Spans = append(v.Spans, span.Span{Off: uint32(len(v.Data)), Len: uint32(len(b))})
			v.Data = append(v.Data, b...)
		case from.Kind == source.Float64:
			v.Floats = append(v.Floats, from.Floats[i])
		default:
			v.Ints = append(v.Ints, from.Ints[i])
		}
	}
	if k.Codes != nil {
		for _, i := range k.Codes {
			one(int(i))
		}
		return
	}
	for i := range from.Len() {
		one(i)
	}
}
