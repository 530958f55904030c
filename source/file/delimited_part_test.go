package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay/asset"
	"assay/fault"
	"assay/source"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func evidence(d source.Description, code string) *asset.Observation {
	for i, o := range d.Evidence {
		if o.Code == code {
			return &d.Evidence[i]
		}
	}
	return nil
}

// A file that begins with more ASCII than the sample and goes on in GB18030.
func TestEncodingThatShowsLate(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("id,name\n")
	n := 0
	for ; b.Len() < sampleBytes+1000; n++ {
		fmt.Fprintf(&b, "%d,plain\n", n)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("1,长春光机所\n2,吉林省长春市高新区\n")
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		b.WriteString(gb)
	}
	path := write(t, "a.csv", b.String())
	for _, size := range []int{0, 1000} {
		_, rows, stats, desc, err := textRows(t, textDataset(path), source.Options{BlockBytes: size})
		if err != nil || len(rows) != n+400 || stats.Rejected != 0 || rows[len(rows)-1][1] != "吉林省长春市高新区" {
			t.Errorf("%d rows, want %d; the last %q (%v)", len(rows), n+400, rows[len(rows)-1], err)
		}
		if desc.Encoding != "gb18030" || evidence(desc, "encoding.late") == nil {
			t.Errorf("described as %s, %v", desc.Encoding, desc.Evidence)
		}
	}
}

// Invalid UTF-8 far behind the sample stays as it is: the file is UTF-8.
func TestInvalidUTF8StaysAsItIs(t *testing.T) {
	text := "id,name\n" + strings.Repeat("1,长春\n", sampleBytes/8) + "2,\xff\xfe\x00x\n"
	_, rows, _, desc, err := textRows(t, textDataset(write(t, "a.csv", text)), source.Options{})
	if err != nil || desc.Encoding != "utf-8" || rows[len(rows)-1][1] != "\xff\xfe\x00x" {
		t.Errorf("%s: %q (%v)", desc.Encoding, rows[len(rows)-1], err)
	}
}

func TestReplacedBytesAreCounted(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Repeat("1,长春市高新区管理委员会\n", 300))
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "a.csv", "id,name\n"+gb+"2,\xff\n3,\xff\n")
	_, _, _, desc, err := textRows(t, textDataset(path), source.Options{})
	o := evidence(desc, "encoding.replaced")
	if err != nil || desc.Encoding != "gb18030" || o == nil || o.Params["count"] != "2" {
		t.Errorf("%s: %+v (%v)", desc.Encoding, desc.Evidence, err)
	}
}

// A file cut while it is read gives what there was, and then a fault.
func TestFileThatShrinks(t *testing.T) {
	line := "1234567,abcdefgh\n"
	path := write(t, "a.csv", "id,name\n"+strings.Repeat(line, 400_000)) // 6.8 MB
	ctx := context.Background()
	r, err := openDelimited(ctx, textDataset(path), source.Options{BlockBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows := int64(0)
	for k := 0; ; k++ {
		b, err := r.Next(ctx)
		if err != nil {
			if e := fault.As(err); e == nil || e.Code != "delimited.shrunk" {
				t.Errorf("ended with %v", err)
			}
			break
		}
		s, err := b.Decode(ctx, func(*source.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		rows += s.Rows
		if k == 1 {
			if err := os.Truncate(path, 4<<20); err != nil {
				t.Fatal(err)
			}
		}
	}
	// All rows of the 4 MiB, and the one that is cut if its fields are all there.
	if want := int64((4<<20 - 8) / len(line)); rows != want && rows != want+1 {
		t.Errorf("%d rows of a file cut to %d", rows, want)
	}
}

func TestBrokenGzipIsPartial(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	rng := rand.New(rand.NewPCG(1, 1))
	fmt.Fprint(w, "id,name\n")
	for range 200_000 {
		fmt.Fprintf(w, "%d,%x\n", rng.Uint64(), rng.Uint64())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := write(t, "a.csv.gz", z.String()[:z.Len()*2/3])
	_, rows, _, _, err := textRows(t, textDataset(path), source.Options{})
	if e := fault.As(err); e == nil || e.Code != "source.truncated" || len(rows) < 100_000 {
		t.Errorf("%d rows, then %v", len(rows), err)
	}
}

func TestShortRowsAreCountedWherePadded(t *testing.T) {
	text := "id,name,n\n" + strings.Repeat("1,a,5\n2,b\n", 50) + "3,c,4,5\n"
	_, rows, stats, desc, err := textRows(t, textDataset(write(t, "a.csv", text)), source.Options{})
	if err != nil || len(rows) != 100 || stats.Rejected != 1 || !slices.Equal(rows[1], []string{"2", "b", null}) || evidence(desc, "dialect.padded") == nil {
		t.Fatalf("%d rows, %d rejects, %q (%v)", len(rows), stats.Rejected, rows[1], err)
	}
	if got := notes(t, text, "row.short"); got != "50" {
		t.Errorf("%q short rows, want 50", got)
	}
	// One short row in a hundred is damage.
	_, rows, stats, _, err = textRows(t, textDataset(write(t, "b.csv", "id,name,n\n"+strings.Repeat("1,a,5\n", 100)+"2,b\n")), source.Options{})
	if err != nil || len(rows) != 100 || stats.Rejected != 1 {
		t.Errorf("%d rows, %d rejects (%v)", len(rows), stats.Rejected, err)
	}
}

// notes reads text and returns the count of the first note with the code.
func notes(t *testing.T, text, code string) string {
	t.Helper()
	ctx := context.Background()
	r, err := openDelimited(ctx, textDataset(write(t, "n.csv", text)), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Decode(ctx, func(*source.Batch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s.Notes {
		if n.Code == code {
			return n.Params["count"]
		}
	}
	return ""
}

func TestTotalsAreRowsAndNoted(t *testing.T) {
	text := "部门,金额\n甲,1\n乙,2\n合计,3\n"
	_, rows, _, desc, err := textRows(t, textDataset(write(t, "a.csv", text)), source.Options{})
	if err != nil || len(rows) != 3 || evidence(desc, "row.total") == nil || notes(t, text, "row.total_found") != "1" {
		t.Errorf("%q %v (%v)", rows, desc.Evidence, err)
	}
}

// The second part's rows look like a header's; its first line is the header of the first.
func TestHeaderOfLaterPartsIsKnown(t *testing.T) {
	a := write(t, "a.csv", "id,name\n1,x\n2,y\n3,z\n")
	b := write(t, "b.csv", "id,name\nk,x\nid,name\nm,y\n") // by itself a table of words with a repeat
	_, rows, _, _, err := textRows(t, textDataset(a, b), source.Options{})
	if err != nil || len(rows) != 6 || rows[3][0] != "k" {
		t.Errorf("%q (%v)", rows, err)
	}
}

func TestFixedColumnMissingInAPart(t *testing.T) {
	d := textDataset(write(t, "a.csv", "id,name\n1,x\n"), write(t, "b.csv", "id,name\n3,z\n"))
	d.Parts[0].Fixed = map[string]string{"year": "2023"}
	_, rows, _, _, err := textRows(t, d, source.Options{})
	if err != nil || len(rows) != 2 || rows[0][2] != "2023" || rows[1][2] != null {
		t.Errorf("%q (%v)", rows, err)
	}
}

// The ice tank's files are divided by blanks and have two lines above the table
// (heat/truth.json: 6038, 2000, 3690, 1996 rows of 5 columns).
func TestIceTankFiles(t *testing.T) {
	dir := sharedData(t, "heat")
	for name, want := range map[string]int64{"charging.txt": 6038, "discharging1.txt": 2000, "discharging2.txt": 3690, "discharging3.txt": 1996} {
		cols, rows, stats, _, err := textRows(t, textDataset(filepath.Join(dir, name)), source.Options{})
		if err != nil || stats.Rows != want || stats.Rejected != 0 || len(cols) != 5 || rows[0][0] != "0.0" {
			t.Errorf("%s: %d rows, %d rejects, %d columns (%v)", name, stats.Rows, stats.Rejected, len(cols), err)
		}
	}
}

// giantFile has records of 200 MB between small ones.
func giantFile(t *testing.T, records ...func(w io.Writer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "giant.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, rec := range records {
		rec(f)
	}
	return path
}

func giantText(s string) func(io.Writer) { return func(w io.Writer) { io.WriteString(w, s) } }

func giantFill(piece string, mib int) func(io.Writer) {
	return func(w io.Writer) {
		b := bytes.Repeat([]byte(piece), 1<<20/len(piece))
		for range mib {
			w.Write(b)
		}
	}
}

// Giant records of every kind are rows or rejects, one each, in bounded memory.
func TestGiantRecordsNeedLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 600 MB")
	}
	path := giantFile(t, giantText("id,text,n\n1,a,2\n2,"), giantFill("x", 200), giantText(",3\n3,\""), giantFill("长y", 200), giantText("\",4\n4,b,5\n"), // two rows
		giantFill(",", 100), giantText("\n"), // nothing but empty fields: a row of nulls
		giantFill("z,", 100), giantText("\n5,c,6\n"), // too many fields
		giantText("6,\"open\n7,d,8\n8,e,9\n")) // and an open quote
	ctx := context.Background()
	r, err := openDelimited(ctx, textDataset(path), source.Options{Delimiter: ","})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rows, rejected, lines int64
	cut := map[string]int{}
	var peak uint64
	var where []string
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := b.Decode(ctx, func(*source.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range s.Rejects {
			where = append(where, fmt.Sprint(lines+j.Line, j.Code, j.Params["got"]))
		}
		rows, rejected, lines = rows+s.Rows, rejected+s.Rejected, lines+s.Lines
		for _, n := range s.Notes {
			if n.Code == "value.truncated" {
				cut[n.Column]++
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse)
	}
	if rows != 8 || rejected != 2 || lines != 11 || cut["text"] != 2 || len(cut) != 1 {
		t.Errorf("%d rows, %d rejects, %d lines, cut %v", rows, rejected, lines, cut)
	}
	want := []string{fmt.Sprint(7, "row.fields", 50<<20+1), fmt.Sprint(9, "row.bad_quote", "")}
	if !slices.Equal(where, want) {
		t.Errorf("rejects %q, want %q", where, want)
	}
	if peak > 160<<20 {
		t.Errorf("heap of %d MiB for records of 200 MiB", peak>>20)
	}
}

// Blocks decode on any goroutine, in any order, also after the reader went on.
func TestBlocksDecodeInAnyOrder(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,name\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "%d,\"na\"\"me\n%d\"\n", i, i)
	}
	paths := []string{write(t, "a.csv", text.String()), write(t, "b.csv", text.String())}
	_, want, _, _, err := textRows(t, textDataset(paths...), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r, err := openDelimited(ctx, textDataset(paths...), source.Options{BlockBytes: 30_000})
	if err != nil {
		t.Fatal(err)
	}
	var blocks []source.Block
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	ids := make([][]string, len(blocks))
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := len(blocks) - 1 - k; i >= 0; i -= 4 {
				if _, err := blocks[i].Decode(ctx, func(b *source.Batch) error {
					for _, s := range b.Chunks[1].Values.Spans {
						ids[blocks[i].Group()] = append(ids[blocks[i].Group()], string(s.Of(b.Chunks[1].Values.Data)))
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := slices.Concat(ids...)
	if len(got) != len(want) || len(blocks) < 20 {
		t.Fatalf("%d rows in %d blocks, want %d", len(got), len(blocks), len(want))
	}
	for i := range got {
		if got[i] != want[i][1] {
			t.Fatalf("row %d is %q, want %q", i, got[i], want[i][1])
		}
	}
}

// Fifty thousand columns, most of one name: hostile, and still a table.
func TestVeryWideTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("id" + strings.Repeat(",x", 49_999) + "\n")
	for i := range 5 {
		fmt.Fprint(&b, i, strings.Repeat(",1", 49_999), "\n")
	}
	cols, rows, stats, _, err := textRows(t, textDataset(write(t, "a.csv", b.String())), source.Options{HeaderRows: new(1)})
	if err != nil || len(cols) != 50_000 || cols[49_999] != "x_49999" || len(rows) != 5 || stats.Rejected != 0 {
		t.Errorf("%d columns, %d rows, %d rejects (%v)", len(cols), len(rows), stats.Rejected, err)
	}
}

func BenchmarkDelimited(b *testing.B) {
	for _, quoted := range []bool{false, true} {
		b.Run(fmt.Sprintf("quoted=%v", quoted), func(b *testing.B) {
			path := lineitemFile(b, 64<<20, quoted)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			b.ReportAllocs()
			ctx := context.Background()
			for b.Loop() {
				r, err := openDelimited(ctx, textDataset(path), source.Options{})
				if err != nil {
					b.Fatal(err)
				}
				for {
					blk, err := r.Next(ctx)
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					if _, err := blk.Decode(ctx, func(*source.Batch) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
				r.Close()
			}
		})
	}
}

// lineitemFile has rows like those of TPC-H's lineitem.
func lineitemFile(b *testing.B, size int, quoted bool) string {
	rng := rand.New(rand.NewPCG(1, 1))
	var w bytes.Buffer
	w.WriteString("l_orderkey,l_partkey,l_suppkey,l_linenumber,l_quantity,l_extendedprice,l_discount,l_tax,l_returnflag,l_linestatus,l_shipdate,l_commitdate,l_receiptdate,l_shipinstruct,l_shipmode,l_comment\n")
	for w.Len() < size {
		row := []string{fmt.Sprint(rng.IntN(6000000)), fmt.Sprint(rng.IntN(200000)), fmt.Sprint(rng.IntN(10000)), "1", "17.00", "24386.67", "0.04", "0.02", "N", "O",
			"1996-03-13", "1996-02-12", "1996-03-22", "DELIVER IN PERSON", "TRUCK", "egular courts above the"}
		if quoted {
			w.WriteString(`"` + strings.Join(row, `","`) + "\"\n")
		} else {
			w.WriteString(strings.Join(row, ",") + "\n")
		}
	}
	path := filepath.Join(b.TempDir(), "lineitem.csv")
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
