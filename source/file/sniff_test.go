package file

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// zipOf makes an archive with the names given, each file empty.
func zipOf(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		if _, err := z.Create(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func utf16Text(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

const oleHead = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// TestSniff asks what files are: content goes before the name.
func TestSniff(t *testing.T) {
	parquet, err := os.ReadFile("testdata/parquet/flat_dict_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("编号,企业名称\n1,高新区数据有限公司\n2,测试中心\n")
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 4096)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	prose := strings.Repeat("Data, as they say, are the oil of our time; nobody, however, drinks oil.\nIt is a long way, though.\n", 20)
	tests := []struct{ name, content, want string }{
		{"a.csv", table, "csv"}, {"a.tsv", "a\tb\n", "tsv"}, {"a.tab", "x", "tsv"},
		{"really.csv", string(parquet), "parquet"}, {"a.parquet", string(parquet), "parquet"},
		{"book.xls", zipOf(t, "[Content_Types].xml", "xl/workbook.xml"), "xlsx"},
		{"page.xls", "<html><body><table><tr><td>1</td></tr></table>", "source.html_workbook"},
		{"page2.xls", "\n <!DOCTYPE html>\n<html>", "source.html_workbook"}, {"page.html", "<!doctype html><p>", "source.web_page"},
		{"old.xls", `<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`, "source.xml_workbook"},
		{"a.xml", `<?xml version="1.0"?><a/>`, "source.xml"},
		{"json.txt", "{\"a\": 1}\n{\"a\": 2}\n", "ndjson"}, {"json.csv", `[{"a":1},{"a":2}]`, "json"}, {"a.json", `{"a":[1,2`, "json"},
		{"a.geojson", `{"type":"FeatureCollection","features":[]}`, "json"}, {"broken.json", "not json at all\n", "json"},
		{"a.zip", zipOf(t, "a.csv"), "source.archive"}, {"a.docx", zipOf(t, "word/document.xml"), "source.document"},
		{"a.xlsb", zipOf(t, "xl/workbook.bin"), "excel.binary"}, {"a.ods", zipOf(t, "content.xml"), "excel.binary"},
		{"cut.xlsx", zipOf(t, "xl/workbook.xml")[:40], "xlsx"}, // its reader says that it is damaged
		{"a.pdf", "%PDF-1.7\n", "source.document"}, {"a.csv.pdf", "%PDF-1.7\n", "source.document"}, {"p.png", "\x89PNG\r\n\x1a\n", "source.picture"},
		{"secret.xlsx", oleHead + strings.Repeat("\x00", 600) + string(excelUTF16("EncryptedPackage")), "excel.encrypted"},
		{"old2.xls", oleHead + strings.Repeat("\x00", 600) + string(excelUTF16("Workbook")) + "\x00\x00", "excel.binary"},
		{"letter.doc", oleHead + strings.Repeat("\x00", 600), "source.document"},
		{"a.tar", strings.Repeat("\x00", 257) + "ustar\x00", "source.archive"}, {"a.7z", "7z\xbc\xaf\x27\x1c", "source.archive"},
		{"a.avro", "Obj\x01", "source.other_data"}, {"a.db", "SQLite format 3\x00 and so on", "sqlite"},
		{"a.sqlite", string(noise), "sqlite.not_database"}, {"a.bin", string(noise), "source.binary"}, {"b.csv", string(noise), "source.binary"},
		{"p.parquet", "hello, this is text", "source.no_table"},
		{"gb.csv", gb, "csv"}, {"gb.txt", gb, "csv"}, {"wide.csv", utf16Text(table), "csv"}, {"wide.txt", utf16Text("a\tb\n1\t2\n3\t4\n"), "tsv"},
		{"table.txt", "id;name;x\n1;a;2.5\n2;b;3.5\n3;c;4.5\n", "csv"}, {"table", "id|name\n1|a\n2|b\n", "csv"},
		{"blanks.dat", "0.0 1.5 2.5\n1.0 1.6 2.6\n2.0 1.7 2.7\n", "csv"},
		{"prose.txt", prose, "source.no_table"}, {"README.md", table, "source.text"}, {"LICENSE", prose, "source.text"},
		{"a.sql", "INSERT INTO t VALUES (1, 2);\n", "source.text"}, {"MZ.csv", "MZ,ORC\n1,2\n", "csv"}, {"ORC.txt", "ORC,b\n1,2\n3,4\n", "csv"},
		{"blank.csv", " \n\n\t\n", "source.blank"}, {"readme_counts.csv", table, "csv"},
		{"t.csv.gz", zip1(t, table), "csv"}, {"t.zst", zst1(t, "{\"a\":1}\n{\"a\":2}\n"), "ndjson"}, {"hidden.csv", zip1(t, table), "csv"},
		{"p.parquet.gz", zip1(t, string(parquet)), "source.packed"}, {"a.tgz", zip1(t, strings.Repeat("\x00", 257)+"ustar\x00"), "source.archive"},
		{"none.csv.gz", zip1(t, ""), "source.empty"}, {"a.csv.bz2", "BZh91AY&SY\x00\xff\x01", "source.archive"},
		{"cut.csv.gz", zip1(t, manyLines(3000))[:2000], "csv"}, {"two.csv.gz", zip1(t, table) + zip1(t, "3,c\n"), "csv"},
		{"nul.csv", "a\x00b\x00c\n1\x002\x003\n", "csv"},
	}
	dir := t.TempDir()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := filepath.Join(dir, tt.name)
			writeFiles(t, dir, map[string]string{tt.name: tt.content})
			k, err := sniffFile(p, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := k.format + k.code; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	k, err := sniffFile(filepath.Join(dir, "prose.txt"), true)
	if err != nil || k.format != "csv" {
		t.Errorf("text that a person named: %+v %v, want it read", k, err)
	}
	if k, err := sniffFile(filepath.Join(dir, "t.csv.gz"), false); err != nil || !k.packed {
		t.Errorf("%+v %v", k, err)
	}
}

// What a person would not miss is harmless; what holds data is not.
func TestSkippedFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a.csv": "", "~$book.xlsx": "owner", "x.db-wal": "w", "_SUCCESS": "", "README.md": "x", "p.pdf": "%PDF-1", "z.zip": zipOf(t, "a"),
	})
	l := list(t, Options{}, dir)
	want := map[string]string{"a.csv": "source.empty", "~$book.xlsx": "source.side_file", "x.db-wal": "source.side_file", "_SUCCESS": "source.side_file",
		"README.md": "source.text", "p.pdf": "source.document", "z.zip": "source.archive"}
	got := codes(t, l, dir)
	for p, code := range want {
		if got[p] != code {
			t.Errorf("%s: %s, want %s", p, got[p], code)
		}
	}
	for _, k := range l.Skipped {
		if harmless := k.Code != "source.empty" && k.Code != "source.archive"; Harmless(k) != harmless {
			t.Errorf("%s: harmless %v, want %v", k.Code, Harmless(k), harmless)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range []string{table, "{\"a\":1}\n", "[", "PAR1", "PK\x03\x04", oleHead, "%PDF-", "<html>", "\xff\xfe\x00", zip1(f, table), zst1(f, table),
		zip1(f, table)[:12], "\x28\xb5\x2f\xfd", "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd", "SQLite format 3\x00", "sep=;\n1;2", "\"", "{\"\\", "[{\"a\":"} {
		for _, name := range []string{"a.csv", "a", "a.json", "a.xlsx", "a.db"} {
			f.Add(s, name)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content, name string) {
		p := filepath.Join(dir, "x"+filepath.Ext(filepath.Base("y"+strings.ToValidUTF8(strings.Map(plainName, name), ""))))
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Skip() // a name that the system does not take
		}
		for _, given := range []bool{false, true} {
			k, err := sniffFile(p, given)
			if err != nil && k.format+k.code != "" || err == nil && (k.format == "") == (k.code == "") {
				t.Errorf("%+v with %v: want a format, a reason or an error", k, err)
			}
		}
	})
}

func plainName(r rune) rune {
	if r < ' ' || r == '/' || r == '\\' || r > 0x7e {
		return -1
	}
	return r
}
