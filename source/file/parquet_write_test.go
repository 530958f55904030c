package file

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/asset"
	"assay/fault"
	"assay/internal/span"
	"assay/source"
)

// copyParquet reads a file aligned and writes it with the types that its own kinds
// suggest.
func copyParquet(t *testing.T, r source.Reader, kinds []map[source.Kind]bool) []byte {
	t.Helper()
	cols := make([]ParquetColumn, len(r.Columns()))
	types := map[source.Kind]asset.Type{source.Text: asset.TypeText, source.Int64: asset.TypeInteger, source.Float64: asset.TypeFloat,
		source.Bool: asset.TypeBoolean, source.Decimal: asset.TypeDecimal, source.Date: asset.TypeDate, source.Time: asset.TypeTime,
		source.Timestamp: asset.TypeTimestamp, source.Binary: asset.TypeBinary}
	for i, c := range r.Columns() {
		cols[i] = ParquetColumn{Path: c.Path, Repeated: c.Repeated, Zoned: strings.HasSuffix(c.Declared, "UTC)")}
		for k := range kinds[i] {
			cols[i].Type = types[k]
		}
		var p int
		if n, err := fmt.Sscanf(c.Declared, "DECIMAL(%d,%d)", &p, &cols[i].Scale); err != nil && n > 0 {
			t.Fatal(err)
		}
		if p > 18 {
			cols[i].Scale = 0
		}
	}
	var out bytes.Buffer
	w, err := NewParquetWriter(&out, cols)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Decode(context.Background(), w.WriteBatch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is read from others' files and written again is what pyarrow read from them.
func TestParquetWriterKeepsWhatWasRead(t *testing.T) {
	for _, name := range []string{"flat_dict_v1", "flat_plain_v2", "flat_full", "duckdb", "nested_v1", "apache_alltypes_plain", "fallback", "no_rows"} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile("testdata/parquet/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var truth pqTruth
			if err := json.Unmarshal(raw, &truth); err != nil {
				t.Fatal(err)
			}
			part := pqPartOf("testdata/parquet/" + name + ".parquet")
			read, _ := pqReadAllBlocks(t, pqOpenFiles(t, source.Options{}, part), false)
			kinds := make([]map[source.Kind]bool, len(read))
			for i := range read {
				kinds[i] = read[i].kinds
			}
			copied := filepath.Join(t.TempDir(), "copy.parquet")
			if err := os.WriteFile(copied, copyParquet(t, pqOpenFiles(t, source.Options{Aligned: true}, part), kinds), 0o600); err != nil {
				t.Fatal(err)
			}
			if keep := os.Getenv("ASSAY_PARQUET_KEEP"); keep != "" { // to look at with other tools
				data, err := os.ReadFile(copied)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(keep, name+".parquet"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			back := pqOpenFiles(t, source.Options{}, pqPartOf(copied))
			got, rows := pqReadAllBlocks(t, back, false)
			if rows != truth.Rows {
				t.Errorf("%d rows, want %d", rows, truth.Rows)
			}
			for i, c := range truth.Columns {
				if back.Columns()[i].Path != c.Path {
					t.Fatalf("column %d is %s, want %s", i, back.Columns()[i].Path, c.Path)
				}
				for row, want := range c.Rows {
					if msg := differsFromCopy(c.Repeated, c.Kind, want, got[i].places[row], kinds[i]); msg != "" {
						t.Fatalf("%s row %d: %s", c.Path, row, msg)
					}
				}
			}
		})
	}
}

func differsFromCopy(repeated bool, kind string, want []*string, got *string, kinds map[source.Kind]bool) string {
	if !repeated {
		w := want[0]
		if w != nil && kinds[source.Text] && (kind == "uint64" || kind == "decimal") {
			s := hex.EncodeToString([]byte(*w))
			w = &s
		}
		if (w == nil) != (got == nil) || w != nil && *w != *got {
			return fmt.Sprintf("got %v, want %v", got, w)
		}
		return ""
	}
	text, err := hex.DecodeString(*got)
	if err != nil {
		return err.Error()
	}
	var list []any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&list); err != nil || len(list) != len(want) {
		return fmt.Sprintf("%s (%v), want %d places", text, err, len(want))
	}
	for i, w := range want {
		if (w == nil) != (list[i] == nil) {
			return fmt.Sprintf("%s: place %d", text, i)
		}
		switch v := list[i].(type) {
		case string:
			if hex.EncodeToString([]byte(v)) != *w {
				return fmt.Sprintf("%s: place %d", text, i)
			}
		case json.Number:
			if f, err := v.Float64(); err != nil || v.String() != *w && fmt.Sprintf("%016x", math.Float64bits(f)) != *w {
				return fmt.Sprintf("%s: place %d, want %s", text, i, *w)
			}
		}
	}
	return ""
}

// textChunk is a chunk of text values; "\x00" stands for null.
func textChunk(values ...string) source.Chunk {
	k := source.Chunk{N: len(values)}
	for i, v := range values {
		if v == "\x00" {
			k.SetNull(i, len(values))
			k.Nulls++
			continue
		}
		k.Values.Spans = append(k.Values.Spans, span.Span{Off: uint32(len(k.Values.Data)), Len: uint32(len(v))})
		k.Values.Data = append(k.Values.Data, v...)
	}
	return k
}

func TestParquetWriterConvertsTextOrSaysWhere(t *testing.T) {
	for _, c := range []struct {
		column ParquetColumn
		good   string
		want   string // as pqShow writes it
		bad    []string
	}{
		{ParquetColumn{Type: asset.TypeInteger}, "-9223372036854775808", "-9223372036854775808", []string{"", "x", "1.5", "9223372036854775808", "1,000", " 1", "1.", "-"}},
		{ParquetColumn{Type: asset.TypeInteger}, "12.00", "12", []string{"12.01"}},
		{ParquetColumn{Type: asset.TypeDecimal, Scale: 2}, "-12.3", "-12.30", []string{"1.234", ".5", "10000000000000000.00", "1e3"}},
		{ParquetColumn{Type: asset.TypeDecimal, Scale: 2}, "9999999999999999.99", "9999999999999999.99", []string{"--1"}},
		{ParquetColumn{Type: asset.TypeFloat}, "-2.5e-3", fmt.Sprintf("%016x", math.Float64bits(-0.0025)), []string{"0x1p4", "1_0", "inf", "", "1e999"}},
		{ParquetColumn{Type: asset.TypeBoolean}, "TRUE", "1", []string{"yes", "2", ""}},
		{ParquetColumn{Type: asset.TypeDate}, "2024-06-24", "19898", []string{"2024-02-30", "24.6.2024", "2024-06-24T00:00:00"}},
		{ParquetColumn{Type: asset.TypeTime}, "12:34:56.789", "45296789000", []string{"24:00:00", "12:34", "12:34:56.0000001"}},
		{ParquetColumn{Type: asset.TypeTimestamp}, "2024-06-24 12:34:56.789", "1719232496789000", []string{"2024-06-24T12:34:56Z", "2024-06-24 25:00:00"}},
		{ParquetColumn{Type: asset.TypeTimestamp, Zoned: true}, "2024-06-24T12:34:56+08:00", "1719203696000000", []string{"2024-06-24T12:34:56"}},
		{ParquetColumn{Type: asset.TypeText}, "高新区", hex.EncodeToString([]byte("高新区")), []string{"\xff\xfe"}},
		{ParquetColumn{Type: asset.TypeBinary}, "\xff\xfe", "fffe", nil},
	} {
		c.column.Path = "col"
		var out bytes.Buffer
		w, err := NewParquetWriter(&out, []ParquetColumn{c.column})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteBatch(&source.Batch{Rows: 2, Chunks: []source.Chunk{textChunk("\x00", c.good)}}); err != nil {
			t.Errorf("%v %q: %v", c.column.Type, c.good, err)
			continue
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got, _ := pqReadAllBlocks(t, pqOpenFiles(t, source.Options{}, pqPartOf(name)), false)
		if p := got[0].places; len(p) != 2 || p[0] != nil || p[1] == nil || *p[1] != c.want {
			t.Errorf("%v %q: read back %v, want null and %s", c.column.Type, c.good, p, c.want)
		}
		for _, bad := range c.bad {
			w, err := NewParquetWriter(io.Discard, []ParquetColumn{c.column})
			if err != nil {
				t.Fatal(err)
			}
			chunk := textChunk("\x00", c.good, bad)
			err = w.WriteBatch(&source.Batch{Rows: 3, Chunks: []source.Chunk{chunk}})
			f := fault.As(err)
			if f == nil || f.Code != "parquet.not_convertible" || f.Params["row"] != "3" || f.Params["column"] != "col" {
				t.Errorf("%v %q: %v, want not_convertible in row 3", c.column.Type, bad, err)
			} else if len(bad) > 2 && strings.Contains(err.Error(), bad) {
				t.Errorf("the error repeats the value: %v", err)
			}
			if w.Close() == nil {
				t.Errorf("%v %q: the file was finished after the error", c.column.Type, bad)
			}
		}
	}
}

// Between kinds, only what loses nothing converts.
func TestParquetWriterConvertsKindsExactly(t *testing.T) {
	ints := func(k source.Kind, n int64) source.Values { return source.Values{Kind: k, Ints: []int64{n}} }
	dec := func(n int64, scale int) source.Values {
		return source.Values{Kind: source.Decimal, Ints: []int64{n}, Scale: scale}
	}
	float := func(f float64) source.Values { return source.Values{Kind: source.Float64, Floats: []float64{f}} }
	instant := source.Values{Kind: source.Timestamp, Ints: []int64{86_400_000_000}, Zoned: true}
	col := func(t asset.Type) ParquetColumn { return ParquetColumn{Path: "c", Type: t} }
	for _, c := range []struct {
		column ParquetColumn
		value  source.Values
		want   string // of the parquet value; "" = no exact conversion
	}{
		{col(asset.TypeInteger), dec(1200, 2), "12"},
		{col(asset.TypeInteger), dec(1201, 2), ""},
		{col(asset.TypeInteger), float(3), "3"},
		{col(asset.TypeInteger), float(3.5), ""},
		{col(asset.TypeInteger), float(1e19), ""},
		{col(asset.TypeInteger), float(math.NaN()), ""},
		{ParquetColumn{Type: asset.TypeDecimal, Scale: 3}, dec(12, 1), "1200"},
		{ParquetColumn{Type: asset.TypeDecimal, Scale: 1}, dec(1234, 3), ""},
		{ParquetColumn{Type: asset.TypeDecimal, Scale: 9}, ints(source.Int64, 1<<40), ""},
		{col(asset.TypeFloat), ints(source.Int64, 1<<53+1), ""},
		{col(asset.TypeFloat), ints(source.Int64, 1<<53), "9.007199254740992e+15"},
		{col(asset.TypeFloat), ints(source.Int64, math.MaxInt64), ""},
		{col(asset.TypeFloat), dec(25, 2), "0.25"},
		{col(asset.TypeTimestamp), instant, ""},
		{ParquetColumn{Type: asset.TypeTimestamp, Zoned: true}, instant, "86400000000"},
		{ParquetColumn{Type: asset.TypeTimestamp, Zoned: true}, ints(source.Timestamp, 5), ""},
		{col(asset.TypeTimestamp), ints(source.Date, 2), "172800000000"},
		{col(asset.TypeDate), ints(source.Timestamp, 172_800_000_000), "2"},
		{col(asset.TypeDate), ints(source.Timestamp, 172_800_000_001), ""},
		{col(asset.TypeDate), instant, ""},
		{col(asset.TypeBoolean), ints(source.Int64, 2), ""},
		{col(asset.TypeText), dec(-5, 3), "-0.005"},
		{col(asset.TypeText), ints(source.Date, -1), "1969-12-31"},
		{col(asset.TypeText), ints(source.Time, 1), "00:00:00.000001"},
		{col(asset.TypeText), instant, "1970-01-02T00:00:00Z"},
		{col(asset.TypeText), ints(source.Timestamp, -1), "1969-12-31T23:59:59.999999"},
		{col(asset.TypeText), float(math.Inf(-1)), "-Infinity"},
		{col(asset.TypeText), ints(source.Bool, 1), "true"},
		{col(asset.TypeBinary), ints(source.Int64, 1), ""},
	} {
		out := pqOut{ParquetColumn: c.column}
		got, err := out.convert(&c.value, 0)
		if (err != nil) != (c.want == "") || err == nil && got.String() != c.want {
			t.Errorf("%v from kind %d %v: %q, %v; want %q", c.column, c.value.Kind, c.value.Ints, got.String(), err, c.want)
		}
	}
}

// A dictionary entry that does not convert matters only when a code uses it.
func TestParquetWriterIgnoresUnusedEntries(t *testing.T) {
	w, err := NewParquetWriter(io.Discard, []ParquetColumn{{Path: "n", Type: asset.TypeInteger}})
	if err != nil {
		t.Fatal(err)
	}
	k := textChunk("7", "x")
	k.Codes = []int32{0, 0}
	if err := w.WriteBatch(&source.Batch{Rows: 2, Chunks: []source.Chunk{k}}); err != nil {
		t.Error(err)
	}
	k.Codes = []int32{0, 1}
	if err := w.WriteBatch(&source.Batch{Rows: 2, Chunks: []source.Chunk{k}}); err == nil || fault.As(err).Params["row"] != "4" {
		t.Errorf("got %v, want an error in row 4", err)
	}
}

func TestParquetWriterMakesRowGroups(t *testing.T) {
	var out bytes.Buffer
	w, err := NewParquetWriter(&out, []ParquetColumn{{Path: "n", Type: asset.TypeInteger}, {Path: "late", Type: asset.TypeText}})
	if err != nil {
		t.Fatal(err)
	}
	const batches, rows = 70, 4096
	for i := range batches {
		k := source.Chunk{N: rows, Values: source.Values{Kind: source.Int64, Ints: make([]int64, rows)}}
		for j := range k.Values.Ints {
			k.Values.Ints[j] = int64(i*rows + j)
		}
		// The second column has no chunk: it is null.
		if err := w.WriteBatch(&source.Batch{Rows: rows, Chunks: []source.Chunk{k}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := pqReadFooter(bytes.NewReader(out.Bytes()), int64(out.Len()), pqDefaultMemory)
	if err != nil {
		t.Fatal(err)
	}
	if f.rows != batches*rows || len(f.groups) != 3 || f.groups[0].rows != pqGroupRows {
		t.Errorf("%d rows in %d groups, want %d in 3 of %d and the rest", f.rows, len(f.groups), batches*rows, pqGroupRows)
	}
	name := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := pqReadAllBlocks(t, pqOpenFiles(t, source.Options{}, pqPartOf(name)), false)
	for i, p := range got[0].places {
		if p == nil || *p != fmt.Sprint(i) || got[1].places[i] != nil {
			t.Fatalf("row %d: %v %v", i, p, got[1].places[i])
		}
	}
}

func TestParquetWriterRefuses(t *testing.T) {
	for _, cols := range [][]ParquetColumn{nil, {{Path: "a"}, {Path: "a"}}, {{Path: "a", Type: asset.TypeDecimal, Scale: 19}}} {
		if _, err := NewParquetWriter(io.Discard, cols); fault.As(err) == nil {
			t.Errorf("columns %v were accepted (%v)", cols, err)
		}
	}
}
