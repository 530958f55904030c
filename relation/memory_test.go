package relation

import (
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"testing"

	"assay/internal/must"
	"assay/internal/span"
	"assay/source"
)

// memory is a reader of rows in memory: text columns, batches of a few rows. The text
// null stands for a null.
type memory struct {
	columns []source.Column
	rows    [][]string
	read    bool
}

const null = "\x00null"

func (m *memory) Columns() []source.Column     { return m.columns }
func (m *memory) Expect() int64                { return int64(len(m.rows)) }
func (m *memory) Describe() source.Description { return source.Description{} }
func (m *memory) Close() error                 { return nil }
func (m *memory) Group() int                   { return 0 }
func (m *memory) Size() int64                  { return 0 }

func (m *memory) Next(context.Context) (source.Block, error) {
	if m.read {
		return nil, io.EOF
	}
	m.read = true
	return m, nil
}

func (m *memory) Decode(_ context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	for from := 0; from < len(m.rows); from += 1000 {
		rows := m.rows[from:min(from+1000, len(m.rows))]
		b := &source.Batch{FirstRow: from, Rows: len(rows)}
		for c := range m.columns {
			b.Chunks = append(b.Chunks, chunkOf(rows, c))
		}
		if err := emit(b); err != nil {
			return source.Stats{}, err
		}
	}
	return source.Stats{Rows: int64(len(m.rows))}, nil
}

func chunkOf(rows [][]string, c int) source.Chunk {
	k := source.Chunk{Column: c, N: len(rows)}
	for i, row := range rows {
		if row[c] == null {
			k.SetNull(i, len(rows))
			k.Nulls++
			continue
		}
		k.Values.Spans = append(k.Values.Spans, span.Span{Off: uint32(len(k.Values.Data)), Len: uint32(len(row[c]))})
		k.Values.Data = append(k.Values.Data, row[c]...)
	}
	return k
}

func load(t testing.TB, l *Loader, name string, header []string, rows [][]string) *Table {
	t.Helper()
	m := &memory{rows: rows}
	for _, h := range header {
		m.columns = append(m.columns, source.Column{Path: h})
	}
	table, err := l.Load(context.Background(), name, m)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// truth is the folder of the sets with known dependencies.
func truth(t testing.TB) string {
	root := must.Have(t, "ASSAY_TESTDATA")
	return filepath.Join(root, "dependencies")
}

func loadCSV(t testing.TB, l *Loader, path string) *Table {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return load(t, l, filepath.Base(path), all[0], all[1:])
}
