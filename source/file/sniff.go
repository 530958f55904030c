package file

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/charset"
	"assay/internal/delimited"
	"assay/internal/span"
)

// kind is what a file is.
type kind struct {
	format string // of source.Dataset; "" when the file is no data
	// code and params say why the file is skipped; params are key, value pairs
	// without the locator.
	code   string
	params []string
	packed bool // compressed
	// shape is equal for files of one format that may be parts of one dataset: the
	// first line of text, the names in the first record of JSON. nil = not known.
	shape *[sha256.Size]byte
}

func skipAs(code string, kv ...string) kind { return kind{code: code, params: kv} }

// sniffBytes is how much of a file is looked at to tell what it is.
const sniffBytes = 1 << 16

// databaseExts are the endings of SQLite databases, which are unreadable bytes when
// they are encrypted.
var databaseExts = []string{".db", ".db3", ".sqlite", ".sqlite3", ".s3db", ".gpkg"}

// sniffFile tells what a file is. given says that a person named it, so that text is
// a table even if it hardly looks like one.
func sniffFile(p string, given bool) (kind, error) {
	f, err := openRegular(p)
	if err != nil {
		return kind{}, err
	}
	defer f.Close() // only read from
	head, whole, err := readHead(f)
	if err != nil {
		return kind{}, openFault(err, p)
	}
	if len(head) == 0 {
		return skipAs("source.empty"), nil
	}
	name := filepath.Base(p)
	c := compressionOf(head)
	if c == plain {
		return sniff(head, whole, name, given, f), nil
	}
	r, done, err := decompress(bufio.NewReader(io.MultiReader(bytes.NewReader(head), f)), c)
	if err != nil {
		return kind{}, streamFault(err, p)
	}
	defer done() // what it says has been said by reading
	head, whole, err = readHead(r)
	switch {
	case err != nil && len(head) == 0:
		return kind{}, streamFault(err, p)
	case err != nil:
		whole = true // broken off: the reader will tell
	case len(head) == 0:
		return skipAs("source.empty"), nil
	}
	k := sniff(head, whole, unpackedName(name), given, nil)
	k.packed = true
	if k.format == "parquet" || k.format == "xlsx" || k.format == "sqlite" {
		return skipAs("source.packed", "kind", k.format), nil // these need random access
	}
	return k, nil
}

// readHead reads sniffBytes; whole says that there is no more.
func readHead(r io.Reader) (head []byte, whole bool, err error) {
	head = make([]byte, sniffBytes)
	n, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n < sniffBytes {
		// A decompressor says ErrUnexpectedEOF too when its input breaks off; what
		// came before is enough to tell what it is.
		return head[:n], true, nil
	}
	return head[:n], false, err
}

// unpackedName is the name of a compressed file without the ending that says so.
func unpackedName(name string) string {
	switch ext := filepath.Ext(name); strings.ToLower(ext) {
	case ".gz", ".zst", ".zstd", ".gzip":
		return strings.TrimSuffix(name, ext)
	case ".tgz":
		return strings.TrimSuffix(name, ext) + ".tar"
	}
	return name
}

// sniff tells what begins with head. all is the file, where it can be read at random.
func sniff(head []byte, whole bool, name string, given bool, all *os.File) kind {
	ext := strings.ToLower(filepath.Ext(name))
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return kind{format: "parquet"}
	case bytes.HasPrefix(head, []byte("PARE")):
		return skipAs("parquet.encrypted")
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return kind{format: "sqlite"}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return sniffZip(ext, all)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")): // [MS-CFB] 2.2
		return sniffCompound(all)
	}
	if m := magicOf(head); m != nil {
		return skipAs(m.code, "kind", m.kind)
	}
	return sniffText(head, whole, name, ext, given)
}

// sniffZip tells workbooks from other archives by what is in them. An archive that
// ends too early to say goes to the reader of its extension, which says so.
func sniffZip(ext string, all *os.File) kind {
	workbook := slices.Contains([]string{".xlsx", ".xlsm", ".xltx", ".xltm"}, ext)
	if all == nil {
		if workbook {
			return kind{format: "xlsx"}
		}
		return skipAs("source.archive", "kind", "ZIP")
	}
	info, err := all.Stat()
	if err != nil {
		return skipAs("source.archive", "kind", "ZIP")
	}
	z, err := zip.NewReader(all, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		if workbook {
			return kind{format: "xlsx"}
		}
		return skipAs("source.archive", "kind", "ZIP")
	}
	for _, e := range z.File {
		switch n := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(e.Name, `\`, "/"), "/")); {
		case n == "xl/workbook.bin":
			return skipAs("excel.binary", "format", ".xlsb")
		case strings.HasPrefix(n, "xl/"):
			return kind{format: "xlsx"}
		case strings.HasPrefix(n, "word/"):
			return skipAs("source.document", "kind", "DOCX")
		case strings.HasPrefix(n, "ppt/"):
			return skipAs("source.document", "kind", "PPTX")
		case n == "content.xml" && ext == ".ods":
			return skipAs("excel.binary", "format", ".ods")
		case n == "content.xml" && (ext == ".odt" || ext == ".odp"):
			return skipAs("source.document", "kind", strings.ToUpper(ext[1:]))
		}
	}
	return skipAs("source.archive", "kind", "ZIP")
}

// sniffCompound looks into an OLE file: a workbook with a password, or one in a format
// from before 2007.
func sniffCompound(all *os.File) kind {
	if all == nil {
		return skipAs("source.packed", "kind", "xls")
	}
	const step, overlap = 1 << 20, 64
	buf := make([]byte, step)
	binary := false
	for off := int64(0); ; off += step - overlap {
		n, err := all.ReadAt(buf, off)
		if bytes.Contains(buf[:n], excelUTF16("EncryptedPackage")) { // [MS-OFFCRYPTO] 1.3.2
			return skipAs("excel.encrypted")
		}
		binary = binary || bytes.Contains(buf[:n], excelUTF16("Workbook\x00")) || bytes.Contains(buf[:n], excelUTF16("Book\x00"))
		if err != nil {
			break // the end, or a place that cannot be read: what was seen decides
		}
	}
	if binary {
		return skipAs("excel.binary", "format", ".xls")
	}
	return skipAs("source.document", "kind", "OLE")
}

// magic is how files of a kind begin.
type magic struct {
	at         int
	bytes      string
	code, kind string
}

// magics are formats that are no tables, or none that assay reads. Each is certain
// enough not to be met in text, or is checked further by magicOf.
var magics = []magic{
	{0, "%PDF-", "source.document", "PDF"}, {0, "{\\rtf", "source.document", "RTF"},
	{0, "\x89PNG\r\n", "source.picture", "PNG"}, {0, "\xff\xd8\xff", "source.picture", "JPEG"}, {0, "GIF87a", "source.picture", "GIF"},
	{0, "GIF89a", "source.picture", "GIF"}, {0, "II*\x00", "source.picture", "TIFF"}, {0, "MM\x00*", "source.picture", "TIFF"},
	{0, "II+\x00", "source.picture", "BigTIFF"}, {0, "MM\x00+", "source.picture", "BigTIFF"}, {8, "WEBP", "source.picture", "WebP"},
	{0, "\x00\x00\x01\x00", "source.picture", "ICO"},
	{0, "BZh", "source.archive", "bzip2"}, {0, "\xfd7zXZ\x00", "source.archive", "xz"}, {0, "\x04\x22\x4d\x18", "source.archive", "lz4"},
	{0, "7z\xbc\xaf\x27\x1c", "source.archive", "7z"}, {0, "Rar!\x1a\x07", "source.archive", "RAR"}, {257, "ustar", "source.archive", "tar"},
	{0, "\x1f\x9d", "source.archive", "compress"},
	{8, "WAVE", "source.media", "WAV"}, {8, "AVI ", "source.media", "AVI"}, {0, "OggS", "source.media", "Ogg"}, {0, "fLaC", "source.media", "FLAC"},
	{0, "ID3", "source.media", "MP3"}, {4, "ftyp", "source.media", "MP4"}, {0, "\x1aE\xdf\xa3", "source.media", "Matroska"},
	{0, "\x7fELF", "source.program", "ELF"}, {0, "MZ", "source.program", "EXE"}, {0, "\xca\xfe\xba\xbe", "source.program", "Java"},
	{0, "\xcf\xfa\xed\xfe", "source.program", "Mach-O"}, {0, "\x00asm", "source.program", "WebAssembly"},
	{0, "\x89HDF\r\n\x1a\n", "source.other_data", "HDF5"}, {0, "CDF\x01", "source.other_data", "NetCDF"}, {0, "CDF\x02", "source.other_data", "NetCDF"},
	{0, "CDF\x05", "source.other_data", "NetCDF"}, {0, "ARROW1\x00\x00", "source.other_data", "Arrow"}, {0, "FEA1", "source.other_data", "Feather"},
	{0, "ORC", "source.other_data", "ORC"}, {0, "Obj\x01", "source.other_data", "Avro"}, {8, "DUCK", "source.other_data", "DuckDB"},
	{4, "Standard Jet DB", "source.other_data", "Access"}, {4, "Standard ACE DB", "source.other_data", "Access"},
	{0, "\x89MCAP0\r\n", "source.other_data", "MCAP"}, {0, "#ROSBAG V", "source.other_data", "ROS bag"}, {0, "\x93NUMPY", "source.other_data", "NumPy"},
	{0, "SIMPLE  =", "source.other_data", "FITS"}, {0, "GRIB", "source.other_data", "GRIB"}, {0, "$FL2@(#)", "source.other_data", "SPSS"},
	{0, "<stata_dta>", "source.other_data", "Stata"}, {0, "\x00\x00\x27\x0a", "source.other_data", "Shapefile"}, {0, "RDX3\n", "source.other_data", "R"},
	{0, "PGDMP", "source.other_data", "pg_dump"},
}

func magicOf(head []byte) *magic {
	for i := range magics {
		m := &magics[i]
		if len(head) < m.at+len(m.bytes) || string(head[m.at:m.at+len(m.bytes)]) != m.bytes {
			continue
		}
		// Letters alone may begin a text: then what follows must be no text.
		if m.at == 0 && isLetters(m.bytes) && looksText(head) {
			continue
		}
		return m
	}
	return nil
}

func isLetters(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0
}

// looksText reports whether the first bytes are free of control characters.
func looksText(head []byte) bool { return controls(head[:min(len(head), 512)]) == 0 }

// controls counts the control characters that text does not have. 0x01, 0x1c to 0x1f
// divide fields in the output of some systems; 0x1a ended files in DOS.
func controls(text []byte) (n int) {
	for _, c := range text {
		if c < ' ' && (c > '\r' || c < '\t') && c != 0x1b && c != 0x1a && c != 0x01 && (c < 0x1c || c > 0x1f) || c == 0x7f {
			n++
		}
	}
	return n
}

// textExts promise a table; what they hold is read as one, whatever it looks like.
var textExts = map[string]string{".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".psv": "csv"}

var jsonExts = map[string]string{".json": "json", ".geojson": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".ldjson": "ndjson"}

// proseExts are texts for people and programs. They may well have commas.
var proseExts = []string{".md", ".markdown", ".rst", ".tex", ".adoc", ".sql", ".py", ".r", ".go", ".js", ".ts", ".c", ".h", ".cc",
	".cpp", ".hpp", ".java", ".rs", ".sh", ".bat", ".ps1", ".css", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties",
	".ipynb", ".bib", ".srt", ".vtt", ".mod", ".sum", ".proto", ".msg", ".launch", ".urdf", ".svg"}

func sniffText(head []byte, whole bool, name, ext string, given bool) kind {
	text := decodeSample(head)
	if tooOdd(text, textExts[ext] != "") {
		if slices.Contains(databaseExts, ext) {
			return skipAs("sqlite.not_database")
		}
		if ext == ".parquet" {
			return skipAs("parquet.not_parquet")
		}
		return skipAs("source.binary")
	}
	trimmed := bytes.TrimLeft(text, " \t\r\n\ufeff\x00")
	if len(trimmed) == 0 {
		return skipAs("source.blank")
	}
	if code, markup := markupOf(trimmed, ext); markup {
		return skipAs(code)
	}
	if slices.Contains(proseExts, ext) || isProse(name) {
		return skipAs("source.text")
	}
	if format, ok := sniffJSON(head); ok && (textExts[ext] == "" || jsonBeginsLikeRecord(trimmed)) {
		return kind{format: format, shape: jsonShapeOf(trimmed)}
	}
	if format := jsonExts[ext]; format != "" {
		return kind{format: format} // broken JSON: the reader says where
	}
	if format := textExts[ext]; format != "" {
		return kind{format: format, shape: lineShape(head, whole)}
	}
	if format, ok := sniffDelimited(text, whole); ok || given {
		return kind{format: format, shape: lineShape(head, whole)}
	}
	return skipAs("source.no_table")
}

// decodeSample turns the beginning of a text into UTF-8.
func decodeSample(head []byte) []byte {
	r, err := charset.NewReader(bytes.NewReader(head), charset.Detect(head).Name)
	if err != nil {
		return head
	}
	text, err := io.ReadAll(r)
	if err != nil && len(text) == 0 {
		return head
	}
	return text
}

// tooOdd reports whether decoded bytes are no text: one in fifty is a control
// character, or one in four no character at all. Where the name promises a table, zero
// bytes between the fields are no reason to leave it out.
func tooOdd(text []byte, promised bool) bool {
	bad, n := 0, 0
	for b := text; len(b) > 0; n++ {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError || r >= 0x80 && r < 0xa0 && r != 0x85 || r >= 0xe000 && r <= 0xf8ff || r >= 0xfffe {
			bad++
		}
		b = b[size:]
	}
	zeros := bytes.Count(text, []byte{0})
	return (controls(text)-zeros)*50 > n || zeros*10 > n && !(promised && zeros*2 < n) || bad*4 > n
}

// markupOf tells HTML and XML, and which of them hold a workbook.
func markupOf(text []byte, ext string) (code string, ok bool) {
	low := bytes.ToLower(text[:min(len(text), 4096)])
	begins := func(ss ...string) bool {
		return slices.ContainsFunc(ss, func(s string) bool { return bytes.HasPrefix(low, []byte(s)) })
	}
	workbook := strings.HasPrefix(ext, ".xls") || ext == ".et"
	switch {
	case begins("<!doctype html", "<html", "<table", "<head", "<meta", "<body", "<style"),
		begins("<?xml", "<!--") && bytes.Contains(low, []byte("<html")):
		if workbook {
			return "source.html_workbook", true
		}
		return "source.web_page", true
	case begins("<?xml", "<workbook") && bytes.Contains(low, []byte("urn:schemas-microsoft-com:office:spreadsheet")):
		return "source.xml_workbook", true
	case begins("<?xml", "<!doctype", "<!--", "<rss", "<svg"):
		return "source.xml", true
	}
	return "", false
}

// isProse knows the texts that come with software and data by their names.
func isProse(name string) bool {
	up := strings.ToUpper(name)
	for _, p := range []string{"README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "CHANGELOG", "CONTRIBUTING", "AUTHORS", "MAKEFILE", "DOCKERFILE"} {
		if rest, ok := strings.CutPrefix(up, p); ok && (rest == "" || strings.ContainsAny(rest[:1], ".-_") && !strings.HasSuffix(rest, "CSV")) {
			return true
		}
	}
	return false
}

// sniffDelimited reports whether text without a promising name is a table: two columns
// or more, two rows or more, hardly one that does not fit, and either a layout that
// the detection believes in or numbers nearly everywhere. Blanks and colons divide
// prose as well, so with them only numbers count.
func sniffDelimited(text []byte, whole bool) (format string, ok bool) {
	const enough = 1 << 14 // detection tries dozens of dialects
	if len(text) > enough {
		text, whole = text[:enough], false
	}
	l := delimited.Detect(bytes.Clone(text), whole, delimited.Override{})
	format = "csv"
	if string(l.Delimiter) == "\t" {
		format = "tsv"
	}
	body := bytes.Clone(text[min(l.DataStart, len(text)):])
	if !whole {
		body = body[:l.LastEnd(body, false)]
	}
	l.Padded = false
	c := rowCounter{data: body}
	if err := l.Parse(body, &c); err != nil || l.Columns < 2 || c.rows < 2 || c.rejects*10 > c.rows {
		return format, false
	}
	numbers := float64(c.numbers) / float64(c.fields)
	if l.Runs || string(l.Delimiter) == " " || string(l.Delimiter) == ":" {
		return format, numbers >= 0.8
	}
	return format, numbers >= 0.5 || l.Score >= 0.3
}

// rowCounter counts what a sample parses to.
type rowCounter struct {
	data                           []byte
	rows, rejects, fields, numbers int
}

func (c *rowCounter) Row(fields []span.Span, _ int) error {
	c.rows++
	for _, f := range fields {
		c.fields++
		if f.Off == delimited.Null.Off || f.Len == 0 {
			continue
		}
		if d := f.Of(c.data); d[len(d)-1] >= '0' && d[len(d)-1] <= '9' && (d[0] == '-' || d[0] == '+' || d[0] == '.' || d[0] >= '0' && d[0] <= '9') {
			c.numbers++
		}
	}
	return nil
}

func (c *rowCounter) Reject(delimited.Rejection) { c.rejects++ }

// lineShape is the hash of the first line, as it is written. A line that is not seen
// whole tells nothing.
func lineShape(head []byte, whole bool) *[sha256.Size]byte {
	end := bytes.IndexAny(head, "\r\n")
	if end < 0 && !whole || end == 0 {
		return nil
	}
	if end < 0 {
		end = len(head)
	}
	h := sha256.Sum256(head[:end])
	return &h
}

// jsonShapeOf is the hash of the names in the first record, in the order of the
// alphabet. A record that is not seen whole tells nothing.
func jsonShapeOf(text []byte) *[sha256.Size]byte {
	pos := 0
	if text[0] == '[' {
		pos = jsonSkipSpace(text, 1)
	}
	if pos >= len(text) || text[pos] != '{' {
		return nil
	}
	members, _, complete := jsonMembers(text, pos+1)
	if !complete || len(members) == 0 {
		return nil
	}
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.key
	}
	slices.Sort(names)
	h := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return &h
}
