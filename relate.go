package assay

import (
	"context"
	"errors"
	"slices"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/internal/cpu"
	"assay/internal/message"
	"assay/relation"
	"assay/source"
	"assay/source/file"
)

// RelateRequest says where to look for relations, and for which.
type RelateRequest struct {
	Paths   []string
	Files   file.Options
	Reading source.Options
	Kinds   relation.Kinds
	Compare relation.Compare // "" = text
	Nulls   relation.Nulls   // "" = equal
	MaxLHS  int              // columns in a key or a left side, 0 = no cap
	Limit   time.Duration    // for finding, reading not counted; 0 = none
	Memory  int64            // bytes, 0 = 512 MiB
	Workers int              // 0 = 2
	Watch   func(ScanEvent)  // nil = nobody; called from one goroutine
}

// The phases of Relate.
const (
	PhaseLoad     Phase = "load"
	PhaseDiscover Phase = "discover"
)

// RelateResult is what Relate gives.
type RelateResult struct {
	Document relation.Document
	Timings  []PhaseTiming
}

// Relate finds keys, functional dependencies and inclusions in all datasets of some
// paths. It needs no home and records nothing. What cannot be read, or does not fit
// into memory, is listed as skipped and the rest is done all the same.
func Relate(ctx context.Context, req RelateRequest) (res *RelateResult, err error) {
	if req.Memory <= 0 {
		req.Memory = relation.DefaultMemory
	}
	if req.Compare == "" {
		req.Compare = relation.Text
	}
	if req.Nulls == "" {
		req.Nulls = relation.NullsEqual
	}
	src, err := file.Open(req.Paths, req.Files)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	listing, err := src.List(ctx)
	if err != nil {
		return nil, err
	}
	r := &relating{req: req, src: src, left: req.Limit, took: map[Phase]*PhaseTiming{},
		loader: relation.NewLoader(relation.LoadOptions{Compare: req.Compare, Memory: max(req.Memory/2, 1), Workers: req.Workers})}
	r.doc = relation.Document{Compare: req.Compare, Nulls: req.Nulls, MaxLHS: req.MaxLHS, Wanted: req.Kinds, Skipped: listing.Skipped}
	if err := r.all(ctx, listing.Datasets); err != nil {
		return nil, err
	}
	res = &RelateResult{Document: r.doc}
	for _, p := range []Phase{PhaseLoad, PhaseDiscover} {
		if t := r.took[p]; t != nil {
			res.Timings = append(res.Timings, *t)
		}
	}
	return res, nil
}

// relating is one Relate under way.
type relating struct {
	req    RelateRequest
	src    *file.Source
	loader *relation.Loader
	left   time.Duration // of req.Limit
	doc    relation.Document
	tables []*relation.Table // of doc.Entries, when they are needed later
	took   map[Phase]*PhaseTiming
}

func (r *relating) all(ctx context.Context, datasets []source.Dataset) error {
	for i, d := range datasets {
		ev := ScanEvent{Index: i, Total: len(datasets), Name: d.Name, Bytes: d.Bytes}
		err := r.one(ctx, d, ev)
		if fault.KindOf(err) == fault.Canceled && err != nil {
			return err
		}
		if err != nil {
			r.skip(d.Locator, err)
		}
	}
	if r.req.Kinds.IND {
		err := r.timed(ctx, PhaseDiscover, func(ctx context.Context) (err error) {
			r.doc.INDs, err = relation.Inclusions(ctx, r.tables, max(r.req.Workers, 2))
			return err
		})
		if r.doc.INDTruncated, err = outOfTime(err); err != nil {
			return err
		}
	}
	if r.req.Kinds.FK {
		err := r.timed(ctx, PhaseDiscover, func(ctx context.Context) (err error) {
			r.doc.FKs, err = relation.ForeignKeys(ctx, r.tables)
			return err
		})
		if r.doc.FKTruncated, err = outOfTime(err); err != nil {
			return err
		}
	}
	return nil
}

// outOfTime tells a passed limit, which is an answer, from other errors.
func outOfTime(err error) (bool, error) {
	if errors.Is(err, context.DeadlineExceeded) {
		return true, nil
	}
	return false, err
}

// one loads a dataset and finds what holds within it.
func (r *relating) one(ctx context.Context, d source.Dataset, ev ScanEvent) error {
	ev.Phase = PhaseLoad
	r.tell(ev)
	table, err := r.load(ctx, d)
	if err != nil {
		return err
	}
	table.View = slices.ContainsFunc(d.Note, func(o asset.Observation) bool { return o.Code == "sqlite.view" })
	e := relation.Entry{Name: d.Name, Locator: d.Locator, Format: d.Format, Columns: table.Names(), Rows: table.Rows,
		Rejected: table.Rejected, Partial: table.Partial, Repeated: table.Repeated}
	ev.Phase = PhaseDiscover
	r.tell(ev)
	if k := r.req.Kinds; k.UCC || k.FD {
		err := r.timed(ctx, PhaseDiscover, func(ctx context.Context) error {
			found, err := relation.Discover(ctx, table, relation.Wanted{UCC: k.UCC, FD: k.FD, MaxLHS: r.req.MaxLHS,
				Nulls: r.req.Nulls, Memory: max(r.req.Memory/2, 1), Workers: r.req.Workers})
			if err == nil {
				e.Found = *found
			}
			return err
		})
		if err != nil {
			r.loader.Release(table)
			return err
		}
	}
	r.doc.Entries = append(r.doc.Entries, e)
	if r.req.Kinds.IND || r.req.Kinds.FK {
		r.tables = append(r.tables, table)
		return nil
	}
	r.loader.Release(table)
	return nil
}

func (r *relating) load(ctx context.Context, d source.Dataset) (t *relation.Table, err error) {
	defer r.time(PhaseLoad)()
	reading := r.req.Reading
	reading.Aligned = true
	reader, err := r.src.Open(ctx, d, reading)
	if err != nil {
		return nil, err
	}
	t, err = r.loader.Load(ctx, d.Name, reader)
	return t, errors.Join(err, reader.Close())
}

// timed runs do within what is left of the limit.
func (r *relating) timed(ctx context.Context, p Phase, do func(context.Context) error) error {
	defer r.time(p)()
	if r.req.Limit <= 0 {
		return do(ctx)
	}
	began := time.Now()
	defer func() { r.left = max(r.left-time.Since(began), time.Nanosecond) }()
	ctx, cancel := context.WithTimeout(ctx, r.left)
	defer cancel()
	return do(ctx)
}

func (r *relating) time(p Phase) (done func()) {
	wall, used := time.Now(), cpu.Time()
	return func() {
		t := r.took[p]
		if t == nil {
			t = &PhaseTiming{Phase: p}
			r.took[p] = t
		}
		t.Wall += time.Since(wall)
		t.CPU += cpu.Time() - used
	}
}

func (r *relating) skip(locator string, err error) {
	k := source.Skipped{Locator: locator, Code: "assay.unreadable", Params: message.P("reason", err.Error())}
	if e := fault.As(err); e != nil {
		k.Code, k.Params = e.Code, e.Params
	}
	r.doc.Skipped = append(r.doc.Skipped, k)
}

func (r *relating) tell(ev ScanEvent) {
	if r.req.Watch != nil {
		r.req.Watch(ev)
	}
}
