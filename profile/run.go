package profile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/internal/sketch"
	"assay/source"
)

// Options of a run. The zero value is a sane default.
type Options struct {
	Workers   int        // 0 = GOMAXPROCS; never changes the facts
	Memory    int64      // bytes the run may use, 0 = DefaultMemory; changes what is exact
	Key       [32]byte   // of value hashes; the store has one per home
	NullWords []string   // words to take for null
	Values    ValueProbe // may be nil
	Batches   BatchProbe // may be nil; the reader must have been opened Aligned
	Progress  *Progress  // may be nil
}

// DefaultMemory is the budget of a run, in bytes.
const DefaultMemory = 512 << 20

// maxRowSet is how many distinct rows are told apart exactly.
const maxRowSet = 1 << 18

// Progress counts while a run is under way. It may be read at any time.
type Progress struct {
	Bytes, Rows, Rejected atomic.Int64
}

// Result is what a run gives.
type Result struct {
	Facts Facts
	// Values has the counters of Options.Values by column path, Batches the counter
	// of Options.Batches; nil without them.
	Values  map[string]ValueCounter
	Batches BatchCounter
}

// Run reads r to its end and returns what it found.
//
// Where the source breaks off, the result covers what came before and says so in
// Facts.Description.Partial; an error is returned when nothing could be read, when
// ctx ends, or when a probe fails. Run does not close r.
func Run(ctx context.Context, r source.Reader, o Options) (*Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newRun(r, o)
	work := make(chan item)
	var workers sync.WaitGroup
	for range s.workers {
		workers.Go(func() {
			for it := range work {
				if !s.deliver(it.seq, s.decode(ctx, it)) {
					cancel()
				}
			}
		})
	}
	s.dispatch(ctx, work)
	close(work)
	workers.Wait()
	if err := s.outcome(ctx); err != nil {
		return nil, err
	}
	return s.finish(), nil
}

// run is the state of a Run.
type run struct {
	r       source.Reader
	o       Options
	workers int
	limits  limits
	hasher  hasher
	nulls   map[string]bool
	tickets chan struct{} // bounds the blocks between Next and their merge
	pool    sync.Pool     // of *blockState
	known   int           // columns known when the run began

	mu      sync.Mutex
	columns []*column // by the reader's index
	rowSet  *sketch.Distinct
	marks   sketch.Sample[struct{}] // of sampled rows, to learn a limit where the number of rows is unknown

	order    sync.Mutex
	arrived  map[int]*blockState
	next     int
	merging  bool
	stopped  error // why reading ended early, at the first block that failed
	rows     int64
	rejected int64
	lines    int64
	rejects  []source.Reject
	notes    map[noteKey]*asset.Observation
	noteList []noteKey
	batches  BatchCounter
	noRowSet bool
}

type noteKey struct{ column, code string }

type item struct {
	seq   int
	block source.Block
	group *group
}

func newRun(r source.Reader, o Options) *run {
	s := &run{r: r, o: o, workers: o.Workers, hasher: newHasher(o.Key),
		arrived: map[int]*blockState{}, notes: map[noteKey]*asset.Observation{}}
	if s.workers <= 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	memory := o.Memory
	if memory <= 0 {
		memory = DefaultMemory
	}
	cols := r.Columns()
	s.known = len(cols)
	s.limits = limitsFor(memory, len(cols))
	s.workers = s.limits.workersFor(s.workers, memory, len(cols))
	s.limits.hasty = r.Expect() > hastyRows
	s.tickets = make(chan struct{}, inFlight(r, s.workers))
	s.rowSet = sketch.NewDistinct(min(s.limits.distinct, maxRowSet))
	s.marks.K = s.limits.sample
	if len(o.NullWords) > 0 {
		s.nulls = map[string]bool{}
		for _, w := range o.NullWords {
			s.nulls[w] = true
		}
	}
	for _, c := range cols {
		s.noRowSet = s.noRowSet || c.Repeated
	}
	return s
}

// inFlight is how many blocks may be between Next and their merge. Columns differ
// much in cost, so readers that go by column need many to keep all workers busy.
func inFlight(r source.Reader, workers int) int {
	if c, ok := r.(source.ByColumn); ok && c.ByColumn() {
		return 8 * workers
	}
	return 2*workers + 2
}

// dispatch hands out blocks until the reader ends.
func (s *run) dispatch(ctx context.Context, work chan<- item) {
	var g *group
	expect := s.r.Expect()
	for seq := 0; ; seq++ {
		select {
		case s.tickets <- struct{}{}:
		case <-ctx.Done():
			return
		}
		b, err := s.r.Next(ctx)
		if err != nil {
			g.close(s)
			if !errors.Is(err, io.EOF) {
				s.deliver(seq, &blockState{err: err})
			}
			return
		}
		if g == nil || b.Group() != g.number {
			g.close(s)
			g = s.newGroup(b.Group(), expect)
		}
		g.open()
		select {
		case work <- item{seq, b, g}:
		case <-ctx.Done():
			return
		}
	}
}

func (s *run) newGroup(number int, expect int64) *group {
	g := &group{number: number, limit: sampleLimit(s.limits.sample, expect)}
	if expect == 0 {
		s.mu.Lock()
		if limit, full := s.marks.Limit(); full {
			g.limit = limit
		}
		s.mu.Unlock()
	}
	return g
}

// blockState is a worker's memory for one block.
type blockState struct {
	columns []*columnBlock // by the reader's index; nil = not in the block
	list    []int          // indices in order of appearance
	spare   []*columnBlock
	share   []uint64 // row hashes, by row of the group
	stats   source.Stats
	size    int64
	group   *group
	batches BatchCounter
	err     error
}

// decode reads a block into a blockState.
func (s *run) decode(ctx context.Context, it item) (st *blockState) {
	st, _ = s.pool.Get().(*blockState)
	if st == nil {
		st = &blockState{}
	}
	st.group, st.size = it.group, it.block.Size()
	defer func() {
		// A panic here is a hostile file that got past its reader, or our bug: the
		// other datasets of a scan must not suffer.
		if p := recover(); p != nil {
			st.err = fault.Wrap(fmt.Errorf("panic: %v", p), fault.Internal, "profile.block", "block", fmt.Sprint(it.seq))
		}
	}()
	if s.o.Batches != nil {
		st.batches = s.o.Batches.Start(s.r.Columns())
	}
	st.stats, st.err = it.block.Decode(ctx, func(b *source.Batch) error { return s.take(st, b) })
	for _, i := range st.list {
		st.columns[i].finish()
	}
	if p := s.o.Progress; p != nil {
		p.Bytes.Add(st.size)
		p.Rows.Add(st.stats.Rows)
		p.Rejected.Add(st.stats.Rejected)
	}
	return st
}

// take takes a batch in.
func (s *run) take(st *blockState, b *source.Batch) error {
	rows := st.group.sampled(b.FirstRow, b.FirstRow+b.Rows)
	for i := range b.Chunks {
		ch := &b.Chunks[i]
		c := s.columnBlock(st, ch.Column)
		flat := ch.N == b.Rows && ch.RowEnds == nil
		var share []uint64
		if flat && !s.noRowSet {
			share = st.rowShare(b.FirstRow, ch.N)
		}
		c.add(ch, share)
		if flat {
			c.takeSample(ch, b.FirstRow, rows)
		} else {
			c.takePlaces(ch, st.group)
		}
	}
	if st.batches != nil {
		return st.batches.Batch(b)
	}
	return nil
}

// rowShare is where the hashes of n rows are added up, from row first of the group on.
func (st *blockState) rowShare(first, n int) []uint64 {
	if need := first + n; len(st.share) < need {
		st.share = append(st.share, make([]uint64, need-len(st.share))...)
	}
	return st.share[first : first+n]
}

func (s *run) columnBlock(st *blockState, index int) *columnBlock {
	for len(st.columns) <= index {
		st.columns = append(st.columns, nil)
	}
	if c := st.columns[index]; c != nil {
		return c
	}
	col := s.column(index)
	var c *columnBlock
	if n := len(st.spare); n > 0 {
		c, st.spare = st.spare[n-1], st.spare[:n-1]
	} else {
		c = &columnBlock{}
	}
	var probe ValueCounter
	if s.o.Values != nil {
		probe = s.o.Values.Start(col.col)
	}
	c.hasher, c.nullSet = s.hasher, s.nulls
	c.salt = s.hasher.text([]byte(col.col.Path)) | 1
	c.reset(s.limits, probe)
	c.hashLimit = col.limit()
	c.arrival = len(st.list)
	st.columns[index] = c
	st.list = append(st.list, index)
	return c
}

// column returns the column with the reader's index, new or not.
func (s *run) column(index int) *column {
	s.mu.Lock()
	defer s.mu.Unlock()
	if index < len(s.columns) && s.columns[index] != nil {
		return s.columns[index]
	}
	cols := s.r.Columns()
	for len(s.columns) < len(cols) {
		s.columns = append(s.columns, nil)
	}
	if s.columns[index] == nil {
		s.columns[index] = newColumn(index, cols[index], s.limits)
	}
	return s.columns[index]
}

// deliver hands in a decoded block and merges all that are next. It returns false
// once the run has failed, so that the rest need not be read.
func (s *run) deliver(seq int, st *blockState) bool {
	s.order.Lock()
	s.arrived[seq] = st
	if s.merging {
		s.order.Unlock()
		return true
	}
	s.merging = true
	for {
		st := s.arrived[s.next]
		if st == nil {
			break
		}
		delete(s.arrived, s.next)
		stopped := s.stopped != nil
		s.order.Unlock()
		if !stopped {
			s.merge(s.next, st)
		}
		s.release(st)
		s.order.Lock()
		s.next++
	}
	s.merging = false
	ok := s.stopped == nil
	s.order.Unlock()
	return ok
}

// merge takes the block's part of everything. Only the goroutine that set merging
// runs it, block after block.
func (s *run) merge(seq int, st *blockState) {
	if st.err != nil {
		s.order.Lock()
		s.stopped = st.err
		s.order.Unlock()
		return
	}
	for _, i := range st.list {
		c := s.column(i)
		c.absorb(st.columns[i])
		c.append(seq, st.columns[i])
	}
	st.group.finish(s, st.share)
	for _, rj := range st.stats.Rejects {
		if len(s.rejects) < source.MaxRejects {
			rj.Line += s.lines
			s.rejects = append(s.rejects, rj)
		}
	}
	if st.batches != nil {
		if s.batches == nil {
			s.batches = st.batches
		}
		s.batches.Merge(st.batches, s.rows)
	}
	s.lines += st.stats.Lines
	s.rows += st.stats.Rows
	s.rejected += st.stats.Rejected
	for _, n := range st.stats.Notes {
		s.note(n)
	}
}

// note adds up observations of one code about one column.
func (s *run) note(n asset.Observation) {
	key := noteKey{n.Column, n.Code}
	old, ok := s.notes[key]
	if !ok {
		n.Params = clone(n.Params)
		s.notes[key] = &n
		s.noteList = append(s.noteList, key)
		return
	}
	if a, b := old.Params["count"], n.Params["count"]; a != "" && b != "" {
		old.Params["count"] = addText(a, b)
	}
}

func clone(p message.Params) message.Params {
	out := make(message.Params, len(p))
	for k, v := range p {
		out[k] = v
	}
	return out
}

// release gives the block's memory back and lets another block in.
func (s *run) release(st *blockState) {
	for _, i := range st.list {
		st.spare = append(st.spare, st.columns[i])
		st.columns[i] = nil
	}
	st.list, st.share = st.list[:0], st.share[:0]
	st.batches, st.group, st.err, st.stats = nil, nil, nil, source.Stats{}
	s.pool.Put(st)
	select {
	case <-s.tickets:
	default: // the end marker of dispatch holds no block
	}
}

// outcome turns the way reading ended into an error, or nil when facts can be drawn.
func (s *run) outcome(ctx context.Context) error {
	if s.stopped == nil {
		return ctx.Err()
	}
	if fault.KindOf(s.stopped) == fault.Canceled {
		return s.stopped
	}
	if s.rows == 0 && s.rejected == 0 {
		return s.stopped
	}
	return nil
}

// addText adds two counts given as text.
func addText(a, b string) string {
	x, _ := strconv.ParseInt(a, 10, 64)
	y, _ := strconv.ParseInt(b, 10, 64)
	return strconv.FormatInt(x+y, 10)
}
