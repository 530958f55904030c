// Package storetest is the suite that a store passes, whatever database is below it.
//
// Start at [Run]. [Record] makes scan records for tests and measurements.
//
// Not here: what only one database can do wrong (files, crashes, migrations); that is
// tested beside it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
	"assay/store"
)

// Open opens a new, empty store; Home of the options is the opener's to set. The
// suite closes it.
type Open func(t testing.TB, o store.Options) *store.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"what is put comes back", testRoundTrip},
		{"columns keep their ids", testColumns},
		{"names are unique", testNames},
		{"order does not depend on the clock", testClock},
		{"runs", testRuns},
		{"a contradicting record leaves nothing", testInvalid},
		{"pages", testPages},
		{"references and suggestions", testReferences},
		{"retire and bring back", testRetire},
		{"prune", testPrune},
		{"writers at the same time", testConcurrent},
		{"cancelled writes leave nothing", testCancel},
		{"actors and audit", testActors},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

type fixture struct {
	*store.Store
	*testing.T
	actor asset.Actor
}

func start(t *testing.T, open Open, o store.Options) fixture {
	t.Helper()
	s := open(t, o)
	f := fixture{s, t, asset.Actor{}}
	t.Cleanup(func() {
		f.sound()
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	var err error
	if f.actor, err = s.EnsureLocalActor(t.Context(), "steward"); err != nil {
		t.Fatalf("EnsureLocalActor: %v", err)
	}
	return f
}

// sound re-reads the whole store.
func (f fixture) sound() {
	f.Helper()
	problems, err := f.Check(context.Background())
	if err != nil {
		f.Errorf("Check: %v", err)
	}
	for _, p := range problems {
		f.Errorf("Check: %s", message.Text(message.EN, p.Code, p.Params))
	}
}

func (f fixture) put(r store.ScanRecord) store.Recorded {
	f.Helper()
	out, err := f.PutScan(f.Context(), f.actor, r)
	if err != nil {
		f.Fatalf("PutScan(%s): %v", r.Address.Locator, err)
	}
	return out
}

func (f fixture) list(filter store.Filter) []string {
	f.Helper()
	var names []string
	for {
		page, next, err := f.Datasets(f.Context(), filter)
		if err != nil {
			f.Fatalf("Datasets(%+v): %v", filter, err)
		}
		for _, m := range page {
			names = append(names, m.Name)
		}
		if next == "" {
			return names
		}
		filter.After = next
	}
}

func (f fixture) want(err error, kind fault.Kind, code string) {
	f.Helper()
	e := fault.As(err)
	if e == nil || e.Kind != kind || e.Code != code {
		f.Errorf("got error %v, want %v %s", err, kind, code)
	} else if !message.Has(code) {
		f.Errorf("%s is not in the catalogue", code)
	}
}

func (f fixture) equal(what string, want, got any) {
	f.Helper()
	opts := cmp.Options{cmpopts.EquateEmpty(), cmp.Comparer(func(a, b asset.Shown) bool { return a == b }),
		cmp.Comparer(func(a, b asset.DatasetID) bool { return a == b }), cmp.Comparer(func(a, b asset.ScanID) bool { return a == b }),
		cmp.Comparer(func(a, b asset.ColumnID) bool { return a == b }), cmp.Comparer(func(a, b asset.AccountID) bool { return a == b }),
		cmp.Comparer(func(a, b asset.PartyID) bool { return a == b })}
	if d := cmp.Diff(want, got, opts); d != "" {
		f.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func testRoundTrip(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	r := Record(1, "a.csv", 7)
	out := f.put(r)
	if !out.New || out.Dataset.Name != "registers" || out.Scan.Number != 1 {
		t.Errorf("put %+v: want a new dataset registers, scan 1", out)
	}
	facts, columns, err := f.Facts(t.Context(), out.Scan.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.equal("facts", r.Facts, facts)
	f.equal("columns", out.Columns, columns)
	k, ok, err := f.LastScan(t.Context(), r.Address)
	if err != nil || !ok {
		t.Fatalf("LastScan: %v, %v", ok, err)
	}
	f.equal("last scan", out.Scan, k.Last)
	f.equal("dataset", out.Dataset, k.Dataset)
	f.equal("parts", r.Parts, k.Parts)
	want := r.Scan
	want.ID, want.Dataset, want.Actor = out.Scan.ID, out.Dataset.ID, f.actor.Account
	want.Recorded, want.Started = out.Scan.Recorded, r.Scan.Started.UTC()
	f.equal("header", want, k.Last.Scan)
	if k.Seen != out.Scan.Recorded || k.Last.Columns != 7 {
		t.Errorf("seen %v, columns %d: want %v, 7", k.Seen, k.Last.Columns, out.Scan.Recorded)
	}
	if _, ok, err := f.LastScan(t.Context(), store.Address{Source: "other:", Locator: "a.csv"}); ok || err != nil {
		t.Errorf("LastScan in another source: %v, %v; want nothing", ok, err)
	}
}

func testColumns(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	r := Record(1, "a.csv", 3)
	first := f.put(r)
	r.Facts.Columns = append(r.Facts.Columns[:1:1], r.Facts.Columns[2]) // the second vanishes
	r.Facts.Columns[1].Position = 1
	extra := Record(2, "x", 10).Facts.Columns[9]
	r.Facts.Columns = append(r.Facts.Columns, extra)
	second := f.put(r)
	if second.New || second.Dataset != first.Dataset || second.Scan.Number != 2 {
		t.Errorf("second scan %+v: want scan 2 of %+v", second, first.Dataset)
	}
	if second.Columns[0].ID != first.Columns[0].ID || second.Columns[1].ID != first.Columns[2].ID {
		t.Errorf("ids changed: %v, then %v", first.Columns, second.Columns)
	}
	for _, c := range first.Columns {
		if second.Columns[2].ID == c.ID {
			t.Errorf("a new column has the id of %s", c.Path)
		}
	}
	third := f.put(Record(1, "a.csv", 3))
	f.equal("columns that came back", first.Columns, third.Columns)
	if other := f.put(Record(1, "b.csv", 3)); other.Columns[0].ID == first.Columns[0].ID {
		t.Error("columns of two datasets share an id")
	}
	all, err := f.History(t.Context(), first.Dataset.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.equal("history", []store.Scan{third.Scan, second.Scan, first.Scan}, all)
}

func testNames(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	seen := map[string]bool{}
	var names []string
	for i := range 40 {
		out := f.put(Record(1, fmt.Sprintf("%d.csv", i), 1))
		if seen[out.Dataset.Name] {
			t.Errorf("name %s given twice", out.Dataset.Name)
		}
		seen[out.Dataset.Name] = true
		names = append(names, out.Dataset.Name)
	}
	for i, got := range names {
		want := "registers"
		if i > 0 {
			want = fmt.Sprintf("registers-%d", i+1)
		}
		if got != want {
			t.Errorf("dataset %d is called %s, want %s", i, got, want)
		}
	}
	r := Record(1, "empty.csv", 1)
	r.Name = " "
	if got := f.put(r).Dataset.Name; got != "dataset" {
		t.Errorf("a dataset without a name is called %q", got)
	}
}

func testClock(t *testing.T, open Open) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	f := start(t, open, store.Options{Now: func() time.Time { now = now.Add(-time.Hour); return now }})
	ids := map[asset.ScanID]bool{}
	for i := range 20 {
		r := Record(uint64(i), "a.csv", 1)
		ids[f.put(r).Scan.ID] = true
		k, _, err := f.LastScan(t.Context(), r.Address)
		if err != nil || k.Last.Number != int64(i+1) || k.Last.Rows != r.Scan.Rows {
			t.Fatalf("after scan %d the last is number %d (%v)", i+1, k.Last.Number, err)
		}
	}
	k, _, err := f.LastScan(t.Context(), store.Address{Source: store.FilesSource, Locator: "a.csv"})
	if err != nil {
		t.Fatal(err)
	}
	history, err := f.History(t.Context(), k.ID)
	if err != nil || len(history) != 20 || history[0].ID != k.Last.ID || history[19].Number != 1 {
		t.Errorf("history of %d scans, %v: want 20, the newest number first", len(history), err)
	}
	if len(ids) != 20 {
		t.Errorf("%d ids for 20 scans", len(ids))
	}
	entries, err := f.Audit(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(entries); i++ {
		if entries[i].Number <= entries[i-1].Number || !entries[i].At.Before(entries[i-1].At) {
			t.Errorf("audit %d after %d: numbers must rise while this clock falls", entries[i].Number, entries[i-1].Number)
		}
	}
}

func testRuns(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	if _, ok, err := f.LastRun(t.Context()); ok || err != nil {
		t.Errorf("LastRun of a new store: %v, %v", ok, err)
	}
	run, err := f.BeginRun(t.Context(), f.actor, []string{"/data", "数据"})
	if err != nil {
		t.Fatal(err)
	}
	r := Record(1, "a.csv", 1)
	r.Run = run
	id := f.put(r).Dataset.ID
	if err := f.TouchUnchanged(t.Context(), f.actor, run, id); err != nil {
		t.Fatal(err)
	}
	got, _, err := f.LastRun(t.Context())
	if err != nil || got.Status != store.RunRunning || got.Scanned != 1 {
		t.Errorf("running: %+v, %v", got, err)
	}
	o := store.Outcome{Status: store.RunCancelled, Unchanged: 4, Failed: 1, Skipped: []source.Skipped{
		{Locator: "x.bin", Code: "source.empty", Params: message.P("locator", "x.bin")}, {Locator: "y", Code: "source.not_found"}}}
	if err := f.EndRun(t.Context(), f.actor, run, o); err != nil {
		t.Fatal(err)
	}
	got, ok, err := f.LastRun(t.Context())
	if err != nil || !ok {
		t.Fatal(err)
	}
	f.equal("outcome", o, got.Outcome)
	if got.Number != 1 || got.Actor != "steward" || got.Scanned != 1 || !slices.Equal(got.Paths, []string{"/data", "数据"}) {
		t.Errorf("run %+v", got)
	}
	f.want(f.EndRun(t.Context(), f.actor, run, o), fault.Conflict, "store.run_over")
	_, err = f.PutScan(t.Context(), f.actor, r)
	f.want(err, fault.Conflict, "store.run_over")
	f.want(f.EndRun(t.Context(), f.actor, run, store.Outcome{Status: "sleeping"}), fault.Invalid, "store.run_status")
	second, err := f.BeginRun(t.Context(), f.actor, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := f.LastRun(t.Context()); err != nil || got.ID != second || got.Number != 2 {
		t.Errorf("last run %+v, %v; want the second", got, err)
	}
}

func testInvalid(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	for what, spoil := range map[string]func(*store.ScanRecord){
		"rows":    func(r *store.ScanRecord) { r.Scan.Rows++ },
		"address": func(r *store.ScanRecord) { r.Address.Locator = "" },
		"facts":   func(r *store.ScanRecord) { r.Facts = nil },
		"started": func(r *store.ScanRecord) { r.Scan.Started = time.Time{} },
		"extent":  func(r *store.ScanRecord) { r.Scan.Extent = "" },
		"path":    func(r *store.ScanRecord) { r.Facts.Columns[1].Path = r.Facts.Columns[0].Path },
	} {
		r := Record(1, "a.csv", 3)
		spoil(&r)
		_, err := f.PutScan(t.Context(), f.actor, r)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want Invalid", what, err)
		}
	}
	if got := f.list(store.Filter{Retired: true}); len(got) != 0 {
		t.Errorf("refused records left %v", got)
	}
}

func testPages(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	var all []string
	for i := range 23 {
		r := Record(1, fmt.Sprintf("/d/%d%%_X.csv", i), 1)
		r.Name = fmt.Sprintf("登记 %c%d", 'Z'-rune(i%5), i)
		if i%2 == 0 {
			r.Format = "parquet"
		}
		all = append(all, f.put(r).Dataset.Name)
	}
	slices.Sort(all)
	for _, limit := range []int{1, 2, 22, 23, 24, 0} {
		f.equal(fmt.Sprintf("pages of %d", limit), all, f.list(store.Filter{Limit: limit}))
	}
	if got := len(f.list(store.Filter{Format: "parquet"})); got != 12 {
		t.Errorf("%d parquet datasets, want 12", got)
	}
	for match, want := range map[string]int{"登记": 23, "%_x.CSV": 23, "1%_x": 3, "登记 z": 5, "%%": 0, `\`: 0, "__": 0, "/d/7": 1} {
		if got := len(f.list(store.Filter{Match: match, Limit: 4})); got != want {
			t.Errorf("match %q: %d, want %d", match, got, want)
		}
	}
}

func testReferences(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	for _, name := range []string{"enterprises", "citizens", "heat-cabinet", "企业登记"} {
		r := Record(1, "/data/"+name+".csv", 1)
		r.Name = name
		d := f.put(r).Dataset
		for _, ref := range []string{d.Name, d.ID.String(), d.Locator} {
			if got, err := f.Dataset(t.Context(), ref); err != nil || got.Dataset != d || got.Source != store.FilesSource {
				t.Errorf("Dataset(%q) = %+v, %v; want %+v", ref, got, err, d)
			}
		}
	}
	for ref, near := range map[string]string{"enterprise": "enterprises", "citizen": "citizens", "Citizesn": "citizens",
		"heat": "heat-cabinet", "企业登录": "企业登记", "登记": "企业登记"} {
		_, err := f.Dataset(t.Context(), ref)
		f.want(err, fault.NotFound, "store.dataset_unknown_near")
		if e := fault.As(err); e != nil && !strings.Contains(e.Hint(message.EN), near) {
			t.Errorf("Dataset(%q) suggests %q, want %s", ref, e.Hint(message.EN), near)
		}
	}
	for _, ref := range []string{"", "zzzzzzzzz", "01ARZ3NDEKTSV4RRFFQ69G5FAV"} {
		_, err := f.Dataset(t.Context(), ref)
		f.want(err, fault.NotFound, "store.dataset_unknown")
	}
	_, _, err := f.Facts(t.Context(), asset.ScanID{})
	f.want(err, fault.NotFound, "store.scan_unknown")
}

func testRetire(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	d := f.put(Record(1, "a.csv", 1)).Dataset
	listed := func(when string, living int) {
		t.Helper()
		if got := f.list(store.Filter{}); len(got) != living {
			t.Errorf("%s: %d living datasets, want %d", when, len(got), living)
		}
		if got := f.list(store.Filter{Retired: true}); len(got) != 1 {
			t.Errorf("%s: %d datasets in all, want 1", when, len(got))
		}
		m, err := f.Dataset(f.Context(), d.Name)
		if err != nil || m.Retired.IsZero() != (living == 1) {
			t.Errorf("%s: retired at %v, %v", when, m.Retired, err)
		}
	}
	retire := func() {
		t.Helper()
		for range 2 { // the second changes nothing
			if err := f.Retire(t.Context(), f.actor, d.ID); err != nil {
				t.Fatal(err)
			}
		}
		listed("retired", 0)
	}
	retire()
	if err := f.Unretire(t.Context(), f.actor, d.ID); err != nil {
		t.Fatal(err)
	}
	listed("brought back", 1)
	retire()
	if got := f.put(Record(2, "a.csv", 1)).Dataset.ID; got != d.ID {
		t.Errorf("scanned again, the dataset is %v, want %v", got, d.ID)
	}
	listed("scanned again", 1)
	retire()
	if err := f.TouchUnchanged(t.Context(), f.actor, "", d.ID); err != nil {
		t.Fatal(err)
	}
	listed("found unchanged", 1)
	f.want(f.Retire(t.Context(), f.actor, asset.DatasetID{}), fault.NotFound, "store.dataset_unknown")
	f.want(f.TouchUnchanged(t.Context(), f.actor, "", d.ID, asset.DatasetID{}), fault.NotFound, "store.dataset_unknown")
	f.equal("verbs", []string{"account.create", "scan.put", "dataset.retire", "dataset.unretire", "dataset.retire",
		"dataset.unretire", "scan.put", "dataset.retire", "dataset.unretire", "dataset.touch"}, f.verbs())
}

func (f fixture) verbs() (verbs []string) {
	f.Helper()
	entries, err := f.Audit(f.Context(), 0, 0)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if e.Actor != f.actor.Name || e.Party != f.actor.Party || e.Object == "" && e.Verb != "dataset.touch" {
			f.Errorf("audit entry %+v", e)
		}
		verbs = append(verbs, e.Verb)
	}
	return verbs
}

func testPrune(t *testing.T, open Open) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := start(t, open, store.Options{Now: func() time.Time { return now }})
	var all []store.Scan
	for i := range 5 {
		all = append(all, f.put(Record(uint64(i), "a.csv", 2)).Scan)
		now = now.AddDate(0, 1, 0)
	}
	only := f.put(Record(9, "b.csv", 2)).Scan
	_, err := f.Prune(t.Context(), f.actor, store.Policy{})
	f.want(err, fault.Invalid, "store.prune_keep")
	n, err := f.Prune(t.Context(), f.actor, store.Policy{Keep: 2, Before: time.Date(2026, 2, 15, 0, 0, 0, 0, time.UTC)})
	if err != nil || n.Scans != 2 || n.Columns != 4 {
		t.Errorf("pruned %+v, %v; want the two scans of January and February", n, err)
	}
	n, err = f.Prune(t.Context(), f.actor, store.Policy{Keep: 1})
	if err != nil || n.Scans != 2 {
		t.Errorf("pruned %+v, %v; want the two that were left but the newest", n, err)
	}
	for i, h := range all {
		_, _, err := f.Facts(t.Context(), h.ID)
		if i == 4 {
			if err != nil {
				t.Errorf("newest scan: %v", err)
			}
			continue
		}
		f.want(err, fault.NotFound, "store.scan_pruned")
	}
	if _, _, err := f.Facts(t.Context(), only.ID); err != nil {
		t.Errorf("only scan of the other dataset: %v", err)
	}
	history, err := f.History(t.Context(), all[0].Dataset)
	if err != nil || len(history) != 5 {
		t.Fatalf("history has %d headers, %v; want 5", len(history), err)
	}
	for i, h := range history {
		want := all[4-i]
		want.Pruned = h.Pruned
		f.equal("header", want, h)
		if h.Pruned.IsZero() != (i == 0) {
			t.Errorf("scan %d pruned at %v", h.Number, h.Pruned)
		}
	}
}

func testConcurrent(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	const workers, each = 8, 6
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				r := Record(uint64(w*100+i), fmt.Sprintf("%d.csv", (w+i)%3), 2)
				if _, err := f.PutScan(t.Context(), f.actor, r); err != nil {
					t.Errorf("worker %d: %v", w, err)
				}
				if _, err := f.EnsureLocalActor(t.Context(), fmt.Sprintf("user%d", i)); err != nil {
					t.Errorf("worker %d: %v", w, err)
				}
				if _, _, err := f.Datasets(t.Context(), store.Filter{}); err != nil {
					t.Errorf("worker %d reads: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	page, _, err := f.Datasets(t.Context(), store.Filter{})
	if err != nil || len(page) != 3 {
		t.Fatalf("%d datasets, %v; want 3", len(page), err)
	}
	for _, m := range page {
		history, err := f.History(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		total += len(history)
		for i, h := range history {
			if h.Number != int64(len(history)-i) {
				t.Errorf("%s: scan %d stands at place %d from the end", m.Name, h.Number, i)
			}
		}
	}
	if total != workers*each {
		t.Errorf("%d scans, want %d", total, workers*each)
	}
}

// countdown is done after it was asked n times.
type countdown struct {
	context.Context
	mu   sync.Mutex
	n    int
	done chan struct{}
}

func (c *countdown) ask() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 {
		close(c.done)
	}
}

func (c *countdown) Done() <-chan struct{} { c.ask(); return c.done }

func (c *countdown) Err() error {
	c.ask()
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

func testCancel(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	cancelled := 0
	for n := 1; n < 200; n += 3 {
		ctx := &countdown{Context: context.Background(), n: n, done: make(chan struct{})}
		locator := fmt.Sprintf("%d.csv", n)
		out, err := f.PutScan(ctx, f.actor, Record(uint64(n), locator, 5))
		k, ok, lerr := f.LastScan(t.Context(), store.Address{Source: store.FilesSource, Locator: locator})
		switch {
		case lerr != nil:
			t.Fatalf("n=%d: %v", n, lerr)
		case err == nil && (!ok || k.Last.ID != out.Scan.ID):
			t.Errorf("n=%d: reported as recorded, found %v", n, ok)
		case err != nil:
			cancelled++
			if !errors.Is(err, context.Canceled) {
				t.Errorf("n=%d: %v, want the end of the context", n, err)
			}
			if ok {
				t.Errorf("n=%d: cancelled, but there", n)
			}
		}
	}
	if cancelled < 5 {
		t.Errorf("only %d of the writes were cancelled: the test does not reach into them", cancelled)
	}
}

func testActors(t *testing.T, open Open) {
	f := start(t, open, store.Options{})
	again, err := f.EnsureLocalActor(t.Context(), "steward")
	if err != nil || again != f.actor {
		t.Errorf("the same name is %+v, then %+v (%v)", f.actor, again, err)
	}
	other, err := f.EnsureLocalActor(t.Context(), "auditor")
	if err != nil || other.Account == f.actor.Account || other.Party != f.actor.Party {
		t.Errorf("another name is %+v, %v", other, err)
	}
	_, err = f.EnsureLocalActor(t.Context(), " ")
	f.want(err, fault.Invalid, "store.actor_name")
	d := f.put(Record(1, "a.csv", 1)).Dataset
	if err := f.AddUsage(t.Context(), f.actor, store.Usage{Dataset: d.ID, Door: "cat", Rows: 3, Bytes: 4}); err != nil {
		t.Error(err)
	}
	if err := f.AddUsage(t.Context(), f.actor, store.Usage{Door: "cat"}); err == nil {
		t.Error("usage of no dataset was recorded")
	}
	first, err := f.Audit(t.Context(), 0, 1)
	if err != nil || len(first) != 1 {
		t.Fatalf("first page %v, %v", first, err)
	}
	rest, err := f.Audit(t.Context(), first[0].Number, 0)
	if err != nil || len(rest) != 2 || rest[0].Actor != "auditor" || rest[1].Verb != "scan.put" {
		t.Errorf("rest of the audit: %+v, %v", rest, err)
	}
}
