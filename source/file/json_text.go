package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"assay/asset"
	"assay/fault"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// jsonText turns a stream into UTF-8 without a byte order mark. asked is an IANA
// name or "". It returns the encoding's name and why it was taken.
func jsonText(in io.Reader, asked string) (*bufio.Reader, string, []asset.Observation, error) {
	br := bufio.NewReaderSize(in, jsonLineHead)
	if asked != "" {
		enc, err := ianaindex.IANA.Encoding(asked)
		if err != nil || enc == nil {
			return nil, "", nil, fault.Wrap(err, fault.Invalid, "json.encoding_unknown", "encoding", asked)
		}
		name, _ := ianaindex.IANA.Name(enc)
		return jsonDecode(br, enc), name, nil, nil
	}
	head, err := jsonPeek(br, jsonLineHead)
	if err != nil {
		return nil, "", nil, err
	}
	enc, name, code := jsonEncoding(head)
	if code == "" {
		return br, name, nil, nil
	}
	evidence := []asset.Observation{jsonObservation("", code, "encoding", name)}
	if enc == nil {
		_, err := br.Discard(len(jsonBOM))
		return br, name, evidence, err
	}
	return jsonDecode(br, enc), name, evidence, nil
}

var jsonBOM = []byte("\xef\xbb\xbf")

func jsonDecode(br *bufio.Reader, enc encoding.Encoding) *bufio.Reader {
	in := transform.NewReader(br, unicode.BOMOverride(enc.NewDecoder()))
	return bufio.NewReaderSize(in, jsonLineHead)
}

// jsonEncoding finds the encoding of a JSON text. RFC 8259 wants UTF-8; UTF-16 and
// UTF-32 show by a mark or by where the zero bytes are, as the first characters of
// JSON are ASCII (RFC 4627 section 3). Bytes that are no UTF-8 but are GB18030 come
// from Chinese exporters. enc is nil for UTF-8, code "" where there was nothing to
// decide.
func jsonEncoding(head []byte) (enc encoding.Encoding, name, code string) {
	switch {
	case bytes.HasPrefix(head, jsonBOM):
		return nil, "utf-8", "json.encoding_bom"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}):
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), "UTF-32LE", "json.encoding_bom"
	case bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "UTF-32BE", "json.encoding_bom"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16le", "json.encoding_bom"
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16be", "json.encoding_bom"
	case len(head) < 4:
		return nil, "utf-8", ""
	}
	zero := [4]bool{head[0] == 0, head[1] == 0, head[2] == 0, head[3] == 0}
	switch zero {
	case [4]bool{true, true, true, false}:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "UTF-32BE", "json.encoding_zeros"
	case [4]bool{false, true, true, true}:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "UTF-32LE", "json.encoding_zeros"
	case [4]bool{true, false, true, false}, [4]bool{true, false, false, true}:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be", "json.encoding_zeros"
	case [4]bool{false, true, false, true}, [4]bool{false, true, true, false}:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le", "json.encoding_zeros"
	}
	if jsonMostlyUTF8(head) {
		return nil, "utf-8", ""
	}
	if jsonIsGB18030(head) {
		return simplifiedchinese.GB18030, "gb18030", "json.encoding_gb18030"
	}
	return nil, "utf-8", ""
}

// jsonMostlyUTF8 allows for stray bytes in a text that is UTF-8 otherwise: more good
// multi-byte characters than bad bytes.
func jsonMostlyUTF8(head []byte) bool {
	good, bad := 0, 0
	for len(head) > 0 {
		if head[0] < utf8.RuneSelf {
			head = head[1:]
			continue
		}
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 {
			if !utf8.FullRune(head) {
				break // cut by the end of the head
			}
			bad++
		} else {
			good++
		}
		head = head[n:]
	}
	return bad == 0 || good > bad
}

// jsonIsGB18030 reports whether every byte beyond ASCII is part of a GB18030
// character; the last one may be cut.
func jsonIsGB18030(head []byte) bool {
	for i := 0; i < len(head); {
		if head[i] < 0x80 {
			i++
			continue
		}
		if head[i] == 0x80 || head[i] == 0xff {
			return false
		}
		if i+1 >= len(head) {
			return true
		}
		switch b := head[i+1]; {
		case b >= 0x40 && b != 0x7f && b != 0xff:
			i += 2
		case b >= '0' && b <= '9':
			if i+3 < len(head) && (head[i+2] < 0x81 || head[i+2] == 0xff || head[i+3] < '0' || head[i+3] > '9') {
				return false
			}
			i += 4
		default:
			return false
		}
	}
	return true
}

// jsonPeek returns up to n bytes without consuming them.
func jsonPeek(br *bufio.Reader, n int) ([]byte, error) {
	head, err := br.Peek(min(n, br.Size()))
	if err != nil && err != io.EOF {
		return nil, err
	}
	return head, nil
}

// jsonStream reads a stream that may break off, as compressed ones do: it ends there,
// and cut is told that something is missing.
type jsonStream struct {
	in  io.Reader
	cut func()
}

func (s *jsonStream) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		s.cut()
		err = io.EOF
	}
	return n, err
}

// jsonReadHead reads up to n bytes; whole says that this is everything.
func jsonReadHead(in io.Reader, n int) (head []byte, whole bool, err error) {
	return jsonReadMore(nil, in, n)
}

// jsonReadMore reads on until head has n bytes.
func jsonReadMore(head []byte, in io.Reader, n int) ([]byte, bool, error) {
	buf := bytes.NewBuffer(head)
	_, err := io.Copy(buf, io.LimitReader(in, int64(n-len(head))+1))
	if err != nil {
		return nil, false, err
	}
	return buf.Bytes(), buf.Len() <= n, nil
}
