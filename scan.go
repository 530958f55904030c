package assay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/internal/cpu"
	"assay/internal/message"
	"assay/profile"
	"assay/report"
	"assay/source"
	"assay/source/file"
	"assay/store"
)

// ScanRequest says what to scan and how.
type ScanRequest struct {
	Paths     []string       // files and folders
	Files     file.Options   // which files of folders count
	Reading   source.Options // overrides of what would be detected
	NullWords []string       // words to take for null
	Rehash    bool           // prove "unchanged" by reading the bytes again
	Force     bool           // read again what is unchanged
	// Watch is told what goes on; nil = nobody. It is called from one goroutine.
	Watch func(ScanEvent)
}

// ScanEvent is a step of a scan.
type ScanEvent struct {
	Index, Total int    // of the dataset
	Name         string // of the dataset; "" once, when listing is done
	Bytes        int64  // size of the dataset
	Phase        Phase
	Progress     *profile.Progress // while the phase is PhaseRead; counts on
}

// Phase is a part of the work on a dataset.
type Phase string

// The phases, in order.
const (
	PhaseList        Phase = "list"
	PhaseRead        Phase = "read"
	PhaseFingerprint Phase = "fingerprint"
	PhaseStore       Phase = "store"
	PhaseDone        Phase = "done"
)

// ScanResult is what a scan gives.
type ScanResult struct {
	Document  report.Document
	Unchanged int           // datasets assumed or proved unchanged, not read again
	Timings   []PhaseTiming // by phase, in order
}

// PhaseTiming is what a phase took, over all datasets.
type PhaseTiming struct {
	Phase Phase
	Wall  time.Duration
	CPU   time.Duration
}

// Scan reads every dataset it finds, once, and records what it is. What cannot be
// read is listed as skipped and the rest is done all the same. When ctx ends, what is
// complete has been recorded and the error says Canceled.
//
// The source of the scan is locked: a second scan of the same home waits its turn or
// fails with Conflict.
func (a *Assay) Scan(ctx context.Context, actor asset.Actor, req ScanRequest) (*ScanResult, error) {
	unlock, err := a.store.Lock(ctx, "scan")
	if err != nil {
		return nil, err
	}
	defer unlock()
	run, err := a.store.BeginRun(ctx, actor, req.Paths)
	if err != nil {
		return nil, err
	}
	s := &scan{a: a, actor: actor, req: req, run: run, res: &ScanResult{Document: a.document()}}
	restore := s.limitMemory()
	defer restore()
	err = s.all(ctx)
	s.res.Timings = s.timings()
	end := store.Outcome{Status: store.RunDone, Unchanged: s.res.Unchanged, Failed: s.failed, Skipped: s.res.Document.Skipped}
	switch {
	case fault.KindOf(err) == fault.Canceled && err != nil:
		end.Status = store.RunCancelled
	case err != nil:
		end.Status = store.RunFailed
	}
	// The run is closed even when ctx has ended.
	if endErr := a.store.EndRun(context.WithoutCancel(ctx), actor, run, end); endErr != nil {
		err = errors.Join(err, endErr)
	}
	return s.res, err
}

// scan is one Scan under way.
type scan struct {
	a      *Assay
	actor  asset.Actor
	req    ScanRequest
	run    store.RunID
	res    *ScanResult
	src    *file.Source
	took   map[Phase]*PhaseTiming
	failed int // datasets that could not be read
}

// limitMemory tells the runtime to collect garbage before the budget is passed.
func (s *scan) limitMemory() (restore func()) {
	budget := s.memory()
	old := debug.SetMemoryLimit(budget * 3 / 4)
	return func() { debug.SetMemoryLimit(old) }
}

func (s *scan) memory() int64 {
	if s.a.cfg.Memory > 0 {
		return s.a.cfg.Memory
	}
	return profile.DefaultMemory
}

func (s *scan) all(ctx context.Context) (err error) {
	done := s.phase(PhaseList)
	listing, err := s.list(ctx)
	done()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.src.Close()) }()
	s.res.Document.Skipped = listing.Skipped
	total := len(listing.Datasets)
	s.tell(ScanEvent{Total: total, Phase: PhaseList})
	for i, d := range listing.Datasets {
		e, err := s.one(ctx, d, ScanEvent{Index: i, Total: total, Name: d.Name, Bytes: d.Bytes})
		switch {
		case err == nil:
			s.res.Document.Entries = append(s.res.Document.Entries, e)
		case fatal(err):
			return err
		default:
			s.skip(d.Locator, err)
		}
	}
	return nil
}

// fatal reports whether an error concerns the whole scan and not one dataset.
func fatal(err error) bool {
	var own *storeError
	return fault.KindOf(err) == fault.Canceled || errors.As(err, &own)
}

// storeError marks an error of our own records: going on would lose results.
type storeError struct{ error }

func (e *storeError) Unwrap() error { return e.error }

func (s *scan) list(ctx context.Context) (source.Listing, error) {
	files := s.req.Files
	files.Exclude = append(files.Exclude, s.a.store.Home())
	src, err := file.Open(s.req.Paths, files)
	if err != nil {
		return source.Listing{}, err
	}
	s.src = src
	listing, err := src.List(ctx)
	if err != nil {
		return listing, errors.Join(err, src.Close())
	}
	return listing, nil
}

func (s *scan) skip(locator string, err error) {
	k := source.Skipped{Locator: locator, Code: "assay.unreadable", Params: message.P("reason", err.Error())}
	if e := fault.As(err); e != nil {
		k.Code, k.Params = e.Code, e.Params
	}
	s.a.cfg.Log.Info("dataset skipped", "locator", locator, "code", k.Code, "cause", err)
	s.failed++
	s.res.Document.Skipped = append(s.res.Document.Skipped, k)
}

// one scans a dataset, or finds it unchanged.
func (s *scan) one(ctx context.Context, d source.Dataset, ev ScanEvent) (report.Entry, error) {
	if err := ctx.Err(); err != nil {
		return report.Entry{}, err
	}
	address := store.Address{Source: store.FilesSource, Locator: absolute(d.Locator)}
	known, ok, err := s.a.store.LastScan(ctx, address)
	if err != nil {
		return report.Entry{}, &storeError{err}
	}
	if ok && !s.req.Force && known.Last.Method == profile.Method && known.Last.Stat == s.setup() && same(known.Parts, d.Parts) {
		unchanged, err := s.unchanged(ctx, d, known)
		if err != nil || unchanged {
			s.res.Unchanged++
			return s.reuse(ctx, address, known, err)
		}
	}
	return s.read(ctx, d, address, ev)
}

// setup identifies what, besides the bytes, decides the facts: the overrides, the
// budget. A dataset counts as unchanged only under the same setup.
func (s *scan) setup() string {
	b, err := json.Marshal(struct {
		Reading   source.Options
		NullWords []string
		Memory    int64
	}{s.req.Reading, s.req.NullWords, s.memory()})
	if err != nil {
		panic(err) // plain fields always marshal
	}
	h := sha256.Sum256(b)
	return "setup:" + hex.EncodeToString(h[:8])
}

func absolute(locator string) string {
	abs, err := filepath.Abs(locator)
	if err != nil {
		return locator
	}
	return abs
}

// same reports whether size, time and inode of every part are what they were.
func same(old []store.Part, now []source.Part) bool {
	if len(old) != len(now) || len(now) == 0 {
		return false
	}
	for i := range now {
		if stored(old[i].Name) != stored(now[i].Name) || old[i].Stat != now[i].Stat {
			return false
		}
	}
	return true
}

// stored is a name as the store gives it back: bytes that are no UTF-8, which Unix
// allows in names, have each become a replacement character.
func stored(name string) string { return string([]rune(name)) }

// unchanged proves by the bytes what size and times suggest, when asked to.
func (s *scan) unchanged(ctx context.Context, d source.Dataset, known store.Known) (bool, error) {
	if !s.req.Rehash {
		return true, nil
	}
	defer s.phase(PhaseFingerprint)()
	fp, err := s.src.Fingerprint(ctx, d, s.workers(), nil)
	return fp == known.Last.Fingerprint, err
}

func (s *scan) reuse(ctx context.Context, address store.Address, known store.Known, err error) (report.Entry, error) {
	if err != nil {
		return report.Entry{}, err
	}
	defer s.phase(PhaseStore)()
	if err := s.a.store.TouchUnchanged(ctx, s.actor, s.run, known.ID); err != nil {
		return report.Entry{}, &storeError{err}
	}
	facts, columns, err := s.a.store.Facts(ctx, known.Last.ID)
	if err != nil {
		return report.Entry{}, &storeError{err}
	}
	return report.Entry{Dataset: known.Dataset, Scan: known.Last.Scan, Facts: *facts, Columns: columnIDs(columns), Unchanged: true}, nil
}

// read reads a dataset and records what was found.
func (s *scan) read(ctx context.Context, d source.Dataset, address store.Address, ev ScanEvent) (report.Entry, error) {
	started, cpu0 := s.a.cfg.Now(), cpu.Time()
	facts, err := s.profile(ctx, d, ev)
	if err != nil {
		return report.Entry{}, err
	}
	ev.Phase = PhaseFingerprint
	s.tell(ev)
	done := s.phase(PhaseFingerprint)
	fp, err := s.src.Fingerprint(ctx, d, s.workers(), nil)
	done()
	if err != nil {
		return report.Entry{}, err
	}
	rec := store.ScanRecord{
		Run: s.run, Address: address, Name: d.Name, Format: d.Format, Facts: facts, Parts: parts(d.Parts),
		Scan: asset.Scan{
			Started: started, Extent: asset.ExtentWhole, Partial: facts.Description.Partial, Fingerprint: fp,
			Rows: facts.Rows, Rejected: facts.Rejected, Bytes: d.Bytes, Stat: s.setup(), Method: facts.Method,
			Cost: asset.Cost{
				Wall: s.a.cfg.Now().Sub(started), CPU: cpu.Time() - cpu0, BytesRead: d.Bytes,
				HostClass: fmt.Sprintf("%s/%s %d cores", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
			},
		},
	}
	ev.Phase = PhaseStore
	s.tell(ev)
	done = s.phase(PhaseStore)
	put, err := s.a.store.PutScan(ctx, s.actor, rec)
	done()
	if err != nil {
		return report.Entry{}, &storeError{err}
	}
	ev.Phase = PhaseDone
	s.tell(ev)
	return report.Entry{Dataset: put.Dataset, Scan: put.Scan.Scan, Facts: *facts, Columns: columnIDs(put.Columns)}, nil
}

// profile reads the dataset once.
func (s *scan) profile(ctx context.Context, d source.Dataset, ev ScanEvent) (*profile.Facts, error) {
	defer s.phase(PhaseRead)()
	ev.Phase, ev.Progress = PhaseRead, new(profile.Progress)
	s.tell(ev)
	reading := s.req.Reading
	reading.MemoryBytes = s.memory() / 4
	r, err := s.src.Open(ctx, d, reading)
	if err != nil {
		return nil, err
	}
	res, err := profile.Run(ctx, r, profile.Options{
		Workers: s.workers(), Memory: s.memory(), Key: s.a.store.Key(), NullWords: s.req.NullWords, Progress: ev.Progress,
	})
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	res.Facts.Observations = append(res.Facts.Observations, d.Note...)
	return &res.Facts, nil
}

func (s *scan) workers() int {
	if s.a.cfg.Workers > 0 {
		return s.a.cfg.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func parts(in []source.Part) []store.Part {
	out := make([]store.Part, len(in))
	for i, p := range in {
		out[i] = store.Part{Path: p.Path, Name: p.Name, Stat: p.Stat}
	}
	return out
}

func (s *scan) tell(ev ScanEvent) {
	if s.req.Watch != nil {
		s.req.Watch(ev)
	}
}

// phase begins to time a phase; the function it returns ends that.
func (s *scan) phase(p Phase) (done func()) {
	wall, used := time.Now(), cpu.Time()
	return func() {
		if s.took == nil {
			s.took = map[Phase]*PhaseTiming{}
		}
		t := s.took[p]
		if t == nil {
			t = &PhaseTiming{Phase: p}
			s.took[p] = t
		}
		t.Wall += time.Since(wall)
		t.CPU += cpu.Time() - used
	}
}

func (s *scan) timings() []PhaseTiming {
	var out []PhaseTiming
	for _, p := range []Phase{PhaseList, PhaseRead, PhaseFingerprint, PhaseStore} {
		if t := s.took[p]; t != nil {
			out = append(out, *t)
		}
	}
	return out
}
