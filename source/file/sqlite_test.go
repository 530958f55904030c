package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/source"
	"assay/source/sourcetest"

	"github.com/google/go-cmp/cmp"
)

// sqliteFile makes a database with the sqlite3 command.
func sqliteFile(t testing.TB, sql string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "a.db")
	runSQLite(t, p, sql)
	return p
}

// readTable reads a table of the database at path.
func readTable(t testing.TB, path, table string) ([]source.Column, [][]string, source.Description, error) {
	t.Helper()
	st, err := StatOf(path)
	if err != nil {
		t.Fatal(err)
	}
	d := source.Dataset{Name: table, Locator: path + "#" + table, Format: "sqlite", Parts: []source.Part{{Path: path, Name: filepath.Base(path), Size: st.Size}}}
	r, err := openSQLite(context.Background(), d, source.Options{Aligned: true})
	if err != nil {
		return nil, nil, source.Description{}, err
	}
	rows, err := sourcetest.Rows(context.Background(), r)
	if closeErr := r.Close(); closeErr != nil {
		t.Errorf("Close: %v", closeErr)
	}
	return r.Columns(), rows, r.Describe(), err
}

// folderState is every file below dir with its size, time and content.
func folderState(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = fmt.Sprint(info.ModTime().UnixNano(), " ", len(b), " ", string(b))
	}
	return out
}

const sqlNull = sourcetest.Null

func TestSQLiteStorageClasses(t *testing.T) {
	p := sqliteFile(t, `
		CREATE TABLE t(id INTEGER PRIMARY KEY, i INT, r REAL, n NUMERIC, txt TEXT, raw BLOB, any, d DATE, dt DATETIME, b BOOLEAN,
			g INT GENERATED ALWAYS AS (i * 2) STORED, v TEXT AS (txt || '!') VIRTUAL);
		INSERT INTO t(id, i, r, n, txt, raw, any, d, dt, b) VALUES
			(2, 9223372036854775807, 0.1, 1.50, '007', x'0001', 'x', '2024-06-24', '2024-06-24 10:00:00', 1),
			(1, -9223372036854775808, 3, 2, '', x'', 12, '24.6.2024', '1719223200', 0),
			(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);`)
	cols, rows, _, err := readTable(t, p, "t")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"1", "-9223372036854775808", "3", "2", "", "", "12", "24.6.2024", "1719223200", "0", "-1.8446744073709552e+19", "!"},
		{"2", "9223372036854775807", "0.1", "1.5", "007", "\x00\x01", "x", "2024-06-24", "2024-06-24 10:00:00", "1", "1.8446744073709552e+19", "007!"},
		{"3", sqlNull, sqlNull, sqlNull, sqlNull, sqlNull, sqlNull, sqlNull, sqlNull, sqlNull, sqlNull, sqlNull},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	var declared []string
	for _, c := range cols {
		declared = append(declared, fmt.Sprintf("%s %s %v", c.Path, c.Declared, c.Typed))
	}
	wantColumns := []string{"id INTEGER false", "i INT false", "r REAL false", "n NUMERIC false", "txt TEXT true", "raw BLOB false", "any  false",
		"d DATE false", "dt DATETIME false", "b BOOLEAN false", "g INT false", "v TEXT true"}
	if d := cmp.Diff(wantColumns, declared); d != "" {
		t.Errorf("columns -want +got:\n%s", d)
	}
}

// The kind of a chunk follows the values of its batch.
func TestSQLiteKinds(t *testing.T) {
	p := sqliteFile(t, `CREATE TABLE t(ints, reals, both, huge, texts, blobs, mixed, empty);
		INSERT INTO t VALUES (1, 1.5, 1, 9007199254740993, 'a', x'00', 1, NULL), (NULL, 2.5, 2.5, 0.5, 'b', x'ff', x'61', NULL);`)
	d := source.Dataset{Locator: p + "#t", Format: "sqlite", Parts: []source.Part{{Path: p}}}
	r, err := openSQLite(context.Background(), d, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []source.Kind{source.Int64, source.Float64, source.Float64, source.Text, source.Text, source.Binary, source.Text, source.Text}
	st, err := b.Decode(context.Background(), func(batch *source.Batch) error {
		for i, c := range batch.Chunks {
			if c.Values.Kind != want[i] {
				t.Errorf("%s: kind %d, want %d", r.Columns()[i].Path, c.Values.Kind, want[i])
			}
		}
		if got := sourcetest.Texts(&batch.Chunks[3]); !slices.Equal(got, []string{"9007199254740993", "0.5"}) {
			t.Errorf("an integer beyond 2^53 among reals: %q", got)
		}
		return nil
	})
	if err != nil || st.Rows != 2 {
		t.Errorf("%d rows, %v", st.Rows, err)
	}
}

func TestSQLiteSchemas(t *testing.T) {
	p := sqliteFile(t, `
		CREATE TABLE "odd ""name"" #1?%20;--"("a ""b""" INTEGER, "select" TEXT, [x y] REAL, '单价' NUMERIC);
		INSERT INTO "odd ""name"" #1?%20;--" VALUES (1, 's', 2.5, 3);
		CREATE TABLE wr(k TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
		INSERT INTO wr VALUES ('b', 2), ('a', 1);
		CREATE TABLE st(a INT, b ANY) STRICT;
		INSERT INTO st VALUES (1, '01');
		CREATE TABLE shadowed(rowid TEXT, oid TEXT, _rowid_ TEXT);
		INSERT INTO shadowed VALUES ('z', 'y', 'x');
		CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT);
		CREATE TABLE twice(x, X2, "x " TEXT);
		CREATE VIEW good AS SELECT k, v * 2 AS twice FROM wr;
		CREATE VIEW bad AS SELECT k FROM wr;
		CREATE VIEW late AS SELECT CASE WHEN v > 1 THEN json_extract('{', '$') ELSE v END AS x FROM (SELECT 1 AS v UNION ALL SELECT 2);
		CREATE VIRTUAL TABLE words USING fts5(body);
		INSERT INTO words VALUES ('heat storage');
		CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);
		INSERT INTO box VALUES (1, 2, 3);
		PRAGMA writable_schema = ON;
		UPDATE sqlite_schema SET sql = 'CREATE VIEW bad AS SELECT k FROM gone' WHERE name = 'bad';
		INSERT INTO sqlite_schema VALUES ('table', 'alien', 'alien', 0, 'CREATE VIRTUAL TABLE alien USING no_such_module(x)');`)
	l := list(t, Options{}, p)
	var got []string
	for _, d := range l.Datasets {
		_, table, _ := strings.Cut(d.Locator, "#")
		note := ""
		for _, n := range d.Note {
			note += " " + n.Code
		}
		got = append(got, table+note)
	}
	want := []string{"auto", "box sqlite.virtual", "good sqlite.view", "late sqlite.view", "odd \"name\" #1?%20;--", "shadowed", "st", "twice", "words sqlite.virtual", "wr"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("listed -want +got:\n%s", d)
	}
	c := codes(t, l, filepath.Dir(p))
	if c["a.db#bad"] != "sqlite.broken_view" || c["a.db#words_content"] != "sqlite.shadow" || c["a.db#box_node"] != "sqlite.shadow" || c["a.db#alien"] != "sqlite.no_module" {
		t.Errorf("skipped %v", c)
	}
	for table, want := range map[string][][]string{
		`odd "name" #1?%20;--`: {{"1", "s", "2.5", "3"}}, "wr": {{"a", "1"}, {"b", "2"}}, "st": {{"1", "01"}}, "shadowed": {{"z", "y", "x"}},
		"good": {{"a", "2"}, {"b", "4"}}, "words": {{"heat storage"}}, "box": {{"1", "2", "3"}}, "auto": nil,
	} {
		_, rows, _, err := readTable(t, p, table)
		if d := cmp.Diff(want, rows); d != "" || err != nil {
			t.Errorf("%s: %v, -want +got:\n%s", table, err, d)
		}
	}
	_, rows, desc, err := readTable(t, p, "late")
	if e := fault.As(err); e == nil || e.Code != "sqlite.failed" || desc.Partial != e.Code || len(rows) != 1 {
		t.Errorf("a view that fails midway: %v rows, partial %q, %v", rows, desc.Partial, err)
	}
	if _, _, _, err := readTable(t, p, "gone"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a table that is not there: %v", err)
	}
}

// TestSQLiteDeclaredKeys compares the declared keys with the truth files.
func TestSQLiteDeclaredKeys(t *testing.T) {
	for folder, db := range map[string]string{"chinook": "Chinook_Sqlite.sqlite", "northwind": "northwind.db"} {
		dir := sharedData(t, folder)
		raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
		if err != nil {
			t.Fatal(err)
		}
		var truth struct {
			Tables map[string]struct {
				Columns    []string
				PrimaryKey []string `json:"primary_key"`
				Rows       int
			}
			ForeignKeys []struct {
				Table, References string
				Columns           []string
				ReferencedColumns []string `json:"referenced_columns"`
			} `json:"foreign_keys"`
		}
		if err := json.Unmarshal(raw, &truth); err != nil {
			t.Fatal(err)
		}
		found := 0
		for name, want := range truth.Tables {
			cols, rows, desc, err := readTable(t, filepath.Join(dir, db), name)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != want.Rows {
				t.Errorf("%s: %d rows, want %d", name, len(rows), want.Rows)
			}
			var paths []string
			for _, c := range cols {
				paths = append(paths, c.Path)
			}
			if !slices.Equal(paths, want.Columns) {
				t.Errorf("%s: columns %q, want %q", name, paths, want.Columns)
			}
			for _, o := range desc.Evidence {
				switch o.Code {
				case "key.primary":
					if o.Params["columns_json"] != jsonList(want.PrimaryKey) {
						t.Errorf("%s: primary key %s, want %q", name, o.Params["columns_json"], want.PrimaryKey)
					}
				case "key.foreign":
					found++
					if o.Params["table"] == "" || o.Params["to"] == "" {
						t.Errorf("%s: foreign key %v", name, o.Params)
					}
				}
			}
			if want.PrimaryKey != nil && !slices.ContainsFunc(desc.Evidence, func(o asset.Observation) bool { return o.Code == "key.primary" }) {
				t.Errorf("%s: no primary key", name)
			}
		}
		if want := map[string]int{"chinook": 11, "northwind": 13}[folder]; found != want { // of the folders' README
			t.Errorf("%s: %d foreign keys, want %d", folder, found, want)
		}
	}
}

func TestSQLiteKeys(t *testing.T) {
	p := sqliteFile(t, `
		CREATE TABLE p(a INT, b INT, PRIMARY KEY (b, a));
		CREATE TABLE c(x INT UNIQUE, y INT, z INT REFERENCES gone, UNIQUE (y, x), FOREIGN KEY (x, y) REFERENCES p, FOREIGN KEY (y) REFERENCES c(x));`)
	_, _, desc, err := readTable(t, p, "c")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range desc.Evidence {
		got = append(got, o.Code+" "+o.Column+" "+o.Params["columns_json"]+" "+o.Params["table"]+" "+o.Params["to_json"])
	}
	want := []string{`key.unique x ["x"]  `, `key.unique  ["y","x"]  `, `key.foreign z ["z"] gone []`, `key.foreign  ["x","y"] p ["b","a"]`, `key.foreign y ["y"] c ["x"]`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// Nothing is written beside a database, whatever its journal; what is committed in a
// log is seen.
func TestSQLiteWritesNothing(t *testing.T) {
	const fill = `CREATE TABLE t(x); INSERT INTO t VALUES (1); `
	for _, tt := range []struct {
		name  string
		make  func(t *testing.T, dir string)
		rows  int
		notes int
	}{
		{"rollback journal", func(t *testing.T, dir string) { runSQLite(t, dir+"/a.db", fill) }, 1, 0},
		{"write-ahead, closed", func(t *testing.T, dir string) { runSQLite(t, dir+"/a.db", "PRAGMA journal_mode=WAL; "+fill) }, 1, 0},
		{"write-ahead, open elsewhere", func(t *testing.T, dir string) { holdOpen(t, dir+"/a.db") }, 2, 0},
		{"write-ahead, copied with its log", func(t *testing.T, dir string) {
			live := t.TempDir()
			holdOpen(t, live+"/a.db")
			for _, n := range []string{"a.db", "a.db-wal"} {
				if err := copyFile(context.Background(), live+"/"+n, dir+"/"+n); err != nil {
					t.Fatal(err)
				}
			}
		}, 2, 0},
		{"write-ahead, left by a crash", func(t *testing.T, dir string) {
			live := t.TempDir()
			holdOpen(t, live+"/a.db")
			for _, n := range []string{"a.db", "a.db-wal", "a.db-shm"} {
				if err := copyFile(context.Background(), live+"/"+n, dir+"/"+n); err != nil {
					t.Fatal(err)
				}
			}
		}, 2, 0},
		{"write-ahead, an empty log", func(t *testing.T, dir string) {
			runSQLite(t, dir+"/a.db", "PRAGMA journal_mode=WAL; "+fill)
			writeFiles(t, dir, map[string]string{"a.db-wal": ""})
		}, 1, 0},
		{"write-ahead, a damaged log", func(t *testing.T, dir string) {
			runSQLite(t, dir+"/a.db", "PRAGMA journal_mode=WAL; "+fill)
			writeFiles(t, dir, map[string]string{"a.db-wal": strings.Repeat("damage ", 1000)})
		}, 1, 0},
	} {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, read-only %v", tt.name, readOnly), func(t *testing.T) {
				dir := t.TempDir()
				tt.make(t, dir)
				if readOnly {
					chmodAll(t, dir)
				}
				t.Setenv("TMPDIR", t.TempDir())
				before := folderState(t, dir)
				l := list(t, Options{}, dir)
				if len(l.Datasets) != 1 {
					t.Fatalf("%v %v", names(l), l.Skipped)
				}
				_, rows, desc, err := readTable(t, filepath.Join(dir, "a.db"), "t")
				if err != nil || len(rows) != tt.rows || len(desc.Evidence) != tt.notes {
					t.Errorf("%d rows, want %d; %v %v", len(rows), tt.rows, desc.Evidence, err)
				}
				if d := cmp.Diff(before, folderState(t, dir)); d != "" {
					t.Errorf("the folder changed: -before +after:\n%s", d)
				}
				if left := folderState(t, os.Getenv("TMPDIR")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			})
		}
	}
}

// chmodAll makes a folder and its files read-only. Root is not bound by that; what the
// test compares then is only that nothing changed.
func chmodAll(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Chmod(filepath.Join(dir, e.Name()), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) }) // for TempDir to remove it
}

// holdOpen makes a database in write-ahead mode whose second row is in the log, and
// keeps it open until the test ends.
func holdOpen(t *testing.T, path string) {
	t.Helper()
	bin, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("SKIPPED: the command sqlite3 is not installed")
	}
	cmd := exec.Command(bin, "-bail", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() // it ends with its input
	})
	fmt.Fprintln(in, `PRAGMA journal_mode=WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1); PRAGMA wal_checkpoint(TRUNCATE);
		PRAGMA wal_autocheckpoint=0; INSERT INTO t VALUES (2); SELECT 'ready';`)
	buf := make([]byte, 0, 100)
	for !strings.Contains(string(buf), "ready") {
		var b [100]byte
		n, err := out.Read(b[:])
		if err != nil {
			t.Fatalf("sqlite3 ended: %v", err)
		}
		buf = append(buf, b[:n]...)
	}
}

// A journal that a crash left is rolled back in a copy.
func TestSQLiteHotJournal(t *testing.T) {
	live, dir := t.TempDir(), t.TempDir()
	runSQLite(t, live+"/a.db", "CREATE TABLE t(x); INSERT INTO t VALUES (1);")
	bin, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("SKIPPED: the command sqlite3 is not installed")
	}
	cmd := exec.Command(bin, live+"/a.db")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() // it ends with its input
	defer in.Close()
	// A small cache spills the transaction into the file before it is committed.
	fmt.Fprintln(in, `PRAGMA cache_size=1; BEGIN; UPDATE t SET x = 99;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT randomblob(100) FROM n; SELECT 1;`)
	deadline := time.Now().Add(20 * time.Second)
	for sizeOf(live+"/a.db") < 100_000 {
		if time.Now().After(deadline) {
			t.Skip("SKIPPED: sqlite3 did not spill its cache")
		}
		runtime.Gosched()
	}
	for _, n := range []string{"a.db", "a.db-journal"} {
		if err := copyFile(context.Background(), live+"/"+n, dir+"/"+n); err != nil {
			t.Fatal(err)
		}
	}
	before := folderState(t, dir)
	_, rows, _, err := readTable(t, dir+"/a.db", "t")
	if err != nil || len(rows) != 1 || rows[0][0] != "1" {
		t.Errorf("%d rows, %v; want the row before the transaction", len(rows), err)
	}
	if d := cmp.Diff(before, folderState(t, dir)); d != "" {
		t.Error("the folder changed")
	}
}

func TestSQLiteBadFiles(t *testing.T) {
	good, err := os.ReadFile(sqliteFile(t, `CREATE TABLE a(x); CREATE TABLE b(y);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO b SELECT i FROM n; INSERT INTO a VALUES (1);`))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	broken := slices.Clone(good)
	for i := len(broken) / 2; i < len(broken)/2+4096*3; i++ {
		broken[i] = 0xee
	}
	writeFiles(t, dir, map[string]string{
		"head.db": string(good[:100]), "cut.db": string(good[:len(good)/2]), "broken.db": string(broken),
		"fake.db": "SQLite format 3\x00" + strings.Repeat("\x99", 4096), "short.db": "SQLite format 3\x00",
	})
	for _, name := range []string{"head.db", "fake.db", "short.db"} {
		l := list(t, Options{}, filepath.Join(dir, name))
		c := codes(t, l, dir)
		if len(l.Datasets) > 0 || !strings.HasPrefix(c[name], "sqlite.") {
			t.Errorf("%s: %v, skipped %v", name, names(l), c)
		}
	}
	// Damage in one table leaves the other readable, and rows before it are kept.
	_, rows, desc, err := readTable(t, filepath.Join(dir, "broken.db"), "b")
	if e := fault.As(err); e == nil || e.Code != "sqlite.damaged" || desc.Partial != "sqlite.damaged" || len(rows) == 0 || len(rows) >= 50000 {
		t.Errorf("damaged table: %d rows, partial %q, %v", len(rows), desc.Partial, err)
	}
	if _, rows, _, err := readTable(t, filepath.Join(dir, "broken.db"), "a"); err != nil || len(rows) != 1 {
		t.Errorf("the other table: %d rows, %v", len(rows), err)
	}
}

func TestSQLiteHugeValues(t *testing.T) {
	p := sqliteFile(t, `CREATE TABLE t(id INT, txt TEXT, raw BLOB);
		INSERT INTO t VALUES (1, replace(hex(zeroblob(1500000)), '0', '中'), zeroblob(3000000)), (2, 'short', x'01');`)
	d := source.Dataset{Locator: p + "#t", Format: "sqlite", Parts: []source.Part{{Path: p}}}
	r, err := openSQLite(context.Background(), d, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	st, err := b.Decode(context.Background(), func(batch *source.Batch) error {
		text, raw := sourcetest.Texts(&batch.Chunks[1]), sourcetest.Texts(&batch.Chunks[2])
		if text[0] != strings.Repeat("中", sqliteMaxValue/3) || text[1] != "short" || len(raw[0]) != sqliteMaxValue || raw[1] != "\x01" {
			t.Errorf("texts of %d and %d bytes, blobs of %d and %d", len(text[0]), len(text[1]), len(raw[0]), len(raw[1]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, n := range st.Notes {
		notes = append(notes, n.Column+" "+n.Code+" "+n.Params["count"])
	}
	if !slices.Equal(notes, []string{"txt value.truncated 1", "raw value.truncated 1"}) {
		t.Errorf("notes %q", notes)
	}
	// A value beyond the memory is an error with a next step.
	d.Locator = sqliteFile(t, "CREATE TABLE t(x BLOB); INSERT INTO t VALUES (1), (zeroblob(40000000));") + "#t"
	d.Parts[0].Path = strings.TrimSuffix(d.Locator, "#t")
	small, err := openSQLite(context.Background(), d, source.Options{MemoryBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	for err == nil {
		_, err = small.Next(context.Background())
	}
	if e := fault.As(err); e == nil || e.Code != "sqlite.too_big" {
		t.Errorf("a value of 40 MB: %v", err)
	}
}

// A view may run for ever; the scan must not.
func TestSQLiteEndlessView(t *testing.T) {
	p := sqliteFile(t, `
		CREATE VIEW first AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;
		CREATE VIEW later AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 10 OR i < 0;`)
	for _, view := range []string{"first", "later"} {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		d := source.Dataset{Locator: p + "#" + view, Format: "sqlite", Parts: []source.Part{{Path: p}}}
		r, err := openSQLite(ctx, d, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = r.Next(ctx)
		if took := time.Since(began); took > 1500*time.Millisecond || fault.KindOf(err) != fault.Canceled {
			t.Errorf("%s: %v after %v", view, err, took)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: Close: %v", view, err)
		}
	}
}

// Rows come in the order of the rowid, also where an index that has all columns would
// be quicker to read.
func TestSQLiteOrder(t *testing.T) {
	p := sqliteFile(t, "CREATE TABLE t(a INT, b INT); CREATE INDEX i ON t(b, a); INSERT INTO t VALUES (1, 30), (2, 20), (3, 10); ANALYZE;")
	_, rows, _, err := readTable(t, p, "t")
	if want := [][]string{{"1", "30"}, {"2", "20"}, {"3", "10"}}; err != nil || !cmp.Equal(want, rows) {
		t.Errorf("%v, %v; want %v", rows, err, want)
	}
}

// Blocks are cut by rows and bytes, never by who reads.
func TestSQLiteBlocks(t *testing.T) {
	p := sqliteFile(t, `CREATE TABLE t(i INTEGER PRIMARY KEY, x TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO t SELECT i, hex(zeroblob(500)) FROM n;`)
	d := source.Dataset{Locator: p + "#t", Format: "sqlite", Parts: []source.Part{{Path: p}}}
	r, err := openSQLite(context.Background(), d, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var sizes []int64
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		st, err := b.Decode(context.Background(), func(*source.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, st.Rows)
	}
	if !slices.Equal(sizes, []int64{16384, 16384, 7232}) {
		t.Errorf("blocks of %v rows", sizes)
	}
}

func TestSQLiteAffinity(t *testing.T) {
	// The table of "Datatypes In SQLite", section 3.1.1.
	for want, types := range map[string]string{
		"INTEGER": "INT INTEGER TINYINT SMALLINT MEDIUMINT BIGINT UNSIGNED\tBIG\tINT INT2 INT8 FLOATING\tPOINT",
		"TEXT":    "CHARACTER(20) VARCHAR(255) VARYING\tCHARACTER(255) NCHAR(55) NATIVE\tCHARACTER(70) NVARCHAR(100) TEXT CLOB",
		"BLOB":    "BLOB ",
		"REAL":    "REAL DOUBLE DOUBLE\tPRECISION FLOAT",
		"NUMERIC": "NUMERIC DECIMAL(10,5) BOOLEAN DATE DATETIME STRING",
	} {
		for _, typ := range strings.Split(types, " ") {
			if got := sqliteAffinity(strings.ReplaceAll(typ, "\t", " ")); got != want {
				t.Errorf("%q: %s, want %s", typ, got, want)
			}
		}
	}
}

func FuzzSQLite(f *testing.F) {
	good, err := os.ReadFile(sqliteFile(f, `CREATE TABLE a(x, y TEXT); INSERT INTO a VALUES (1, 'b'), (2.5, NULL); CREATE VIEW v AS SELECT * FROM a;`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, uint16(100), byte(7))
	f.Add(good, uint16(4100), byte(255))
	f.Add(good[:100], uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at uint16, flip byte) {
		data = slices.Clone(data)
		if int(at) < len(data) {
			data[at] ^= flip
		}
		p := filepath.Join(t.TempDir(), "a.db")
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		found, _, err := listSQLite(ctx, source.Part{Path: p, Name: "a.db", Size: int64(len(data))})
		if err != nil && fault.As(err) == nil && fault.KindOf(err) != fault.Canceled {
			t.Errorf("%v is no fault", err)
		}
		for _, d := range found {
			r, err := openSQLite(ctx, d, source.Options{})
			for n := 0; err == nil && n < 1000; n++ {
				_, err = r.Next(ctx)
			}
			if err != nil && !errors.Is(err, io.EOF) && fault.As(err) == nil && fault.KindOf(err) != fault.Canceled {
				t.Errorf("%s: %v is no fault", d.Name, err)
			}
			if r != nil {
				r.Close()
			}
		}
	})
}

func BenchmarkSQLite(b *testing.B) {
	p := sqliteFile(b, `CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, r REAL, s TEXT, d DATE);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
		INSERT INTO t SELECT i, i * 7 % 1000, i / 3.0, 'customer ' || (i % 5000), '2024-06-24' FROM n;`)
	d := source.Dataset{Locator: p + "#t", Format: "sqlite", Parts: []source.Part{{Path: p}}}
	rows := int64(0)
	for b.Loop() {
		r, err := openSQLite(context.Background(), d, source.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			blk, err := r.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			st, err := blk.Decode(context.Background(), func(*source.Batch) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			rows += st.Rows
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	if rows == 0 {
		b.Fatal("no rows")
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
