package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const committed = ".." // the folder of examples

// TestCommittedFilesAreWhatTheGeneratorMakes is the promise of the README: the command
// gives these bytes, all of them and no others.
func TestCommittedFilesAreWhatTheGeneratorMakes(t *testing.T) {
	made, err := zone()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range sortedKeys(made) {
		total += len(made[name])
		got, err := os.ReadFile(filepath.Join(committed, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%v (run: go run ./examples/generate -out examples)", err)
			continue
		}
		if sha256.Sum256(got) != sha256.Sum256(made[name]) {
			t.Errorf("%s: committed %d bytes differ from the %d generated", name, len(got), len(made[name]))
		}
	}
	if const5MB := 5_000_000; total > const5MB {
		t.Errorf("%d bytes, want at most %d", total, const5MB)
	}
	err = filepath.WalkDir(filepath.Join(committed, "zone"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(committed, path)
		if _, ok := made[filepath.ToSlash(name)]; !ok {
			t.Errorf("%s is committed and not generated", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReadmeHasTheTableOfFlaws(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(committed, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	flaws, err := os.ReadFile(filepath.Join(committed, "flaws.json"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := withFlawTable(readme, flaws)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readme, want) {
		t.Error("README.md differs from flaws.json (run the generator)")
	}
}

func committedJSON[T any](t *testing.T, name string) T {
	t.Helper()
	var v T
	b, err := os.ReadFile(filepath.Join(committed, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// plainText reads a committed file, decompressed and decoded.
func plainText(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(committed, "zone", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasSuffix(file, ".gz"):
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	case strings.HasSuffix(file, ".zst"):
		z, err := zstd.NewReader(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		if b, err = z.DecodeAll(b, nil); err != nil {
			t.Fatal(err)
		}
	case strings.HasSuffix(file, "市场主体登记.csv"):
		if b, err = simplifiedchinese.GB18030.NewDecoder().Bytes(b); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.TrimPrefix(b, []byte("\ufeff"))
}

// TestTruthOfTextAgreesWithEncodingCSV counts with a reader that knows nothing of the
// generator. encoding/csv cannot tell an empty field from a quoted one; the generator
// writes no quoted empty field.
func TestTruthOfTextAgreesWithEncodingCSV(t *testing.T) {
	for dataset, want := range committedJSON[map[string]truth](t, "truth.json") {
		if !strings.Contains(want.Parts[0], ".csv") && !strings.HasSuffix(want.Parts[0], ".tsv") {
			continue
		}
		rows, rejected := 0, 0
		distinct, nulls := map[string]map[string]bool{}, map[string]int{}
		for _, file := range want.Parts {
			header, records, broken := csvRecords(t, file, want.TitleRows)
			rejected += broken
			for _, rec := range records {
				if len(rec) != len(header) {
					rejected++
					continue
				}
				rows++
				for i, name := range header {
					if rec[i] == "" {
						nulls[name]++
						continue
					}
					if distinct[name] == nil {
						distinct[name] = map[string]bool{}
					}
					distinct[name][rec[i]] = true
				}
			}
		}
		if rows != want.Rows || rejected != want.Rejected {
			t.Errorf("%s: %d rows, %d rejected; truth.json says %d, %d", dataset, rows, rejected, want.Rows, want.Rejected)
		}
		for name, c := range want.Columns {
			if len(distinct[name]) != c.Distinct || nulls[name] != c.Nulls {
				t.Errorf("%s, %s: %d distinct, %d nulls; truth.json says %d, %d", dataset, name, len(distinct[name]), nulls[name], c.Distinct, c.Nulls)
			}
		}
	}
}

func csvRecords(t *testing.T, file string, titles int) (header []string, records [][]string, broken int) {
	t.Helper()
	b := plainText(t, file)
	for range titles {
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	switch {
	case strings.HasSuffix(file, ".tsv"):
		r.Comma, r.Comment = '\t', '#'
	case strings.HasPrefix(file, "hubs/"):
		r.Comma = ';'
	}
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return header, records, broken
		}
		if err != nil {
			broken++ // only the unclosed quotation mark at an end of file
			continue
		}
		if header == nil {
			header = rec
			continue
		}
		records = append(records, rec)
	}
}

// TestTruthOfSQLiteAgreesWithSQLite asks the database, the view included.
func TestTruthOfSQLiteAgreesWithSQLite(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(committed, "zone", serviceFile)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for dataset, want := range committedJSON[map[string]truth](t, "truth.json") {
		table, ok := strings.CutPrefix(dataset, serviceFile+"#")
		if !ok {
			continue
		}
		for name, c := range want.Columns {
			var rows, values, distinct int
			var lo, hi sql.NullString
			q := fmt.Sprintf("SELECT count(*), count(%[1]s), count(DISTINCT %[1]s), min(%[1]s), max(%[1]s) FROM %[2]s", name, table)
			if err := db.QueryRowContext(context.Background(), q).Scan(&rows, &values, &distinct, &lo, &hi); err != nil {
				t.Fatal(err)
			}
			if rows != want.Rows || rows-values != c.Nulls || distinct != c.Distinct {
				t.Errorf("%s.%s: %d rows, %d nulls, %d distinct; truth.json says %d, %d, %d", table, name, rows, rows-values, distinct, want.Rows, c.Nulls, c.Distinct)
			}
			if c.Kind == integer && (lo.String != c.Min || hi.String != c.Max) {
				t.Errorf("%s.%s: %s to %s; truth.json says %s to %s", table, name, lo.String, hi.String, c.Min, c.Max)
			}
		}
	}
}

// TestTruthOfParquetAgreesWithParquetGo reads the columns back, min and max included.
func TestTruthOfParquetAgreesWithParquetGo(t *testing.T) {
	want := committedJSON[map[string]truth](t, "truth.json")["heat/telemetry"]
	rows, soc, power := 0, map[float64]bool{}, map[float64]bool{}
	nulls, lowest := 0, math.Inf(1)
	for _, file := range want.Parts {
		list, err := parquet.ReadFile[reading](filepath.Join(committed, "zone", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		rows += len(list)
		for _, m := range list {
			soc[m.SOC], power[m.Power] = true, true
			lowest = min(lowest, m.Power)
			if m.T2 == nil {
				nulls++
			}
		}
	}
	c := want.Columns
	if rows != want.Rows || nulls != c["pcm_t2_c"].Nulls || len(soc) != c["soc_pct"].Distinct || len(power) != c["power_kw"].Distinct || fmt.Sprint(lowest) != c["power_kw"].Min {
		t.Errorf("%d rows, %d nulls, %d and %d distinct, min %v; truth.json says %+v", rows, nulls, len(soc), len(power), lowest, c)
	}
}

// TestTruthOfExcelAgreesWithExcelize counts the rows below the headers and the cells.
func TestTruthOfExcelAgreesWithExcelize(t *testing.T) {
	all := committedJSON[map[string]truth](t, "truth.json")
	f, err := excelize.OpenFile(filepath.Join(committed, "zone", "registers", "年报2023.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sheet, head := range map[string]int{"年报": 3, "码表_勿动": 1} {
		want := all["registers/年报2023.xlsx#"+sheet]
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows)-head != want.Rows {
			t.Errorf("%s: %d rows; truth.json says %d", sheet, len(rows)-head, want.Rows)
		}
	}
	rows, err := f.GetRows("年报", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	accounts, noStaff := map[string]bool{}, 0
	for _, r := range rows[3:] {
		if r[2] == "" {
			noStaff++
		}
		if len(r) > 9 && r[9] != "" {
			accounts[r[9]] = true
		}
	}
	want := all["registers/年报2023.xlsx#年报"].Columns
	if len(accounts) != want["开户账号"].Distinct || noStaff != want["从业人数"].Nulls {
		t.Errorf("%d accounts, %d without staff; truth.json says %+v", len(accounts), noStaff, want)
	}
	if visible, err := f.GetSheetVisible("码表_勿动"); err != nil || visible {
		t.Errorf("码表_勿动 is to be hidden: visible %v, %v", visible, err)
	}
}

// TestTruthOfJSONAgreesWithEncodingJSON counts items and lines.
func TestTruthOfJSONAgreesWithEncodingJSON(t *testing.T) {
	all := committedJSON[map[string]truth](t, "truth.json")
	var items []map[string]any
	if err := json.Unmarshal(plainText(t, "space/scene_index.json"), &items); err != nil {
		t.Fatal(err)
	}
	if want := all["space/scene_index.json"].Rows; len(items) != want {
		t.Errorf("%d scenes; truth.json says %d", len(items), want)
	}
	rows, broken, codes := 0, 0, map[string]bool{}
	for line := range bytes.Lines(plainText(t, "registers/permits.ndjson.gz")) {
		var x permit
		if err := json.Unmarshal(line, &x); err != nil {
			broken++
			continue
		}
		rows++
		codes[x.Enterprise.USCC] = true
	}
	want := all["registers/permits.ndjson.gz"]
	if rows != want.Rows || broken != want.Rejected || len(codes) != want.Columns["enterprise.uscc"].Distinct {
		t.Errorf("%d rows, %d broken, %d codes; truth.json says %+v", rows, broken, len(codes), want)
	}
}

// TestWrongCheckDigitsAreThoseListed recomputes every check digit of the committed
// registers and compares the rows that fail with flaws.json.
func TestWrongCheckDigitsAreThoseListed(t *testing.T) {
	flaws := committedJSON[[]flawEntry](t, "flaws.json")
	for _, c := range []struct {
		file, column string
		check        func(string) byte
		length       int
		skip         func(string) bool
	}{
		{"registers/市场主体登记.csv", "统一社会信用代码", usccCheck, 18, func(string) bool { return false }},
		{"registers/股东及出资.csv", "证件号码", residentCheck, 18, func(s string) bool { return strings.Contains(s, "MY") || len(s) != 18 }},
	} {
		header, records, _ := csvRecords(t, c.file, 0)
		at := slices.Index(header, c.column)
		var got []int
		row := 0
		for _, rec := range records {
			if len(rec) != len(header) {
				continue
			}
			row++
			if s := rec[at]; !c.skip(s) && c.check(s[:c.length-1]) != s[c.length-1] {
				got = append(got, row)
			}
		}
		i := slices.IndexFunc(flaws, func(f flawEntry) bool {
			return f.File == c.file && f.Column == c.column && f.Flaw == "wrong_check_digit"
		})
		if i < 0 || !slices.Equal(got, flaws[i].Rows) || len(got) != flaws[i].Count {
			t.Errorf("%s, %s: rows %v fail; flaws.json says otherwise", c.file, c.column, got)
		}
	}
}

// TestRejectedRecordsStandOnTheListedLines looks at the lines themselves.
func TestRejectedRecordsStandOnTheListedLines(t *testing.T) {
	seen := 0
	for _, f := range committedJSON[[]flawEntry](t, "flaws.json") {
		if len(f.Lines) == 0 {
			continue
		}
		lines := strings.Split(string(plainText(t, f.File)), "\n")
		for _, n := range f.Lines {
			seen++
			line := strings.TrimSuffix(lines[n-1], "\r")
			bad := false
			switch f.Flaw {
			case "ragged_row":
				bad = strings.Count(line, ",") != strings.Count(lines[0], ",") && strings.HasPrefix(line, "9")
			case "unclosed_quote":
				bad = strings.Count(line, `"`)%2 == 1
			case "broken_record":
				bad = !json.Valid([]byte(line))
			}
			if !bad {
				t.Errorf("%s, line %d is not %s", f.File, n, f.Flaw)
			}
		}
	}
	if seen != 9 {
		t.Errorf("%d rejected records, want 6 ragged, 1 with an open quotation mark and 2 broken", seen)
	}
}

// TestDuplicatesAreTheRowsListed compares rows as text, over all text files.
func TestDuplicatesAreTheRowsListed(t *testing.T) {
	listed := map[string]int{}
	for _, f := range committedJSON[[]flawEntry](t, "flaws.json") {
		if f.Flaw == "duplicate_row" {
			listed[f.Dataset] += f.Count
		}
	}
	for dataset, want := range committedJSON[map[string]truth](t, "truth.json") {
		if got := want.Rows - want.Distinct; got != listed[dataset] {
			t.Errorf("%s: %d rows repeat; flaws.json lists %d", dataset, got, listed[dataset])
		}
	}
}

// TestSharesAddUp adds the shares of every enterprise; only those listed miss 100.
func TestSharesAddUp(t *testing.T) {
	const file = "registers/股东及出资.csv"
	header, records, _ := csvRecords(t, file, 0)
	sums, rows := map[string]float64{}, map[string][]int{}
	for i, rec := range records {
		code := rec[slices.Index(header, "统一社会信用代码")]
		m, ok := numberOf(rec[slices.Index(header, "持股比例（%）")])
		if !ok {
			t.Fatalf("row %d has no share", i+1)
		}
		x, _ := m.number.Float64()
		sums[code] += x
		rows[code] = append(rows[code], i+1)
	}
	var got []int
	for code, sum := range sums {
		if math.Abs(sum-100) > 0.001 {
			got = append(got, rows[code]...)
		}
	}
	slices.Sort(got)
	for _, f := range committedJSON[[]flawEntry](t, "flaws.json") {
		if f.Flaw == "sum_mismatch" && !slices.Equal(f.Rows, got) {
			t.Errorf("rows %v do not add up; flaws.json says %v", got, f.Rows)
		}
	}
}
