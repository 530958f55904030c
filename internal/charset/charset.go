// Package charset finds out how text is encoded and turns it into UTF-8.
//
// Detection looks at a sample: a byte-order mark decides; then zero bytes give UTF-16
// and UTF-32 away; then valid UTF-8 is UTF-8; then the East Asian encodings are tried,
// and the one whose decoding has no errors and the commonest characters wins; what is
// left is windows-1252. Every answer says why.
//
// Invariant: UTF-8 is passed through untouched, invalid bytes included; only a mark at
// the beginning is taken off.
//
// Start at [Detect]. Not here: languages, and anything that needs more than a sample.
package charset

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"assay/fault"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// UTF8 is the name of UTF-8; the other names are those of the IANA, in lower case.
const UTF8 = "utf-8"

// Guess is an encoding and the reason for it.
type Guess struct {
	Name     string
	Evidence string // code of the message catalogue, "encoding.bom" …
}

// marks are byte-order marks; longer ones first where one begins like another.
var marks = []struct{ bytes, name string }{
	{"\xef\xbb\xbf", UTF8}, {"\xff\xfe\x00\x00", "utf-32le"}, {"\x00\x00\xfe\xff", "utf-32be"},
	{"\xff\xfe", "utf-16le"}, {"\xfe\xff", "utf-16be"}, {"\x84\x31\x95\x33", "gb18030"},
}

// Detect guesses the encoding of text that begins with sample.
func Detect(sample []byte) Guess {
	for _, m := range marks {
		if bytes.HasPrefix(sample, []byte(m.bytes)) && !narrowDespite(m.bytes, sample) {
			return Guess{m.name, "encoding.bom"}
		}
	}
	if name := wide(sample); name != "" {
		return Guess{name, "encoding.zero_bytes"}
	}
	if !validUTF8(sample) {
		if name := wideByCharacters(sample); name != "" {
			return Guess{name, "encoding.common_characters"}
		}
	}
	return narrow(sample)
}

// narrow is Detect for text that is not UTF-16 or UTF-32.
func narrow(sample []byte) Guess {
	if firstBeyondASCII(sample) == len(sample) {
		return Guess{UTF8, "encoding.ascii"}
	}
	if validUTF8(sample) {
		return Guess{UTF8, "encoding.valid_utf8"}
	}
	best, score := "", 0.0
	for _, c := range candidates {
		if s := c.score(sample); s > score {
			best, score = c.name, s
		}
	}
	switch {
	case score >= 0.15:
		return Guess{best, "encoding.common_characters"}
	case mostlyUTF8(sample):
		return Guess{UTF8, "encoding.mostly_utf8"}
	}
	return Guess{"windows-1252", "encoding.fallback"}
}

// narrowDespite reports whether two bytes that look like a mark of UTF-16 are none: what
// follows is ASCII, which as UTF-16 would be characters of no one language.
func narrowDespite(mark string, sample []byte) bool {
	rest := sample[len(mark):]
	return len(mark) == 2 && len(rest) >= 8 && firstBeyondASCII(rest) == len(rest) && bytes.IndexByte(rest, 0) < 0
}

// wide finds UTF-16 and UTF-32 without a mark. Text has line ends, commas, digits or
// spaces, whose other bytes are zero; in other encodings there are hardly any zeros.
func wide(b []byte) string {
	n := len(b) &^ 3
	if n < 8 {
		return ""
	}
	var zeros [4]int
	for i, c := range b[:n] {
		if c == 0 {
			zeros[i&3]++
		}
	}
	quarter := n / 4
	total := zeros[0] + zeros[1] + zeros[2] + zeros[3]
	switch {
	case zeros[2]+zeros[3] > quarter*19/10 && zeros[0] < quarter/10:
		return "utf-32le"
	case zeros[0]+zeros[1] > quarter*19/10 && zeros[3] < quarter/10:
		return "utf-32be"
	case total*4 < n: // few: what tells is not the zeros but the line ends among Han
		return narrowInWide(b[:n], total)
	case zeros[1]+zeros[3] > 9*(zeros[0]+zeros[2]):
		return "utf-16le"
	case zeros[0]+zeros[2] > 9*(zeros[1]+zeros[3]):
		return "utf-16be"
	}
	return ""
}

// narrowInWide tells UTF-16 by line ends written in two bytes.
func narrowInWide(b []byte, zeros int) string {
	if zeros == 0 {
		return ""
	}
	var le, be int
	for i := 0; i+1 < len(b); i += 2 {
		switch {
		case b[i] == '\n' && b[i+1] == 0:
			le++
		case b[i] == 0 && b[i+1] == '\n':
			be++
		}
	}
	switch {
	case le > 0 && be == 0 && 2*le >= zeros/8:
		return "utf-16le"
	case be > 0 && le == 0 && 2*be >= zeros/8:
		return "utf-16be"
	}
	return ""
}

// wideByCharacters finds UTF-16 in which there is no ASCII: nearly all units are
// characters of East Asian writing, and many of them common ones. Swapped, or made of
// another encoding's bytes, they are not.
func wideByCharacters(b []byte) string {
	b = b[:min(len(b), maxScored)&^1]
	for _, order := range []struct {
		name      string
		high, low int
	}{{"utf-16le", 1, 0}, {"utf-16be", 0, 1}} {
		n, plausible, common := len(b)/2, 0, 0.0
		for i := 0; i < len(b); i += 2 {
			r := rune(b[i+order.high])<<8 | rune(b[i+order.low])
			switch {
			case r == '\n' || r == '\r' || r == '\t' || r >= ' ' && r < 0x7f, r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xffef,
				r >= 0x2010 && r <= 0x203b, r == 0xb7:
				plausible++
			case r >= 0x3041 && r <= 0x30fe:
				plausible++
				common++
			case isHan(r):
				plausible++
				common += max(in(commonSimplified, r, false), in(commonTraditional, r, false))
			case r >= 0xac00 && r <= 0xd7a3:
				plausible++
				common += in(commonHangul, r, false)
			}
		}
		if n >= 16 && plausible*20 >= n*19 && common*5 >= float64(n) {
			return order.name
		}
	}
	return ""
}

// validUTF8 allows the sample to end within a character.
func validUTF8(b []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut <= len(b); cut++ {
		if utf8.Valid(b[:len(b)-cut]) {
			return cut == 0 || !utf8.FullRune(b[len(b)-cut:])
		}
	}
	return false
}

// mostlyUTF8 reports whether nine in ten characters beyond ASCII are valid.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case r >= 0x80:
			good++
		}
		b = b[n:]
	}
	return good > 9*bad
}

// candidate is an East Asian encoding with characters that are common in its texts.
type candidate struct {
	name   string
	enc    encoding.Encoding
	common func(r rune) float64 // weight of a decoded character, 0 to 1
}

var candidates = []candidate{
	{"gb18030", simplifiedchinese.GB18030, func(r rune) float64 { return in(commonSimplified, r, isHan(r)) }},
	{"big5", traditionalchinese.Big5, func(r rune) float64 { return in(commonTraditional, r, isHan(r)) }},
	{"shift_jis", japanese.ShiftJIS, japaneseWeight},
	{"euc-jp", japanese.EUCJP, japaneseWeight},
	{"euc-kr", korean.EUCKR, func(r rune) float64 {
		if r >= 0xac00 && r <= 0xd7a3 {
			return in(commonHangul, r, true)
		}
		return 0
	}},
}

// in weighs a character: one that is common counts in full, another of the script a
// tenth.
func in(common string, r rune, ofScript bool) float64 {
	switch {
	case strings.ContainsRune(common, r):
		return 1
	case ofScript:
		return 0.1
	}
	return 0
}

func japaneseWeight(r rune) float64 {
	switch {
	case r >= 0x3041 && r <= 0x30fe: // kana
		return 1
	case r >= 0xff61 && r <= 0xff9f: // half-width katakana: what other encodings decay to
		return -1
	}
	return in(commonJapanese, r, isHan(r))
}

func isHan(r rune) bool { return r >= 0x3400 && r <= 0x9fff }

// maxScored is how many bytes of a sample are decoded for scoring.
const maxScored = 1 << 16

// score is the mean weight of the characters beyond ASCII, 0 when more than one in
// two hundred is an error.
func (c candidate) score(sample []byte) float64 {
	sample = sample[:min(len(sample), maxScored)]
	text, err := c.enc.NewDecoder().Bytes(sample)
	if err != nil {
		return 0
	}
	var sum float64
	n, bad := 0, 0
	for i, r := range string(text) {
		switch {
		case r == utf8.RuneError:
			if i < len(text)-8 { // the sample may end within a character
				bad++
			}
		case r >= 0xe000 && r <= 0xf8ff: // private use: no text has it
			bad++
		case r >= 0x80:
			n++
			if punctuation(r) {
				continue
			}
			sum += c.common(r)
		}
	}
	if n == 0 || bad*200 > n {
		return 0
	}
	return sum / float64(n)
}

func punctuation(r rune) bool {
	return r >= 0x3000 && r <= 0x301f || r >= 0xff01 && r <= 0xff0f || r >= 0x2010 && r <= 0x203b
}

// Lookup returns the encoding of a name: of the IANA, or one of the aliases that
// browsers know. nil means UTF-8.
func Lookup(name string) (encoding.Encoding, string, error) {
	low := strings.ToLower(strings.TrimSpace(name))
	switch strings.ReplaceAll(strings.ReplaceAll(low, "-", ""), "_", "") {
	case "", "utf8", "ascii", "usascii":
		return nil, UTF8, nil
	case "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le", nil
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be", nil
	case "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16", nil
	case "utf32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "utf-32le", nil
	case "utf32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32be", nil
	case "gbk", "gb2312", "gb18030", "cp936":
		return simplifiedchinese.GB18030, "gb18030", nil // the others are parts of it
	case "latin1", "iso88591":
		return charmap.ISO8859_1, "iso-8859-1", nil
	}
	e, err := htmlindex.Get(low)
	if err != nil {
		return nil, "", fault.New(fault.Invalid, "encoding.unknown", "name", name)
	}
	canonical, err := htmlindex.Name(e)
	if err != nil {
		canonical = low
	}
	return e, canonical, nil
}

// NewReader reads r, which is encoded as name says, as UTF-8 without a mark.
func NewReader(r io.Reader, name string) (io.Reader, error) {
	e, canonical, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	// A mark may be longer than what one Read gives.
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(4)
	if err != nil && len(head) == 0 && err != io.EOF {
		return nil, err
	}
	for _, m := range marks {
		if m.name == canonical && bytes.HasPrefix(head, []byte(m.bytes)) {
			if _, err := b.Discard(len(m.bytes)); err != nil {
				return nil, err
			}
			break
		}
	}
	if e == nil {
		return b, nil
	}
	return transform.NewReader(b, e.NewDecoder()), nil
}
