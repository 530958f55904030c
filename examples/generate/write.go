package main

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	_ "modernc.org/sqlite" // the driver of inSQLite
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// style is how a part is written as delimited text.
type style struct {
	delimiter string
	end       string   // line end, "" = \n
	bom       bool     // UTF-8 byte-order mark
	above     []string // lines above the header
}

// delimited writes a part and fills in the records' lines.
func (t *table) delimited(p *part, s style) []byte {
	var b bytes.Buffer
	if s.bom {
		b.WriteString("\ufeff")
	}
	end := s.end
	if end == "" {
		end = "\n"
	}
	line := 1
	put := func(text string) {
		b.WriteString(text)
		line += strings.Count(text, "\n")
	}
	for _, l := range s.above {
		put(l + end)
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	put(strings.Join(names, s.delimiter) + end)
	for _, r := range p.records {
		r.line = line
		stop := end
		if r.end != "" {
			stop = r.end
		}
		if r.raw != "" {
			put(r.raw + stop)
			continue
		}
		fields := make([]string, len(r.cells))
		for i, c := range r.cells {
			fields[i] = quoted(c, s.delimiter)
		}
		put(strings.Join(fields, s.delimiter) + stop)
	}
	return b.Bytes()
}

// quoted writes a field as RFC 4180 has it; null is nothing at all.
func quoted(c cell, delimiter string) string {
	if c.null {
		return ""
	}
	if c.text == "" || strings.Contains(c.text, delimiter) || strings.ContainsAny(c.text, "\"\r\n") {
		return `"` + strings.ReplaceAll(c.text, `"`, `""`) + `"`
	}
	return c.text
}

func inGB18030(b []byte) ([]byte, error) { return simplifiedchinese.GB18030.NewEncoder().Bytes(b) }

func inGzip(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func inZstd(b []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	out := w.EncodeAll(b, nil)
	return out, w.Close()
}

// inXLSX writes a workbook with the compressor of go.mod and no times.
func inXLSX(f *excelize.File) ([]byte, error) {
	f.SetZipWriter(func(w io.Writer) excelize.ZipWriter {
		z := zip.NewWriter(w)
		z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
			return flate.NewWriter(w, flate.BestCompression)
		})
		return z
	})
	buf, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return buf.Bytes(), f.Close()
}

// inSQLite runs fill on a new database and returns the file. VACUUM INTO writes the
// pages in an order that depends on the content alone.
func inSQLite(fill func(ctx context.Context, tx *sql.Tx) error) (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "generate")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	work, done := filepath.Join(dir, "work.sqlite"), filepath.Join(dir, "done.sqlite")
	db, err := sql.Open("sqlite", work)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	for _, q := range []string{"PRAGMA page_size = 4096", "PRAGMA encoding = 'UTF-8'", "PRAGMA journal_mode = MEMORY", "PRAGMA foreign_keys = OFF"} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return nil, err
		}
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, tx); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", done); err != nil {
		return nil, err
	}
	return os.ReadFile(done)
}

// insertAll copies a table's rows into the database's table of the given name; the
// values' storage follows the column's affinity.
func (t *table) insertAll(ctx context.Context, tx *sql.Tx, name string) error {
	marks := strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",")
	stmt, err := tx.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s VALUES (%s)", name, marks))
	if err != nil {
		return err
	}
	for _, r := range t.rows() {
		args := make([]any, len(r.cells))
		for i, c := range r.cells {
			if !c.null {
				args[i] = c.text
			}
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return errors.Join(err, stmt.Close())
		}
	}
	return stmt.Close()
}
