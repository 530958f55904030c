package assay_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay/asset"
	"assay/internal/must"
	"assay/profile"
	"assay/report"
	"assay/source"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/ianaindex"
	_ "modernc.org/sqlite" // the driver that counts beside the scan
)

// sharedData is the folder of real data with known truth, or skips the test.
func sharedData(t *testing.T) string {
	t.Helper()
	dir := must.Have(t, "ASSAY_TESTDATA")
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// scanShared scans a file or folder of the shared data into entries by the path below
// it, "file#table" for tables.
func scanShared(t *testing.T, rel string) map[string]*report.Entry {
	t.Helper()
	root := sharedData(t)
	doc := scanPaths(t, openHome(t), filepath.Join(root, rel)).Document
	out := map[string]*report.Entry{}
	for i := range doc.Entries {
		e := &doc.Entries[i]
		out[strings.TrimPrefix(strings.TrimPrefix(e.Dataset.Locator, root), "/")] = e
	}
	return out
}

func wantRows(t *testing.T, all map[string]*report.Entry, name string, rows int64, columns int) *profile.Facts {
	t.Helper()
	e := all[name]
	if e == nil {
		t.Fatalf("%s was not found", name)
	}
	if f := &e.Facts; f.Rows != rows || f.Rejected != 0 || len(f.Columns) != columns {
		t.Errorf("%s: %d rows, %d rejected, %d columns; want %d, 0, %d", name, f.Rows, f.Rejected, len(f.Columns), rows, columns)
	}
	return &e.Facts
}

// Whatever lies in the folder, a scan ends without an error, says of every dataset
// that it is whole, and accounts for every record that a second way of counting finds.
func TestSharedEveryRecordIsAccountedFor(t *testing.T) {
	root := sharedData(t)
	res := scanPaths(t, openHome(t), root)
	unreadable := map[string]bool{"assay.unreadable": true, "source.unreadable": true}
	for _, s := range res.Document.Skipped {
		if unreadable[s.Code] {
			t.Errorf("skipped %s: %s %v", s.Locator, s.Code, s.Params)
		}
	}
	compared, other := map[string]int{}, map[string]int{}
	for i := range res.Document.Entries {
		e := &res.Document.Entries[i]
		if e.Scan.Partial != "" {
			t.Errorf("%s: partial: %s", e.Dataset.Locator, e.Scan.Partial)
		}
		got := e.Facts.Rows + e.Facts.Rejected
		want, ok := countRecords(t, e)
		if !ok {
			other[e.Dataset.Format]++
			continue
		}
		compared[e.Dataset.Format]++
		if got != want {
			t.Errorf("%s: %d rows + %d rejected; another count finds %d records", e.Dataset.Locator, e.Facts.Rows, e.Facts.Rejected, want)
		}
	}
	t.Logf("compared %v, not comparable by the second count %v, skipped files %d", compared, other, len(res.Document.Skipped))
	if compared["csv"] < 150 || compared["sqlite"] < 60 || compared["ndjson"] < 2 || compared["json"] < 10 {
		t.Errorf("too few were compared: %v", compared)
	}
}

// countRecords counts the records of a dataset in another way; ok is false where no
// simple way is right.
func countRecords(t *testing.T, e *report.Entry) (n int64, ok bool) {
	t.Helper()
	path, table, _ := strings.Cut(e.Dataset.Locator, "#")
	switch e.Dataset.Format {
	case "sqlite":
		return countTable(t, path, table), true
	case "csv", "tsv":
		b, err := os.ReadFile(path)
		if err != nil {
			return 0, false // a pattern of several files
		}
		return countCSV(b, &e.Facts.Description, len(e.Facts.Columns))
	case "ndjson":
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			if len(bytes.TrimSpace(line)) > 0 {
				n++
			}
		}
		return n, true
	case "json":
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var list []json.RawMessage // an array has a record an element; other shapes are matters of opinion
		if json.Unmarshal(b, &list) != nil {
			return 0, false
		}
		return int64(len(list)), true
	}
	return 0, false
}

func countTable(t *testing.T, path, table string) (n int64) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+strings.ReplaceAll(table, `"`, `""`)+`"`).Scan(&n); err != nil {
		t.Fatalf("%s#%s: %v", path, table, err)
	}
	return n
}

// countCSV counts with encoding/csv, where the dialect is one that it can read, and
// takes off the header and what stands above it.
func countCSV(b []byte, d *source.Description, columns int) (int64, bool) {
	comma, size := utf8.DecodeRuneInString(d.Dialect.Delimiter)
	if size != len(d.Dialect.Delimiter) || d.Dialect.Quote != "" && (d.Dialect.Quote != `"` || d.Dialect.Escape != `"`) {
		return 0, false
	}
	text, ok := decodeText(b, d.Encoding)
	if !ok {
		return 0, false
	}
	if d.Dialect.LineEnd == "cr" {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	for range d.Dialect.SkipRows {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	if size > 0 {
		r.Comma = comma
	}
	if c, _ := utf8.DecodeRuneInString(d.Dialect.Comment); d.Dialect.Comment != "" {
		r.Comment = c
	}
	n := -int64(d.Dialect.HeaderRows)
	for {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return n, true
		case err != nil:
			return 0, false // a stray quote: what a record is, is a matter of opinion
		case len(record) == 1 && columns > 1 && strings.TrimSpace(record[0]) == "":
			continue // a blank line is no record; where there is one column it is one
		}
		n++
	}
}

func decodeText(b []byte, name string) ([]byte, bool) {
	if name == "utf-8" || name == "" {
		return bytes.TrimPrefix(b, []byte("\ufeff")), true
	}
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil || enc == nil {
		return nil, false
	}
	out, err := enc.NewDecoder().Bytes(b)
	return bytes.TrimPrefix(out, []byte("\ufeff")), err == nil
}

func TestSharedAirQuality(t *testing.T) {
	all := scanShared(t, "air-quality")
	type truth struct {
		Rows     int64              `json:"rows"`
		Columns  []string           `json:"columns"`
		NA       map[string]int64   `json:"na_cells"`
		Distinct map[string]int64   `json:"distinct_non_na"`
		Min      map[string]float64 `json:"min"`
		Max      map[string]float64 `json:"max"`
		Constant []string           `json:"constant"`
	}
	for file, want := range readJSON[map[string]truth](t, filepath.Join(sharedData(t), "air-quality/truth.json")) {
		f := wantRows(t, all, "air-quality/"+file, want.Rows, len(want.Columns))
		for i, path := range want.Columns {
			c := &f.Columns[i]
			if c.Path != path || nullWordsOf(c) != want.NA[path] || c.Nulls != 0 {
				t.Errorf("%s: column %d is %s with %d null words and %d nulls; want %s with %d", file, i, c.Path, nullWordsOf(c), c.Nulls, path, want.NA[path])
			}
			distinct := want.Distinct[path]
			if want.NA[path] > 0 {
				distinct++ // NA is a value as written
			}
			if c.Distinct.Value != distinct || !c.Distinct.Exact {
				t.Errorf("%s %s: distinct %+v, want %d", file, path, c.Distinct, distinct)
			}
			if lo, ok := want.Min[path]; ok {
				wantNumber(t, file+" "+path+" min", c.Min, lo)
				wantNumber(t, file+" "+path+" max", c.Max, want.Max[path])
			}
		}
		for _, path := range want.Constant {
			if c := columnOf(f, path); c.Distinct.Value != 1 || c.Order.LongestRun != want.Rows {
				t.Errorf("%s %s is constant: distinct %d, longest run %d", file, path, c.Distinct.Value, c.Order.LongestRun)
			}
		}
		if o := f.Columns[0].Order; !o.Ascending || !o.Strict {
			t.Errorf("%s No ascends strictly: %+v", file, o)
		}
	}
}

func wantNumber(t *testing.T, where string, got asset.Shown, want float64) {
	t.Helper()
	r, ok := new(big.Rat).SetString(got.Text())
	if !ok {
		t.Errorf("%s: %q, want %v", where, got.Text(), want)
		return
	}
	if x, _ := r.Float64(); x != want {
		t.Errorf("%s: %q, want %v", where, got.Text(), want)
	}
}

// Every copy in another encoding has the facts of its original.
func TestSharedDivisions(t *testing.T) {
	all := scanShared(t, "divisions")
	const dir, copies = "divisions/", "divisions/encodings/"
	wantRows(t, all, dir+"provinces.csv", 31, 2)
	wantRows(t, all, dir+"cities.csv", 342, 3)
	areas := wantRows(t, all, dir+"areas.csv", 2978, 4)
	if code, name := columnOf(areas, "code"), columnOf(areas, "name"); code.Distinct.Value != 2978 || name.Distinct.Value != 2942 {
		t.Errorf("areas: %d codes, %d names; want 2978, 2942", code.Distinct.Value, name.Distinct.Value)
	}
	if n := columnOf(&all[dir+"cities.csv"].Facts, "name").Distinct.Value; n != 337 {
		t.Errorf("cities: %d names, want 337", n)
	}
	for _, tt := range []struct{ copy, original, encoding string }{
		{copies + "provinces.gb18030.csv", dir + "provinces.csv", "gb18030"},
		{copies + "cities.gb18030.csv", dir + "cities.csv", "gb18030"},
		{copies + "areas.gb18030.csv", dir + "areas.csv", "gb18030"},
		{copies + "cities.utf16le-bom.csv", dir + "cities.csv", "utf-16le"},
		{copies + "cities.utf8-bom.csv", dir + "cities.csv", "utf-8"},
		{copies + "streets-rare.gb18030.csv", copies + "streets-rare.utf8.csv", "gb18030"},
	} {
		a, b := all[tt.copy], all[tt.original]
		if a == nil || b == nil {
			t.Errorf("%s or %s was not found", tt.copy, tt.original)
			continue
		}
		if got := a.Facts.Description.Encoding; got != tt.encoding {
			t.Errorf("%s: encoding %q, want %q", tt.copy, got, tt.encoding)
		}
		if diff := cmp.Diff(b.Facts.Columns, a.Facts.Columns, cmp.AllowUnexported(asset.Shown{})); diff != "" {
			t.Errorf("%s differs from its original:\n%s", tt.copy, diff)
		}
	}
}

func TestSharedDatabases(t *testing.T) {
	for dir, file := range map[string]string{"chinook": "Chinook_Sqlite.sqlite", "northwind": "northwind.db"} {
		all := scanShared(t, dir)
		truth := readJSON[struct {
			Tables map[string]struct {
				Rows    int64    `json:"rows"`
				Columns []string `json:"columns"`
				Types   []string `json:"declared_types"`
			} `json:"tables"`
		}](t, filepath.Join(sharedData(t), dir, "truth.json"))
		if len(truth.Tables) == 0 {
			t.Fatal("no tables in truth.json")
		}
		for table, want := range truth.Tables {
			f := wantRows(t, all, dir+"/"+file+"#"+table, want.Rows, len(want.Columns))
			for i, c := range f.Columns {
				if c.Path != want.Columns[i] || !strings.EqualFold(c.Declared, want.Types[i]) {
					t.Errorf("%s column %d: %s %s, want %s %s", table, i, c.Path, c.Declared, want.Columns[i], want.Types[i])
				}
			}
		}
	}
}

// NAB's README and labels state the step of each series; gaps are counted by brute
// force here.
func TestSharedSeriesHaveTheirCadence(t *testing.T) {
	all := scanShared(t, "timeseries/nab")
	const dir = "timeseries/nab/"
	for _, tt := range []struct {
		file    string
		rows    int64
		cadence time.Duration
	}{
		{"realKnownCause/machine_temperature_system_failure.csv", 22_695, 5 * time.Minute},
		{"realKnownCause/ambient_temperature_system_failure.csv", 7_267, time.Hour},
		{"realKnownCause/nyc_taxi.csv", 10_320, 30 * time.Minute},
		{"realKnownCause/ec2_request_latency_system_failure.csv", 4_032, 5 * time.Minute},
		{"artificialNoAnomaly/art_daily_small_noise.csv", 4_032, 5 * time.Minute},
		{"artificialWithAnomaly/art_daily_flatmiddle.csv", 4_032, 5 * time.Minute},
	} {
		f := wantRows(t, all, dir+tt.file, tt.rows, 2)
		want := seriesTruth(t, filepath.Join(sharedData(t), dir+tt.file), tt.cadence)
		got := *f.Columns[0].Time
		got.Formats = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.file, diff)
		}
	}
}

// seriesTruth walks a series with the standard library.
func seriesTruth(t *testing.T, path string, cadence time.Duration) profile.TimeFacts {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := profile.TimeFacts{Count: int64(len(records) - 1), Cadence: cadence}
	var last time.Time
	for i, r := range records[1:] {
		at, err := time.Parse(time.DateTime, r[0])
		if err != nil {
			t.Fatal(err)
		}
		step := at.Sub(last)
		last = at
		switch {
		case i == 0:
			continue
		case step < 0:
			want.OutOfOrder++
		case step == 0:
			want.Repeats++
		case step == cadence:
			want.OnCadence++
		case 2*step > 3*cadence:
			want.Gaps++
			want.Missing += int64(step/cadence) - 1
		}
		want.LongestGap = max(want.LongestGap, step)
	}
	return want
}

func TestSharedDependencies(t *testing.T) {
	all := scanShared(t, "dependencies")
	truth := readJSON[struct {
		Files map[string]struct {
			Rows       int64   `json:"rows"`
			Columns    int     `json:"columns"`
			Distinct   []int64 `json:"distinct_per_column"`
			Empty      []int64 `json:"empty_cells_per_column"`
			Duplicates bool    `json:"has_duplicate_rows"`
		} `json:"files"`
	}](t, filepath.Join(sharedData(t), "dependencies/truth.json"))
	if len(truth.Files) != 10 {
		t.Fatalf("%d files in truth.json", len(truth.Files))
	}
	for name, want := range truth.Files {
		f := wantRows(t, all, "dependencies/"+name, want.Rows, want.Columns)
		for i := range f.Columns {
			c := &f.Columns[i]
			distinct := want.Distinct[i]
			if want.Empty[i] > 0 {
				distinct-- // there the empty field is a value
			}
			if c.Distinct != (profile.Estimate{Value: distinct, Exact: true}) || c.Nulls != want.Empty[i] {
				t.Errorf("%s %s: distinct %+v, %d nulls; want %d, %d", name, c.Path, c.Distinct, c.Nulls, distinct, want.Empty[i])
			}
		}
		if got := f.DistinctRows.Value < f.Rows; got != want.Duplicates {
			t.Errorf("%s: duplicate rows %v, want %v", name, got, want.Duplicates)
		}
	}
}

func TestSharedContribution(t *testing.T) {
	all := scanShared(t, "contribution")
	cancer := wantRows(t, all, "contribution/breast_cancer.csv", 569, 31)
	digits := wantRows(t, all, "contribution/digits.csv", 1797, 65)
	wantTop(t, "target", columnOf(cancer, "target"), map[string]int64{"0": 212, "1": 357})
	// README: digits 0-9.
	wantTop(t, "digit", &digits.Columns[64], map[string]int64{"0": 178, "1": 182, "2": 177, "3": 183, "4": 181,
		"5": 182, "6": 181, "7": 179, "8": 174, "9": 180})
}

func wantTop(t *testing.T, name string, c *profile.ColumnFacts, want map[string]int64) {
	t.Helper()
	got := map[string]int64{}
	for _, v := range c.Top {
		got[v.Value.Text()] = v.Count
	}
	if diff := cmp.Diff(want, got); diff != "" || c.TopError != 0 {
		t.Errorf("%s: frequent values, error %d (-want +got):\n%s", name, c.TopError, diff)
	}
}
