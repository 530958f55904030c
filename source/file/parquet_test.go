package file

import (
	stdcmp "cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/fault"
	"assay/source"
)

// pqTruth is what pyarrow reads: testdata/parquet/oracle.py.
type pqTruth struct {
	Rows    int64 `json:"rows"`
	Columns []struct {
		Path     string      `json:"path"`
		Kind     string      `json:"kind"`
		Repeated bool        `json:"repeated"`
		Rows     [][]*string `json:"rows"`
	} `json:"columns"`
}

// pqRead is a column as our reader gives it.
type pqRead struct {
	kinds  map[source.Kind]bool
	places []*string // of all rows
	ends   []int     // of rows, where known
}

func pqOpenFiles(t testing.TB, o source.Options, parts ...source.Part) source.Reader {
	t.Helper()
	r, err := openParquet(context.Background(), source.Dataset{Locator: "test", Format: "parquet", Parts: parts}, o)
	if err != nil {
		t.Fatalf("open %v: %v", parts, err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func pqPartOf(name string) source.Part { return source.Part{Path: name, Name: filepath.Base(name)} }

// pqReadAllBlocks decodes all blocks and holds the contract of source.Batch meanwhile.
func pqReadAllBlocks(t testing.TB, r source.Reader, aligned bool) (columns []pqRead, rows int64) {
	t.Helper()
	ctx := context.Background()
	columns = make([]pqRead, len(r.Columns()))
	perGroup := map[int]int64{}
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		next, done := map[int]int{}, map[int]int{}
		st, err := b.Decode(ctx, func(batch *source.Batch) error {
			if batch.Group != b.Group() {
				t.Errorf("batch of group %d in a block of group %d", batch.Group, b.Group())
			}
			for i := range batch.Chunks {
				k := &batch.Chunks[i]
				pqCheckChunk(t, r.Columns()[k.Column], batch, k, aligned)
				if batch.FirstRow != next[k.Column] {
					t.Errorf("column %d: first row %d, want %d", k.Column, batch.FirstRow, next[k.Column])
				}
				next[k.Column] += batch.Rows
				done[k.Column] += batch.Rows
				columns[k.Column].add(t, k)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("decode group %d: %v", b.Group(), err)
		}
		if st.Rows > 0 {
			perGroup[b.Group()] += st.Rows
			for c, n := range done {
				if int64(n) != st.Rows {
					t.Errorf("column %d has %d rows, the group %d", c, n, st.Rows)
				}
			}
		}
	}
	for _, n := range perGroup {
		rows += n
	}
	return columns, rows
}

func pqCheckChunk(t testing.TB, c source.Column, b *source.Batch, k *source.Chunk, aligned bool) {
	t.Helper()
	valid := 0
	for i := range k.N {
		if k.IsValid(i) {
			valid++
		}
	}
	if k.N-valid != k.Nulls {
		t.Errorf("%s: Nulls %d, bitmap says %d", c.Path, k.Nulls, k.N-valid)
	}
	if k.Nulls == 0 && k.Valid != nil {
		t.Errorf("%s: a bitmap without nulls", c.Path)
	}
	have := k.Values.Len()
	if k.Codes != nil {
		have = len(k.Codes)
	}
	if have != valid {
		t.Errorf("%s: %d values for %d places with a value", c.Path, have, valid)
	}
	if !c.Repeated && k.N != b.Rows {
		t.Errorf("%s: N %d, rows %d", c.Path, k.N, b.Rows)
	}
	if aligned && c.Repeated && (len(k.RowEnds) != b.Rows || b.Rows > 0 && int(k.RowEnds[b.Rows-1]) != k.N) {
		t.Errorf("%s: row ends %v for %d rows and %d places", c.Path, k.RowEnds, b.Rows, k.N)
	}
}

func (p *pqRead) add(t testing.TB, k *source.Chunk) {
	t.Helper()
	if p.kinds == nil {
		p.kinds = map[source.Kind]bool{}
	}
	base := len(p.places)
	for _, e := range k.RowEnds {
		p.ends = append(p.ends, base+int(e))
	}
	at := 0
	for i := range k.N {
		if !k.IsValid(i) {
			p.places = append(p.places, nil)
			continue
		}
		j := at
		if k.Codes != nil {
			j = int(k.Codes[at])
		}
		at++
		p.kinds[k.Values.Kind] = true
		s := pqShow(&k.Values, j)
		p.places = append(p.places, &s)
	}
}

// pqShow writes a value as oracle.py does.
func pqShow(v *source.Values, i int) string {
	switch v.Kind {
	case source.Text, source.Binary:
		return hex.EncodeToString(v.Spans[i].Of(v.Data))
	case source.Float64:
		if math.IsNaN(v.Floats[i]) {
			return "nan"
		}
		return fmt.Sprintf("%016x", math.Float64bits(v.Floats[i]))
	case source.Decimal:
		return pqShowDecimal(v.Ints[i], v.Scale)
	}
	return strconv.FormatInt(v.Ints[i], 10)
}

func pqShowDecimal(v int64, scale int) string {
	return new(big.Rat).SetFrac(big.NewInt(v), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

// kindOf says which kinds may carry what pyarrow calls kind.
func pqKindsOf(kind string) []source.Kind {
	switch kind {
	case "bool":
		return []source.Kind{source.Bool}
	case "int":
		return []source.Kind{source.Int64}
	case "uint64":
		return []source.Kind{source.Int64, source.Text}
	case "float":
		return []source.Kind{source.Float64}
	case "decimal":
		return []source.Kind{source.Decimal, source.Text}
	case "date":
		return []source.Kind{source.Date}
	case "time":
		return []source.Kind{source.Time}
	case "timestamp":
		return []source.Kind{source.Timestamp}
	case "text":
		return []source.Kind{source.Text}
	}
	return []source.Kind{source.Text, source.Binary, source.Int64}
}

func TestParquetReadsWhatPyarrowReads(t *testing.T) {
	names, err := filepath.Glob("testdata/parquet/*.json")
	if err != nil || len(names) < 20 {
		t.Fatalf("testdata/parquet has %d truth files (%v), want 20 and more", len(names), err)
	}
	// More files with truth made by oracle.py, too large to keep, may be named.
	if more := os.Getenv("ASSAY_PARQUET_TRUTH"); more != "" {
		found, err := filepath.Glob(more + "/*.json")
		if err != nil || len(found) == 0 {
			t.Fatalf("ASSAY_PARQUET_TRUTH=%s has no truth files (%v)", more, err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var truth pqTruth
		if err := json.Unmarshal(raw, &truth); err != nil {
			t.Fatal(err)
		}
		name = strings.TrimSuffix(name, ".json")
		for _, aligned := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/aligned=%t", filepath.Base(name), aligned), func(t *testing.T) {
				r := pqOpenFiles(t, source.Options{Aligned: aligned}, pqPartOf(name+".parquet"))
				if r.Expect() != truth.Rows {
					t.Errorf("Expect %d rows, want %d", r.Expect(), truth.Rows)
				}
				got, rows := pqReadAllBlocks(t, r, aligned)
				if rows != truth.Rows {
					t.Errorf("%d rows, want %d", rows, truth.Rows)
				}
				comparePq(t, r, got, &truth, aligned)
			})
		}
	}
}

func comparePq(t *testing.T, r source.Reader, got []pqRead, truth *pqTruth, aligned bool) {
	t.Helper()
	var paths, want []string
	for _, c := range r.Columns() {
		paths = append(paths, fmt.Sprint(c.Path, " ", c.Repeated))
	}
	for _, c := range truth.Columns {
		want = append(want, fmt.Sprint(c.Path, " ", c.Repeated))
	}
	if d := cmp.Diff(want, paths); d != "" {
		t.Fatalf("columns (-want +got):\n%s", d)
	}
	for i, c := range truth.Columns {
		var places []*string
		var ends []int
		for _, row := range c.Rows {
			for _, p := range row {
				if p != nil && got[i].kinds[source.Text] && (c.Kind == "uint64" || c.Kind == "decimal") {
					s := hex.EncodeToString([]byte(*p))
					p = &s
				}
				places = append(places, p)
			}
			ends = append(ends, len(places))
		}
		if d := cmp.Diff(places, got[i].places); d != "" {
			t.Errorf("%s (-want +got):\n%.2000s", c.Path, d)
		}
		if aligned && c.Repeated {
			if d := cmp.Diff(ends, got[i].ends); d != "" {
				t.Errorf("%s row ends (-want +got):\n%.1000s", c.Path, d)
			}
		}
		for k := range got[i].kinds {
			if !slices.Contains(pqKindsOf(c.Kind), k) {
				t.Errorf("%s: kind %d for pyarrow's %s", c.Path, k, c.Kind)
			}
		}
	}
}

func TestParquetDeclaresColumns(t *testing.T) {
	r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/flat_dict_v1.parquet"))
	got := map[string]string{}
	for _, c := range r.Columns() {
		got[c.Path] = fmt.Sprint(c.Declared, " ", c.Typed)
	}
	// The types that make.py gives, in the words of SQL.
	want := map[string]string{
		"i8": "TINYINT true", "u8": "TINYINT UNSIGNED true", "i16": "SMALLINT true", "i32": "INTEGER true",
		"u32": "INTEGER UNSIGNED true", "i64": "BIGINT true", "u64": "BIGINT UNSIGNED false",
		"u64small": "BIGINT UNSIGNED true", "f16": "FLOAT16 true", "f32": "FLOAT true", "f64": "DOUBLE true",
		"bool": "BOOLEAN true", "date": "DATE true", "t_ms": "TIME(ms) true", "t_us": "TIME(µs) true",
		"t_ns": "TIME(ns) true", "ts_ms": "TIMESTAMP(ms) true", "ts_us": "TIMESTAMP(µs, UTC) true",
		"ts_ns": "TIMESTAMP(ns, UTC) true", "d9": "DECIMAL(9,2) true", "d18": "DECIMAL(18,4) true",
		"d38": "DECIMAL(38,10) false", "d60": "DECIMAL(60,1) false", "text": "VARCHAR true", "uuid": "UUID true",
		"bytes": "BINARY true", "bytes_text": "BINARY true", "fixed": "BINARY(3) true", "empty": "INTEGER true",
	}
	// pyarrow writes local times of day with isAdjustedToUTC, and says so in the file.
	for _, c := range []string{"t_ms", "t_us", "t_ns"} {
		if strings.HasSuffix(got[c], ", UTC) true") {
			got[c] = strings.Replace(got[c], ", UTC", "", 1)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("declared types (-want +got):\n%s", d)
	}
}

func TestParquetTellsTextFromBytes(t *testing.T) {
	r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/flat_dict_v1.parquet"))
	got, _ := pqReadAllBlocks(t, r, false)
	for i, c := range r.Columns() {
		switch c.Path {
		case "bytes", "fixed":
			if !got[i].kinds[source.Binary] || got[i].kinds[source.Text] {
				t.Errorf("%s: random bytes have kinds %v, want Binary", c.Path, got[i].kinds)
			}
		case "bytes_text":
			if !got[i].kinds[source.Text] || got[i].kinds[source.Binary] {
				t.Errorf("%s: text without annotation has kinds %v, want Text", c.Path, got[i].kinds)
			}
		}
	}
	codes := map[string]string{}
	for _, e := range r.Describe().Evidence {
		codes[e.Code+" "+e.Column] = e.Params["writer"]
	}
	if _, ok := codes["parquet.bytes_as_text bytes_text"]; !ok || !strings.Contains(codes["parquet.created_by "], "parquet-cpp-arrow") {
		t.Errorf("evidence %v, want bytes_as_text and the writer", codes)
	}
}

func TestParquetCountsLostNanoseconds(t *testing.T) {
	for _, name := range []string{"flat_dict_v1", "flat_plain_v2", "flat_encodings"} {
		raw, err := os.ReadFile("testdata/parquet/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var truth pqTruth
		if err := json.Unmarshal(raw, &truth); err != nil {
			t.Fatal(err)
		}
		values := 0 // all are random, so that one in a thousand at most ends in 000
		for _, c := range truth.Columns {
			if c.Path == "ts_ns" {
				for _, r := range c.Rows {
					if r[0] != nil {
						values++
					}
				}
			}
		}
		lost := 0
		r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/"+name+".parquet"))
		for {
			b, err := r.Next(context.Background())
			if err != nil {
				break
			}
			st, err := b.Decode(context.Background(), func(*source.Batch) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range st.Notes {
				if n.Code != "parquet.inexact_time" || n.Column != "ts_ns" && n.Column != "t_ns" {
					t.Errorf("%s: note %v", name, n)
				}
				if n.Column == "ts_ns" {
					k, err := strconv.Atoi(n.Params["count"])
					if err != nil {
						t.Fatal(err)
					}
					lost += k
				}
			}
		}
		if lost < values-3 || lost > values {
			t.Errorf("%s: %d of %d random nanosecond times inexact, want nearly all", name, lost, values)
		}
	}
}

// A column chunk's dictionary must be recognisable by its backing array, and a chunk
// that falls back to plain pages must still be read to the end.
func TestParquetDictionaryIsOneArray(t *testing.T) {
	r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/fallback.parquet"))
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		dicts, coded, plain := map[any]bool{}, 0, 0
		if _, err := b.Decode(context.Background(), func(batch *source.Batch) error {
			k := &batch.Chunks[0]
			if k.Codes == nil {
				plain++
				return nil
			}
			coded++
			if k.Values.Kind == source.Text {
				dicts[&k.Values.Spans[0]] = true
			} else {
				dicts[&k.Values.Ints[0]] = true
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(dicts) != 1 || coded < 2 || plain < 2 {
			t.Errorf("%d dictionaries over %d coded and %d plain batches; want one, and several of both", len(dicts), coded, plain)
		}
	}
}

func TestParquetBlocksShareGroups(t *testing.T) {
	name := "testdata/parquet/flat_dict_v1.parquet"
	a, b := pqPartOf(name), pqPartOf(name)
	a.Name, b.Name = "year=2023/a.parquet", "year=2024/b.parquet"
	a.Fixed = map[string]string{"year": "2023"}
	b.Fixed = map[string]string{"year": pqHiveNull}
	r := pqOpenFiles(t, source.Options{}, a, b)
	columns := len(r.Columns())
	for n := 0; ; n++ {
		block, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			// 150 rows in groups of 64: three groups a file.
			if n != 2*3*columns {
				t.Errorf("%d blocks, want 6 groups x %d columns", n, columns)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if block.Group() != n/columns {
			t.Errorf("block %d is of group %d, want %d", n, block.Group(), n/columns)
		}
		st, err := block.Decode(context.Background(), func(*source.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if (st.Rows > 0) != (n%columns == 0) {
			t.Errorf("block %d reports %d rows; only a group's first block does", n, st.Rows)
		}
	}
	for _, aligned := range []bool{false, true} {
		r := pqOpenFiles(t, source.Options{Aligned: aligned}, a, b)
		got, rows := pqReadAllBlocks(t, r, aligned)
		last := got[columns-1]
		if c := r.Columns()[columns-1]; c.Path != "year" || c.Typed || rows != 300 || len(last.places) != 300 {
			t.Fatalf("column %+v with %d places in %d rows, want an untyped year with 300", c, len(last.places), rows)
		}
		if last.places[149] == nil || *last.places[149] != hex.EncodeToString([]byte("2023")) || last.places[150] != nil {
			t.Errorf("year of rows 149 and 150: %v %v, want 2023 and null", last.places[149], last.places[150])
		}
	}
}

// Whoever decodes blocks, in whatever order, gets the same batches.
func TestParquetBlocksDecodeConcurrently(t *testing.T) {
	parts := []source.Part{pqPartOf("testdata/parquet/flat_dict_v1.parquet"), pqPartOf("testdata/parquet/flat_plain_v2.parquet")}
	want, _ := pqReadAllBlocks(t, pqOpenFiles(t, source.Options{}, parts...), false)
	r := pqOpenFiles(t, source.Options{}, parts...)
	var blocks []source.Block
	for {
		b, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	type piece struct{ column, group, row int }
	var mu sync.Mutex
	pieces := map[piece][]*string{}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := len(blocks) - 1 - w; i >= 0; i -= 4 { // backwards
				_, err := blocks[i].Decode(context.Background(), func(b *source.Batch) error {
					var p pqRead
					p.add(t, &b.Chunks[0])
					mu.Lock()
					defer mu.Unlock()
					pieces[piece{b.Chunks[0].Column, b.Group, b.FirstRow}] = p.places
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	keys := slices.SortedFunc(maps.Keys(pieces), func(a, b piece) int {
		return stdcmp.Or(stdcmp.Compare(a.column, b.column), stdcmp.Compare(a.group, b.group), stdcmp.Compare(a.row, b.row))
	})
	got := make([][]*string, len(want))
	for _, k := range keys {
		got[k.column] = append(got[k.column], pieces[k]...)
	}
	for i := range want {
		if d := cmp.Diff(want[i].places, got[i]); d != "" {
			t.Errorf("column %d (-sequential +concurrent):\n%.500s", i, d)
		}
	}
}

func TestParquetPartsMustAgree(t *testing.T) {
	parts := []source.Part{pqPartOf("testdata/parquet/flat_dict_v1.parquet"), pqPartOf("testdata/parquet/codec_gzip.parquet")}
	_, err := openParquet(context.Background(), source.Dataset{Locator: "x", Parts: parts}, source.Options{})
	f := fault.As(err)
	if f == nil || f.Code != "parquet.schema_differs" || f.Params["locator"] != "x/codec_gzip.parquet" ||
		!strings.Contains(f.Params["columns"], "u64") {
		t.Errorf("got %v, want schema_differs naming the part and the columns", err)
	}
	// Nullability and encoding may differ.
	parts[1] = pqPartOf("testdata/parquet/flat_plain_v2.parquet")
	pqOpenFiles(t, source.Options{}, parts...)
}

func TestParquetPathColumnBesideItsNamesake(t *testing.T) {
	p := pqPartOf("testdata/parquet/codec_gzip.parquet")
	p.Fixed = map[string]string{"text": "x", "b": "1"}
	r := pqOpenFiles(t, source.Options{}, p)
	want := []source.Column{{Path: "b"}, {Path: "text_2", Label: "text"}}
	if d := cmp.Diff(want, r.Columns()[3:]); d != "" {
		t.Errorf("columns from the path (-want +got):\n%s", d)
	}
	if got, _ := pqReadAllBlocks(t, r, false); *got[4].places[0] != hex.EncodeToString([]byte("x")) {
		t.Errorf("text_2 is %v, want x", *got[4].places[0])
	}
}

func TestParquetRenames(t *testing.T) {
	name := "testdata/parquet/codec_gzip.parquet"
	r := pqOpenFiles(t, source.Options{Columns: []string{"a", "text", "c"}}, pqPartOf(name))
	want := []source.Column{{Path: "a", Label: "i32", Declared: "INTEGER", Typed: true},
		{Path: "text", Declared: "VARCHAR", Typed: true}, {Path: "c", Label: "f64", Declared: "DOUBLE", Typed: true}}
	if d := cmp.Diff(want, r.Columns()); d != "" {
		t.Errorf("columns (-want +got):\n%s", d)
	}
	_, err := openParquet(context.Background(), source.Dataset{Locator: "x", Parts: []source.Part{pqPartOf(name)}},
		source.Options{Columns: []string{"a"}})
	if f := fault.As(err); f == nil || f.Code != "parquet.rename" {
		t.Errorf("got %v, want parquet.rename", err)
	}
}

func TestParquetCommentFromSpark(t *testing.T) {
	r := pqOpenFiles(t, source.Options{}, pqPartOf("testdata/parquet/spark_comment.parquet"))
	if c := r.Columns()[0]; c.Comment != "户籍人数" {
		t.Errorf("comment %q, want 户籍人数", c.Comment)
	}
}
