// Package sourcetest is the suite that every connector passes.
//
// It knows nothing of formats: it lists, opens, reads the same dataset in every way
// that source.Reader promises to be equal, and compares. What the values should be is
// the connector's own test; that they do not depend on who decodes which block when is
// this one's.
//
// Words: a digest is the number of a column's places and nulls and the hash of its
// values in order.
//
// Invariants: nothing here converts with code of the product; a value's text is made
// by brute force (rows.go).
//
// Start at [Run]; [Rows] and [Columns] give other tests the values themselves. Not
// here: performance, and what a profile makes of values.
package sourcetest

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"assay/fault"
	"assay/source"

	"github.com/google/go-cmp/cmp"
)

// Suite is a source to be tested.
type Suite struct {
	// Open opens the source; it is called several times and must give the same data.
	Open func(t testing.TB) source.Source
	// Rows has the number of rows of datasets by name, from outside the code under
	// test. Datasets that it does not name are read all the same.
	Rows map[string]int64
	// Columns has the paths of datasets' columns by name, in order.
	Columns map[string][]string
	// Vanish takes the data of d away, after it was listed. It may return false when
	// that cannot be done. It is called last. nil = not tested.
	Vanish func(t testing.TB, d source.Dataset) bool
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	t.Helper()
	listing := listTwice(t, s)
	for name := range s.Rows {
		if !slices.ContainsFunc(listing.Datasets, func(d source.Dataset) bool { return d.Name == name }) {
			t.Errorf("dataset %q is not listed", name)
		}
	}
	for _, d := range listing.Datasets {
		t.Run(d.Name, func(t *testing.T) {
			src := s.Open(t)
			defer closeIt(t, src)
			c := &caseOf{t: t, src: src, d: d}
			c.all(s)
		})
	}
	if s.Vanish != nil {
		t.Run("vanish", func(t *testing.T) { vanish(t, s) })
	}
}

func closeIt(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// listTwice checks that a listing is stable and its names and locators unique.
func listTwice(t *testing.T, s Suite) source.Listing {
	t.Helper()
	var lists [3]source.Listing
	first := s.Open(t)
	defer closeIt(t, first)
	second := s.Open(t)
	defer closeIt(t, second)
	for i, src := range []source.Source{first, first, second} {
		var err error
		if lists[i], err = src.List(context.Background()); err != nil {
			t.Fatalf("List: %v", err)
		}
	}
	for _, l := range lists[1:] {
		if d := cmp.Diff(lists[0], l); d != "" {
			t.Errorf("two listings differ (-first +second):\n%s", d)
		}
	}
	names, locators := map[string]bool{}, map[string]bool{}
	for _, d := range lists[0].Datasets {
		if d.Name == "" || names[d.Name] || d.Locator == "" || locators[d.Locator] || d.Format == "" || len(d.Parts) == 0 {
			t.Errorf("dataset %q at %q of format %q with %d parts: want unique names and locators, a format and parts",
				d.Name, d.Locator, d.Format, len(d.Parts))
		}
		names[d.Name], locators[d.Locator] = true, true
		var size int64
		for _, p := range d.Parts {
			size += p.Size
		}
		if size != d.Bytes {
			t.Errorf("dataset %q has %d bytes, its parts %d", d.Name, d.Bytes, size)
		}
	}
	for _, k := range lists[0].Skipped {
		if k.Locator == "" || k.Code == "" {
			t.Errorf("skipped without locator or code: %+v", k)
		}
	}
	return lists[0]
}

// caseOf is one dataset under test.
type caseOf struct {
	t   *testing.T
	src source.Source
	d   source.Dataset
}

func (c *caseOf) open(o source.Options) source.Reader {
	c.t.Helper()
	r, err := c.src.Open(context.Background(), c.d, o)
	if err != nil {
		c.t.Fatalf("Open: %v", err)
	}
	return r
}

func (c *caseOf) all(s Suite) {
	base := c.read(source.Options{}, inOrder)
	if want, ok := s.Rows[c.d.Name]; ok && base.rows != want {
		c.t.Errorf("%d rows, want %d", base.rows, want)
	}
	if want, ok := s.Columns[c.d.Name]; ok {
		if d := cmp.Diff(want, base.paths); d != "" {
			c.t.Errorf("columns (-want +got):\n%s", d)
		}
	}
	c.same(base, c.read(source.Options{}, inOrder), "read again")
	c.same(base, c.read(source.Options{}, backwards), "decoded backwards")
	c.same(base, c.read(source.Options{}, atOnce), "decoded at once")
	c.same(base, c.read(source.Options{Aligned: true}, inOrder), "aligned")
	c.same(base, c.read(source.Options{Aligned: true}, atOnce), "aligned, decoded at once")
	c.expect()
	c.twoReaders(base)
	c.canceled()
	c.closedEarly()
}

// outcome is what one reading gave.
type outcome struct {
	rows, rejected int64
	paths          []string
	digests        map[string]digest
	partial        string
}

type order int

const (
	inOrder   order = iota
	backwards       // the last block first
	atOnce          // by several goroutines
)

// read reads the dataset to its end.
func (c *caseOf) read(o source.Options, how order) outcome {
	c.t.Helper()
	r := c.open(o)
	defer closeIt(c.t, r)
	blocks := c.blocks(r)
	results := make([]*decoded, len(blocks))
	decode := func(i int) { results[i] = decodeBlock(r, blocks[i], o.Aligned) }
	switch how {
	case inOrder:
		for i := range blocks {
			decode(i)
		}
	case backwards:
		for i := range slices.Backward(blocks) {
			decode(i)
		}
	case atOnce:
		var wg sync.WaitGroup
		next := make(chan int)
		for range 4 {
			wg.Go(func() {
				for i := range next {
					decode(i)
				}
			})
		}
		for i := range blocks {
			next <- i
		}
		close(next)
		wg.Wait()
	}
	return c.add(r, blocks, results)
}

// blocks takes all blocks and checks how they are numbered.
func (c *caseOf) blocks(r source.Reader) []source.Block {
	c.t.Helper()
	var out []source.Block
	last := -1
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if e := fault.As(err); e == nil {
				c.t.Errorf("Next: %v is no fault with a code", err)
			}
			break // a source that breaks off does so for every reader alike
		}
		if g := b.Group(); g != last && g != last+1 {
			c.t.Errorf("group %d follows %d", g, last)
		}
		last = b.Group()
		if b.Size() < 0 {
			c.t.Errorf("block of group %d has size %d", last, b.Size())
		}
		out = append(out, b)
	}
	if _, err := r.Next(context.Background()); err == nil {
		c.t.Error("Next gave a block after the end")
	}
	return out
}

// add puts the blocks' results together, in the order of the blocks.
func (c *caseOf) add(r source.Reader, blocks []source.Block, results []*decoded) outcome {
	c.t.Helper()
	out := outcome{digests: map[string]digest{}}
	cols := r.Columns()
	for _, col := range cols {
		out.paths = append(out.paths, col.Path)
	}
	hashes := map[int]*columnHash{}
	rows := map[int]int64{} // by group
	for i, res := range results {
		for _, problem := range res.problems {
			c.t.Errorf("block %d: %s", i, problem)
		}
		g := blocks[i].Group()
		if res.stats.Rows > 0 && rows[g] > 0 {
			c.t.Errorf("two blocks of group %d report rows", g)
		}
		rows[g] += res.stats.Rows
		out.rejected += res.stats.Rejected
		if int64(len(res.stats.Rejects)) > res.stats.Rejected {
			c.t.Errorf("block %d: %d rejects kept of %d", i, len(res.stats.Rejects), res.stats.Rejected)
		}
		for _, col := range slices.Sorted(maps.Keys(res.columns)) {
			if hashes[col] == nil {
				hashes[col] = newColumnHash()
			}
			hashes[col].add(res.columns[col])
		}
	}
	for _, n := range rows {
		out.rows += n
	}
	for i, h := range hashes {
		out.digests[cols[i].Path] = h.digest()
		if cols[i].Repeated || c.t.Failed() {
			continue
		}
		// A column that was found late has no places in the rows before; those that are
		// known from the start have one in every row.
		if h.places > out.rows {
			c.t.Errorf("column %q has %d places in %d rows", cols[i].Path, h.places, out.rows)
		}
	}
	out.partial = r.Describe().Partial
	return out
}

// same compares two readings. Columns may be found in another order, and one without
// any value may have no places.
func (c *caseOf) same(want, got outcome, how string) {
	c.t.Helper()
	if want.rows != got.rows || want.rejected != got.rejected || want.partial != got.partial {
		c.t.Errorf("%s: %d rows, %d rejected, partial %q; first time %d, %d, %q",
			how, got.rows, got.rejected, got.partial, want.rows, want.rejected, want.partial)
	}
	for _, path := range slices.Sorted(maps.Keys(want.digests)) {
		if w, g := want.digests[path], got.digests[path]; w.values != g.values || w.places == g.places && w.all != g.all ||
			w.places == want.rows && w.places > g.places {
			c.t.Errorf("%s: column %q has %+v, first time %+v", how, path, g, w)
		}
	}
	for path, g := range got.digests {
		if w, ok := want.digests[path]; !ok && g.values != w.values {
			c.t.Errorf("%s: column %q is new", how, path)
		}
	}
}

// expect checks that the estimate depends on the dataset alone.
func (c *caseOf) expect() {
	c.t.Helper()
	seen := map[int64]bool{}
	for _, o := range []source.Options{{}, {Aligned: true}, {BlockBytes: 1 << 16}} {
		r := c.open(o)
		seen[r.Expect()] = true
		closeIt(c.t, r)
	}
	if len(seen) != 1 {
		c.t.Errorf("Expect depends on the options: %v", slices.Collect(maps.Keys(seen)))
	}
}

// twoReaders reads the dataset with two readers in turns.
func (c *caseOf) twoReaders(base outcome) {
	c.t.Helper()
	a, b := c.open(source.Options{}), c.open(source.Options{})
	defer closeIt(c.t, a)
	defer closeIt(c.t, b)
	readers := []source.Reader{a, b}
	blocks, results, ended := [2][]source.Block{}, [2][]*decoded{}, [2]bool{}
	for !ended[0] || !ended[1] {
		for i, r := range readers {
			if ended[i] {
				continue
			}
			blk, err := r.Next(context.Background())
			if err != nil {
				ended[i] = true
				continue
			}
			blocks[i] = append(blocks[i], blk)
			results[i] = append(results[i], decodeBlock(r, blk, false))
		}
	}
	for i, r := range readers {
		c.same(base, c.add(r, blocks[i], results[i]), "one of two readers")
	}
}

// canceled checks that a reader stops within a second.
func (c *caseOf) canceled() {
	c.t.Helper()
	r := c.open(source.Options{})
	defer closeIt(c.t, r)
	ctx, cancel := context.WithCancel(context.Background())
	b, err := r.Next(ctx)
	cancel()
	began := time.Now()
	if err == nil {
		_, err := b.Decode(ctx, func(*source.Batch) error { return ctx.Err() })
		if err != nil && fault.KindOf(err) != fault.Canceled {
			c.t.Errorf("Decode under a context that has ended: %v", err)
		}
	}
	if _, err := r.Next(ctx); !errors.Is(err, io.EOF) && (err == nil || fault.KindOf(err) != fault.Canceled) {
		c.t.Errorf("Next under a context that has ended: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		c.t.Errorf("took %v to stop", took)
	}
	if _, err := c.src.Open(ctx, c.d, source.Options{}); err == nil || fault.KindOf(err) != fault.Canceled {
		c.t.Errorf("Open under a context that has ended: %v", err)
	}
	if _, err := c.src.List(ctx); err == nil || fault.KindOf(err) != fault.Canceled {
		c.t.Errorf("List under a context that has ended: %v", err)
	}
}

// closedEarly closes with a block under way and twice.
func (c *caseOf) closedEarly() {
	c.t.Helper()
	r := c.open(source.Options{})
	b, err := r.Next(context.Background())
	closeIt(c.t, r)
	if err == nil {
		// It may fail or not, but it ends.
		_, _ = b.Decode(context.Background(), func(*source.Batch) error { return nil })
	}
	closeIt(c.t, r)
	closeIt(c.t, c.open(source.Options{}))
}

// vanish checks that data which are gone are an error and never a short read.
func vanish(t *testing.T, s Suite) {
	src := s.Open(t)
	defer closeIt(t, src)
	l, err := src.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range l.Datasets {
		if !s.Vanish(t, d) {
			continue
		}
		r, err := src.Open(context.Background(), d, source.Options{})
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%s: %v is no fault with a code", d.Name, err)
			}
			continue
		}
		for err == nil {
			var b source.Block
			if b, err = r.Next(context.Background()); err == nil {
				_, err = b.Decode(context.Background(), func(*source.Batch) error { return nil })
			}
		}
		if errors.Is(err, io.EOF) {
			t.Errorf("%s was read to its end though it is gone", d.Name)
		}
		closeIt(t, r)
	}
}
