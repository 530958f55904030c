package assay_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/relation"
)

// The counts of ten published sets, through the CSV reader.
func TestRelateTruth(t *testing.T) {
	dir := filepath.Join(sharedData(t), "dependencies")
	var truth struct {
		Files map[string]struct {
			FD  int `json:"fd_count"`
			UCC int `json:"ucc_count"`
		} `json:"files"`
	}
	parseJSON(t, filepath.Join(dir, "truth.json"), &truth)
	req := assay.RelateRequest{Kinds: relation.Kinds{UCC: true, FD: true}}
	for name := range truth.Files {
		req.Paths = append(req.Paths, filepath.Join(dir, name))
	}
	res, err := assay.Relate(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Document.Entries) != len(truth.Files) {
		t.Errorf("%d datasets, want %d", len(res.Document.Entries), len(truth.Files))
	}
	for _, e := range res.Document.Entries {
		want := truth.Files[e.Name+".csv"]
		if len(e.Found.FDs) != want.FD || len(e.Found.UCCs) != want.UCC {
			t.Errorf("%s: %d FDs, %d UCCs; want %d, %d", e.Name, len(e.Found.FDs), len(e.Found.UCCs), want.FD, want.UCC)
		}
	}
}

// Foreign keys of two known databases with their declarations hidden: assay never
// reads them. Those of empty tables cannot be seen in data and are left out.
func TestForeignKeysTruth(t *testing.T) {
	right, said, declared := 0, 0, 0
	for dir, db := range map[string]string{"chinook": "Chinook_Sqlite.sqlite", "northwind": "northwind.db"} {
		var truth struct {
			ForeignKeys []struct {
				Table      string   `json:"table"`
				Columns    []string `json:"columns"`
				RefTable   string   `json:"ref_table"`
				RefColumns []string `json:"ref_columns"`
				Rows       int      `json:"rows_with_value"`
			} `json:"foreign_keys"`
		}
		parseJSON(t, filepath.Join(sharedData(t), dir, "truth.json"), &truth)
		want := map[string]bool{}
		for _, k := range truth.ForeignKeys {
			if k.Rows > 0 {
				want[k.Table+"."+strings.Join(k.Columns, ",")+" → "+k.RefTable+"."+strings.Join(k.RefColumns, ",")] = true
			}
		}
		declared += len(want)
		for _, k := range foreignKeys(t, filepath.Join(sharedData(t), dir, db)) {
			said++
			if want[k] {
				right++
				delete(want, k)
				continue
			}
			t.Logf("%s: not declared: %s", dir, k)
		}
		for k := range want {
			t.Logf("%s: not found: %s", dir, k)
		}
	}
	precision, recall := float64(right)/float64(said), float64(right)/float64(declared)
	t.Logf("%d declared, %d said, %d right: precision %.3f, recall %.3f", declared, said, right, precision, recall)
	if precision < 0.95 || recall < 0.95 {
		t.Errorf("precision %.3f, recall %.3f, want 0.95 or more", precision, recall)
	}
}

func foreignKeys(t *testing.T, path string) []string {
	res, err := assay.Relate(context.Background(), assay.RelateRequest{Paths: []string{path}, Kinds: relation.Kinds{FK: true}, Limit: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	end := func(r relation.Ref) string {
		e := res.Document.Entries[r.Table]
		return e.Name[strings.LastIndex(e.Name, "/")+1:] + "." + e.Columns[r.Column]
	}
	for _, k := range res.Document.FKs {
		out = append(out, end(k.Dependent)+" → "+end(k.Referenced))
	}
	return out
}

func parseJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}
