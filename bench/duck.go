package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	_ "github.com/duckdb/duckdb-go/v2" // the driver "duckdb"
)

// duckRole as first argument makes this binary a small DuckDB shell: SQL on standard
// input, the rows of the last statement on standard output as JSON. As a process of
// its own it is measured like every other contender, and this process stays small.
const duckRole = "-duckdb-shell"

func duckMain(in io.Reader, out, errs io.Writer) int {
	if err := duckShell(in, out); err != nil {
		fmt.Fprintln(errs, "duckdb:", err)
		return 1
	}
	return 0
}

func duckShell(in io.Reader, out io.Writer) (err error) {
	var statements []string
	if err := json.NewDecoder(in).Decode(&statements); err != nil {
		return err
	}
	// No extension is ever fetched: the network is not a contender.
	db, err := sql.Open("duckdb", "?threads=2&autoinstall_known_extensions=false&autoload_known_extensions=false")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	last := len(statements) - 1
	for i, s := range statements {
		if i == last {
			return writeRows(db, s, out)
		}
		if _, err := db.Exec(s); err != nil {
			return fmt.Errorf("%w in %.200s", err, s)
		}
	}
	return nil
}

func writeRows(db *sql.DB, query string, out io.Writer) error {
	rows, err := db.Query(query)
	if err != nil {
		return fmt.Errorf("%w in %.200s", err, query)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	all := []map[string]any{}
	for rows.Next() {
		cells, into := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := make(map[string]any, len(names))
		for i, n := range names {
			row[n] = plain(cells[i])
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(all)
}

// plain keeps what JSON has and prints the driver's own types.
func plain(v any) any {
	switch v := v.(type) {
	case nil, string, bool, float64:
		return v
	case int64, int32, int:
		return fmt.Sprint(v) // as text: JSON numbers are not 64 bits wide
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

// shell returns the command that runs statements in a DuckDB of its own.
func shell(ctx context.Context, statements ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(statements)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, duckRole)
	cmd.Stdin = bytes.NewReader(in)
	return cmd, nil
}

type row = map[string]any

// ask runs statements and returns the rows of the last.
func ask(ctx context.Context, statements ...string) ([]row, error) {
	cmd, err := shell(ctx, statements...)
	if err != nil {
		return nil, err
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, errs.Bytes())
	}
	var rows []row
	return rows, json.Unmarshal(out, &rows)
}
