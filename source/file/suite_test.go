package file

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/must"
	"assay/source"
	"assay/source/sourcetest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/xuri/excelize/v2"
)

var _ source.Source = (*Source)(nil)

// sharedData returns a folder of the shared test data.
func sharedData(t testing.TB, name string) string {
	t.Helper()
	root := must.Have(t, "ASSAY_TESTDATA")
	return filepath.Join(root, name)
}

// writeFiles makes files below dir; names may have folders.
func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func zip1(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst1(t testing.TB, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

// runSQLite runs SQL with the command sqlite3, which is not our driver.
func runSQLite(t testing.TB, db, sql string) {
	t.Helper()
	path, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("SKIPPED: the command sqlite3, which makes the databases of this test, is not installed")
	}
	cmd := exec.Command(path, "-bail", db)
	cmd.Stdin = strings.NewReader(sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
}

func list(t testing.TB, o Options, paths ...string) source.Listing {
	t.Helper()
	s, err := Open(paths, o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// bookOf writes a workbook with two sheets of n rows.
func bookOf(t testing.TB, path string, n int) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if _, err := f.NewSheet("Second"); err != nil {
		t.Fatal(err)
	}
	for _, sheet := range []string{"Sheet1", "Second"} {
		for i := range n + 1 {
			row := []any{i, "text", float64(i) / 4}
			if i == 0 {
				row = []any{"id", "name", "value"}
			}
			cell, err := excelize.CoordinatesToCellName(1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetSheetRow(sheet, cell, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}

func manyLines(n int) string {
	var b strings.Builder
	b.WriteString("id,name,amount,day\n")
	for i := range n {
		row := []string{"17", "\"a, \"\"b\"\"\"", "", "2024-06-24"}
		row[0] = strings.Repeat("1", i%9+1)
		if i%5 == 0 {
			row[1] = `""`
		}
		b.WriteString(strings.Join(row, ",") + "\n")
		if i%1000 == 999 {
			b.WriteString("one field too few,x\n")
		}
	}
	return b.String()
}

// TestSuite runs the contract over one folder that has every format, plain,
// compressed, in parts and partitioned.
func TestSuite(t *testing.T) {
	dir := t.TempDir()
	var objects strings.Builder
	for i := range 9000 {
		objects.WriteString(`{"id":` + strings.Repeat("3", i%9+1) + `,"tags":["a","b"],"deep":{"x":1.5}`)
		if i > 5000 {
			objects.WriteString(`,"late":true`)
		}
		objects.WriteString("}\n")
	}
	writeFiles(t, dir, map[string]string{
		"text.csv": manyLines(150_000), "zipped.csv.gz": zip1(t, manyLines(5000)), "packed.tsv.zst": zst1(t, "a\tb\n1\tx\n2\ty\n"),
		"parts/sales_2024-01.csv": manyLines(10), "parts/sales_2024-02.csv": manyLines(20), "parts/sales_2024-12.csv": manyLines(30),
		"hive/year=2023/m=01/x.csv": manyLines(7), "hive/year=2024/m=02/y.csv": manyLines(8),
		"lines.ndjson": objects.String(), "doc.json": `[{"a":1,"b":"x"},{"a":2,"b":null}]`,
	})
	bookOf(t, filepath.Join(dir, "book.xlsx"), 5000)
	runSQLite(t, filepath.Join(dir, "base.db"), `
		CREATE TABLE big(id INTEGER PRIMARY KEY, name TEXT, v);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
		INSERT INTO big SELECT i, 'n' || i, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN i / 3.0 ELSE x'00ff' END FROM n;
		CREATE VIEW few AS SELECT id, name FROM big WHERE id < 100;`)
	parquet, err := os.ReadFile("testdata/parquet/flat_dict_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	nested, err := os.ReadFile("testdata/parquet/apache_nested_lists.snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{
		"flat.parquet": string(parquet), "nested.parquet": string(nested),
		"pq/part-00000-0a1b2c3d-0000-4000-8000-0123456789ab.parquet": string(parquet),
		"pq/part-00001-0a1b2c3d-0000-4000-8000-0123456789ac.parquet": string(parquet), "pq/_SUCCESS": "",
	})
	sourcetest.Run(t, sourcetest.Suite{
		Open: func(t testing.TB) source.Source {
			s, err := Open([]string{dir}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Rows: map[string]int64{
			"text": 150_000, "zipped": 5000, "packed": 2, "sales": 60, "hive": 15, "lines": 9000, "doc": 2,
			"book/Sheet1": 5000, "book/Second": 5000, "base/big": 40000, "base/few": 99, "flat": 150, "pq": 300,
		},
		Columns: map[string][]string{
			"hive": {"id", "name", "amount", "day", "m", "year"}, "base/big": {"id", "name", "v"}, "packed": {"a", "b"},
		},
		Vanish: func(t testing.TB, d source.Dataset) bool {
			for _, p := range d.Parts {
				if err := os.Remove(p.Path); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			return true
		},
	})
}

// TestSuiteRealData runs the contract over real files: everything that is small
// enough to be read a dozen times.
func TestSuiteRealData(t *testing.T) {
	for _, folder := range []string{"chinook", "northwind", "csv-messy", "divisions", "timeseries/qartod", "space/stac", "robots/rosbag2/sqlite3"} {
		t.Run(folder, func(t *testing.T) {
			dir := sharedData(t, folder)
			rows := map[string]int64{}
			if folder == "chinook" || folder == "northwind" {
				rows = truthRows(t, dir)
			}
			sourcetest.Run(t, sourcetest.Suite{Rows: rows, Open: func(t testing.TB) source.Source {
				s, err := Open([]string{dir}, Options{MaxDepth: 9})
				if err != nil {
					t.Fatal(err)
				}
				return s
			}})
		})
	}
}

// truthRows reads the row counts that the sqlite3 command gave, by dataset name.
func truthRows(t testing.TB, dir string) map[string]int64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Tables map[string]struct{ Rows int64 }
	}
	if err := json.Unmarshal(raw, &truth); err != nil {
		t.Fatal(err)
	}
	db := "Chinook_Sqlite"
	if strings.HasSuffix(dir, "northwind") {
		db = "northwind"
	}
	rows := map[string]int64{}
	for table, x := range truth.Tables {
		rows[db+"/"+table] = x.Rows
	}
	if len(rows) < 10 {
		t.Fatalf("only %d tables in the truth", len(rows))
	}
	return rows
}

// TestSharedDataLists lists every file of the shared data: each is in a dataset or
// skipped with a reason of the catalogue.
func TestSharedDataLists(t *testing.T) {
	root := sharedData(t, ".")
	l := list(t, Options{Hidden: true}, root)
	told := map[string]bool{}
	codes := map[string]int{}
	for _, d := range l.Datasets {
		for _, p := range d.Parts {
			told[p.Path] = true
		}
	}
	for _, k := range l.Skipped {
		file, _, _ := strings.Cut(k.Locator, "#")
		told[file] = true
		codes[k.Code]++
	}
	files := 0
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files++
			if !told[p] {
				t.Errorf("%s is neither listed nor skipped", p)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d datasets, skipped: %v", files, len(l.Datasets), codes)
	if codes["source.unreadable"]+codes["source.binary"] > 0 {
		t.Errorf("files that nobody understood: %v", codes)
	}
}
