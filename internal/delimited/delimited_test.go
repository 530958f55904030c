package delimited

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/internal/span"

	"github.com/google/go-cmp/cmp"
)

// gather collects rows as text; null is "∅".
type gather struct {
	b    []byte
	rows [][]string
	bad  []Rejection
}

func (g *gather) Row(fields []span.Span, at int) error {
	row := make([]string, len(fields))
	for i, f := range fields {
		if row[i] = "∅"; f != Null {
			row[i] = string(f.Of(g.b))
		}
	}
	g.rows = append(g.rows, row)
	return nil
}

func (g *gather) Reject(r Rejection) { g.bad = append(g.bad, r) }

func parse(t testing.TB, d *Dialect, text []byte) ([][]string, []Rejection) {
	t.Helper()
	b := bytes.Clone(text)
	g := &gather{b: b}
	if err := d.Parse(b, g); err != nil {
		t.Fatal(err)
	}
	return g.rows, g.bad
}

// blocks cuts text as a reader does and parses block after block.
func blocks(t testing.TB, d *Dialect, text []byte, size int) ([][]string, []RejectKind) {
	t.Helper()
	var rows [][]string
	var kinds []RejectKind
	want := size
	for len(text) > 0 {
		eof := want >= len(text)
		end := d.LastEnd(text[:min(want, len(text))], eof)
		if end == 0 {
			want += size
			continue
		}
		r, bad := parse(t, d, text[:end])
		rows = append(rows, r...)
		for _, x := range bad {
			kinds = append(kinds, x.Kind)
		}
		text, want = text[end:], size
	}
	return rows, kinds
}

var dialects = []Dialect{
	{Delimiter: []byte(","), Quote: '"', Escape: '"', Columns: 3},
	{Delimiter: []byte(";"), Quote: '"', Escape: '\\', Columns: 2},
	{Delimiter: []byte("||"), Quote: '"', Escape: '"', Columns: 2},
	{Delimiter: []byte(","), Columns: 2},
	{Delimiter: []byte(","), Quote: '"', Escape: '"', Comment: []byte("#"), Columns: 2},
	{Delimiter: []byte(" "), Runs: true, Quote: '"', Escape: '"', Columns: 3},
	{Delimiter: []byte(","), Quote: '\'', Escape: '\'', CR: true, Columns: 2, Padded: true},
	{Delimiter: []byte("|"), Quote: '"', Escape: '"', Columns: 1},
	{Delimiter: []byte("\t"), Quote: '"', Escape: '"', Columns: 3, Padded: true},
	{Delimiter: []byte(" "), Quote: '"', Escape: '"', Columns: 2},
	{Delimiter: []byte(","), Quote: '"', Columns: 2},
	{Delimiter: []byte("|"), Quote: '"', Escape: '\\', Comment: []byte("#"), Columns: 2},
}

func dirty(rng *rand.Rand, n int) []byte {
	pieces := []string{",", ";", "|", "||", "\"", "\"\"", "'", "\\", "\\\"", "\n", "\r\n", "\r", "a", "bc", " ", "\t", "#", "长", "\x00", "\"x\"", ",\"a\"\"b\","}
	var b bytes.Buffer
	for range n {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.Bytes()
}

// Cutting at the ends of records must not change what is read, however dirty the text.
func TestBlocksReadLikeTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		text := dirty(rng, 1+rng.IntN(60))
		d := dialects[i%len(dialects)]
		rows, bad := parse(t, &d, text)
		var kinds []RejectKind
		for _, x := range bad {
			kinds = append(kinds, x.Kind)
		}
		size := 1 + rng.IntN(20)
		gotRows, gotKinds := blocks(t, &d, text, size)
		if !cmp.Equal(rows, gotRows) || !cmp.Equal(kinds, gotKinds) {
			t.Fatalf("dialect %d, size %d, text %q:\nwhole  %q %v\nblocks %q %v", i%len(dialects), size, text, rows, kinds, gotRows, gotKinds)
		}
	}
}

// Well-formed text must read as encoding/csv reads it.
func TestAgainstEncodingCSV(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	values := []string{"", "a", "x y", "1,5", "say \"hi\"", "two\nlines", "长春", " padded ", "\ttab", "'"}
	for range 3000 {
		var want [][]string
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = rng.IntN(2) == 0
		for range 1 + rng.IntN(12) {
			row := []string{"k" + fmt.Sprint(rng.IntN(9)), values[rng.IntN(len(values))], values[rng.IntN(len(values))]}
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				if w.UseCRLF {
					row[i] = strings.ReplaceAll(row[i], "\n", "\r\n") // as the writer does
				}
				if row[i] == "" {
					row[i] = "∅"
				}
			}
			want = append(want, row)
		}
		w.Flush()
		got, bad := parse(t, &dialects[0], b.Bytes())
		if len(bad) > 0 || !cmp.Equal(got, want) {
			t.Fatalf("%q:\n%s\nrejects %v", b.String(), cmp.Diff(want, got), bad)
		}
	}
}

// Rows and rejects together are the records, counted by a slow reader that knows only
// lines and quotes.
func TestEveryRecordIsARowOrAReject(t *testing.T) {
	for text, want := range map[string][2]int{
		"a,b,c\n1,2,3\n":              {2, 0},
		"a,b,c\n1,2\n1,2,3,4\n1,2,3,": {2, 2}, // the last has nothing beyond its columns
		"a,b,c\n\n  \n1,2,3":          {2, 0}, // blank lines are no records
		"a,b,c\n\"x,2,3\n4,5,6\n":     {2, 1}, // an open quote costs its line, not the file
		"a,b,c\n\"x\"y,2,3\n4,5,6\n":  {2, 1},
		"a,b,c\n\"x \"y\" z\",2,3\n":  {2, 0}, // stray quotes inside, closed on the line
		"a,b,c\r\n1,2,3\n4,5,6\r\n":   {3, 0},
		"a,b,c\n\"1\n2\",3,4\n5,6,7":  {3, 0},
		",,\n":                        {1, 0},
	} {
		rows, bad := parse(t, &dialects[0], []byte(text))
		if len(rows) != want[0] || len(bad) != want[1] {
			t.Errorf("%q: %d rows %d rejects (%q), want %v", text, len(rows), len(bad), rows, want)
		}
	}
}

func TestNullAndBlank(t *testing.T) {
	rows, _ := parse(t, &dialects[0], []byte("a,\"\",\n"))
	if want := [][]string{{"a", "", "∅"}}; !cmp.Equal(rows, want) {
		t.Errorf("got %q, want %q: a quoted empty field is blank, an unquoted one null", rows, want)
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		text      string
		delimiter string
		quote     byte
		header    string
		rows      int // header rows
		skip      int
	}{
		{"id,name\n1,张三\n2,李四\n", ",", '"', "id|name", 1, 0},
		{"id;name;amount\n1;a;1,5\n2;b;2,7\n", ";", '"', "id|name|amount", 1, 0},
		{"id\tname\n1\ta b\n2\tc d\n", "\t", '"', "id|name", 1, 0},
		{"1,2\n3,4\n", ",", '"', "|", 0, 0},
		{"a||b\n1||2\n3||4\n", "||", '"', "a|b", 1, 0},
		{"市场主体登记\n制表日期：2024年6月24日\n编号,名称,资本\n1,甲,100\n2,乙,200\n3,丙,300\n", ",", '"', "编号|名称|资本", 1, 2},
		{"sep=;\na;b\n1;2\n", ";", '"', "a|b", 1, 1},
		{"# made by x\n# on 2024\na,b\n1,2\n3,4\n", ",", '"', "a|b", 1, 2},
		{"name,city\nann,rome\nbob,oslo\n", ",", '"', "name|city", 1, 0},
		{"单位,单位,金额\n名称,编码,万元\n甲,1,2\n乙,3,4\n丙,5,6\n", ",", '"', "单位/名称|单位/编码|金额/万元", 2, 0},
		{"just\nsome\nwords\n", ",", '"', "just", 1, 0},
		{"a,b\n'x,1',2\n'y,2',3\n", ",", '\'', "a|b", 1, 0},
		{"t  u   v\n1  2.5 3\n4  5.5 6\n", " ", '"', "t|u|v", 1, 0},
		{"a\x01b\n1\x012\n", "\x01", '"', "a|b", 1, 0},
		// What spreadsheets export: titles padded with delimiters, a header that spans columns.
		{"报表,,,\n制表日期：2024年6月,,,\n编号,名称,资本,日期\n1,甲,100,2024-01-01\n2,乙,200,2024-01-02\n", ",", '"', "编号|名称|资本|日期", 1, 2},
		{"站点,温度,,流量\n编号,进口,出口,瞬时\n1,20.5,30.1,5\n2,21.5,31.1,6\n3,22,30,7\n", ",", '"', "站点/编号|温度/进口|温度/出口|流量/瞬时", 2, 0},
		{"time,inlet,flow\n(s),(℃),(kg/s)\n0,17.3,1.5\n10,16.1,1.6\n20,16,1.7\n", ",", '"', "time/(s)|inlet/(℃)|flow/(kg/s)", 2, 0},
		// A first row without numbers is no second header.
		{"name,age,height\nPedro,NA,NA\nAnn,31,1.7\nBob,32,1.8\nZoe,33,1.9\n", ",", '"', "name|age|height", 1, 0},
		{"name,age,height\nPedro,unknown,unknown\nAnn,31,1.7\nBob,32,1.8\nZoe,33,1.9\n", ",", '"', "name|age|height", 1, 0},
		{"name,,height\nPedro,NA,NA\nAnn,31,1.7\nBob,32,1.8\nZoe,33,1.9\n", ",", '"', "name||height", 1, 0},
		// Matrices: a header of numbers, told by its corner.
		{",0,1,2\n0,1.5,2.5,3.5\n1,2.5,3.5,4.5\n", ",", '"', "|0|1|2", 1, 0},
		{"latency,0,50,99\n5,379.7,372.3,372.3\n50,379.7,261.6,199.7\n", ",", '"', "latency|0|50|99", 1, 0},
		{"one,two,three\n1,2,3,4\n1,2,3,4\n5,6,7,8\n", ",", '"', "one|two|three|", 1, 0}, // too short, but names
		// R's write.table names one column less than there are.
		{"\"len\" \"kind\"\n\"1\" 5.1 \"setosa\"\n\"2\" 4.9 \"setosa\"\n\"3\" 4.7 \"virginica\"\n", " ", '"', "|len|kind", 1, 0},
		{"mpg,cyl\nMazda RX4,21,6\nDatsun 710,22.8,4\nValiant,18.1,6\n", ",", '"', "|mpg|cyl", 1, 0},
		{"AB-001,长春\nAB-002,吉林\nAC-003,四平\nAD-004,长春\n", ",", '"', "|", 0, 0}, // codes above codes
		{"2020-01-01 01:02:03\n2020-01-01 01:02:04\n2020-01-01 01:02:05\n", ",", '"', "", 0, 0},
		{"John Smith\nJane Doe\nAnn Lee\n", ",", '"', "John Smith", 1, 0}, // one column, not two
		{"a,b\n6\" pipe,1\n\"12\" pipe,2\n\"8\" pipe,3\n", ",", 0, "a|b", 1, 0},
		{"name，city\n张三，长春\n李四，吉林\n", "，", '"', "name|city", 1, 0},
		{"time,value\r2024-01-01,1\r2024-01-02,2\r", ",", '"', "time|value", 1, 0},
	} {
		l := Detect([]byte(c.text), true, Override{})
		if string(l.Delimiter) != c.delimiter || l.Quote != c.quote || strings.Join(l.Header, "|") != c.header || l.HeaderRows != c.rows || l.SkipLines != c.skip {
			t.Errorf("%q:\n got %q quote %q header %q rows %d skip %d\nwant %q quote %q header %q rows %d skip %d", c.text,
				l.Delimiter, l.Quote, strings.Join(l.Header, "|"), l.HeaderRows, l.SkipLines, c.delimiter, c.quote, c.header, c.rows, c.skip)
		}
	}
}

// Short rows are padded where they are the rule: two at least, and one in twenty.
func TestPadded(t *testing.T) {
	for _, c := range []struct {
		whole, short int
		want         bool
	}{{10, 1, false}, {10, 2, true}, {60, 2, false}, {30, 2, true}, {3, 0, false}} {
		text := "id,name,n\n" + strings.Repeat("1,a,2\n", c.whole) + strings.Repeat("2,b\n", c.short)
		if l := Detect([]byte(text), true, Override{}); l.Padded != c.want || l.Columns != 3 {
			t.Errorf("%d whole and %d short rows: padded %v, %d columns", c.whole, c.short, l.Padded, l.Columns)
		}
	}
}

func TestGiantKeepsFieldsAndCutsThem(t *testing.T) {
	big := strings.Repeat("长x", 3*KeepBytes/4)
	for _, c := range []struct {
		d         Dialect
		text      string
		fields    int
		beyond    bool
		first     string
		third     string
		rejection bool
	}{
		{dialects[0], "1," + big + ",\"a\"\"" + big + "\"\nnext,", 3, false, "1", "a\"长", false},
		{Dialect{Delimiter: []byte("||"), Quote: '"', Escape: '"', Columns: 3}, "1||" + big + "||\"a\"\"" + big + "\"\nnext,", 3, false, "1", "a\"长", false},
		{Dialect{Delimiter: []byte(" "), Runs: true, Columns: 3}, "1  " + big + " \t a" + big + "\nnext,", 3, false, "1", "a长", false},
		{Dialect{Delimiter: []byte(";"), Quote: '"', Escape: '\\', Columns: 3}, "1;" + big + ";\"a\\\"" + big + "\"\nnext,", 3, false, "1", "a\"长", false},
		{dialects[0], "1," + big + ",a" + big + ",,,\nnext,", 6, false, "1", "a长", false},
		{dialects[0], "1," + big + ",a" + big + ",,x,\nnext,", 6, true, "1", "a长", false},
		{dialects[0], "1," + big + ",\"a" + big + "\nnext,", 3, false, "", "", true},
	} {
		for _, size := range []int{1 << 20, 4093} {
			g := NewGiant(&c.d)
			rest, used := []byte{}, 0
			for from := 0; ; {
				to := min(from+size, len(c.text))
				rest = append(rest, c.text[from:to]...)
				from = to
				n, done := g.Write(rest, to == len(c.text))
				used += n
				if rest = rest[n:]; done {
					break
				}
			}
			if c.text[used:] != "next," || g.Fields != c.fields || g.Beyond != c.beyond || g.Cut[1] != 1 || g.Cut[2] != 1 || g.Cut[0] != 0 {
				t.Fatalf("%q in pieces of %d: rest %q, fields %d, beyond %v, cut %v", c.d.Delimiter, size, c.text[used:], g.Fields, g.Beyond, g.Cut)
			}
			rows, bad := parse(t, &c.d, g.Kept)
			if c.rejection {
				if len(bad) != 1 || bad[0].Kind != BadQuote {
					t.Errorf("an open quote: rejects %v", bad)
				}
				continue
			}
			if len(bad) > 0 || len(rows) != 1 {
				t.Fatalf("%q: %d rows, rejects %v", c.d.Delimiter, len(rows), bad)
			}
			if n := len(rows[0][1]); n > KeepBytes || n < KeepBytes-4 || !utf8.ValidString(rows[0][1]) || !utf8.ValidString(rows[0][2]) || rows[0][0] != c.first || !strings.HasPrefix(rows[0][2], c.third) {
				t.Errorf("%q: fields %q, %d bytes, %q", c.d.Delimiter, rows[0][0], n, rows[0][2][:8])
			}
		}
	}
}

// line is like a line of TPC-H's lineitem.
func lines(n int, quoted bool) []byte {
	rng := rand.New(rand.NewPCG(1, 1))
	var b bytes.Buffer
	for b.Len() < n {
		row := []string{fmt.Sprint(rng.IntN(6000000)), fmt.Sprint(rng.IntN(200000)), fmt.Sprint(rng.IntN(10000)), "1", "17.00", "24386.67", "0.04", "0.02", "N", "O",
			"1996-03-13", "1996-02-12", "1996-03-22", "DELIVER IN PERSON", "TRUCK", "egular courts above the"}
		for i, f := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if quoted {
				f = `"` + f + `"`
			}
			b.WriteString(f)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

type discard struct{ rows int }

func (d *discard) Columns(c *Columns) error { d.rows += c.Rows; return nil }
func (d *discard) Reject(Rejection)         {}

// BenchmarkParse makes all spans of a block of 4 MiB, BenchmarkSplit finds its end.
func BenchmarkParse(b *testing.B) {
	for _, quoted := range []bool{false, true} {
		b.Run(fmt.Sprintf("quoted=%v", quoted), func(b *testing.B) {
			text := lines(4<<20, quoted)
			d := Dialect{Delimiter: []byte(","), Quote: '"', Escape: '"', Columns: 16}
			p := NewParser(&d)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				h := discard{}
				if err := p.Parse(text, &h); err != nil {
					b.Fatal(err)
				}
				rows = h.rows
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*16), "ns/cell")
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	for _, quoted := range []bool{false, true} {
		b.Run(fmt.Sprintf("quoted=%v", quoted), func(b *testing.B) {
			text := lines(4<<20, quoted)
			d := Dialect{Delimiter: []byte(","), Quote: '"', Escape: '"', Columns: 16}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if d.LastEnd(text, false) != len(text) {
					b.Fatal("the end was not found")
				}
			}
		})
	}
}

// Tables of known make, as programs write them, must be seen for what they are.
func TestDetectGeneratedTables(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	wrong, n := 0, 0
	for range 3000 {
		g := generated(rng)
		l := Detect([]byte(g.text), true, Override{})
		n++
		if string(l.Delimiter) != g.delimiter || l.Columns != g.columns || l.HeaderRows != g.header || g.quotes && l.Quote != '"' {
			if wrong++; wrong <= 8 {
				t.Errorf("%d rows, %d columns, %q, header %d: detected %d columns, %q quote %q, header %d (%s):\n%.400s", g.rows, g.columns, g.delimiter, g.header,
					l.Columns, l.Delimiter, l.Quote, l.HeaderRows, l.HeaderWhy, g.text)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d tables are misread", wrong, n)
	}
}

type table struct {
	text, delimiter       string
	rows, columns, header int
	quotes                bool
}

// generated writes a table of columns of several kinds; the first is a number or a
// date, so that a header can be told.
func generated(rng *rand.Rand) table {
	kinds := []func() string{
		func() string { return fmt.Sprint(rng.IntN(100000)) },
		func() string { return fmt.Sprintf("20%02d-%02d-%02d", rng.IntN(30), 1+rng.IntN(12), 1+rng.IntN(28)) },
		func() string { return fmt.Sprintf("%.2f", rng.Float64()*1000-300) },
		func() string {
			return []string{"张三", "李四", "王小明", "欧阳娜", "Ann", "Bob O'Neill", "Zoë"}[rng.IntN(7)]
		},
		func() string {
			return []string{"长春市", "Rome, Italy", "a; b", "吉林省，长春", "x|y", ""}[rng.IntN(6)]
		},
		func() string {
			return fmt.Sprintf("2024-01-%02d %02d:%02d:00", 1+rng.IntN(28), rng.IntN(24), rng.IntN(60))
		},
		func() string { return []string{"say \"hi\"", "plain words here", "two\nlines", "5' 11\""}[rng.IntN(4)] },
		func() string { return []string{"true", "false"}[rng.IntN(2)] },
		func() string { return fmt.Sprintf("http://example.com/%d?a=1&b=2", rng.IntN(99)) },
	}
	names := []string{"id", "日期", "amount", "name", "city", "time", "remark", "ok", "link"}
	g := table{delimiter: []string{",", ";", "\t", "|"}[rng.IntN(4)], rows: 3 + rng.IntN(40), columns: 2 + rng.IntN(7), header: rng.IntN(2)}
	all, crlf := rng.IntN(4) == 0, rng.IntN(2) == 0
	pick := []int{rng.IntN(3)}
	for len(pick) < g.columns {
		pick = append(pick, rng.IntN(len(kinds)))
	}
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteString(g.delimiter)
			}
			if all || strings.ContainsAny(c, g.delimiter+"\"\r\n") {
				g.quotes = true
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		if crlf {
			b.WriteByte('\r')
		}
		b.WriteByte('\n')
	}
	var cells []string
	for i, k := range pick {
		cells = append(cells, fmt.Sprint(names[k], i))
	}
	if g.header == 1 {
		line(cells)
	}
	for range g.rows {
		cells = cells[:0]
		for _, k := range pick {
			cells = append(cells, kinds[k]())
		}
		line(cells)
	}
	g.text = b.String()
	return g
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a,b\n\"1\n\",2"), byte(0), uint16(3))
	f.Add([]byte("a||\"b\"\"\"\n"), byte(2), uint16(1))
	f.Fuzz(func(t *testing.T, text []byte, which byte, size uint16) {
		d := dialects[int(which)%len(dialects)]
		if got, want := inOrder(t, &d, text), (&reference{&d, string(text)}).read(); !same(got, want) {
			t.Fatalf("%q is not what the reference reads: %q", got, want)
		}
		rows, bad := parse(t, &d, text)
		got, kinds := blocks(t, &d, text, int(size)+1)
		if !cmp.Equal(rows, got) || len(bad) != len(kinds) {
			t.Fatalf("blocks differ from the whole: %q and %q", rows, got)
		}
	})
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("sep=;\n# x\na;b"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := Detect(text, true, Override{})
		if l.Columns < 1 || len(l.Header) != l.Columns || l.DataStart > len(text) {
			t.Fatalf("%+v", l)
		}
		parse(t, &l.Dialect, text[l.DataStart:])
	})
}

func BenchmarkDetect(b *testing.B) {
	text := lines(1<<20, true)
	for b.Loop() {
		if l := Detect(text, false, Override{}); l.Columns != 16 {
			b.Fatal(l.Columns)
		}
	}
}
