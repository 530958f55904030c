package store_test

import (
	"fmt"
	"testing"

	"assay/store"
	"assay/store/storetest"
)

func BenchmarkPutScan500Columns(b *testing.B) {
	s := open(b, store.Options{Home: b.TempDir()})
	defer closeStore(b, s)
	actor := actorOf(b, s)
	r := storetest.Record(1, "wide.csv", 500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.PutScan(b.Context(), actor, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPutScan10Columns(b *testing.B) {
	s := open(b, store.Options{Home: b.TempDir()})
	defer closeStore(b, s)
	actor := actorOf(b, s)
	r := storetest.Record(1, "narrow.csv", 10)
	for b.Loop() {
		if _, err := s.PutScan(b.Context(), actor, r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnchanged is what a second `assay scan` of one unchanged file costs.
func BenchmarkUnchanged(b *testing.B) {
	home := b.TempDir()
	s := open(b, store.Options{Home: home})
	actor := actorOf(b, s)
	for i := range 10_000 {
		r := storetest.Record(1, fmt.Sprintf("/data/%d.csv", i), 1)
		r.Name = fmt.Sprintf("table %d", i)
		if _, err := s.PutScan(b.Context(), actor, r); err != nil {
			b.Fatal(err)
		}
	}
	a := store.Address{Source: store.FilesSource, Locator: "/data/7777.csv"}
	b.Run("LastScan", func(b *testing.B) {
		for b.Loop() {
			if _, ok, err := s.LastScan(b.Context(), a); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("Datasets page of 100", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Datasets(b.Context(), store.Filter{After: "table 5"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Datasets that match", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Datasets(b.Context(), store.Filter{Match: "99.csv"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Dataset that is not there", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Dataset(b.Context(), "tabel 7777"); err == nil {
				b.Fatal("found")
			}
		}
	})
	closeStore(b, s)
	b.Run("Open and Close", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), store.Options{Home: home})
			if err != nil {
				b.Fatal(err)
			}
			closeStore(b, s)
		}
	})
	b.Run("Open, run, look up, touch, Close", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), store.Options{Home: home})
			if err != nil {
				b.Fatal(err)
			}
			k, _, err := s.LastScan(b.Context(), a)
			if err != nil {
				b.Fatal(err)
			}
			actor := actorOf(b, s)
			run, err := s.BeginRun(b.Context(), actor, []string{"/data/7777.csv"})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.TouchUnchanged(b.Context(), actor, run, k.ID); err != nil {
				b.Fatal(err)
			}
			if err := s.EndRun(b.Context(), actor, run, store.Outcome{Status: store.RunDone, Unchanged: 1}); err != nil {
				b.Fatal(err)
			}
			closeStore(b, s)
		}
	})
}
