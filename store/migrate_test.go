package store_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/fault"
	"assay/internal/message"
	"assay/source"
	"assay/store"
	"assay/store/storetest"
)

var (
	update   = flag.Bool("update", false, "write testdata/schema.golden.sql")
	snapshot = flag.String("snapshot", "", "write testdata/released/`NAME`.sql, a store as this version leaves it")
)

// released returns the released migrations and the ones a later version adds.
func released(t *testing.T, more ...string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	names, err := fs.Glob(store.ReleasedMigrations(), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		data, err := fs.ReadFile(store.ReleasedMigrations(), n)
		if err != nil {
			t.Fatal(err)
		}
		all[n] = &fstest.MapFile{Data: data}
	}
	for i, text := range more {
		all[fmt.Sprintf("%04d_more.sql", len(names)+1+i)] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestMigrationForward(t *testing.T) {
	home := t.TempDir()
	now := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	o := store.Options{Home: home, Now: func() time.Time { now = now.Add(time.Second); return now }}
	s := open(t, o)
	putOne(t, s, "a.csv")
	want := answers(t, s)
	closeStore(t, s)
	if got := backups(t, home); len(got) != 0 {
		t.Errorf("a new home has backups %v", got)
	}
	var more []string
	for version := 2; version <= 8; version++ {
		more = append(more, fmt.Sprintf("CREATE TABLE extra%d (id TEXT PRIMARY KEY);\nINSERT INTO extra%[1]d VALUES ('x');", version))
		_, err := store.Open(t.Context(), store.Options{Home: home, ReadOnly: true}.Migrated(released(t, more...)))
		wantFault(t, err, "store.needs_migration")
		s := open(t, o.Migrated(released(t, more...)))
		if got := answers(t, s); got != want {
			t.Errorf("version %d: answers differ", version)
		}
		sound(t, s)
		closeStore(t, s)
		all := backups(t, home)
		if len(all) != min(version-1, 5) {
			t.Errorf("version %d: %d backups, want %d", version, len(all), min(version-1, 5))
		}
		newest := all[len(all)-1]
		if !strings.HasSuffix(newest, fmt.Sprintf("Z-v%d.db", version-1)) {
			t.Errorf("version %d: newest backup is %s", version, newest)
		}
		// The backup is the store as it was, and opens with the program of then.
		old := t.TempDir()
		copyFile(t, filepath.Join(home, "backups", newest), filepath.Join(old, "store.db"))
		copyFile(t, filepath.Join(home, "key"), filepath.Join(old, "key"))
		s = open(t, store.Options{Home: old}.Migrated(released(t, more[:version-2]...)))
		if got := answers(t, s); got != want {
			t.Errorf("backup of version %d: answers differ", version-1)
		}
		closeStore(t, s)
	}
	// This program knows version 1 only: it refuses, and changes nothing.
	before := tree(t, home)
	_, err := store.Open(t.Context(), o)
	wantFault(t, err, "store.newer")
	if d := cmp.Diff(before, tree(t, home)); d != "" {
		t.Errorf("the refusal changed the home:\n%s", d)
	}
}

func backups(t *testing.T, home string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(home, "backups"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("backup %s has mode %v, %v", e.Name(), info.Mode(), err)
		}
		names = append(names, e.Name())
	}
	return names
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, data)
}

func TestMigrationThatFailsLeavesNothing(t *testing.T) {
	for what, bad := range map[string]string{
		"a wrong statement at the end": "CREATE TABLE extra (id TEXT); DELETE FROM scan_column; SELECT nonsense;",
		"a broken reference":           "CREATE TABLE extra (id TEXT); DELETE FROM col;",
	} {
		home := t.TempDir()
		s := open(t, store.Options{Home: home})
		putOne(t, s, "a.csv")
		want := answers(t, s)
		closeStore(t, s)
		_, err := store.Open(t.Context(), store.Options{Home: home}.Migrated(released(t, bad)))
		if err == nil || fault.As(err) == nil {
			t.Errorf("%s: %v, want a fault", what, err)
		}
		s = open(t, store.Options{Home: home})
		if got := answers(t, s); got != want {
			t.Errorf("%s: answers differ", what)
		}
		sound(t, s)
		closeStore(t, s)
	}
}

func TestMigrationEditedIsRefused(t *testing.T) {
	home := t.TempDir()
	closeStore(t, open(t, store.Options{Home: home}.Migrated(released(t, "CREATE TABLE a (id TEXT);"))))
	for what, fsys := range map[string]fs.FS{
		"text":    released(t, "CREATE TABLE a (id TEXT); -- harmless"),
		"nothing": nil,
	} {
		code := "store.migration_changed"
		if fsys == nil {
			fsys, code = store.ReleasedMigrations(), "store.newer"
		}
		_, err := store.Open(t.Context(), store.Options{Home: home}.Migrated(fsys))
		if e := fault.As(err); e == nil || e.Code != code {
			t.Errorf("%s: %v, want %s", what, err, code)
		}
	}
	gap := fstest.MapFS{"0001_a.sql": {Data: []byte("SELECT 1")}, "0003_b.sql": {Data: []byte("SELECT 1")}}
	if _, err := store.Open(t.Context(), store.Options{Home: t.TempDir()}.Migrated(gap)); err == nil {
		t.Error("a gap in the numbers was accepted")
	}
}

// TestSchema holds the schema to its golden file. A migration changes both; a change
// without a migration is a mistake.
func TestSchema(t *testing.T) {
	s := open(t, store.Options{Home: t.TempDir()})
	defer closeStore(t, s)
	got := schema(t, s)
	path := filepath.Join("testdata", "schema.golden.sql")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("schema (-golden +got); write a migration, then -update:\n%s", d)
	}
}

func schema(t *testing.T, s *store.Store) string {
	t.Helper()
	rows, err := s.DB().Query(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		b.WriteString(strings.ReplaceAll(text, "\t", "  ") + ";\n")
	}
	return b.String()
}

// TestReleasedSnapshots opens stores as each released version left them; see
// testdata/released/README.md.
func TestReleasedSnapshots(t *testing.T) {
	if *snapshot != "" {
		write(t, filepath.Join("testdata", "released", *snapshot+".sql"), []byte(makeSnapshot(t)))
	}
	files, err := filepath.Glob("testdata/released/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no snapshots", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		home := t.TempDir()
		write(t, filepath.Join(home, "key"), []byte(snapshotKey))
		loadSQL(t, filepath.Join(home, "store.db"), string(text))
		s := open(t, store.Options{Home: home})
		sound(t, s)
		page, _, err := s.Datasets(t.Context(), store.Filter{})
		if err != nil || len(page) != 2 {
			t.Errorf("%s: %d datasets, %v; want 2", file, len(page), err)
		}
		for _, m := range page {
			if _, _, err := s.Facts(t.Context(), m.Last.ID); err != nil {
				t.Errorf("%s: %s: %v", file, m.Name, err)
			}
		}
		putOne(t, s, "a.csv")
		sound(t, s)
		closeStore(t, s)
	}
}

const snapshotKey = "0123456789abcdef0123456789abcdef"

// makeSnapshot fills every table of a store and writes it down as SQL.
func makeSnapshot(t *testing.T) string {
	t.Helper()
	entropy := io.MultiReader(strings.NewReader(snapshotKey), rand.NewChaCha8([32]byte{1}))
	now := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	s := open(t, store.Options{Home: t.TempDir(), Entropy: entropy,
		Now: func() time.Time { now = now.Add(time.Second); return now }})
	defer closeStore(t, s)
	actor := actorOf(t, s)
	run, err := s.BeginRun(t.Context(), actor, []string{"/data"})
	if err != nil {
		t.Fatal(err)
	}
	var last store.Recorded
	for i, locator := range []string{"b.csv", "c.csv", "b.csv", "b.csv"} {
		r := storetest.Record(uint64(i), locator, 1+i%2)
		r.Run = run
		if last, err = s.PutScan(t.Context(), actor, r); err != nil {
			t.Fatal(err)
		}
	}
	skipped := []source.Skipped{{Locator: "x.bin", Code: "source.empty", Params: message.P("locator", "x.bin")}}
	_, pruneErr := s.Prune(t.Context(), actor, store.Policy{Keep: 2})
	if err := errors.Join(pruneErr,
		s.EndRun(t.Context(), actor, run, store.Outcome{Status: store.RunDone, Skipped: skipped}),
		s.AddUsage(t.Context(), actor, store.Usage{Dataset: last.Dataset.ID, Door: "cat", Rows: 1, Bytes: 2})); err != nil {
		t.Fatal(err)
	}
	return dump(t, s)
}

func dump(t *testing.T, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	column := func(query string, args ...any) (all []string) {
		rows, err := s.DB().Query(query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		return all
	}
	fmt.Fprintf(&b, "PRAGMA application_id = %s;\n", column(`PRAGMA application_id`)[0])
	b.WriteString(schemaOf(column(`SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid`)))
	for _, table := range column(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid`) {
		fields := column(`SELECT name FROM pragma_table_info($1) ORDER BY cid`, table)
		list := strings.Join(fields, ", ")
		quoted := "quote(" + strings.Join(fields, ") || ', ' || quote(") + ")"
		for _, row := range column(`SELECT ` + quoted + ` FROM ` + table) {
			fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES (%s);\n", table, list, row)
		}
	}
	b.WriteString(schemaOf(column(`SELECT sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY rowid`)))
	return b.String()
}

func schemaOf(statements []string) string { return strings.Join(statements, ";\n") + ";\n" }
