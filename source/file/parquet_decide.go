package file

import (
	"context"

	"assay/source"
)

// decide settles what only the data tells: whether unsigned numbers need text, and
// whether bytes are text.
func (r *pqReader) decide(ctx context.Context, unsigned []bool) error {
	for c := range r.columns {
		first := &r.parts[0].leaves[r.parts[0].of[c]]
		asText := unsigned[c]
		if first.conv == pqMaybeText {
			var err error
			if asText, err = r.sample(ctx, c); err != nil {
				return err
			}
			if asText {
				r.facts.asText = append(r.facts.asText, r.columns[c].Path)
			}
		}
		for _, p := range r.parts {
			p.leaves[p.of[c]].asText = asText
		}
		r.columns[c].Typed = first.column().Typed
	}
	return nil
}

// sample looks at the dictionary or first page of the first chunk that has a value.
func (r *pqReader) sample(ctx context.Context, column int) (asText bool, err error) {
	// A chunk may be nothing but nulls, more than anyone can read.
	const chunks, bytes = 16, 1 << 16
	tried := 0
	for _, p := range r.parts {
		for g := range p.groups {
			if tried++; tried > chunks || ctx.Err() != nil {
				return false, ctx.Err()
			}
			found, text, err := r.sampleChunk(p, g, column, bytes)
			if found || err != nil {
				return text, err
			}
		}
	}
	return false, nil
}

func (r *pqReader) sampleChunk(p *pqPart, g, column, budget int) (found, asText bool, err error) {
	f, err := p.open()
	if err != nil {
		return false, false, pqFault(err, p.locator(r.dataset))
	}
	defer f.Close()
	c, i := r.take(), p.of[column]
	defer r.give(c)
	l, chunk := p.leaves[i], p.groups[g].chunks[i]
	c.open(f, &l, &chunk, p.end(), r.limit)
	for pieces := 0; (c.left > 0 || c.n > 0) && pieces < 256; pieces++ {
		if c.n == 0 {
			ok, err := c.next()
			if err != nil {
				return false, false, r.chunkFault(err, p, column, g)
			}
			if !ok {
				break
			}
		}
		if c.hasDict && c.dict.Len() > 0 {
			return true, pqLooksText(&c.dict, budget), nil
		}
		var k source.Chunk
		if err := c.some(&k); err != nil {
			return false, false, r.chunkFault(err, p, column, g)
		}
		if k.Values.Len() > 0 {
			return true, pqLooksText(&k.Values, budget), nil
		}
	}
	return false, false, nil
}

// some takes a piece of the page, whatever the levels.
func (c *pqCursor) some(k *source.Chunk) error {
	n := min(c.n, pqAlignedRows)
	if c.leaf.maxRep == 0 {
		return c.flat(n, k)
	}
	if err := c.levels(n); err != nil {
		return err
	}
	full := 0
	for _, d := range c.defs {
		if int(d) == c.leaf.maxDef {
			full++
		}
	}
	return c.values(full, k)
}
