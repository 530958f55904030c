package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/fault"
	"assay/internal/message"
	"assay/source"
	"assay/source/sourcetest"

	"github.com/google/go-cmp/cmp"
)

func openOnly(t testing.TB, path string, o source.Options) source.Reader {
	t.Helper()
	s, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Datasets) != 1 {
		t.Fatalf("%s: %v, skipped %v", path, names(l), l.Skipped)
	}
	r, err := s.Open(context.Background(), l.Datasets[0], o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func catFile(t testing.TB, path, to string, w io.Writer) CatReport {
	t.Helper()
	rep, err := Cat(context.Background(), openOnly(t, path, source.Options{Aligned: true}), CatOptions{To: to}, w)
	if err != nil {
		t.Fatalf("%s to %s: %v", path, to, err)
	}
	return rep
}

// reread reads what Cat wrote, with the dialect told, and returns header and rows.
func reread(t testing.TB, text []byte) ([]string, [][]string) {
	t.Helper()
	p := filepath.Join(t.TempDir(), "cat.csv")
	if err := os.WriteFile(p, text, 0o600); err != nil {
		t.Fatal(err)
	}
	one, quote := 1, byte('"')
	r := openOnly(t, p, source.Options{Aligned: true, Delimiter: ",", Quote: &quote, Escape: &quote, HeaderRows: &one, Encoding: "utf-8"})
	return readRows(t, r)
}

func readRows(t testing.TB, r source.Reader) ([]string, [][]string) {
	t.Helper()
	rows, err := sourcetest.Rows(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	var header []string
	for _, c := range r.Columns() {
		header = append(header, c.Path)
	}
	return header, rows
}

func TestCatCSVKeepsRows(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"quotes.csv":  "id,text\n1,\"a, \"\"b\"\"\"\n2,\"two\nlines\"\n3,\"\"\n4,\n5,\" blank \"\n6,# no comment\n",
		"hash.csv":    "a,b\n\"#1\",x\n\"--\",y\n\"//z\",y\n\"'q'\",z\n\"% 1\",w\n",
		"semi.csv":    "a;b\n1,5;x\n2,5;y\n3,5;\"z;z\"\n",
		"rejects.csv": manyLines(5000),
		"crlf.csv":    "a,b\r\n1,x\r\n2,y\r\n",
	}
	writeFiles(t, dir, files)
	for name := range files {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			var out bytes.Buffer
			rep := catFile(t, path, "csv", &out)
			wantHeader, want := readRows(t, openOnly(t, path, source.Options{Aligned: true}))
			header, got := reread(t, out.Bytes())
			if d := cmp.Diff(wantHeader, header); d != "" {
				t.Errorf("header -want +got:\n%s", d)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("rows -want +got:\n%s", d)
			}
			if rep.Rows != int64(len(want)) {
				t.Errorf("reports %d rows of %d", rep.Rows, len(want))
			}
			if bytes.ContainsRune(out.Bytes(), '\r') {
				t.Error("CR in the output")
			}
			if name == "rejects.csv" && (rep.Rejected != 5 || len(rep.Rejects) != 5 || rep.Rejects[1].Line != 2003 || message.Text(message.EN, rep.Rejects[0].Code, nil) == "") {
				t.Errorf("%d rejected: %+v; want 5, the second in line 2003", rep.Rejected, rep.Rejects)
			}
		})
	}
}

func TestCatOneColumn(t *testing.T) {
	dir := t.TempDir()
	runSQLite(t, filepath.Join(dir, "a.db"), "CREATE TABLE t(x TEXT); INSERT INTO t VALUES ('a'), (NULL), (''), ('b');")
	var out bytes.Buffer
	rep := catFile(t, filepath.Join(dir, "a.db"), "csv", &out)
	if rep.Rows != 4 || rep.NullsAsBlank != 1 || out.String() != "x\na\n\"\"\n\"\"\nb\n" {
		t.Errorf("%+v %q", rep, out.String())
	}
	if _, rows := reread(t, out.Bytes()); len(rows) != 4 {
		t.Errorf("%d rows when read again", len(rows))
	}
}

const mixedSQL = `
	CREATE TABLE t(id INTEGER PRIMARY KEY, r REAL, n NUMERIC, txt TEXT, raw BLOB, any);
	INSERT INTO t VALUES (1, 1.5, 10, 'a', x'00ff', 1), (2, NULL, 10.25, 'say "hi", 你好', x'', 'x'), (-3, 1e300, NULL, '', NULL, 2.5);`

func TestCatFormats(t *testing.T) {
	dir := t.TempDir()
	runSQLite(t, filepath.Join(dir, "a.db"), mixedSQL)
	var csv, lines bytes.Buffer
	catFile(t, filepath.Join(dir, "a.db"), "csv", &csv)
	want := "id,r,n,txt,raw,any\n-3,1e+300,,\"\",,2.5\n1,1.5,10,a,AP8=,1\n2,,10.25,\"say \"\"hi\"\", 你好\",\"\",x\n"
	if csv.String() != want {
		t.Errorf("csv:\n%swant\n%s", csv.String(), want)
	}
	catFile(t, filepath.Join(dir, "a.db"), "ndjson", &lines)
	want = `{"id":-3,"r":1e+300,"n":null,"txt":"","raw":null,"any":"2.5"}
{"id":1,"r":1.5,"n":10,"txt":"a","raw":"AP8=","any":"1"}
{"id":2,"r":null,"n":10.25,"txt":"say \"hi\", 你好","raw":"","any":"x"}
`
	if lines.String() != want {
		t.Errorf("ndjson:\n%swant\n%s", lines.String(), want)
	}
	for i, l := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
		if !json.Valid([]byte(l)) {
			t.Errorf("line %d is no JSON: %s", i, l)
		}
	}
}

// Columns that are found late stand in the header all the same.
func TestCatLateColumns(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `{"id":%d,"pad":%q`, i, strings.Repeat("p", 400))
		if i == 19_999 {
			b.WriteString(`,"late":[1,2.5,null,"x,y"]`)
		}
		b.WriteString("}\n")
	}
	writeFiles(t, dir, map[string]string{"a.ndjson": b.String()})
	var out bytes.Buffer
	rep := catFile(t, filepath.Join(dir, "a.ndjson"), "csv", &out)
	header, rows := reread(t, out.Bytes())
	if d := cmp.Diff([]string{"id", "pad", "late[]"}, header); d != "" || rep.Rows != 20_000 || len(rows) != 20_000 {
		t.Fatalf("%d rows, header -want +got:\n%s", len(rows), d)
	}
	if last := rows[19_999]; last[0] != "19999" || last[2] != `["1","2.5",null,"x,y"]` {
		t.Errorf("last row %q", last)
	}
	if rows[0][2] != sourcetest.Null && rows[0][2] != "[]" {
		t.Errorf("first row %q", rows[0])
	}
}

// Every format that is written in Parquet and read again gives the same values.
func TestCatParquet(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a.csv": manyLines(3000), "b.ndjson": `{"a":1,"b":true,"c":1.5,"d":"x","e":[1,2]}` + "\n" + `{"a":2,"c":3,"d":null}` + "\n",
		"bad.csv": "a,b\n\xff\xfe\xfd,1\nx,2\ny,3\n",
	})
	runSQLite(t, filepath.Join(dir, "c.db"), mixedSQL)
	bookOf(t, filepath.Join(dir, "d.xlsx"), 100)
	for _, name := range []string{"a.csv", "b.ndjson", "c.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			p := filepath.Join(t.TempDir(), "out.parquet")
			f, err := os.Create(p)
			if err != nil {
				t.Fatal(err)
			}
			rep := catFile(t, path, "parquet", f)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			wantHeader, want := readRows(t, openOnly(t, path, source.Options{Aligned: true}))
			header, got := readRows(t, openOnly(t, p, source.Options{Aligned: true}))
			if d := cmp.Diff(wantHeader, header); d != "" {
				t.Errorf("columns -want +got:\n%s", d)
			}
			if d := cmp.Diff(want, got); d != "" || rep.Rows != int64(len(want)) {
				t.Errorf("%d rows, -want +got:\n%s", rep.Rows, d)
			}
		})
	}
}

type failingWriter struct{ left int }

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestCatFails(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a.csv": manyLines(20_000)})
	path := filepath.Join(dir, "a.csv")
	for _, to := range []string{"csv", "ndjson", "parquet"} {
		_, err := Cat(context.Background(), openOnly(t, path, source.Options{Aligned: true}), CatOptions{To: to}, &failingWriter{left: 1000})
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s on a full disk: %v", to, err)
		}
	}
	if _, err := Cat(context.Background(), openOnly(t, path, source.Options{Aligned: true}), CatOptions{To: "pdf"}, io.Discard); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown format: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Cat(ctx, openOnly(t, path, source.Options{Aligned: true}), CatOptions{To: "csv"}, io.Discard); fault.KindOf(err) != fault.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// TestCatSharedData writes every dataset of the shared data as CSV and reads it again:
// the rows are the same, and none is lost.
func TestCatSharedData(t *testing.T) {
	root := sharedData(t, ".")
	s, err := Open([]string{root}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, d := range l.Datasets {
		if d.Bytes > 2<<20 && d.Format != "sqlite" {
			continue
		}
		r, err := s.Open(context.Background(), d, source.Options{Aligned: true})
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%s: %v is no fault", d.Locator, err)
			}
			continue
		}
		_, want := readRows(t, r)
		columns := r.Columns()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if r, err = s.Open(context.Background(), d, source.Options{Aligned: true}); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		rep, err := Cat(context.Background(), r, CatOptions{To: "csv"}, &out)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Errorf("%s: %v", d.Locator, err)
			continue
		}
		if rep.Rows != int64(len(want)) {
			t.Errorf("%s: %d rows written of %d", d.Locator, rep.Rows, len(want))
		}
		if len(want) == 0 || len(columns) == 0 {
			continue
		}
		compared++
		header, got := reread(t, out.Bytes())
		if len(header) != len(columns) || len(got) != len(want) {
			t.Errorf("%s: read again %d columns and %d rows, want %d and %d", d.Locator, len(header), len(got), len(columns), len(want))
			continue
		}
		for i, c := range columns {
			for j := range want {
				if w, g := want[j][i], got[j][i]; w != g && !c.Repeated && c.Declared != "BLOB" && !(len(columns) == 1 && w == sourcetest.Null && g == "") {
					t.Errorf("%s: row %d, column %q differs when read again", d.Locator, j, c.Path)
					break
				}
			}
		}
	}
	t.Logf("%d datasets compared", compared)
	if compared < 250 {
		t.Errorf("only %d datasets were compared", compared)
	}
}

func TestCSVField(t *testing.T) {
	for v, want := range map[string]string{
		"": `""`, "a": "a", "a b": "a b", "a,b": `"a,b"`, `say "x"`: `"say ""x"""`, "two\nlines": "\"two\nlines\"", "cr\r": "\"cr\r\"", " a": `" a"`, "a\t": "\"a\t\"",
		"#1": `"#1"`, "//x": `"//x"`, "--": `"--"`, "-1": "-1", "%": `"%"`, "sep=;": `"sep=;"`, "'q": `"'q"`, "中文，": "中文，", "\ufeffa": "\"\ufeffa\"",
	} {
		if got := string(csvField(nil, []byte(v), true)); got != want {
			t.Errorf("%q: %s, want %s", v, got, want)
		}
	}
	if got := string(csvField(nil, []byte("#1"), false)); got != "#1" {
		t.Errorf("a hash in a later field: %s", got)
	}
}
