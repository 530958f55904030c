package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"assay/internal/message"
	"assay/internal/must"
	"assay/source"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// jsonTable is everything a reader gave: for each path its values with their rows.
type jsonTable struct {
	values  map[string][]string // "row=text"; nulls are left out
	kinds   map[string]string   // the kinds of the chunks, in order, without repeats
	rows    int64
	rejects []string // "line code"
	notes   map[string]int64
	lines   []int64
	desc    source.Description
}

// jsonReadTable reads everything, the blocks in the order given by pick (nil = as they
// come), and checks what batch.go promises of chunks.
func jsonReadTable(t testing.TB, r source.Reader, pick func([]source.Block)) *jsonTable {
	t.Helper()
	defer r.Close()
	ctx := context.Background()
	var blocks []source.Block
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if b.Group() != len(blocks) {
			t.Fatalf("block %d has group %d", len(blocks), b.Group())
		}
		blocks = append(blocks, b)
	}
	if pick != nil {
		pick(blocks)
	}
	parts := make([]*jsonTable, len(blocks))
	stats := make([]source.Stats, len(blocks))
	for _, b := range blocks {
		tb := &jsonTable{values: map[string][]string{}, kinds: map[string]string{}}
		s, err := b.Decode(ctx, func(batch *source.Batch) error { return tb.add(t, r, batch) })
		if err != nil {
			t.Fatalf("Decode: %v", err)
		}
		if s.Rows != tb.rows {
			t.Errorf("block %d says %d rows, its batches have %d", b.Group(), s.Rows, tb.rows)
		}
		parts[b.Group()], stats[b.Group()] = tb, s
	}
	return jsonJoinTables(t, r, parts, stats)
}

func jsonJoinTables(t testing.TB, r source.Reader, parts []*jsonTable, stats []source.Stats) *jsonTable {
	all := &jsonTable{values: map[string][]string{}, kinds: map[string]string{}, notes: map[string]int64{}, desc: r.Describe()}
	lines := int64(0)
	for i, tb := range parts {
		for path, vs := range tb.values {
			for _, v := range vs {
				row, text, _ := strings.Cut(v, "=")
				n, _ := strconv.Atoi(row)
				all.values[path] = append(all.values[path], fmt.Sprintf("%d=%s", n+int(all.rows), text))
			}
		}
		for path, k := range tb.kinds {
			if !strings.HasSuffix(all.kinds[path], k) {
				all.kinds[path] = strings.TrimPrefix(all.kinds[path]+","+k, ",")
			}
		}
		for _, l := range tb.lines {
			all.lines = append(all.lines, l+lines)
		}
		s := stats[i]
		for _, rej := range s.Rejects {
			all.rejects = append(all.rejects, fmt.Sprintf("%d %s", rej.Line+lines, rej.Code))
			jsonMustSpeak(t, rej.Code, rej.Params)
		}
		if s.Rejected > source.MaxRejects != (int(s.Rejected) > len(s.Rejects)) {
			t.Errorf("%d rejected, %d kept", s.Rejected, len(s.Rejects))
		}
		for _, n := range s.Notes {
			count, err := strconv.ParseInt(n.Params["count"], 10, 64)
			if err != nil {
				t.Errorf("note %s without a count", n.Code)
			}
			all.notes[strings.TrimSpace(n.Column+" "+n.Code)] += count
			jsonMustSpeak(t, n.Code, n.Params)
		}
		all.rows += s.Rows
		lines += s.Lines
	}
	for _, e := range all.desc.Evidence {
		jsonMustSpeak(t, e.Code, e.Params)
	}
	if p := all.desc.Partial; p != "" {
		jsonMustSpeak(t, p, nil)
	}
	return all
}

// jsonMustSpeak fails when a code has no sentence, or one with gaps.
func jsonMustSpeak(t testing.TB, code string, p message.Params) {
	t.Helper()
	if !message.Has(code) {
		t.Errorf("the catalogue has no %s", code)
	}
	names := message.Params{}
	for name := range p {
		names[name] = "x"
	}
	for _, l := range []message.Lang{message.ZH, message.EN} {
		if s := message.Text(l, code, names); strings.ContainsAny(s, "{}") {
			t.Errorf("%s: a parameter is missing: %s", code, s)
		}
	}
}

func (tb *jsonTable) add(t testing.TB, r source.Reader, b *source.Batch) error {
	columns := r.Columns()
	if b.FirstRow != int(tb.rows) {
		t.Errorf("batch begins at row %d, want %d", b.FirstRow, tb.rows)
	}
	seen := map[int]bool{}
	for i := range b.Chunks {
		c := &b.Chunks[i]
		col := columns[c.Column]
		if seen[c.Column] {
			t.Errorf("%s is in a batch twice", col.Path)
		}
		seen[c.Column] = true
		if !col.Repeated && c.N != b.Rows {
			t.Errorf("%s has %d places for %d rows", col.Path, c.N, b.Rows)
		}
		if c.RowEnds != nil && (len(c.RowEnds) != b.Rows || int(c.RowEnds[b.Rows-1]) != c.N) {
			t.Errorf("%s: row ends %v for %d rows, %d places", col.Path, c.RowEnds, b.Rows, c.N)
		}
		tb.addChunk(t, c, col)
	}
	tb.lines = append(tb.lines, b.Lines...)
	tb.rows += int64(b.Rows)
	return nil
}

func (tb *jsonTable) addChunk(t testing.TB, c *source.Chunk, col source.Column) {
	nulls, k, row := 0, 0, 0
	for i := range c.N {
		if c.RowEnds != nil {
			for int(c.RowEnds[row]) <= i {
				row++
			}
		} else {
			row = i
		}
		if !c.IsValid(i) {
			nulls++
			continue
		}
		at := k
		if c.Codes != nil {
			at = int(c.Codes[k])
		}
		tb.values[col.Path] = append(tb.values[col.Path], fmt.Sprintf("%d=%s", row+int(tb.rows), jsonValueText(&c.Values, at)))
		k++
	}
	if nulls != c.Nulls {
		t.Errorf("%s: %d nulls, says %d", col.Path, nulls, c.Nulls)
	}
	if c.Codes == nil && k != c.Values.Len() {
		t.Errorf("%s: %d values, says %d", col.Path, k, c.Values.Len())
	}
	kind := [...]string{"text", "int", "float", "bool", "decimal", "date", "time", "timestamp", "binary"}[c.Values.Kind]
	if k > 0 && !strings.HasSuffix(tb.kinds[col.Path], kind) {
		tb.kinds[col.Path] = strings.TrimPrefix(tb.kinds[col.Path]+","+kind, ",")
	}
}

// jsonValueText writes a value as a person would: it knows nothing of the readers.
func jsonValueText(v *source.Values, i int) string {
	switch v.Kind {
	case source.Text, source.Binary:
		return string(v.Spans[i].Of(v.Data))
	case source.Float64:
		return strconv.FormatFloat(v.Floats[i], 'g', -1, 64)
	case source.Bool:
		return strconv.FormatBool(v.Ints[i] != 0)
	case source.Decimal:
		den := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Scale)), nil)
		return new(big.Rat).SetFrac(big.NewInt(v.Ints[i]), den).FloatString(v.Scale)
	case source.Date:
		return jsonDayText(v.Ints[i])
	case source.Time:
		return jsonClockText(v.Ints[i])
	case source.Timestamp:
		day := v.Ints[i] / 86400e6
		if v.Ints[i]%86400e6 < 0 {
			day--
		}
		return jsonDayText(day) + "T" + jsonClockText(v.Ints[i]-day*86400e6)
	}
	return strconv.FormatInt(v.Ints[i], 10)
}

func jsonDayText(days int64) string {
	y := 1970
	for ; days < 0; y-- {
		days += jsonDaysIn(y - 1)
	}
	for ; days >= jsonDaysIn(y); y++ {
		days -= jsonDaysIn(y)
	}
	months := []int64{31, jsonDaysIn(y) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	m := 0
	for ; days >= months[m]; m++ {
		days -= months[m]
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m+1, days+1)
}

func jsonDaysIn(year int) int64 {
	if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 366
	}
	return 365
}

func jsonClockText(us int64) string {
	s := fmt.Sprintf("%02d:%02d:%02d", us/3600e6, us/60e6%60, us/1e6%60)
	if us%1e6 != 0 {
		s += strings.TrimRight(fmt.Sprintf(".%06d", us%1e6), "0")
	}
	return s
}

// jsonTestDataset writes text to a file and returns the dataset.
func jsonTestDataset(t testing.TB, format, text string) source.Dataset {
	t.Helper()
	dir, err := os.MkdirTemp("", "json")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return jsonFileDataset(t, filepath.Join(dir, "x."+format), format, []byte(text))
}

func jsonFileDataset(t testing.TB, path, format string, data []byte) source.Dataset {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	size := int64(len(data))
	return source.Dataset{Name: "x", Locator: path, Format: format, Bytes: size,
		Parts: []source.Part{{Path: path, Name: filepath.Base(path), Size: size}}}
}

func jsonRead(t testing.TB, format, text string, o source.Options) *jsonTable {
	t.Helper()
	r, err := openJSON(context.Background(), jsonTestDataset(t, format, text), o)
	if err != nil {
		t.Fatalf("openJSON(%q): %v", text, err)
	}
	return jsonReadTable(t, r, nil)
}

var jsonAligned = source.Options{Aligned: true}

func TestJSONPathsAndKinds(t *testing.T) {
	tests := []struct {
		name, format, text string
		values             map[string][]string
		kinds              map[string]string
		notes              map[string]int64
		rows               int64
	}{{
		name: "nested", format: "ndjson", rows: 2,
		text:   `{"a":{"b":[{"c":1},{"c":2}]},"tags":["x","y"]}` + "\n" + `{"a":{"b":[]},"tags":["z"]}` + "\n",
		values: map[string][]string{"a.b[].c": {"0=1", "0=2"}, "tags[]": {"0=x", "0=y", "1=z"}},
		kinds:  map[string]string{"a.b[].c": "int", "tags[]": "text"},
		notes:  map[string]int64{"a.b json.empty": 1},
	}, {
		name: "integers, decimals, floats, text", format: "ndjson", rows: 2,
		text: `{"i":9223372036854775807,"d":12.5,"f":1e3,"big":9223372036854775808,"p":0.1234567890123456789}` + "\n" +
			`{"i":-1,"d":3,"f":0.25,"big":1,"p":1e0}`,
		values: map[string][]string{"i": {"0=9223372036854775807", "1=-1"}, "d": {"0=12.5", "1=3.0"},
			"f": {"0=1000", "1=0.25"}, "big": {"0=9223372036854775808", "1=1"}, "p": {"0=0.1234567890123456789", "1=1e0"}},
		kinds: map[string]string{"i": "int", "d": "decimal", "f": "float", "big": "text", "p": "text"},
		// 2^63 is a double exactly, but its shortest text is 9223372036854775808: it
		// is kept, so is not counted as lossy unless the digits differ.
		notes: map[string]int64{"p json.number_precision": 1, "big json.number_precision": 1},
	}, {
		name: "mixed", format: "ndjson", rows: 4,
		text:   "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":{\"b\":true}}\n{\"a\":[null,2.50]}\n",
		values: map[string][]string{"a": {"0=1", "1=x"}, "a.b": {"2=true"}, "a[]": {"3=2.50"}},
		kinds:  map[string]string{"a": "text", "a.b": "bool", "a[]": "decimal"},
		notes:  map[string]int64{"a json.mixed": 1},
	}, {
		name: "names that need quotes", format: "ndjson", rows: 1,
		text:   `{"a.b":1,"c[]":{"d` + "`" + `":2},"":3,"中文":4,"e\u0301":5}`,
		values: map[string][]string{"`a.b`": {"0=1"}, "`c[]`.`d```": {"0=2"}, "``": {"0=3"}, "中文": {"0=4"}, "e\u0301": {"0=5"}},
	}, {
		name: "escapes", format: "ndjson", rows: 1,
		text:   `{"a":"\"\\\/\b\f\n\r\t\u4e2d\ud83d\ude00","b":"\ud800x","c":"x\udc00\udc00"}`,
		values: map[string][]string{"a": {"0=\"\\/\b\f\n\r\t中😀"}, "b": {"0=\ufffdx"}, "c": {"0=x\ufffd\ufffd"}},
		notes:  map[string]int64{"json.lone_surrogate": 3},
	}, {
		name: "duplicate keys", format: "ndjson", rows: 1,
		text:   `{"a":{"x":1,"y":[1,2]},"b":1,"a":{"y":[3]},"b":"last"}`,
		values: map[string][]string{"a.y[]": {"0=3"}, "b": {"0=last"}},
		notes:  map[string]int64{"json.duplicate_key": 2},
	}, {
		name: "NaN", format: "ndjson", rows: 3,
		text:   "{\"a\":NaN}\n{\"a\":-Infinity}\n{\"a\":1}",
		values: map[string][]string{"a": {"0=NaN", "1=-Inf", "2=1"}},
		kinds:  map[string]string{"a": "float"}, notes: map[string]int64{"a json.nan": 2},
	}, {
		name: "separators", format: "ndjson", rows: 7,
		text: "\ufeff{\"a\":1},\n\n\x1e{\"a\":2}\n{\"a\":3}{\"a\":4} {\"a\":5}\r\n  \t\n{\"a\":6},{\"a\":7}",
		values: map[string][]string{
			"a": {"0=1", "1=2", "2=3", "3=4", "4=5", "5=6", "6=7"}},
	}, {
		name: "records that are no objects", format: "ndjson", rows: 3, text: "1\n[2,[3]]\n\"x\"\n",
		values: map[string][]string{"value": {"0=1", "2=x"}, "value[]": {"1=2"}, "value[][]": {"1=3"}},
	}, {
		name: "array", format: "json", rows: 2, text: "[ {\"a\":1,\"b\":\"],}\"}\n, {\"a\":2} ]\n",
		values: map[string][]string{"a": {"0=1", "1=2"}, "b": {"0=],}"}},
	}, {
		name: "one object", format: "json", rows: 1, text: "{\n \"a\":1,\n \"list\":[{\"x\":1}],\n \"note\":\"something long enough\",\n \"other\":[{\"y\":2}]}\n",
		values: map[string][]string{"a": {"0=1"}, "list[].x": {"0=1"}, "note": {"0=something long enough"}, "other[].y": {"0=2"}},
	}, {
		name: "wrapped", format: "json", rows: 2, text: `{"code":0,"message":"success","data":{"total":2,"list":[{"a":1},{"a":2}]},"time":"2024-01-01"}`,
		values: map[string][]string{"a": {"0=1", "1=2"}},
	}, {
		name: "GeoJSON", format: "json", rows: 2,
		text:   `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[116.3,39.9]},"properties":{"n":"a"}},{"type":"Feature","geometry":null,"properties":{"n":"b"}}]}`,
		values: map[string][]string{"type": {"0=Feature", "1=Feature"}, "geometry.type": {"0=Point"}, "geometry.coordinates[]": {"0=116.3", "0=39.9"}, "properties.n": {"0=a", "1=b"}},
	}, {
		name: "keyed", format: "json", rows: 2, text: `{"u1":{"n":"a","key":7},"u2":{"n":"b"}}`,
		values: map[string][]string{"key_": {"0=u1", "1=u2"}, "n": {"0=a", "1=b"}, "key": {"0=7"}},
	}, {
		name: "columns", format: "json", rows: 3, text: `{"a":[1,2,null],"b":["x","y","z"]}`,
		values: map[string][]string{"a": {"0=1", "1=2"}, "b": {"0=x", "1=y", "2=z"}},
	}, {
		name: "columns as pandas writes them", format: "json", rows: 2, text: `{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}`,
		values: map[string][]string{"a": {"0=1", "1=2"}, "b": {"0=x", "1=y"}},
	}, {
		name: "values over several lines", format: "ndjson", rows: 2, text: "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n",
		values: map[string][]string{"a": {"0=1", "1=2"}},
	}, {
		name: "UTF-16", format: "json", rows: 1, text: "\xff\xfe[\x00{\x00\"\x00a\x00\"\x00:\x00\"\x00-N\"\x00}\x00]\x00",
		values: map[string][]string{"a": {"0=中"}},
	}, {
		name: "GB18030", format: "ndjson", rows: 1, text: "{\"\xc3\xfb\":\"\xd6\xd0\xb9\xfa\"}\n",
		values: map[string][]string{"名": {"0=中国"}},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := jsonRead(t, tt.format, tt.text, jsonAligned)
			if len(got.rejects) > 0 || got.desc.Partial != "" {
				t.Errorf("rejects %v, partial %q", got.rejects, got.desc.Partial)
			}
			if got.rows != tt.rows {
				t.Errorf("%d rows, want %d", got.rows, tt.rows)
			}
			if d := cmp.Diff(tt.values, got.values); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.kinds, got.kinds); tt.kinds != nil && d != "" {
				t.Errorf("kinds (-want +got):\n%s", d)
			}
			for k, n := range tt.notes {
				if got.notes[k] != n {
					t.Errorf("note %s: %d, want %d; all: %v", k, got.notes[k], n, got.notes)
				}
			}
		})
	}
}

func TestJSONRejects(t *testing.T) {
	tests := []struct {
		name, format, text string
		values             []string // of column a
		rejects            []string
		partial            string
	}{{
		name: "bad lines", format: "ndjson",
		text:    "{\"a\":1}\n{\"a\":}\nnonsense\n{\"a\":2}\n{\"a\":01}\n{\"a\":\"\\x\"}\n{\"a\":3} x\n{\"a\":4,}\n{\"a\":5}\n",
		values:  []string{"0=1", "1=2", "2=3", "3=5"},
		rejects: []string{"2 json.reject_value", "3 json.reject_value", "5 json.reject_number", "6 json.reject_string", "7 json.reject_value", "8 json.reject_value"},
	}, {
		name: "truncated lines", format: "ndjson", text: "{\"a\":1}\n{\"a\":2}\n{\"a\":",
		values: []string{"0=1", "1=2"}, rejects: []string{"3 json.reject_end"}, partial: "json.truncated",
	}, {
		name: "bad element", format: "json", text: "[\n{\"a\":1},\n{\"a\":x},\n{\"a\":3}\n]",
		values: []string{"0=1", "1=3"}, rejects: []string{"3 json.reject_value"},
	}, {
		name: "wrong bracket", format: "json", text: "[\n{\"a\":1},\n{\"a\":2},\n{\"a\":[3},\n{\"a\":4}\n]",
		values: []string{"0=1", "1=2", "2=4"}, rejects: []string{"4 json.reject_brackets"},
	}, {
		name: "unterminated string", format: "json", text: "[\n{\"a\":1},\n{\"a\":2},\n{\"a\":\"3},\n{\"a\":4}\n]",
		values: []string{"0=1", "1=2", "2=4"}, rejects: []string{"4 json.reject_string"},
	}, {
		name: "missing bracket", format: "json", text: "[\n{\"a\":1},\n{\"a\":2},\n{\"a\":3,\n{\"a\":4},\n{\"a\":5}\n]",
		values: []string{"0=1", "1=2", "2=5"}, rejects: []string{"7 json.reject_brackets"},
	}, {
		name: "truncated array", format: "json", text: "[{\"a\":1},{\"a\":2},{\"a\":",
		values: []string{"0=1", "1=2"}, rejects: []string{"1 json.reject_end"}, partial: "json.truncated",
	}, {
		name: "truncated between elements", format: "json", text: "[{\"a\":1},{\"a\":2},",
		values: []string{"0=1", "1=2"}, partial: "json.truncated",
	}, {
		name: "wrapped and truncated", format: "json", text: "{\"data\":[{\"a\":1},{\"a\":2}],\"x\":",
		values: []string{"0=1", "1=2"}, partial: "json.truncated",
	}, {
		name: "something behind", format: "json", text: "[{\"a\":1}]\n[{\"a\":2}]",
		values: []string{"0=1"}, rejects: []string{"2 json.reject_trailing"},
	}, {
		name: "positions", format: "json", text: "{\"a\":[1,x,3],\n\"b\":[1,2,3]}",
		values: []string{"0=1", "1=3"}, rejects: []string{"1 json.reject_value"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := jsonRead(t, tt.format, tt.text, source.Options{})
			if d := cmp.Diff(tt.values, got.values["a"]); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.rejects, got.rejects); d != "" {
				t.Errorf("rejects (-want +got):\n%s", d)
			}
			if got.desc.Partial != tt.partial {
				t.Errorf("partial %q, want %q", got.desc.Partial, tt.partial)
			}
		})
	}
}

func TestSniffJSON(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tests := []struct{ sample, format string }{
		{"{\"a\":1}\n{\"a\":2}\n", "ndjson"},
		{"{\"a\":1},\n{\"a\":2},\n", "ndjson"},
		{"\x1e{\"a\":1}\n\x1e{\"a\":2}\n", "ndjson"},
		{"[1,2]\n[3,4]\n", "ndjson"},
		{"{\"a\":1}\n{\"a\":\n", "ndjson"},
		{"{\"a\":bad}\n{\"a\":2}\n{\"a\":3}\n", "ndjson"},
		{"{\"a\":1}\n", "json"},
		{"[\n{\"a\":1},\n{\"a\":2}\n]", "json"},
		{"{\n\"a\":1\n}\n{\n\"a\":2\n}\n", "json"},
		{"[\n" + strings.Repeat("{\"a\":1},\n", 40) + "{\"a\":\"" + long, "json"}, // an array, an element a line
		{"{\"rows\":[\n" + strings.Repeat("{\"a\":1},\n", 40) + "{\"a\":\"" + long, "json"},
		{"{\"a\":1,\"b\n" + strings.Repeat("{\"a\":1}\n", 40), "ndjson"}, // the first record alone broke off
		{"{\"a\":\"" + long, "json"},
		{"[{\"a\":[1,2,{\"b\":\"" + long, "json"},
		{"\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", "json"},
		{"a,b\n1,2\n", ""},
		{"[section]\nkey=value\n", ""},
		{"{\\rtf1\\ansi", ""},
		{"1\n2\n3\n", ""},
		{"", ""},
	}
	for _, tt := range tests {
		format, ok := sniffJSON([]byte(tt.sample))
		if want := tt.format != ""; ok != want || ok && format != tt.format {
			t.Errorf("sniffJSON(%.40q) = %q, %v; want %q", tt.sample, format, ok, tt.format)
		}
	}
}

func TestJSONLinesAreValues(t *testing.T) {
	tests := []struct {
		head string
		want bool
	}{
		{"{\"a\":1}\n{\"a\":2}\n", true},
		{"{\"a\":1},\n{\"a\":2},\n", true},
		{"{\"a\":1,\"b\n{\"a\":2}\n{\"a\":3}\n", true},
		{"[\n{\"a\":1}\n]", false},
		{"[\n{\"a\":1},\n{\"a\":2},\n{\"a\":3}\n]\n", false},
		{"[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n", false},
		{"{\"rows\":[\n{\"a\":1},\n{\"a\":2},\n{\"a\":3}\n]}\n", false},
	}
	for _, tt := range tests {
		if got := jsonLinesAreValues([]byte(tt.head)); got != tt.want {
			t.Errorf("jsonLinesAreValues(%q) = %v, want %v", tt.head, got, tt.want)
		}
	}
}

// jsonFlattenTruth is what a record's paths hold, by encoding/json and by hand.
func jsonFlattenTruth(row int, path string, v any, into map[string][]string) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for k, m := range v {
			if path != "" {
				jsonFlattenTruth(row, path+"."+k, m, into)
			} else {
				jsonFlattenTruth(row, k, m, into)
			}
		}
	case []any:
		for _, e := range v {
			jsonFlattenTruth(row, path+"[]", e, into)
		}
	case json.Number:
		into[path] = append(into[path], fmt.Sprintf("%d=%s", row, v))
	default:
		into[path] = append(into[path], fmt.Sprintf("%d=%v", row, v))
	}
}

func jsonDrawValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth > 3 && kind > 5 {
		kind = 0
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return rapid.Float64().Draw(t, "float")
	case 4, 5:
		return rapid.String().Draw(t, "string")
	case 6:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "len"))
		for i := range list {
			list[i] = jsonDrawValue(t, depth+1)
		}
		return list
	}
	return jsonDrawObject(t, depth)
}

func jsonDrawObject(t *rapid.T, depth int) map[string]any {
	m := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		m[rapid.StringMatching("[a-f中]").Draw(t, "key")] = jsonDrawValue(t, depth+1)
	}
	return m
}

// TestJSONAgainstEncodingJSON compares random documents, as lines and as an array,
// cut into small blocks that are decoded in any order, with what encoding/json reads.
func TestJSONAgainstEncodingJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		truth := map[string][]string{}
		for row := range rapid.IntRange(1, 12).Draw(rt, "rows") {
			text, err := json.Marshal(jsonDrawObject(rt, 0))
			if err != nil {
				rt.Skip("a float JSON cannot hold")
			}
			lines = append(lines, string(text))
			d := json.NewDecoder(strings.NewReader(string(text)))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				rt.Fatal(err)
			}
			jsonFlattenTruth(row, "", v, truth)
		}
		o := source.Options{Aligned: true, BlockBytes: rapid.IntRange(1, 200).Draw(rt, "block")}
		shuffle := func(b []source.Block) {
			order := rapid.Permutation(slices.Clone(b)).Draw(rt, "order")
			copy(b, order)
		}
		for format, text := range map[string]string{
			"ndjson": strings.Join(lines, "\n"), "json": "[" + strings.Join(lines, " ,\n ") + "]"} {
			r, err := openJSON(context.Background(), jsonTestDataset(t, format, text), o)
			if err != nil {
				rt.Fatal(err)
			}
			got := jsonReadTable(t, r, shuffle)
			if got.rows != int64(len(lines)) || len(got.rejects) > 0 {
				rt.Fatalf("%s: %d rows, %v rejected, want %d\n%s", format, got.rows, got.rejects, len(lines), text)
			}
			for _, vs := range got.values {
				for i := range vs {
					vs[i] = jsonAsTruth(vs[i])
				}
				slices.Sort(vs)
			}
			for path, vs := range truth {
				vs = slices.Clone(vs)
				for i := range vs {
					vs[i] = jsonAsTruth(vs[i])
				}
				slices.Sort(vs)
				if d := cmp.Diff(vs, got.values[path]); d != "" {
					rt.Fatalf("%s %s (-want +got):\n%s\n%s", format, path, d, text)
				}
			}
			if len(got.values) != len(truth) {
				rt.Fatalf("%s: %d paths, want %d\n%s", format, len(got.values), len(truth), text)
			}
		}
	})
}

// jsonAsTruth brings numbers into one form: mixed columns hold them as they were written.
func jsonAsTruth(v string) string {
	row, text, _ := strings.Cut(v, "=")
	if f, _, err := big.ParseFloat(text, 10, 200, big.ToNearestEven); err == nil && text != "" && strings.Trim(text, "0123456789.eE+-") == "" {
		if f.Sign() == 0 {
			return row + "=0" // -0 is an integer like 0
		}
		return row + "=" + f.Text('g', 30)
	}
	return v
}

// TestJSONWorkersDoNotMatter decodes blocks on several goroutines and compares with
// one after the other; run with -race it also watches the parsers' sharing.
func TestJSONWorkersDoNotMatter(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `{"id":%d,"k%d":{"x":"\u4e2d%d"},"l":[%d,null]}`+"\n", i, i%37, i, i)
	}
	d := jsonTestDataset(t, "ndjson", b.String())
	o := source.Options{Aligned: true, BlockBytes: 5000}
	read := func(workers int) []string {
		r, err := openJSON(context.Background(), d, o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var blocks []source.Block
		for {
			blk, err := r.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			blocks = append(blocks, blk)
		}
		out := make([]string, len(blocks))
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w; i < len(blocks); i += workers {
					_, err := blocks[i].Decode(context.Background(), func(batch *source.Batch) error {
						out[i] += jsonBatchText(r, batch)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		return out
	}
	one := read(1)
	if len(one) < 20 {
		t.Fatalf("only %d blocks", len(one))
	}
	for range 5 {
		if d := cmp.Diff(one, read(4)); d != "" {
			t.Fatalf("(-one +four):\n%s", d)
		}
	}
}

// jsonBatchText writes a batch, paths instead of indices, in the order of its chunks.
func jsonBatchText(r source.Reader, b *source.Batch) string {
	cols := r.Columns()
	s := fmt.Sprintf("%d+%d %v\n", b.FirstRow, b.Rows, b.Lines)
	for i := range b.Chunks {
		c := &b.Chunks[i]
		s += fmt.Sprintf("%s n=%d nulls=%d valid=%v ends=%v:", cols[c.Column].Path, c.N, c.Nulls, c.Valid, c.RowEnds)
		for k := range c.Values.Len() {
			s += " " + jsonValueText(&c.Values, k)
		}
		s += "\n"
	}
	return s
}

func TestJSONLimits(t *testing.T) {
	t.Run("depth", func(t *testing.T) {
		deep := strings.Repeat(`[`, 5000) + "1" + strings.Repeat(`]`, 5000)
		got := jsonRead(t, "ndjson", `{"a":`+deep+"}\n{\"a\":1}\n", source.Options{})
		path := "a" + strings.Repeat("[]", jsonMaxDepth-1)
		want := "0=" + deep[jsonMaxDepth-1:len(deep)-jsonMaxDepth+1]
		if got.rows != 2 || len(got.values[path]) != 1 || got.values[path][0] != want {
			t.Errorf("rows %d, %d values at the deepest path", got.rows, len(got.values[path]))
		}
		if got.notes[path+" json.deep"] != 1 {
			t.Errorf("notes %v", got.notes)
		}
	})
	t.Run("brackets without end", func(t *testing.T) {
		got := jsonRead(t, "json", strings.Repeat("[", 1<<20), source.Options{})
		if got.rows != 0 || got.desc.Partial == "" {
			t.Errorf("rows %d, partial %q", got.rows, got.desc.Partial)
		}
	})
	t.Run("columns", func(t *testing.T) {
		var b strings.Builder
		const rows, per = 300, 100 // 30,000 names
		for i := range rows {
			b.WriteString(`{"id":1,"map":{`)
			for j := range per {
				fmt.Fprintf(&b, `"k%d":%d,`, i*per+j, j)
			}
			b.WriteString("\"z\":\"é\"}}\n")
		}
		r, err := openJSON(context.Background(), jsonTestDataset(t, "ndjson", b.String()), source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := jsonReadTable(t, r, nil)
		if got.rows != rows || len(r.Columns()) > jsonMaxColumns+1 || len(got.values["id"]) != rows || len(got.values["map.z"]) != rows {
			t.Fatalf("%d rows, %d columns", got.rows, len(r.Columns()))
		}
		values := 0
		for path, vs := range got.values {
			if path != "map.*" {
				values += len(vs)
				continue
			}
			for _, v := range vs {
				_, text, _ := strings.Cut(v, "=")
				var m map[string]int
				if err := json.Unmarshal([]byte(text), &m); err != nil {
					t.Fatal(err)
				}
				values += len(m)
			}
		}
		if want := rows * (per + 2); values != want {
			t.Errorf("%d values, want %d: none may be lost", values, want)
		}
		if got.notes["map json.many_keys"] != 1 || got.notes["json.columns_limit"] == 0 {
			t.Errorf("notes %v", got.notes)
		}
	})
	t.Run("huge string", func(t *testing.T) {
		text := strings.Repeat("中", jsonMaxText/2)
		got := jsonRead(t, "ndjson", `{"a":"`+text+`"}`+"\n{\"a\":\"b\"}", source.Options{})
		want := text[:jsonMaxText-jsonMaxText%3]
		if v := got.values["a"]; len(v) != 2 || v[0] != "0="+want {
			t.Errorf("%d values, first has %d bytes, want %d", len(v), len(v[0])-2, len(want))
		}
		if got.notes["a json.text_cut"] != 1 {
			t.Errorf("notes %v", got.notes)
		}
	})
	t.Run("record beyond memory", func(t *testing.T) {
		o := source.Options{BlockBytes: 1 << 16, MemoryBytes: 1 << 18}
		huge := `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
		got := jsonRead(t, "ndjson", "{\"a\":\"1\"}\n"+huge+"\n{\"a\":\"2\"}\n", o)
		if d := cmp.Diff([]string{"0=1", "1=2"}, got.values["a"]); d != "" || len(got.rejects) != 1 {
			t.Errorf("lines: %s rejects %v", d, got.rejects)
		}
		got = jsonRead(t, "json", "[{\"a\":\"1\"},\n{\"a\":\"2\"},\n"+huge+",\n{\"a\":\"3\"}]", o)
		if d := cmp.Diff([]string{"0=1", "1=2", "2=3"}, got.values["a"]); d != "" || len(got.rejects) != 1 {
			t.Errorf("array: %s rejects %v", d, got.rejects)
		}
		if d := cmp.Diff([]int64{1, 2, 4}, got.lines); d != "" {
			t.Errorf("lines: %s", d)
		}
	})
}

func TestJSONInvalidUTF8StaysAndIsCounted(t *testing.T) {
	got := jsonRead(t, "ndjson", "{\"a\":\"\xffx\",\"b\":\"中文正常\",\"c\":\"é\"}\n", source.Options{})
	if d := cmp.Diff([]string{"0=\xffx"}, got.values["a"]); d != "" || got.notes["json.invalid_utf8"] != 1 {
		t.Errorf("%s notes %v", d, got.notes)
	}
}

func TestJSONCompressedStreamThatBreaksOff(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for i := range 20000 {
		fmt.Fprintf(z, "{\"a\":%d,\"b\":%d}\n", i, i*7919%10007)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	half := zipped.Bytes()[:zipped.Len()/2]
	for format, want := range map[string]string{"ndjson": "json.truncated", "json": "json.truncated"} {
		got := jsonRead(t, format, string(half), source.Options{})
		if got.rows < 5000 || got.rows > 15000 || got.desc.Partial != want || len(got.rejects) > 1 {
			t.Errorf("%s: %d rows, %v, partial %q", format, got.rows, got.rejects, got.desc.Partial)
		}
		if v := got.values["a"]; v[len(v)-1] != fmt.Sprintf("%d=%d", got.rows-1, got.rows-1) {
			t.Errorf("%s: last value %s of %d rows", format, v[len(v)-1], got.rows)
		}
	}
}

func TestJSONFixedValuesOfThePath(t *testing.T) {
	d := jsonTestDataset(t, "ndjson", "{\"a\":1}\n{\"a\":2}\n")
	d.Parts[0].Fixed = map[string]string{"year": "2024", "a": "x"}
	r, err := openJSON(context.Background(), d, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := jsonReadTable(t, r, nil)
	want := map[string][]string{"a": {"0=1", "1=2"}, "year": {"0=2024", "1=2024"}}
	if d := cmp.Diff(want, got.values); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestJSONSharedFiles(t *testing.T) {
	root := must.Have(t, "ASSAY_TESTDATA")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if err != nil || d.IsDir() || ext != ".json" && ext != ".geojson" && ext != ".ndjson" && ext != ".jsonl" {
			return err
		}
		seen++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		format, ok := sniffJSON(data)
		if !ok {
			t.Logf("%s is not JSON to sniffJSON", path)
			return nil
		}
		ds := source.Dataset{Locator: path, Format: format, Bytes: int64(len(data)), Parts: []source.Part{{Path: path, Size: int64(len(data))}}}
		r, err := openJSON(context.Background(), ds, jsonAligned)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		got := jsonReadTable(t, r, nil)
		t.Logf("%s: %s, %d rows, %d columns, expected %d, %v", strings.TrimPrefix(path, root), format, got.rows, len(r.Columns()), r.Expect(), got.desc.Evidence)
		if valid := json.Valid(data); valid && (len(got.rejects) > 0 || got.desc.Partial != "") {
			t.Errorf("%s is valid, but: %v %s", path, got.rejects, got.desc.Partial)
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("%d files, %v", seen, err)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"a\":[1,{\"b\":null}]}\n", "[{\"a\":1},{\"a\":\"\\ud800\"}]",
		"{\"data\":[{\"a\":1},{\"a\":2}],\"n\":2}", "{\"x\":{\"a\":1},\"y\":{\"a\":2}}", "{\"a\":[1,2],\"b\":[3,4]}",
		"{\"a\":{\"0\":1,\"1\":2},\"b\":{\"0\":1,\"1\":2}}", "[\n{\"a\":1},\n{\"a\":[3},\n{\"a\":4}]", "{\"a\":1,\"a\":2}", "\xff\xfe{\x00}\x00", "{\"a\":NaN}"} {
		f.Add([]byte(s), uint16(7))
	}
	f.Fuzz(func(t *testing.T, data []byte, block uint16) {
		sniffJSON(data)
		for _, format := range []string{"ndjson", "json"} {
			var tables [2]*jsonTable
			for i, o := range []source.Options{{Aligned: true, BlockBytes: int(block) + 1}, {Aligned: true}} {
				r, err := openJSON(context.Background(), jsonTestDataset(t, format, string(data)), o)
				if err != nil {
					return
				}
				tables[i] = jsonReadTable(t, r, func(b []source.Block) { slices.Reverse(b) })
			}
			if format == "json" && json.Valid(data) && len(tables[1].rejects) > 0 {
				t.Errorf("valid JSON, but rejects %v", tables[1].rejects)
			}
			if tables[0].rows != tables[1].rows {
				t.Errorf("%s: %d rows in blocks of %d bytes, %d in one", format, tables[0].rows, int(block)+1, tables[1].rows)
			}
		}
	})
}

func BenchmarkJSONLines(b *testing.B) {
	var text strings.Builder
	for i := range 40000 {
		fmt.Fprintf(&text, `{"id":%d,"name":"企业%d","code":"91110108MA%08d","amount":%d.%02d,"ratio":0.%d,"active":%v,"city":"Beijing","at":"2024-06-%02dT08:00:00Z","pos":{"lon":116.%d,"lat":39.%d},"tags":["a","b"],"note":null}`+"\n",
			i, i%500, i, i*7, i%100, i*31, i%3 == 0, i%28+1, i%1000, i%997)
	}
	data := []byte(text.String())
	for _, format := range []string{"ndjson", "json"} {
		text := data
		if format == "json" {
			text = []byte("[" + strings.ReplaceAll(strings.TrimSpace(string(data)), "\n", ",\n") + "]")
		}
		d := jsonTestDataset(b, format, string(text))
		b.Run(format, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := openJSON(context.Background(), d, source.Options{})
				if err != nil {
					b.Fatal(err)
				}
				for {
					blk, err := r.Next(context.Background())
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					if _, err := blk.Decode(context.Background(), func(*source.Batch) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
				r.Close()
			}
		})
	}
}
