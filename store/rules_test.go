package store_test

import (
	"database/sql"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"assay/asset"
	"assay/profile"
	"assay/store"
	"assay/store/storetest"
)

// namesNotValues are the fields of facts that may hold free text, because it is a
// name, a pattern or a code and not a value of the data. Sum is a figure over the
// values. A new text field must be an asset.Shown or be argued into this list.
var namesNotValues = map[string]bool{
	"profile.Facts.Method":         true,
	"profile.ColumnFacts.Path":     true,
	"profile.ColumnFacts.Label":    true,
	"profile.ColumnFacts.Declared": true,
	"profile.ColumnFacts.Comment":  true,
	"profile.WordCount.Word":       true, // of the closed list of null words
	"profile.NumberFacts.Sum":      true,
	"profile.ShapeCount.Shape":     true,
	"profile.FormatCount.Format":   true,
	"source.Reject.Code":           true,
	"source.Reject.Params":         true,
	"source.Description.Encoding":  true,
	"source.Description.Partial":   true,
	"source.Description.Comment":   true,
	"source.Dialect.Delimiter":     true,
	"source.Dialect.Quote":         true,
	"source.Dialect.Escape":        true,
	"source.Dialect.Comment":       true,
	"source.Dialect.LineEnd":       true,
	"asset.Observation.Column":     true,
	"asset.Observation.Code":       true,
	"asset.Observation.Params":     true,
}

func TestOnlyShownValuesReachTheStore(t *testing.T) {
	used := map[string]bool{}
	walk(reflect.TypeFor[profile.Facts](), map[reflect.Type]bool{}, func(owner reflect.Type, f reflect.StructField) {
		name := owner.String() + "." + f.Name
		if namesNotValues[name] {
			used[name] = true
			return
		}
		t.Errorf("%s is %v: it can hold a raw value; make it asset.Shown", name, f.Type)
	})
	for name := range namesNotValues {
		if !used[name] {
			t.Errorf("%s is allowed but does not exist", name)
		}
	}
}

// walk calls found for each field below t that can hold text or bytes.
func walk(t reflect.Type, seen map[reflect.Type]bool, found func(reflect.Type, reflect.StructField)) {
	if seen[t] || t == reflect.TypeFor[asset.Shown]() {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		walk(t.Elem(), seen, found)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if holdsText(f.Type) {
				found(t, f)
			} else {
				walk(f.Type, seen, found)
			}
		}
	}
}

// holdsText reports whether t is text, bytes, a map, an interface, or a list of such.
func holdsText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return t.Elem().Kind() == reflect.Uint8 && t.Elem() != reflect.TypeFor[asset.Type]() || holdsText(t.Elem())
	}
	return false
}

// TestRecordIsFull: the suite's round trip proves nothing about a fact that its
// record leaves empty.
func TestRecordIsFull(t *testing.T) {
	r := storetest.Record(1, "a.csv", 1)
	full(t, "facts", reflect.ValueOf(*r.Facts), map[string]bool{
		"facts.Description.Partial": true, "facts.Description.Dialect.SkipRows": true, "facts.Description.Dialect.Comment": true,
		"facts.Columns[0].Position": true, "facts.Rejects[0].Params": true,
		"facts.Description.Evidence[0].Column": true, "facts.Observations[0].Column": true,
	})
}

func full(t *testing.T, path string, v reflect.Value, mayBeEmpty map[string]bool) {
	if v.IsZero() && !mayBeEmpty[path] {
		t.Errorf("%s is empty in storetest.Record", path)
	}
	switch {
	case v.Type() == reflect.TypeFor[asset.Shown]():
	case v.Kind() == reflect.Pointer && !v.IsNil():
		full(t, path, v.Elem(), mayBeEmpty)
	case v.Kind() == reflect.Slice && v.Len() > 0:
		full(t, path+"[0]", v.Index(0), mayBeEmpty)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			full(t, path+"."+v.Type().Field(i).Name, v.Field(i), mayBeEmpty)
		}
	}
}

// TestEveryRecordHasAnOwner: each table carries its owning party.
func TestEveryRecordHasAnOwner(t *testing.T) {
	s := open(t, store.Options{Home: t.TempDir()})
	defer closeStore(t, s)
	rows, err := s.DB().Query(`
		SELECT m.name, (SELECT count(*) FROM pragma_table_info(m.name) c WHERE c.name = 'party' AND c."notnull" = 1)
		FROM sqlite_master m
		WHERE m.type = 'table' AND m.name NOT IN ('party', 'schema_migration', 'sqlite_sequence')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tables := 0
	for rows.Next() {
		var name string
		var owned int
		if err := rows.Scan(&name, &owned); err != nil {
			t.Fatal(err)
		}
		tables++
		if owned != 1 {
			t.Errorf("table %s has no party", name)
		}
	}
	if tables < 10 {
		t.Errorf("only %d tables seen", tables)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	s := open(t, store.Options{Home: t.TempDir()})
	defer closeStore(t, s)
	putOne(t, s, "a.csv")
	for _, q := range []string{`UPDATE audit SET verb = 'x'`, `DELETE FROM audit`} {
		if _, err := s.DB().Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want a refusal", q, err)
		}
	}
	sound(t, s)
}

// TestCheckFinds breaks each invariant by hand and wants Check to name it.
func TestCheckFinds(t *testing.T) {
	for code, breakIt := range map[string]string{
		"store.check_newest":         `UPDATE dataset SET scans = 7 WHERE name = 'registers'`,
		"store.check_columns":        `DELETE FROM scan_column WHERE n = 1 AND scan = (SELECT MIN(id) FROM scan)`,
		"store.check_foreign_column": `UPDATE col SET path = path || '2', dataset = (SELECT id FROM dataset d WHERE d.id <> col.dataset)`,
		"store.check_column_scans":   `UPDATE col SET first_scan = (SELECT id FROM scan s WHERE s.dataset <> col.dataset)`,
		"store.check_pruned":         `UPDATE scan SET facts = NULL, pruned_at = recorded_at WHERE number = 1`,
		"store.check_party":          `INSERT INTO party (id, name, created_at) VALUES ('x', 'x', 'x'); UPDATE col SET party = 'x'`,
		"store.check_run":            `UPDATE scan_run SET scanned = 9`,
		"store.check_words":          `UPDATE dataset SET words = 'x'`,
		"store.check_form":           `UPDATE dataset SET seen_at = '2026-07-01T99:00:00.000000000Z'`,
		"store.check_header":         `UPDATE scan SET row_count = row_count + 1`,
		"store.check_facts":          `UPDATE scan_column SET facts = REPLACE(facts, '"zeros":1', '"zeros":2')`,
		"store.check_file":           `PRAGMA foreign_keys = OFF; DELETE FROM account`,
	} {
		s := open(t, store.Options{Home: t.TempDir()})
		s.DB().SetMaxOpenConns(1)
		run, err := s.BeginRun(t.Context(), actorOf(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		putOne(t, s, "a.csv")
		putOne(t, s, "bb.csv")
		if err := s.EndRun(t.Context(), actorOf(t, s), run, store.Outcome{Status: store.RunDone}); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
		if _, err := s.DB().Exec(breakIt); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		problems, err := s.Check(t.Context())
		found := false
		for _, p := range problems {
			found = found || p.Code == code
		}
		if err != nil || !found {
			t.Errorf("%s: Check says %v, %v", code, problems, err)
		}
		closeStore(t, s)
	}
}

// TestFactsAreChecked: whoever asks for facts gets what was put, or an error.
func TestFactsAreChecked(t *testing.T) {
	for _, change := range []string{
		`UPDATE scan_column SET facts = REPLACE(facts, '"zeros":1', '"zeros":2') WHERE n = 2`,
		`UPDATE scan SET row_count = row_count + 1`,
		`UPDATE scan SET sum = facts_sum`,
	} {
		s := open(t, store.Options{Home: t.TempDir()})
		id := putOne(t, s, "a.csv")
		if _, err := s.DB().Exec(change); err != nil {
			t.Fatal(err)
		}
		_, _, err := s.Facts(t.Context(), id)
		wantFault(t, err, "store.corrupt")
		closeStore(t, s)
	}
}

// statements are the SQL texts of the files that must run on every database.
func statements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "sqlite.go" || file == "migrate.go" {
			continue
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if text, ok := sqlOf(n); ok {
				all[fset.Position(n.Pos()).String()] = text
				return false
			}
			return true
		})
	}
	return all
}

// sqlOf joins a statement written in pieces; the columns are the only named piece.
func sqlOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(n.Value)
		return text, err == nil && verb.MatchString(text)
	case *ast.BinaryExpr:
		left, ok := sqlOf(n.X)
		if name, is := n.Y.(*ast.Ident); ok && is {
			return left + pieces[name.Name], true
		}
		if lit, is := n.Y.(*ast.BasicLit); ok && is {
			text, err := strconv.Unquote(lit.Value)
			return left + text, err == nil
		}
	}
	return "", false
}

var verb = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE) `)

var pieces = map[string]string{"headerColumns": store.HeaderColumns, "summaryColumns": store.SummaryColumns}

func TestStatementsAreSeen(t *testing.T) {
	if n := len(statements(t)); n < 45 {
		t.Errorf("only %d statements were found in the source", n)
	}
}

// TestStatementsOnPostgreSQL lets a PostgreSQL server parse and plan each statement
// against the same tables. ASSAY_POSTGRES is a connection string for psql.
func TestStatementsOnPostgreSQL(t *testing.T) {
	dsn := os.Getenv("ASSAY_POSTGRES")
	if dsn == "" {
		t.Skip("SKIPPED: set ASSAY_POSTGRES to a connection string to try the statements on PostgreSQL")
	}
	s := open(t, store.Options{Home: t.TempDir()})
	defer closeStore(t, s)
	script := "\\set ON_ERROR_STOP 0\nBEGIN;\nCREATE SCHEMA assay_try; SET search_path = assay_try;\n" + postgresSchema(t)
	for place, text := range statements(t) {
		script += fmt.Sprintf("SAVEPOINT s;\n\\echo %s\nPREPARE p AS %s;\nDEALLOCATE p;\nRELEASE s;\n", place, text)
	}
	cmd := exec.Command("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", dsn)
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(script, "\\set ON_ERROR_STOP 0\n", "") + "ROLLBACK;\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("psql: %v\n%s", err, out)
	}
}

// postgresSchema is the first migration in PostgreSQL's words.
func postgresSchema(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("migrations/sqlite/0001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	ddl, _, _ := strings.Cut(string(text), "CREATE TRIGGER")
	return strings.NewReplacer(") STRICT;", ");", "INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		"INTEGER", "BIGINT").Replace(ddl)
}

func loadSQL(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}
