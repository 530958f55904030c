package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// generation is part of the cache's file names: raise it when a generator changes.
const generation = 1

// benchCase is one file to profile. Its truth is asked of exact, which is the same
// table in a form that has types.
type benchCase struct {
	name  string
	title string
	goal  goal
	file  string
	exact string
	make  func(ctx context.Context, to string) error
}

// goal is issue 2's: how many times faster than DuckDB's SUMMARIZE assay is to be.
// Zeros say that none is stated.
type goal struct{ times, acceptable float64 }

func caseNames() []string {
	return []string{"parquet", "plain", "wide", "wide-plain", "csv", "wide-csv"}
}

func findCase(name string, o options) (benchCase, error) {
	li := func(kind string) string {
		return filepath.Join(o.dir, fmt.Sprintf("lineitem-%d-v%d%s", o.rows, generation, kind))
	}
	wide := func(kind string) string {
		return filepath.Join(o.dir, fmt.Sprintf("wide-%d-v%d%s", o.wideRows, generation, kind))
	}
	lineitem, requests := lineitemSQL(o.rows), wideSQL(o.wideRows)
	fromTypes := func(sql, options string) func(context.Context, string) error {
		return func(ctx context.Context, to string) error { return copyTo(ctx, sql, to, options) }
	}
	switch name {
	case "parquet":
		return benchCase{name, "Parquet, lineitem-like, DuckDB's default writer (mixed encodings, Snappy)", goal{10, 5},
			li(".parquet"), li(".parquet"), fromTypes(lineitem, "FORMAT parquet")}, nil
	case "plain":
		return benchCase{name, "the same table, every column plain-encoded", goal{5, 2},
			li(".plain.parquet"), li(".plain.parquet"), fromTypes(lineitem, plainParquet)}, nil
	case "csv":
		return benchCase{name, "CSV of the same table, detection and typing on", goal{8, 4},
			li(".csv"), li(".parquet"), fromTypes(lineitem, "FORMAT csv, HEADER")}, nil
	case "wide":
		return benchCase{name, "Parquet, 311-like, 41 columns with wide strings (generated)", goal{5, 2},
			wide(".parquet"), wide(".parquet"), fromTypes(requests, "FORMAT parquet")}, nil
	case "wide-plain":
		return benchCase{name, "the 311-like table, plain-encoded", goal{},
			wide(".plain.parquet"), wide(".plain.parquet"), fromTypes(requests, plainParquet)}, nil
	case "wide-csv":
		return benchCase{name, "CSV of the 311-like table", goal{},
			wide(".csv"), wide(".parquet"), fromTypes(requests, "FORMAT csv, HEADER")}, nil
	}
	return benchCase{}, fmt.Errorf("no case %q; there are %s", name, strings.Join(caseNames(), ", "))
}

// plainParquet: a dictionary of at most one entry is no dictionary.
const plainParquet = "FORMAT parquet, DICTIONARY_SIZE_LIMIT 1"

// copyTo writes the rows of a query. One thread and insertion order: the same bytes
// from the same DuckDB.
func copyTo(ctx context.Context, query, to, options string) error {
	_, err := ask(ctx, "SET threads=1", fmt.Sprintf("COPY (%s) TO '%s' (%s)", query, sqlText(to), options), "SELECT 1")
	return err
}

func sqlText(s string) string { return strings.ReplaceAll(s, "'", "''") }

// prepare makes the files of c that are missing or damaged.
func (c benchCase) prepare(ctx context.Context, o options, log func(string, ...any)) error {
	if err := cached(ctx, c.file, c.make, log); err != nil || c.exact == c.file {
		return err
	}
	source, err := findCase(map[string]string{"csv": "parquet", "wide-csv": "wide"}[c.name], o)
	if err != nil {
		return err
	}
	return source.prepare(ctx, o, log)
}

// cached makes the file path unless it is there with the checksum noted beside it.
// Reading it for the checksum also brings it into the page cache, for all contenders.
func cached(ctx context.Context, path string, produce func(context.Context, string) error, log func(string, ...any)) error {
	sum := path + ".sha256"
	noted, err := os.ReadFile(sum)
	if err == nil {
		if got, err := checksum(path); err == nil && got == strings.TrimSpace(string(noted)) {
			return nil
		}
		log("%s is not what it was; making it again", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	log("making %s", path)
	part := path + ".part"
	if err := produce(ctx, part); err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	got, err := checksum(path)
	if err != nil {
		return err
	}
	return os.WriteFile(sum, []byte(got+"\n"), 0o644)
}

func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
