package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// pqTryAll opens and decodes everything and returns the first error. It fails the test
// when a batch breaks its contract or a panic had to be caught.
func pqTryAll(t testing.TB, dir string, data []byte, o source.Options) error {
	t.Helper()
	name := filepath.Join(dir, "x.parquet")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	err := pqTry(t, source.Dataset{Locator: "x", Parts: []source.Part{pqPartOf(name)}}, o)
	if err == nil {
		return nil
	}
	f := fault.As(err)
	if f == nil || f.Kind == fault.Internal || !message.Has(f.Code) {
		t.Errorf("error %v is no fault of the catalogue", err)
	}
	if strings.Contains(err.Error(), "panic:") {
		t.Errorf("a panic was caught: %v", err)
	}
	return err
}

var errPqEnough = fault.New(fault.Canceled, "parquet.closed")

func pqTry(t testing.TB, d source.Dataset, o source.Options) error {
	ctx := context.Background()
	r, err := openParquet(ctx, d, o)
	if err != nil {
		return err
	}
	defer r.Close()
	batches := 0
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = b.Decode(ctx, func(batch *source.Batch) error {
			for i := range batch.Chunks {
				k := &batch.Chunks[i]
				pqCheckChunk(t, r.Columns()[k.Column], batch, k, o.Aligned)
				for _, c := range k.Codes {
					if int(c) >= k.Values.Len() || c < 0 {
						t.Fatalf("code %d of %d", c, k.Values.Len())
					}
				}
				for _, s := range k.Values.Spans {
					if int64(s.Off)+int64(s.Len) > int64(len(k.Values.Data)) {
						t.Fatalf("span %v of %d bytes", s, len(k.Values.Data))
					}
				}
			}
			if batches++; batches > 500 {
				return errPqEnough // a few bytes may rightly stand for 2^60 nulls
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func pqCode(err error) string {
	if f := fault.As(err); f != nil {
		return f.Code
	}
	return ""
}

func TestParquetCutAnywhereIsAnError(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile("testdata/parquet/apache_nullable.impala.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		want := "parquet.truncated"
		switch {
		case n == 0:
			want = "source.empty"
		case n < 4:
			want = "parquet.not_parquet"
		}
		if got := pqCode(pqTryAll(t, dir, data[:n], source.Options{})); got != want {
			t.Errorf("cut at %d: %q, want %s", n, got, want)
		}
	}
}

// Every byte of small files is broken in turn: whatever comes of it, it must not be a
// panic, a broken batch or much memory.
func TestParquetSurvivesBrokenBytes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"apache_nullable.impala", "apache_datapage_v2.snappy", "apache_alltypes_dictionary",
		"codec_brotli", "codec_lz4", "codec_gzip", "apache_nested_maps.snappy"} {
		data, err := os.ReadFile("testdata/parquet/" + name + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		broken := 0
		for i := range data {
			bad := bytes.Clone(data)
			bad[i] ^= []byte{0xff, 0x01, 0x80}[i%3]
			if pqTryAll(t, dir, bad, source.Options{MemoryBytes: 1 << 20, Aligned: i/3%2 == 1}) != nil {
				broken++
			}
		}
		if broken < len(data)/8 {
			t.Errorf("%s: only %d errors from %d broken files", name, broken, len(data))
		}
	}
}

func TestParquetRefusesWhatItIsNot(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile("testdata/parquet/codec_gzip.parquet")
	if err != nil {
		t.Fatal(err)
	}
	with := func(at int, s string) []byte {
		b := bytes.Clone(data)
		if at < 0 {
			at += len(b)
		}
		copy(b[at:], s)
		return b
	}
	for _, c := range []struct {
		name string
		data []byte
		code string
	}{
		{"text", []byte("a,b\n1,2\n3,4\n5,6\n"), "parquet.not_parquet"},
		{"wrong magic", with(0, "PARX"), "parquet.not_parquet"},
		{"encrypted footer", with(-4, "PARE"), "parquet.encrypted"},
		{"encrypted file", with(0, "PARE"), "parquet.encrypted"},
		{"footer longer than the file", with(-8, "\xff\xff\xff\x7f"), "parquet.truncated"},
		{"footer of 4 GB", with(-8, "\xff\xff\xff\xff"), "parquet.truncated"},
		{"footer of nothing", with(-8, "\x00\x00\x00\x00"), "parquet.damaged"},
	} {
		if got := pqCode(pqTryAll(t, dir, c.data, source.Options{})); got != c.code {
			t.Errorf("%s: %q, want %s", c.name, got, c.code)
		}
	}
	_, err = openParquet(context.Background(), source.Dataset{Locator: "x", Parts: []source.Part{{Path: "testdata/none"}}}, source.Options{})
	if pqCode(err) != "source.not_found" {
		t.Errorf("missing file: %v", err)
	}
	_, err = openParquet(context.Background(), source.Dataset{Locator: "x", Parts: []source.Part{{Path: "testdata"}}}, source.Options{})
	if pqCode(err) != "parquet.not_parquet" {
		t.Errorf("folder: %v", err)
	}
}

// pqForge writes a Parquet file of one row group with the structures as they are
// given, sensible or not.
type pqForge struct {
	schema []format.SchemaElement
	rows   int64
	pages  []pqForged // all of one column
	codec  format.CompressionCodec
	values int64
	tweak  func(*format.FileMetaData)
}

type pqForged struct {
	header format.PageHeader
	body   []byte
}

func (f pqForge) bytes(t testing.TB) []byte {
	t.Helper()
	marshal := func(v any) []byte {
		b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	out := []byte("PAR1")
	for _, p := range f.pages {
		out = append(append(out, marshal(&p.header)...), p.body...)
	}
	meta := format.FileMetaData{Version: 1, Schema: f.schema, NumRows: f.rows}
	if f.rows > 0 {
		g := format.RowGroup{NumRows: f.rows}
		if f.pages != nil {
			g.Columns = []format.ColumnChunk{{MetaData: format.ColumnMetaData{Codec: f.codec, NumValues: f.values,
				DataPageOffset: 4, TotalCompressedSize: int64(len(out) - 4)}}}
		}
		meta.RowGroups = []format.RowGroup{g}
	}
	if f.tweak != nil {
		f.tweak(&meta)
	}
	foot := marshal(&meta)
	out = append(out, foot...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(foot)))
	return append(out, "PAR1"...)
}

func pqRoot(children ...format.SchemaElement) []format.SchemaElement {
	root := format.SchemaElement{Name: "root", NumChildren: thrift.New(int32(len(children)))}
	return append([]format.SchemaElement{root}, children...)
}

func pqField(name string, typ format.Type) format.SchemaElement {
	return format.SchemaElement{Name: name, Type: thrift.New(typ), RepetitionType: thrift.New(format.Required)}
}

func pqDataPage(values int, e format.Encoding, size int, body []byte) pqForged {
	return pqForged{format.PageHeader{Type: format.DataPage, CompressedPageSize: int32(len(body)), UncompressedPageSize: int32(size),
		DataPageHeader: thrift.New(format.DataPageHeader{NumValues: int32(values), Encoding: e,
			DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}, body}
}

func TestParquetOddButRightFiles(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name  string
		forge pqForge
		paths []string
		rows  int64
	}{
		{"no columns, no rows", pqForge{schema: pqRoot()}, nil, 0},
		{"no columns, three rows", pqForge{schema: pqRoot(), rows: 3}, nil, 3},
		{"no row groups", pqForge{schema: pqRoot(pqField("a", format.Int32))}, []string{"a"}, 0},
		{"equal and empty names", pqForge{schema: pqRoot(pqField("a", format.Int32), pqField("a", format.Double), pqField("", format.Int64),
			pqField("a_2", format.Int64))}, []string{"a", "a_3", "column_3", "a_2"}, 0},
	} {
		name := filepath.Join(dir, "y.parquet")
		if err := os.WriteFile(name, c.forge.bytes(t), 0o600); err != nil {
			t.Fatal(err)
		}
		r := pqOpenFiles(t, source.Options{}, pqPartOf(name))
		var paths []string
		for _, col := range r.Columns() {
			paths = append(paths, col.Path)
		}
		if d := cmp.Diff(c.paths, paths); d != "" {
			t.Errorf("%s: columns (-want +got):\n%s", c.name, d)
		}
		if _, rows := pqReadAllBlocks(t, r, false); rows != c.rows {
			t.Errorf("%s: %d rows, want %d", c.name, rows, c.rows)
		}
		if err := pqTryAll(t, dir, c.forge.bytes(t), source.Options{Aligned: true}); err != nil {
			t.Errorf("%s, aligned: %v", c.name, err)
		}
	}
}

func TestParquetLyingHeadersTakeNoMemory(t *testing.T) {
	dir := t.TempDir()
	one := pqRoot(pqField("a", format.Int64))
	text := pqRoot(pqField("a", format.ByteArray))
	huge := pqDataPage(1, format.Plain, math.MaxInt32, []byte{1, 2, 3})
	longer := pqDataPage(1, format.Plain, 3, []byte{1, 2, 3})
	longer.header.CompressedPageSize = math.MaxInt32
	dict := pqForged{format.PageHeader{Type: format.DictionaryPage, CompressedPageSize: 8, UncompressedPageSize: 8,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: 1})}, make([]byte, 8)}
	two := pqForged{format.PageHeader{Type: format.DictionaryPage, CompressedPageSize: 16, UncompressedPageSize: 16,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: 2})}, make([]byte, 16)}
	lyingDict := dict
	lyingDict.header.DictionaryPageHeader.V.NumValues = math.MaxInt32
	deltas := binary.AppendUvarint([]byte{0x80, 0x01, 4}, 1<<40) // block 128, 4 miniblocks, 2^40 values
	sized := func(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }
	for _, c := range []struct {
		name  string
		forge pqForge
		code  string
	}{
		{"page of 2 GB, decompressed", pqForge{one, 1, []pqForged{huge}, format.Snappy, 1, nil}, "parquet.large_page"},
		{"page of 2 GB in the file", pqForge{one, 1, []pqForged{longer}, format.Uncompressed, 1, nil}, "parquet.large_page"},
		{"page of another size than stated", pqForge{one, 1, []pqForged{pqDataPage(1, format.Plain, 100, []byte{1, 2, 3})}, format.Snappy, 1, nil}, "parquet.damaged_chunk"},
		{"page shorter than stated", pqForge{one, 2, []pqForged{pqDataPage(2, format.Plain, 16, snappy.Encode(nil, make([]byte, 8)))}, format.Snappy, 2, nil}, "parquet.damaged_chunk"},
		{"more values than bytes", pqForge{one, 1 << 30, []pqForged{pqDataPage(1<<30, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, 1 << 30, nil}, "parquet.damaged_chunk"},
		{"dictionary of 2^31 values", pqForge{one, 1, []pqForged{lyingDict}, format.Uncompressed, 1, nil}, "parquet.large_page"},
		{"code outside the dictionary", pqForge{one, 8, []pqForged{dict, pqDataPage(8, format.RLEDictionary, 3, []byte{1, 3, 0xff})}, format.Uncompressed, 8, nil}, "parquet.damaged_chunk"},
		{"code wider than its width", pqForge{one, 8, []pqForged{two, pqDataPage(8, format.RLEDictionary, 3, []byte{1, 16, 22})}, format.Uncompressed, 8, nil}, "parquet.damaged_chunk"},
		{"codes 33 bits wide", pqForge{one, 8, []pqForged{dict, pqDataPage(8, format.RLEDictionary, 3, []byte{33, 3, 0})}, format.Uncompressed, 8, nil}, "parquet.damaged_chunk"},
		{"codes without a dictionary", pqForge{one, 8, []pqForged{pqDataPage(8, format.RLEDictionary, 3, []byte{1, 3, 0})}, format.Uncompressed, 8, nil}, "parquet.damaged_chunk"},
		{"two dictionaries", pqForge{one, 8, []pqForged{dict, dict}, format.Uncompressed, 8, nil}, "parquet.damaged_chunk"},
		{"2^40 deltas", pqForge{one, 1, []pqForged{pqDataPage(1, format.DeltaBinaryPacked, len(deltas), deltas)}, format.Uncompressed, 1, nil}, "parquet.damaged_chunk"},
		{"text beyond the page", pqForge{text, 1, []pqForged{pqDataPage(1, format.Plain, 4, sized(nil, 1<<31))}, format.Uncompressed, 1, nil}, "parquet.damaged_chunk"},
		{"codec 77", pqForge{one, 1, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, 77, 1, nil}, "parquet.unknown_coding"},
		{"encoding 77", pqForge{one, 1, []pqForged{pqDataPage(1, 77, 8, make([]byte, 8))}, format.Uncompressed, 1, nil}, "parquet.unknown_coding"},
		{"pages end early", pqForge{one, 2, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, 2, nil}, "parquet.damaged_chunk"},
		{"values that are not rows", pqForge{one, 2, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, 1, nil}, "parquet.damaged"},
		{"rows that overflow", pqForge{one, math.MaxInt64, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, math.MaxInt64,
			func(m *format.FileMetaData) { m.RowGroups = append(m.RowGroups, m.RowGroups[0]) }}, "parquet.damaged"},
		{"data in another file", pqForge{one, 1, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, 1,
			func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "other" }}, "parquet.external"},
		{"chunk beyond the file", pqForge{one, 1, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, 1,
			func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.DataPageOffset = 1 << 40 }}, "parquet.damaged_chunk"},
		{"more children than elements", pqForge{schema: []format.SchemaElement{{Name: "r", NumChildren: thrift.New(int32(math.MaxInt32))}}}, "parquet.damaged"},
		{"a column chunk too many", pqForge{pqRoot(), 1, []pqForged{pqDataPage(1, format.Plain, 8, make([]byte, 8))}, format.Uncompressed, 1, nil}, "parquet.damaged"},
	} {
		data := c.forge.bytes(t)
		for _, aligned := range []bool{false, true} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := pqTryAll(t, dir, data, source.Options{Aligned: aligned})
			runtime.ReadMemStats(&after)
			if pqCode(err) != c.code {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("%s: took %d MiB for a file of %d bytes", c.name, n>>20, len(data))
			}
		}
	}
}

// A list that claims 2^31 elements must not be believed before they are seen.
func TestParquetFooterListsAreNotBelieved(t *testing.T) {
	dir := t.TempDir()
	for _, field := range []byte{2, 4, 5} {
		foot := []byte{field<<4 | pqList, 0xf0 | pqStruct, 0xff, 0xff, 0xff, 0xff, 0x07}
		if field > 2 { // the schema comes first
			foot = append([]byte{2<<4 | pqList, 0x10 | pqStruct, 0x48, 1, 'r', 0}, foot...)
			foot[6] = (field-2)<<4 | pqList
		}
		data := append([]byte("PAR1"), foot...)
		data = binary.LittleEndian.AppendUint32(data, uint32(len(foot)))
		data = append(data, "PAR1"...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := pqTryAll(t, dir, data, source.Options{})
		runtime.ReadMemStats(&after)
		if pqCode(err) != "parquet.damaged" {
			t.Errorf("field %d: %v, want parquet.damaged", field, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("field %d: took %d bytes", field, n)
		}
	}
	// And one that is really there, of elements that take a byte in the file.
	foot := append([]byte{2<<4 | pqList, 0xf0 | pqStruct}, binary.AppendUvarint(nil, 1<<20)...)
	foot = append(foot, make([]byte, 1<<20+1)...)
	if _, err := pqParseFooter(foot); err == nil {
		t.Error("a million empty schema elements were accepted")
	}
}

// The file is closed once nothing more is to come of it, and a reader that is closed
// early says so.
func TestParquetClosed(t *testing.T) {
	r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/codec_gzip.parquet"))
	b, err := r.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Decode(context.Background(), func(*source.Batch) error { return nil }); pqCode(err) != "parquet.closed" {
		t.Errorf("decode after Close: %v", err)
	}
	r = pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/codec_gzip.parquet"))
	pqReadAllBlocks(t, r, false)
	if f := r.(*pqReader).parts[0].file; f != nil {
		t.Error("the file is still open after the last block")
	}
}

func TestParquetCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/fallback.parquet"))
	b, err := r.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	_, err = b.Decode(ctx, func(*source.Batch) error { n++; cancel(); return nil })
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d batches and %v after cancelling in the first", n, err)
	}
}

func FuzzParquet(f *testing.F) {
	for _, name := range []string{"apache_nullable.impala", "apache_datapage_v2.snappy", "apache_alltypes_dictionary", "apache_rle_boolean_encoding",
		"codec_brotli", "codec_lz4", "codec_gzip", "apache_nested_maps.snappy", "apache_byte_array_decimal", "apache_nulls.snappy"} {
		data, err := os.ReadFile("testdata/parquet/" + name + ".parquet")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, false)
		f.Add(data, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, aligned bool) {
		_ = pqTryAll(t, t.TempDir(), data, source.Options{MemoryBytes: 1 << 20, Aligned: aligned})
	})
}
