package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"assay/fault"
	"assay/internal/message"
)

// Problem is something that Check found wrong, as a sentence of the catalogue.
type Problem struct {
	Code   string
	Params message.Params
}

func problem(code string, kv ...string) Problem { return Problem{code, message.P(kv...)} }

// Check re-reads the whole store and reports what is not as it must be: the file's
// structure, references, sums of every scan, counts, the form of every instant, names
// and the key. Sums cover scans; a digit that turned into another digit in any other
// record goes unnoticed unless an index or a count contradicts it. An error
// means that the check itself could not be done. A damage so deep that the store
// cannot be read comes back as the problem store.corrupt.
func (s *Store) Check(ctx context.Context) (problems []Problem, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		problems, err = s.check(ctx, tx)
		return err
	})
	if f := fault.As(err); f != nil && f.Code == "store.corrupt" {
		return append(problems, Problem{f.Code, f.Params}), nil
	}
	return problems, err
}

func (s *Store) check(ctx context.Context, tx *sql.Tx) (problems []Problem, err error) {
	lines, err := checkFile(ctx, tx)
	for _, l := range lines {
		problems = append(problems, problem("store.check_file", "path", s.file(dbName), "what", l))
	}
	if err != nil || len(lines) > 0 {
		return problems, err
	}
	problems = append(problems, s.checkKey()...)
	for _, q := range invariants {
		objects, err := texts(ctx, tx, q.query)
		if err != nil {
			return problems, fmt.Errorf("%s: %w", q.code, err)
		}
		for _, o := range objects {
			problems = append(problems, problem(q.code, "object", o))
		}
	}
	for _, check := range []func(context.Context, *sql.Tx) ([]Problem, error){checkForm, checkWords, checkScans} {
		broken, err := check(ctx, tx)
		problems = append(problems, broken...)
		if err != nil {
			return problems, err
		}
	}
	return problems, nil
}

func (s *Store) checkKey() []Problem {
	info, err := os.Stat(s.file(keyName))
	if err != nil {
		return []Problem{problem("store.key_missing", "path", s.file(keyName))}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return []Problem{problem("store.check_key_mode", "path", s.file(keyName), "mode", info.Mode().Perm().String())}
	}
	return nil
}

// invariants are questions whose every answer is a broken promise.
var invariants = []struct{ code, query string }{
	{"store.check_newest", `
		SELECT d.id
		FROM dataset d
		WHERE d.scans <> (SELECT COALESCE(MAX(s.number), 0) FROM scan s WHERE s.dataset = d.id)
			OR d.scans <> (SELECT COUNT(*) FROM scan s WHERE s.dataset = d.id)
			OR d.scans < 1`},
	{"store.check_columns", `
		SELECT s.id
		FROM scan s
		WHERE s.pruned_at IS NULL
			AND s.columns <> (SELECT COUNT(*) FROM scan_column c WHERE c.scan = s.id)`},
	{"store.check_foreign_column", `
		SELECT c.col
		FROM scan_column c
		JOIN scan s ON s.id = c.scan
		JOIN col k ON k.id = c.col
		WHERE k.dataset <> s.dataset`},
	{"store.check_column_scans", `
		SELECT k.id
		FROM col k
		JOIN scan f ON f.id = k.first_scan
		JOIN scan l ON l.id = k.last_scan
		WHERE f.dataset <> k.dataset OR l.dataset <> k.dataset OR f.number > l.number`},
	{"store.check_pruned", `
		SELECT c.scan
		FROM scan_column c
		JOIN scan s ON s.id = c.scan
		WHERE s.pruned_at IS NOT NULL`},
	{"store.check_party", `
		SELECT s.id
		FROM scan s
		JOIN dataset d ON d.id = s.dataset
		WHERE s.party <> d.party
		UNION ALL
		SELECT k.id
		FROM col k
		JOIN dataset d ON d.id = k.dataset
		WHERE k.party <> d.party
		UNION ALL
		SELECT c.scan
		FROM scan_column c
		JOIN scan s ON s.id = c.scan
		WHERE c.party <> s.party`},
	{"store.check_run", `
		SELECT r.id
		FROM scan_run r
		WHERE r.status <> 'running'
			AND r.scanned <> (SELECT COUNT(*) FROM scan s WHERE s.run = r.id)`},
}

// checkScans reads every scan again and compares its sums.
func checkScans(ctx context.Context, tx *sql.Tx) (problems []Problem, err error) {
	ids, err := texts(ctx, tx, `SELECT id FROM scan ORDER BY id`)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		code, err := checkScan(ctx, tx, id)
		if err != nil {
			return problems, err
		}
		if code != "" {
			problems = append(problems, problem(code, "object", id))
		}
	}
	return problems, nil
}

// formed are the columns whose text has a form that no reference and no sum holds.
var formed = []struct {
	table, column string
	isFormed      func(string) bool
}{
	{"party", "created_at", isInstant}, {"home", "created_at", isInstant},
	{"account", "created_at", isInstant}, {"account", "disabled_at", isInstant},
	{"source", "created_at", isInstant},
	{"dataset", "seen_at", isInstant}, {"dataset", "created_at", isInstant}, {"dataset", "valid_from", isInstant},
	{"dataset", "valid_to", isInstant}, {"dataset", "retired_at", isInstant},
	{"col", "retired_at", isInstant},
	{"scan_run", "started_at", isInstant}, {"scan_run", "ended_at", isInstant}, {"scan_run", "paths", isJSON},
	{"skipped", "params", isJSON},
	{"scan", "pruned_at", isInstant},
	{"audit", "at", isInstant}, {"usage", "at", isInstant},
}

func isInstant(s string) bool { _, err := unstamp(s); return err == nil }

func isJSON(s string) bool { return json.Valid([]byte(s)) }

func checkForm(ctx context.Context, tx *sql.Tx) (problems []Problem, err error) {
	for _, f := range formed {
		all, err := texts(ctx, tx, `SELECT `+f.column+` FROM `+f.table+` WHERE `+f.column+` IS NOT NULL`)
		if err != nil {
			return problems, err
		}
		for _, text := range all {
			if !f.isFormed(text) {
				problems = append(problems, problem("store.check_form", "object", f.table+"."+f.column))
			}
		}
	}
	return problems, nil
}

// checkWords compares the search words, which are computed outside the database.
func checkWords(ctx context.Context, tx *sql.Tx) (problems []Problem, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT id, words, name, locator
		FROM dataset
		ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, words, name, locator string
		if err := rows.Scan(&id, &words, &name, &locator); err != nil {
			return problems, err
		}
		if words != searchWords(name, locator) {
			problems = append(problems, problem("store.check_words", "object", id))
		}
	}
	return problems, rows.Err()
}

// checkScan returns the code of what is wrong with a scan, or "".
func checkScan(ctx context.Context, tx *sql.Tx, id string) (string, error) {
	h, err := scanHeader(tx.QueryRowContext(ctx, `
		SELECT `+headerColumns+`
		FROM scan s
		WHERE s.id = $1`, id))
	if err != nil {
		// Either the header holds what no version wrote, which is the problem, or the
		// database is broken and the next question says so.
		return "store.check_header", ctx.Err()
	}
	b, bodySum, headerSum, err := readBody(ctx, tx, id)
	if err != nil {
		return "", err
	}
	if h.sum(bodySum) != headerSum {
		return "store.check_header", nil
	}
	if !h.Pruned.IsZero() {
		return "", nil
	}
	if b.sum() != bodySum {
		return "store.check_facts", nil
	}
	f, err := b.decode()
	if err != nil || f.Rows != h.Rows || f.Rejected != h.Rejected {
		return "store.check_facts", nil
	}
	return "", nil
}
