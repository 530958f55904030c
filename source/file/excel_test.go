package file

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/fault"
	"assay/source"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// excelTestBook is a workbook in the making.
type excelTestBook struct {
	*excelize.File
	t testing.TB
}

func newExcelTestBook(t testing.TB) excelTestBook {
	f := excelize.NewFile()
	t.Cleanup(func() { f.Close() })
	return excelTestBook{f, t}
}

func (b excelTestBook) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// put writes rows from cell A1 of Sheet1 on; nil leaves a cell out.
func (b excelTestBook) put(rows ...[]any) excelTestBook {
	for i, row := range rows {
		for j, v := range row {
			if v != nil {
				cell, err := excelize.CoordinatesToCellName(j+1, i+1)
				b.must(err)
				b.must(b.SetCellValue("Sheet1", cell, v))
			}
		}
	}
	return b
}

func (b excelTestBook) merge(from, to string) excelTestBook {
	b.must(b.MergeCell("Sheet1", from, to))
	return b
}

func (b excelTestBook) format(code, from, to string) excelTestBook {
	id, err := b.NewStyle(&excelize.Style{CustomNumFmt: &code})
	b.must(err)
	b.must(b.SetCellStyle("Sheet1", from, to, id))
	return b
}

func (b excelTestBook) bytes() []byte {
	var buf bytes.Buffer
	b.must(b.Write(&buf))
	return buf.Bytes()
}

func (b excelTestBook) read(o source.Options) (*jsonTable, []source.Column) {
	b.t.Helper()
	return excelReadBook(b.t, b.bytes(), "Sheet1", o)
}

func excelTestPart(t testing.TB, data []byte) source.Part {
	t.Helper()
	dir, err := os.MkdirTemp("", "excel")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return jsonFileDataset(t, filepath.Join(dir, "b.xlsx"), "xlsx", data).Parts[0]
}

func excelReadBook(t testing.TB, data []byte, sheet string, o source.Options) (*jsonTable, []source.Column) {
	t.Helper()
	p := excelTestPart(t, data)
	d := source.Dataset{Locator: p.Path + "#" + sheet, Format: "xlsx", Parts: []source.Part{p}, Bytes: p.Size}
	r, err := openExcel(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	got := jsonReadTable(t, r, nil)
	return got, r.Columns()
}

func excelPaths(cols []source.Column) []string {
	var out []string
	for _, c := range cols {
		out = append(out, c.Path)
	}
	return out
}

func excelWantNotes(t *testing.T, got *jsonTable, want map[string]int64) {
	t.Helper()
	for k, n := range want {
		if got.notes[k] != n {
			t.Errorf("note %s: %d, want %d; all: %v", k, got.notes[k], n, got.notes)
		}
	}
}

func TestExcelKinds(t *testing.T) {
	day := time.Date(2024, 6, 24, 0, 0, 0, 0, time.UTC)
	b := newExcelTestBook(t).put(
		[]any{"id", "money", "day", "moment", "clock", "flag", "code", "mixed", "rate", "span"},
		[]any{1, 12.5, day, 45467.4375, 0.5, true, "007", 1, 0.125, 1.5},
		[]any{-2, 3, day.AddDate(0, 0, 1), 45467.0, 0.3472222222, false, "12", "x", 0.5, 0.25},
		[]any{3, 0.07, nil, 45467.99999, 0.999988426, nil, "a", day, 1, -0.5})
	b.format("yyyy\"年\"m\"月\"d\"日\"", "C2", "C4").format("yyyy/m/d h:mm:ss", "D2", "D4").format("h:mm:ss AM/PM", "E2", "E4")
	b.format("yyyy-mm-dd", "H4", "H4").format("0.0%", "I2", "I4").format("[h]:mm", "J2", "J4").format("¥#,##0.00;[Red]-¥#,##0.00", "B2", "B4")
	got, cols := b.read(jsonAligned)
	want := map[string][]string{
		"id":     {"0=1", "1=-2", "2=3"},
		"money":  {"0=12.50", "1=3.00", "2=0.07"},
		"day":    {"0=2024-06-24", "1=2024-06-25"},
		"moment": {"0=2024-06-24T10:30:00", "1=2024-06-24T00:00:00", "2=2024-06-24T23:59:59.136"},
		"clock":  {"0=12:00:00", "1=08:20:00", "2=23:59:59"},
		"flag":   {"0=true", "1=false"},
		"code":   {"0=007", "1=12", "2=a"},
		"mixed":  {"0=1", "1=x", "2=2024-06-24"},
		"rate":   {"0=0.125", "1=0.500", "2=1.000"},
		"span":   {"0=36:00:00", "1=6:00:00", "2=-12:00:00"},
	}
	if d := cmp.Diff(want, got.values); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
	kinds := map[string]string{"id": "int", "money": "decimal", "day": "date", "moment": "timestamp",
		"clock": "time", "flag": "bool", "code": "text", "mixed": "text", "rate": "decimal", "span": "text"}
	if d := cmp.Diff(kinds, got.kinds); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
	for _, c := range cols {
		if c.Typed || c.Repeated {
			t.Errorf("column %+v", c)
		}
	}
	excelWantNotes(t, got, map[string]int64{"code excel.number_as_text": 2, "mixed excel.mixed": 2,
		"rate excel.percent": 3, "money excel.currency": 3, "span excel.duration": 3})
	if d := cmp.Diff([]int64{2, 3, 4}, got.lines); d != "" {
		t.Errorf("lines: %s", d)
	}
}

// Serial numbers and the days that Excel shows for them: ECMA-376 part 1, 18.17.4.1,
// and for 60 the day that Lotus 1-2-3 invented.
func TestExcelEpochs(t *testing.T) {
	serials := []any{1, 59, 60, 61, 25569, 45467, 2958465, 2958466, -1, 0}
	days := []string{"1900-01-01", "1900-02-28", "", "1900-03-01", "1970-01-01", "2024-06-24", "9999-12-31", "", "", ""}
	days1904 := []string{"1904-01-02", "1904-02-29", "1904-03-01", "1904-03-02", "1974-01-02", "2028-06-25", "", "", "", "1904-01-01"}
	for _, is1904 := range []bool{false, true} {
		b := newExcelTestBook(t).put([]any{"d"})
		for i, s := range serials {
			b.must(b.SetCellValue("Sheet1", "A"+strconv.Itoa(i+2), s))
		}
		b.format("yyyy-mm-dd", "A2", "A20")
		b.must(b.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &is1904}))
		want := days
		if is1904 {
			want = days1904
		}
		got, _ := b.read(source.Options{})
		var values []string
		for i, d := range want {
			if d != "" {
				values = append(values, fmt.Sprintf("%d=%s", i, d))
			}
		}
		if d := cmp.Diff(values, got.values["d"]); d != "" {
			t.Errorf("1904 %v (-want +got):\n%s", is1904, d)
		}
		if n := got.notes["d excel.date_outside"]; n != int64(len(want)-len(values)) {
			t.Errorf("1904 %v: %d dates outside, want %d", is1904, n, len(want)-len(values))
		}
	}
}

func TestExcelHeaders(t *testing.T) {
	three, zero := 3, 0
	tests := []struct {
		name  string
		make  func(b excelTestBook) excelTestBook
		o     source.Options
		cols  []string
		rows  int64
		first string // value of the first column in the first row
		why   string
	}{{
		name: "types", cols: []string{"a", "b"}, rows: 2, first: "0=x", why: "excel.header_types",
		make: func(b excelTestBook) excelTestBook { return b.put([]any{"a", "b"}, []any{"x", 1}, []any{"y", 2}) },
	}, {
		name: "text only", cols: []string{"姓名", "城市"}, rows: 2, first: "0=甲", why: "excel.header_names",
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{"姓名", "城市"}, []any{"甲", "北京"}, []any{"乙", "北京"})
		},
	}, {
		name: "no header", cols: []string{"A", "B"}, rows: 2, first: "0=x", why: "excel.header_none",
		make: func(b excelTestBook) excelTestBook { return b.put([]any{"x", 1}, []any{"y", 2}) },
	}, {
		name: "title, unit, blanks, table not in the corner", cols: []string{"地区", "产值", "人数"}, rows: 2, first: "0=东区", why: "excel.header_types",
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{nil, "企业统计表"}, nil, []any{nil, "填报单位：高新区", nil, "日期：2024-06-24"}, []any{nil, nil, nil, "单位：万元"}, nil,
				[]any{nil, "地区", "产值", "人数"}, []any{nil, "东区", 1.5, 2}, []any{nil, "西区", 2.5, 3}).merge("B1", "D1")
		},
	}, {
		name: "reporting line without colons", cols: []string{"a", "b", "c", "d", "e", "f"}, rows: 1, first: "0=1", why: "excel.header_types",
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{"某局", nil, nil, nil, "2024年"}, []any{"a", "b", "c", "d", "e", "f"}, []any{1, 2, 3, 4, 5, 6})
		},
	}, {
		name: "two rows, merged both ways", cols: []string{"地区", "2023年/产值", "2023年/人数", "2024年/产值", "2024年/人数"}, rows: 1, first: "0=东", why: "excel.header_merged",
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{"标题"}, []any{"地区", "2023年", nil, "2024年"}, []any{nil, "产值", "人数", "产值", "人数"}, []any{"东", 1, 2, 3, 4}).
				merge("A1", "E1").merge("A2", "A3").merge("B2", "C2").merge("D2", "E2")
		},
	}, {
		name: "three rows", cols: []string{"k", "x/y/u", "x/y/v", "x/z"}, rows: 1, first: "0=a", why: "excel.header_merged",
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{"k", "x"}, []any{nil, "y", nil, "z"}, []any{nil, "u", "v"}, []any{"a", 1, 2, 3}).
				merge("A1", "A3").merge("B1", "D1").merge("B2", "C2").merge("D2", "D3")
		},
	}, {
		name: "years as names", cols: []string{"地区", "2021", "2022"}, rows: 1, first: "0=东", why: "excel.header_names",
		make: func(b excelTestBook) excelTestBook { return b.put([]any{"地区", 2021, 2022}, []any{"东", 5, 6}) },
	}, {
		name: "repeated, empty and broken names", cols: []string{"a", "a_2", "C", "b c"}, rows: 2, first: "0=1", why: "excel.header_types",
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{"a", "a", nil, " b\nc "}, []any{1, 2, 3, 4}, []any{1, 2, 3, 4})
		},
	}, {
		name: "asked: three rows", cols: []string{"a/x/1", "b/y/2"}, rows: 1, first: "0=3", why: "excel.header_asked", o: source.Options{HeaderRows: &three},
		make: func(b excelTestBook) excelTestBook {
			return b.put([]any{"a", "b"}, []any{"x", "y"}, []any{1, 2}, []any{3, 4})
		},
	}, {
		name: "asked: none", cols: []string{"A", "B"}, rows: 3, first: "0=a", why: "excel.header_asked", o: source.Options{HeaderRows: &zero},
		make: func(b excelTestBook) excelTestBook { return b.put([]any{"a", "b"}, []any{1, 2}, []any{3, 4}) },
	}, {
		name: "asked: skip", cols: []string{"x", "y"}, rows: 1, first: "0=1", why: "excel.header_types", o: source.Options{SkipRows: 2},
		make: func(b excelTestBook) excelTestBook { return b.put([]any{"a", "b"}, nil, []any{"x", "y"}, []any{1, 2}) },
	}, {
		name: "asked: names", cols: []string{"p", "q"}, rows: 1, first: "0=1", why: "excel.header_types", o: source.Options{Columns: []string{"p", "q"}},
		make: func(b excelTestBook) excelTestBook { return b.put([]any{"a", "b"}, []any{1, 2}) },
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, cols := tt.make(newExcelTestBook(t)).read(tt.o)
			if d := cmp.Diff(tt.cols, excelPaths(cols)); d != "" {
				t.Errorf("columns (-want +got):\n%s", d)
			}
			if v := got.values[tt.cols[0]]; got.rows != tt.rows || len(v) == 0 || v[0] != tt.first {
				t.Errorf("%d rows, first %v; want %d, %s", got.rows, v, tt.rows, tt.first)
			}
			if len(got.desc.Evidence) == 0 || got.desc.Evidence[0].Code != tt.why {
				t.Errorf("evidence %v, want %s", got.desc.Evidence, tt.why)
			}
		})
	}
}

func TestExcelBody(t *testing.T) {
	b := newExcelTestBook(t).put(
		[]any{"部门", "姓名", "金额", "备注"},
		[]any{"研发", "甲", 1, "a"},
		[]any{nil, "乙", 2, "b"},
		nil,
		[]any{nil, "丙", 3},
		[]any{"市场", "丁", nil, "d"},
		[]any{"合 计", nil, 6},
		nil, nil,
		[]any{"注：数据来自系统"})
	b.merge("A2", "A5").merge("D6", "D8")
	b.must(b.SetCellFormula("Sheet1", "C6", "NA()"))
	b.must(b.SetRowVisible("Sheet1", 3, false))
	got, cols := b.read(jsonAligned)
	want := map[string][]string{
		"部门": {"0=研发", "1=研发", "2=研发", "3=市场", "4=合 计", "5=注：数据来自系统"},
		"姓名": {"0=甲", "1=乙", "2=丙", "3=丁"},
		"金额": {"0=1", "1=2", "2=3", "4=6"},
		"备注": {"0=a", "1=b", "3=d", "4=d"},
	}
	if d := cmp.Diff(want, got.values); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
	if got.rows != 6 || len(cols) != 4 {
		t.Errorf("%d rows, %d columns", got.rows, len(cols))
	}
	excelWantNotes(t, got, map[string]int64{"部门 excel.merged_filled": 2, "备注 excel.merged_filled": 1, "excel.blank_rows": 3,
		"excel.total_row": 1, "excel.note_row": 1, "excel.hidden_rows": 1, "金额 excel.formula_uncached": 1})
	if d := cmp.Diff([]int64{2, 3, 5, 6, 7, 10}, got.lines); d != "" {
		t.Errorf("lines: %s", d)
	}
}

// excelSheetXML is a workbook of one sheet as other writers make it: prefixes, no
// addresses, inline strings.
func excelSheetXML(t testing.TB, sheet string, extra map[string]string) []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	parts := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<x:workbook xmlns:x="u" xmlns:r="v"><x:sheets><x:sheet name="Sheet1" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="a/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="a/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
	}
	for k, v := range extra {
		parts[k] = v
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range parts {
			if !yield(k) {
				return
			}
		}
	}) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestExcelOtherWriters(t *testing.T) {
	sheet := `<?xml version="1.0"?><!-- c > --><x:worksheet xmlns:x="u"><x:sheetData>
<x:row><x:c t="inlineStr"><x:is><x:r><x:t>na</x:t></x:r><x:r><x:t>me</x:t></x:r><x:rPh><x:t>reading</x:t></x:rPh></x:is></x:c><x:c t="s"><x:v>0</x:v></x:c><x:c t="str"><x:v>d</x:v></x:c><x:c t="str"><x:v>e</x:v></x:c></x:row>
<x:row/>
<x:row spans="a>b" r='4'><x:c r="A4" t="inlineStr"><x:is><x:t xml:space="preserve"> a&amp;&#x4e2d;_x000D__x005F_x&lt;&unknown; </x:t></x:is></x:c><x:c t="s"><x:v>1</x:v></x:c><x:c t="d"><x:v>2024-06-24</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c></x:row>
<x:row><x:c r="B5" t="s"><x:v>99</x:v></x:c><x:c r="A5" t="str"><x:f>A1&gt;"&lt;"</x:f><x:v><![CDATA[<b>&amp;]]></x:v></x:c><x:c r="C5" t="d"><x:v>2024-06-24T10:00:00</x:v></x:c><x:c r="D5"><x:v>1.10101199001011E+17</x:v></x:c><x:c r="XFE5"><x:v>1</x:v></x:c></x:row>
<x:row><x:c r="B6" t="s"><x:v>2</x:v></x:c><x:c r="D6"><x:v>123456789012</x:v></x:c><x:c r="E6"><x:v>nonsense</x:v></x:c><x:c r="F6" t="str"><x:v>1.10101E+17</x:v></x:c><x:c r="G6"><x:v>0.30000000000000004</x:v></x:c></x:row>
<x:row><x:c r="G7"><x:v>0.5</x:v></x:c></x:row>
</x:sheetData></x:worksheet>`
	extra := map[string]string{"xl/sharedStrings.xml": `<sst><si><t>b</t></si><si><r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r><rPh sb="0"><t>x</t></rPh></si><si><t/></si></sst>`}
	got, cols := excelReadBook(t, excelSheetXML(t, sheet, extra), "Sheet1", jsonAligned)
	want := map[string][]string{
		"name": {"0= a&中\r_x<&unknown; ", "1=<b>&amp;"},
		"b":    {"0=rich text"},
		"d":    {"0=2024-06-24T00:00:00", "1=2024-06-24T10:00:00"},
		"e":    {"1=110101199001011000", "2=123456789012"},
		"F":    {"2=1.10101E+17"},
		"G":    {"2=0.30000000000000004", "3=0.5"}, // more than 15 digits: as stored
	}
	if d := cmp.Diff(want, got.values); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"name", "b", "d", "e", "E", "F", "G"}, excelPaths(cols)); d != "" {
		t.Errorf("columns: %s", d)
	}
	excelWantNotes(t, got, map[string]int64{"e excel.error": 1, "b excel.bad_string": 1, "e excel.truncated_15": 1, "e excel.scientific_shown": 2,
		"E excel.bad_number": 1, "F excel.scientific_text": 1, "excel.outside": 1, "name excel.formula": 1, "excel.blank_rows": 0})
	if d := cmp.Diff([]int64{4, 5, 6, 7}, got.lines); d != "" {
		t.Errorf("lines: %s", d)
	}
}

func TestExcelFormatCodes(t *testing.T) {
	tests := []struct {
		code string
		want excelKind
	}{
		{"General", excelNumber}, {"0.00", excelNumber}, {"#,##0.00_);[Red](#,##0.00)", excelNumber}, {"0.00E+00", excelNumber},
		{`0"days"`, excelNumber}, {"0%", excelNumber}, {"@", excelNumber}, {`#,##0\d`, excelNumber}, {"# ?/?", excelNumber},
		{"yyyy-mm-dd", excelDate}, {"m/d/yy", excelDate}, {"mmm-yy", excelDate}, {`yyyy"年"m"月"d"日"`, excelDate}, {`m"月"`, excelDate},
		{"[$-804]yyyy年m月d日;@", excelDate}, {"[$-409]d-mmm-yyyy", excelDate}, {"e/m/d", excelDate}, {"mmmm", excelDate}, {"aaaa", excelNumber},
		{"h:mm", excelTime}, {"mm:ss", excelTime}, {"mm:ss.000", excelTime}, {"h:mm AM/PM", excelTime}, {`[$-804]上午/下午h"时"mm"分"`, excelTime},
		{"yyyy/m/d h:mm", excelMoment}, {"m/d/yy h:mm", excelMoment}, {"[Blue]yyyy-mm-dd hh:mm:ss", excelMoment},
		{"[h]:mm:ss", excelElapsed}, {"[mm]:ss", excelElapsed}, {"[<1]0.00;0", excelNumber},
	}
	for _, tt := range tests {
		if got := excelClassOf(tt.code).kind; got != tt.want {
			t.Errorf("%q is %d, want %d", tt.code, got, tt.want)
		}
	}
}

func TestListExcel(t *testing.T) {
	b := newExcelTestBook(t).put([]any{"a"}, []any{1})
	for _, s := range []string{"空表", "隐藏 #1", "nothing"} {
		_, err := b.NewSheet(s)
		b.must(err)
	}
	b.must(b.SetCellValue("隐藏 #1", "C3", "x"))
	b.must(b.SetSheetVisible("隐藏 #1", false))
	b.must(b.AddChartSheet("图", &excelize.Chart{Type: excelize.Bar, Series: []excelize.ChartSeries{{Name: "Sheet1!$A$1", Values: "Sheet1!$A$2:$A$2"}}}))
	style, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	b.must(err)
	b.must(b.SetCellStyle("nothing", "A1", "C9", style)) // cells, but nothing in them
	p := excelTestPart(t, b.bytes())
	found, skipped, err := listExcel(context.Background(), p)
	b.must(err)
	var names, codes []string
	for _, d := range found {
		names = append(names, strings.TrimPrefix(d.Locator, p.Path)+" "+d.Name)
	}
	for _, s := range skipped {
		codes = append(codes, strings.TrimPrefix(s.Locator, p.Path)+" "+s.Code)
		jsonMustSpeak(t, s.Code, s.Params)
	}
	if d := cmp.Diff([]string{"#Sheet1 b.xlsx/Sheet1", "#隐藏 #1 b.xlsx/隐藏 #1"}, names); d != "" {
		t.Errorf("datasets: %s", d)
	}
	if d := cmp.Diff([]string{"#空表 excel.empty_sheet", "#nothing excel.empty_sheet", "#图 excel.chart_sheet"}, codes); d != "" {
		t.Errorf("skipped: %s", d)
	}
	if len(found) != 2 || len(found[1].Note) != 1 || found[1].Note[0].Code != "excel.hidden" {
		t.Fatalf("found %v", found)
	}
	r, err := openExcel(context.Background(), found[1], source.Options{})
	b.must(err)
	if got := jsonReadTable(t, r, nil); got.rows != 1 || got.values["C"][0] != "0=x" {
		t.Errorf("hidden sheet: %v", got.values)
	}
}

func TestExcelRefuses(t *testing.T) {
	good := newExcelTestBook(t).put([]any{"a"}, []any{1}).bytes()
	encrypted, err := excelize.Encrypt(good, &excelize.Options{Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	ole := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...)
	var zipped, word, xlsb bytes.Buffer
	for buf, names := range map[*bytes.Buffer][]string{&zipped: {"readme.txt"}, &word: {"_rels/.rels", "word/document.xml"}, &xlsb: {"_rels/.rels", "xl/workbook.bin"}} {
		z := zip.NewWriter(buf)
		for _, n := range names {
			w, err := z.Create(n)
			if err != nil {
				t.Fatal(err)
			}
			if n == "_rels/.rels" {
				fmt.Fprintf(w, `<Relationships><Relationship Id="1" Type="x/officeDocument" Target="%s"/></Relationships>`, names[1])
			}
		}
		z.Close()
	}
	tests := []struct {
		name string
		data []byte
		code string
		kind fault.Kind
	}{
		{"empty", nil, "source.empty", fault.Invalid},
		{"text", []byte("a,b\n1,2\n"), "excel.not_excel", fault.Invalid},
		{"web page", []byte("<html><table>"), "excel.not_excel", fault.Invalid},
		{"password", encrypted, "excel.encrypted", fault.Denied},
		{"old format", append(slices.Clone(ole), excelUTF16("Workbook")...), "excel.binary", fault.Unsupported},
		{"another compound file", ole, "excel.not_excel", fault.Invalid},
		{"cut in half", good[:len(good)/2], "excel.damaged", fault.Invalid},
		{"another archive", zipped.Bytes(), "excel.not_excel", fault.Invalid},
		{"a letter", word.Bytes(), "excel.not_excel", fault.Invalid},
		{"xlsb", xlsb.Bytes(), "excel.binary", fault.Unsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := listExcel(context.Background(), excelTestPart(t, tt.data))
			f := fault.As(err)
			if f == nil || f.Code != tt.code || f.Kind != tt.kind {
				t.Fatalf("got %v, want %s (%s)", err, tt.code, tt.kind)
			}
			jsonMustSpeak(t, f.Code, f.Params)
			if tt.code != "source.empty" && f.Hint("zh") == "" {
				t.Error("no hint what to do")
			}
		})
	}
	_, _, err = listExcel(context.Background(), source.Part{Path: filepath.Join(t.TempDir(), "no.xlsx")})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestExcelDamagedSheetIsPartial(t *testing.T) {
	rows := strings.Repeat(`<row><c><v>1</v></c><c><v>2</v></c></row>`, 10)
	got, _ := excelReadBook(t, excelSheetXML(t, `<worksheet><sheetData>`+rows+`<row><c><v>3`, nil), "Sheet1", source.Options{})
	if got.rows != 10 || got.desc.Partial != "excel.broken_off" {
		t.Errorf("%d rows, partial %q", got.rows, got.desc.Partial)
	}
}

func TestExcelBomb(t *testing.T) {
	var sheet strings.Builder
	sheet.WriteString(`<worksheet><sheetData><row><c><v>1</v></c></row>`)
	for sheet.Len() < 2*excelFreely {
		sheet.WriteString(strings.Repeat("<row></row>", 10000))
	}
	p := excelTestPart(t, excelSheetXML(t, sheet.String(), nil))
	d := source.Dataset{Locator: p.Path + "#Sheet1", Parts: []source.Part{p}}
	r, err := openExcel(context.Background(), d, source.Options{})
	for err == nil {
		_, err = r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			r.Close()
			t.Fatal("a bomb was read to its end")
		}
	}
	if f := fault.As(err); f == nil || f.Code != "excel.bomb" {
		t.Errorf("got %v", err)
	}
}

// TestExcelAgainstExcelize writes random cells and reads them with both; excelize,
// which shares no code with the reader, is right.
func TestExcelAgainstExcelize(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	b := newExcelTestBook(t)
	const rows, cols = 9000, 5 // three blocks
	w, err := b.NewStreamWriter("Sheet1")
	b.must(err)
	for i := range rows {
		row := make([]any, cols)
		for j := range row {
			switch rnd.IntN(4) {
			case 0:
				row[j] = fmt.Sprintf("文 <&>%d", rnd.IntN(1000))
			case 1:
				row[j] = rnd.IntN(1e9) - 5e8
			case 2:
				row[j] = rnd.NormFloat64()
			}
		}
		b.must(w.SetRow("A"+strconv.Itoa(i+1), row))
	}
	b.must(w.Flush())
	zero := 0
	data := b.bytes()
	got, _ := excelReadBook(t, data, "Sheet1", source.Options{HeaderRows: &zero})
	f, err := excelize.OpenReader(bytes.NewReader(data))
	b.must(err)
	defer f.Close()
	all, err := f.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	b.must(err)
	n := 0
	seen := map[string]int{}
	for _, row := range all {
		if strings.Join(row, "") == "" {
			continue
		}
		for j, v := range row {
			name := excelColumnName(j)
			if v == "" {
				continue
			}
			have := got.values[name][seen[name]]
			seen[name]++
			if want := fmt.Sprintf("%d=%s", n, v); have != want && !excelSameNumber(have, want) {
				t.Fatalf("%s: got %s, want %s", name, have, want)
			}
		}
		n++
	}
	if int(got.rows) != n {
		t.Errorf("%d rows, want %d", got.rows, n)
	}
	for name, vs := range got.values {
		if len(vs) != seen[name] {
			t.Errorf("%s: %d values, want %d", name, len(vs), seen[name])
		}
	}
}

func excelSameNumber(a, b string) bool {
	rowA, textA, _ := strings.Cut(a, "=")
	rowB, textB, _ := strings.Cut(b, "=")
	x, err1 := strconv.ParseFloat(textA, 64)
	y, err2 := strconv.ParseFloat(textB, 64)
	return rowA == rowB && err1 == nil && err2 == nil && x == y
}

func FuzzExcelXML(f *testing.F) {
	b := newExcelTestBook(f).put([]any{"标题"}, []any{"a", "b"}, []any{1, "x"}, []any{nil, true}).merge("A1", "B1").merge("A3", "A4")
	f.Add(b.bytes(), true)
	for _, s := range []string{`<worksheet><dimension ref="A1:B2"/><sheetData><row r="1"><c r="A1" s="0" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><f>1</f><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells></worksheet>`,
		`<sheetData/>`, `<a b='>'/><!-- --><![CDATA[]]>&#x;`, `<x:sheetData><x:row r="5"><x:c r="ZZ1" t="e"/></x:row></x:sheetData>`} {
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, whole bool) {
		if !whole {
			data = excelSheetXML(t, string(data), nil)
		}
		p := excelTestPart(t, data)
		found, _, err := listExcel(context.Background(), p)
		if err != nil && fault.As(err) == nil {
			t.Errorf("an error without a code: %v", err)
		}
		for _, d := range found {
			r, err := openExcel(context.Background(), d, source.Options{Aligned: true})
			if err != nil {
				if fault.As(err) == nil {
					t.Errorf("an error without a code: %v", err)
				}
				continue
			}
			jsonReadTable(t, r, nil)
		}
	})
}

func BenchmarkExcel(b *testing.B) {
	f := newExcelTestBook(b)
	w, err := f.NewStreamWriter("Sheet1")
	f.must(err)
	for i := range 20000 {
		row := make([]any, 20)
		for j := range row {
			row[j] = float64(i*j) / 100
			if j%3 == 0 {
				row[j] = "文本" + strconv.Itoa(i%100)
			}
		}
		f.must(w.SetRow("A"+strconv.Itoa(i+1), row))
	}
	f.must(w.Flush())
	p := excelTestPart(b, f.bytes())
	d := source.Dataset{Locator: p.Path + "#Sheet1", Parts: []source.Part{p}}
	for b.Loop() {
		r, err := openExcel(context.Background(), d, source.Options{})
		f.must(err)
		for {
			blk, err := r.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			f.must(err)
			_, err = blk.Decode(context.Background(), func(*source.Batch) error { return nil })
			f.must(err)
		}
		r.Close()
	}
}
