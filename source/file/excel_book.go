package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"assay/fault"
	"assay/source"
)

// Bounds against archives that are made to hurt. Sheets are streamed, so their size
// costs time, not memory; what has to be held is bounded by Options.MemoryBytes.
const (
	excelMaxPart  = 64 << 20 // workbook, relations, styles
	excelFreely   = 64 << 20 // below this no ratio is asked
	excelMaxRatio = 400      // deflate does 1032 at best; real sheets stay below 100
	excelMaxRows  = 1 << 20
	excelMaxCols  = 1 << 14
)

// excelBook is an open workbook: which sheets there are and how numbers are shown.
type excelBook struct {
	locator string
	file    *os.File
	parts   map[string]*zip.File // by lower-case name, as names are compared (ECMA-376 part 2, 7.2.3)
	sheets  []excelSheet
	base    int64 // days from 1970-01-01 to the workbook's day 0
	is1904  bool
	classes []excelClass // by the cells' style number
	strings string       // part of the shared strings, "" = none
}

type excelSheet struct {
	name, state string
	part        string // "" where the relation is missing
	kind        string // of the relation: "worksheet", "chartsheet", …
}

func (b *excelBook) close() error { return b.file.Close() }

// openExcelBook opens p and reads all but strings and sheets. What is no workbook
// gets a fault that says what it is instead.
func openExcelBook(p source.Part, locator string) (_ *excelBook, err error) {
	f, err := os.Open(p.Path)
	if err != nil {
		return nil, openFault(err, locator)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, openFault(err, locator)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, excelNotZip(f, err, locator)
	}
	b := &excelBook{locator: locator, file: f, parts: map[string]*zip.File{}}
	for _, e := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(e.Name, `\`, "/"), "/"))
		if b.parts[name] == nil {
			b.parts[name] = e
		}
	}
	if err := b.readWorkbook(); err != nil {
		return nil, err
	}
	return b, nil
}

// excelNotZip says what a file is that is no archive.
func excelNotZip(f *os.File, cause error, locator string) error {
	head := make([]byte, 8)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return openFault(err, locator)
	}
	head = head[:n]
	switch {
	case n == 0:
		return fault.New(fault.Invalid, "source.empty", "locator", locator)
	case string(head) == "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": // OLE compound file, [MS-CFB] 2.2
		return excelCompound(f, locator)
	case bytes.HasPrefix(head, []byte("PK")):
		return fault.Wrap(cause, fault.Invalid, "excel.damaged", "locator", locator)
	}
	return fault.Wrap(cause, fault.Invalid, "excel.not_excel", "locator", locator)
}

// excelCompound tells an encrypted workbook, which has a stream EncryptedPackage
// ([MS-OFFCRYPTO] 1.3.2), from one in the old binary format, by the names of the
// streams, which are UTF-16 in the file.
func excelCompound(f *os.File, locator string) error {
	encrypted, binary := excelUTF16("EncryptedPackage"), excelUTF16("Workbook")
	const overlap = 64
	buf := make([]byte, 1<<20)
	isBinary := false
	for off := int64(0); ; off += int64(len(buf)) - overlap {
		n, err := f.ReadAt(buf, off)
		if bytes.Contains(buf[:n], encrypted) {
			return fault.New(fault.Denied, "excel.encrypted", "locator", locator)
		}
		isBinary = isBinary || bytes.Contains(buf[:n], binary) || bytes.Contains(buf[:n], excelUTF16("Book\x00"))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return openFault(err, locator)
		}
	}
	if isBinary {
		return fault.New(fault.Unsupported, "excel.binary", "locator", locator, "format", ".xls")
	}
	return fault.New(fault.Invalid, "excel.not_excel", "locator", locator)
}

func excelUTF16(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// open streams a part of the archive.
func (b *excelBook) open(name string) (io.ReadCloser, error) {
	e := b.parts[strings.ToLower(name)]
	if e == nil {
		return nil, fault.New(fault.Invalid, "excel.missing_part", "locator", b.locator, "part", name)
	}
	if e.Flags&1 != 0 {
		return nil, fault.New(fault.Denied, "excel.encrypted", "locator", b.locator)
	}
	r, err := e.Open()
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "excel.damaged", "locator", b.locator)
	}
	limit := max(excelFreely, excelMaxRatio*int64(e.CompressedSize64))
	return &excelPart{ReadCloser: r, left: limit, locator: b.locator}, nil
}

// excelPart is a part that ends with a fault when it grows beyond belief.
type excelPart struct {
	io.ReadCloser
	left    int64
	locator string
}

func (p *excelPart) Read(buf []byte) (int, error) {
	n, err := p.ReadCloser.Read(buf)
	if p.left -= int64(n); p.left < 0 {
		return 0, fault.New(fault.Exhausted, "excel.bomb", "locator", p.locator, "ratio", strconv.Itoa(excelMaxRatio))
	}
	return n, err
}

// walk calls each for every start tag of a small part.
func (b *excelBook) walk(name string, each func(x *excelXML)) error {
	r, err := b.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	in := &io.LimitedReader{R: r, N: excelMaxPart}
	x := newExcelXML(in)
	for {
		token, err := x.next()
		switch {
		case errors.Is(err, io.EOF) && in.N <= 0:
			return fault.New(fault.Exhausted, "excel.bomb", "locator", b.locator, "ratio", strconv.Itoa(excelMaxRatio))
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return b.damaged(err)
		case token == excelStart:
			each(x)
		}
	}
}

// damaged turns an error of reading a part into a fault; faults stay as they are.
func (b *excelBook) damaged(err error) error {
	if fault.As(err) != nil {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "excel.damaged", "locator", b.locator)
}

type excelRelation struct{ kind, target string }

// relations reads the relations of a part; kinds are the last word of their address,
// which differs between the strict and the transitional form.
func (b *excelBook) relations(part string) (map[string]excelRelation, error) {
	dir, base := path.Split(part)
	rels := map[string]excelRelation{}
	err := b.walk(dir+"_rels/"+base+".rels", func(x *excelXML) {
		if !x.is("Relationship") {
			return
		}
		target := strings.ReplaceAll(x.attrText("Target"), `\`, "/")
		if strings.HasPrefix(target, "/") {
			target = strings.TrimPrefix(target, "/")
		} else {
			target = path.Join(dir, target)
		}
		rels[x.attrText("Id")] = excelRelation{kind: path.Base(x.attrText("Type")), target: target}
	})
	return rels, err
}

func (b *excelBook) readWorkbook() error {
	if b.parts["_rels/.rels"] == nil && b.parts["xl/workbook.xml"] == nil {
		return fault.New(fault.Invalid, "excel.not_excel", "locator", b.locator)
	}
	book := "xl/workbook.xml"
	if top, err := b.relations(""); err == nil {
		for _, r := range top {
			if r.kind == "officeDocument" {
				book = r.target
			}
		}
	}
	if strings.HasSuffix(book, ".bin") {
		return fault.New(fault.Unsupported, "excel.binary", "locator", b.locator, "format", ".xlsb")
	}
	if b.parts[strings.ToLower(book)] == nil || strings.HasPrefix(book, "word/") || strings.HasPrefix(book, "ppt/") {
		return fault.New(fault.Invalid, "excel.not_excel", "locator", b.locator)
	}
	rels, err := b.relations(book)
	if err != nil {
		return err
	}
	styles := ""
	for _, r := range rels {
		switch r.kind {
		case "styles":
			styles = r.target
		case "sharedStrings":
			b.strings = r.target
		}
	}
	if err := b.walk(book, func(x *excelXML) { b.workbookTag(x, rels) }); err != nil {
		return err
	}
	// Day 0 of the 1900 system is 1899-12-30 from 1900-03-01 on; excelDay has the rest.
	b.base = -25569
	if b.is1904 {
		b.base = -24107
	}
	if styles == "" || b.parts[strings.ToLower(styles)] == nil {
		return nil
	}
	return b.readStyles(styles)
}

func (b *excelBook) workbookTag(x *excelXML, rels map[string]excelRelation) {
	switch {
	case x.is("workbookPr"):
		b.is1904 = x.attrTrue("date1904")
	case x.is("sheet"):
		r := rels[x.attrText("id")] // r:id; the sheetId has another name
		b.sheets = append(b.sheets, excelSheet{name: x.attrText("name"), state: x.attrText("state"), part: r.target, kind: r.kind})
	}
}

func (b *excelBook) readStyles(part string) error {
	custom := map[int]excelClass{}
	inCells := false
	return b.walk(part, func(x *excelXML) {
		switch {
		case x.is("numFmt"):
			if id, ok := x.attrInt("numFmtId"); ok {
				custom[id] = excelClassOf(x.attrText("formatCode"))
			}
		case x.is("cellXfs"):
			inCells = true
		case x.is("cellStyleXfs"), x.is("cellStyles"), x.is("dxfs"):
			inCells = false
		case inCells && x.is("xf"):
			id, _ := x.attrInt("numFmtId")
			c, ok := custom[id]
			if !ok {
				c, _ = excelBuiltin(id)
			}
			b.classes = append(b.classes, c)
		}
	})
}

func (b *excelBook) class(style int32) excelClass {
	if int(style) < len(b.classes) {
		return b.classes[style]
	}
	return excelClass{general: true}
}

// excelStrings are the shared strings, in one buffer.
type excelStrings struct {
	data []byte
	ends []uint32
}

func (s *excelStrings) len(i int32) int {
	_, n := s.span(i)
	return n
}

func (s *excelStrings) span(i int32) (off, n int) {
	if i > 0 {
		off = int(s.ends[i-1])
	}
	return off, int(s.ends[i]) - off
}

func (s *excelStrings) text(i int32) []byte {
	off, n := s.span(i)
	return s.data[off : off+n]
}

// readStrings reads the shared strings, of which limit bytes may be held. Runs of rich
// text are joined; readings (rPh) are not part of the text.
func (b *excelBook) readStrings(limit int64) (*excelStrings, error) {
	s := &excelStrings{}
	if b.strings == "" || b.parts[strings.ToLower(b.strings)] == nil {
		return s, nil
	}
	r, err := b.open(b.strings)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := newExcelXML(r)
	inText, inReading := false, false
	start := 0
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, b.damaged(err)
		}
		switch token {
		case excelText:
			if inText && !inReading {
				s.data = x.appendText(s.data)
			}
		case excelStart, excelEnd:
			switch {
			case x.is("t"):
				inText = token == excelStart
			case x.is("rPh"):
				inReading = token == excelStart
			case x.is("si") && token == excelEnd:
				s.data = s.data[:start+len(excelXString(s.data[start:]))]
				start = len(s.data)
				s.ends = append(s.ends, uint32(start))
			}
		}
		if int64(len(s.data)+4*len(s.ends)) > min(limit, 1<<32-excelMaxToken) {
			return nil, fault.New(fault.Exhausted, "excel.strings_too_large", "locator", b.locator,
				"limit_mib", strconv.FormatInt(limit>>20, 10))
		}
	}
}
