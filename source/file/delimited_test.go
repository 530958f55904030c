package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assay/fault"
	"assay/source"

	"github.com/google/go-cmp/cmp"
)

func textDataset(paths ...string) source.Dataset {
	d := source.Dataset{Name: "t", Locator: paths[0], Format: formatOfText}
	for _, p := range paths {
		part := source.Part{Path: p, Name: filepath.Base(p)}
		if info, err := os.Stat(p); err == nil {
			part.Size = info.Size()
		}
		d.Parts = append(d.Parts, part)
		d.Bytes += part.Size
	}
	return d
}

const formatOfText = "csv"

// null marks a null in textRows.
const null = "∅"

// textRows reads a dataset of text as rows of text.
func textRows(t testing.TB, d source.Dataset, o source.Options) (cols []string, rows [][]string, stats source.Stats, desc source.Description, err error) {
	t.Helper()
	o.Aligned = true
	ctx := context.Background()
	r, err := openDelimited(ctx, d, o)
	if err != nil {
		return nil, nil, stats, desc, err
	}
	defer r.Close()
	for _, c := range r.Columns() {
		cols = append(cols, c.Path)
	}
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return cols, rows, stats, r.Describe(), nil
		}
		if err != nil {
			return cols, rows, stats, r.Describe(), err
		}
		s, err := b.Decode(ctx, func(b *source.Batch) error {
			at := len(rows)
			for range b.Rows {
				rows = append(rows, make([]string, len(cols)))
			}
			for _, ch := range b.Chunks {
				dense := 0
				for i := range ch.N {
					cell := null
					if ch.IsValid(i) {
						k := dense
						if ch.Codes != nil {
							k = int(ch.Codes[dense])
						}
						cell = string(ch.Values.Spans[k].Of(ch.Values.Data))
						dense++
					}
					rows[at+i][ch.Column] = cell
				}
			}
			return nil
		})
		if err != nil {
			return cols, rows, stats, r.Describe(), err
		}
		stats.Rows += s.Rows
		stats.Rejected += s.Rejected
		for _, j := range s.Rejects {
			j.Line += stats.Lines
			stats.Rejects = append(stats.Rejects, j)
		}
		stats.Lines += s.Lines
	}
}

// The twelve files of csv-spectrum with their JSON truths. location_coordinates has
// another phone number in the truth than in the file (the set's README).
func TestCSVSpectrum(t *testing.T) {
	dir := sharedData(t, "csv-messy/csv-spectrum")
	files, err := filepath.Glob(filepath.Join(dir, "csvs/*.csv"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".csv")
		raw, err := os.ReadFile(filepath.Join(dir, "json", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]string
		if raw[0] == '{' {
			raw = append(append([]byte{'['}, raw...), ']')
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(name, err)
		}
		one := 1
		cols, rows, _, _, err := textRows(t, textDataset(f), source.Options{HeaderRows: &one})
		if err != nil {
			t.Fatal(name, err)
		}
		var got []map[string]string
		for _, row := range rows {
			m := map[string]string{}
			for i, c := range cols {
				m[c] = strings.Replace(row[i], null, "", 1)
			}
			got = append(got, m)
		}
		if name == "location_coordinates" {
			for i := range got {
				delete(got[i], "Contact Phone Number")
				delete(want[i], "Contact Phone Number")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// truth of the 109 files for which DuckDB's own tests say what to expect.
type duckTruth struct {
	Options  string
	Columns  int
	Rows     [][]*string
	RowCount *int64 `json:"row_count"`
	Error    string
}

// deliberate are expectations that we do not share, with the reason. They were judged
// one by one; anything else that differs fails.
var deliberate = map[string]string{
	"comments/simple_comma.csv#0":                  "a comma is not taken for a comment mark",
	"comments/simple_mid_line.csv#0":               "a comment mark inside a line is text",
	"comments/only_midline.csv#0":                  "a comment mark inside a line is text",
	"comments/only_midline.csv#1":                  "a comment mark inside a line is text",
	"comments/mid_line.csv#0":                      "a comment mark inside a line is text",
	"comments/mid_line_header.csv#0":               "a comment mark inside a line is text",
	"comments/mid_line_null.csv#0":                 "a comment mark inside a line is text",
	"comments/mid_line_quote.csv#0":                "a comment mark inside a line is text",
	"comments/midline_empty_space.csv#0":           "a comment mark inside a line is text",
	"comments/simple.csv#1":                        "two rows of numbers have no header",
	"inconsistencies/inconsistent_columns_6.csv#0": "a row with a field too many is a reject, not a reason for one wide column",
	"17738.csv#0":                                  "six columns and lines above them, where DuckDB reads one wide column",
	"17738.csv#1":                                  "six columns and lines above them, where DuckDB reads one wide column",
	"17738_rn.csv#0":                               "quotes that do not close are rejects also in one wide column",
	"multidelimiter/many_bytes.csv#0":              "a delimiter at the end of every line makes no column",
	"unescaped_quotes/stops.csv#0":                 "quotes around fields are taken off, also where one value has quotes inside",
	"timestamp_timezone.csv#3":                     "the same instants: DuckDB prints them in UTC, we keep the text",
}

func TestDuckDBTruth(t *testing.T) {
	dir := sharedData(t, "csv-messy")
	raw, err := os.ReadFile(filepath.Join(dir, "duckdb-truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string][]duckTruth
	if err := json.Unmarshal(raw, &truth); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, cases := range truth {
		for i, c := range cases {
			key := name + "#" + strconv.Itoa(i)
			if c.Error != "" {
				continue // DuckDB refuses; we read what can be read and count rejects
			}
			o, ok := duckOptions(c.Options)
			if !ok {
				continue
			}
			checked++
			_, rows, stats, _, err := textRows(t, textDataset(filepath.Join(dir, "duckdb", name)), o)
			diff := ""
			switch {
			case err != nil:
				diff = err.Error()
			case c.RowCount != nil && stats.Rows != *c.RowCount:
				diff = fmt.Sprintf("%d rows and %d rejects, want %d", stats.Rows, stats.Rejected, *c.RowCount)
			case c.Rows != nil:
				diff = cmp.Diff(sortedRows(c.Rows), sortedText(rows))
			}
			if reason := deliberate[key]; reason != "" {
				if diff == "" {
					t.Errorf("%s no longer differs: take it off the list", key)
				}
				continue
			}
			if diff != "" {
				t.Errorf("%s (%s): -duckdb +assay\n%s", key, c.Options, diff)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d expectations were compared", checked)
	}
}

// sortedRows brings DuckDB's rows, which are typed values printed, and ours, which are
// text, into one form: numbers without trailing zeros, one mark for null and for empty,
// no blanks around, rows in order.
func sortedRows(rows [][]*string) []string {
	var out []string
	for _, r := range rows {
		var cells []string
		for _, c := range r {
			switch {
			case c == nil || *c == "NULL":
				cells = append(cells, "")
			case *c == "(empty)":
				cells = append(cells, "")
			default:
				cells = append(cells, plainText(*c))
			}
		}
		out = append(out, strings.Join(cells, "¦"))
	}
	slices.Sort(out)
	return out
}

func sortedText(rows [][]string) []string {
	var out []string
	for _, r := range rows {
		var cells []string
		for _, c := range r {
			cells = append(cells, plainText(strings.Replace(c, null, "", 1)))
		}
		out = append(out, strings.Join(cells, "¦"))
	}
	slices.Sort(out)
	return out
}

func plainText(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\x00", `\0`)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return s
}

// duckOptions turns the arguments of read_csv into options, where we have the like.
func duckOptions(s string) (o source.Options, ok bool) {
	for _, arg := range splitArgs(s) {
		key, value, _ := strings.Cut(arg, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(value), "'")
		switch key {
		case "":
		case "delim", "sep":
			o.Delimiter = strings.ReplaceAll(value, `\t`, "\t")
		case "header":
			n := 0
			if v := strings.ToLower(value); v == "true" || v == "1" {
				n = 1
			}
			o.HeaderRows = &n
		case "quote":
			o.Quote = firstByte(value)
		case "escape":
			o.Escape = firstByte(value)
		case "skip":
			o.SkipRows, _ = strconv.Atoi(value)
		case "encoding":
			o.Encoding = value
		case "comment":
			o.Comment = value
		case "auto_detect", "sample_size", "all_varchar", "parallel", "buffer_size", "dateformat", "timestampformat", "types", "dtypes", "normalize_names", "max_line_size":
		default:
			return o, false
		}
	}
	return o, true
}

func firstByte(s string) *byte {
	var b byte
	if len(s) > 0 {
		b = s[0]
	}
	return &b
}

// splitArgs splits at commas outside braces, brackets and quotes.
func splitArgs(s string) []string {
	var out []string
	depth, from, quoted := 0, 0, false
	for i, c := range s {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[' || c == '(':
			depth++
		case c == '}' || c == ']' || c == ')':
			depth--
		case c == ',' && depth == 0:
			out, from = append(out, s[from:i]), i+1
		}
	}
	return append(out, s[from:])
}

// Every messy file reads without a panic, and a block size of a few bytes changes
// nothing.
func TestMessyFilesReadTheSameInAnyBlocks(t *testing.T) {
	dir := sharedData(t, "csv-messy")
	n := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".md") || strings.Contains(path, "LICENSE") {
			return err
		}
		n++
		_, want, ws, _, werr := textRows(t, textDataset(path), source.Options{})
		for _, size := range []int{1, 7, 64, 1000} {
			_, got, gs, _, gerr := textRows(t, textDataset(path), source.Options{BlockBytes: size})
			if !cmp.Equal(want, got) || ws.Rejected != gs.Rejected || ws.Lines != gs.Lines || (werr == nil) != (gerr == nil) {
				t.Errorf("%s in blocks of %d: %d rows %d rejects %d lines %v, want %d, %d, %d, %v", path, size,
					gs.Rows, gs.Rejected, gs.Lines, gerr, ws.Rows, ws.Rejected, ws.Lines, werr)
			}
		}
		return nil
	})
	if err != nil || n < 150 {
		t.Errorf("%d files, %v", n, err)
	}
}

// The air-quality files, whose truth was counted by others.
func TestAirQualityRows(t *testing.T) {
	dir := sharedData(t, "air-quality")
	files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	for _, f := range files {
		cols, _, stats, desc, err := textRows(t, textDataset(f), source.Options{})
		if err != nil || stats.Rows != 35_064 || stats.Rejected != 0 || len(cols) != 18 || desc.Dialect.LineEnd != "crlf" {
			t.Errorf("%s: %d rows %d rejects %d columns, %v", f, stats.Rows, stats.Rejected, len(cols), err)
		}
	}
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRejectsSayTheLine(t *testing.T) {
	path := write(t, "a.csv", "title\n\nid,name,n\n1,a,5\n2,b\n3,\"two\nlines\",6\n4,\"open,7\n5,e,8\n6,f,9,10\n"+strings.Repeat("7,g,11\n", 60))
	for _, size := range []int{0, 5, 20} {
		_, rows, stats, _, err := textRows(t, textDataset(path), source.Options{BlockBytes: size, Delimiter: ",", SkipRows: 2})
		if err != nil {
			t.Fatal(err)
		}
		var lines []int64
		for _, j := range stats.Rejects {
			lines = append(lines, j.Line)
		}
		// Lines of the file: 5 is short, 8 has the open quote, 10 has a field too many.
		if len(rows) != 63 || stats.Rejected != 3 || !slices.Equal(lines, []int64{5, 8, 10}) {
			t.Errorf("blocks of %d: %d rows, rejects at lines %v, want 63 rows and lines 5, 8, 10", size, len(rows), lines)
		}
	}
}

func TestColumnsGetPathsOfTheirOwn(t *testing.T) {
	path := write(t, "a.csv", "id,,id,name\n1,x,2,a\n2,y,3,b\n")
	cols, _, _, _, err := textRows(t, textDataset(path), source.Options{})
	if want := []string{"id", "column_2", "id_2", "name"}; err != nil || !slices.Equal(cols, want) {
		t.Errorf("columns %q, want %q (%v)", cols, want, err)
	}
}

func TestPartsAreMatchedByName(t *testing.T) {
	a := write(t, "a.csv", "id,name\n1,x\n2,y\n")
	b := write(t, "b.csv", "name;id\nz;3\nw;4\n")
	c := write(t, "c.csv", "id,other\n5,v\n6,u\n")
	_, rows, _, _, err := textRows(t, textDataset(a, b), source.Options{})
	if want := [][]string{{"1", "x"}, {"2", "y"}, {"3", "z"}, {"4", "w"}}; err != nil || !cmp.Equal(rows, want) {
		t.Errorf("rows %q, want %q (%v)", rows, want, err)
	}
	if _, _, _, _, err := textRows(t, textDataset(a, c), source.Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("parts with other columns: %v, want a fault", err)
	}
}

func TestFixedColumnsComeFromThePath(t *testing.T) {
	d := textDataset(write(t, "a.csv", "id,name\n1,x\n2,y\n"), write(t, "b.csv", "id,name\n3,z\n"))
	d.Parts[0].Fixed = map[string]string{"year": "2023", "name": "p"}
	d.Parts[1].Fixed = map[string]string{"year": "2024", "name": "q"}
	cols, rows, _, _, err := textRows(t, d, source.Options{})
	if err != nil || !slices.Equal(cols, []string{"id", "name", "name_2", "year"}) || !slices.Equal(rows[2], []string{"3", "z", "q", "2024"}) {
		t.Errorf("columns %q rows %q (%v)", cols, rows, err)
	}
}

func TestOverridesWin(t *testing.T) {
	path := write(t, "a.csv", "1,2;3\n4,5;6\n")
	zero := 0
	cols, rows, _, _, err := textRows(t, textDataset(path), source.Options{Delimiter: ";", HeaderRows: &zero, Columns: []string{"a", "b"}})
	if err != nil || !slices.Equal(cols, []string{"a", "b"}) || !cmp.Equal(rows, [][]string{{"1,2", "3"}, {"4,5", "6"}}) {
		t.Errorf("columns %q rows %q (%v)", cols, rows, err)
	}
	if _, _, _, _, err := textRows(t, textDataset(path), source.Options{Encoding: "no-such"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("unknown encoding: %v", err)
	}
}

// A record of 40 MB is a row; what is cut says so.
func TestGiantRecord(t *testing.T) {
	path := write(t, "a.csv", "id,text\n1,"+strings.Repeat("x", 40<<20)+"\n2,y\n")
	ctx := context.Background()
	r, err := openDelimited(ctx, textDataset(path), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rows int64
	cut := false
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := b.Decode(ctx, func(b *source.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		rows += s.Rows
		for _, n := range s.Notes {
			cut = cut || n.Code == "value.truncated"
		}
	}
	if rows != 2 || !cut {
		t.Errorf("%d rows, cut said %v; want 2 rows and a note", rows, cut)
	}
}
