package file

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonTag is what kind of scalar stands at a place.
type jsonTag uint8

const (
	jsonNull    jsonTag = iota
	jsonString          //
	jsonTrue            //
	jsonFalse           //
	jsonInteger         // digits only
	jsonDecimal         // with a point, no exponent
	jsonFloat           // with an exponent
	jsonNaN             // NaN, Infinity, -Infinity: no JSON, but Python writes them
	jsonTags            // how many there are
)

// literalAt parses null, true, false or a number.
func (p *jsonParser) literalAt(pos int) (tag jsonTag, end int, err *jsonSyntax) {
	word := ""
	switch p.data[pos] {
	case 'n':
		word, tag = "null", jsonNull
	case 't':
		word, tag = "true", jsonTrue
	case 'f':
		word, tag = "false", jsonFalse
	case 'N':
		word, tag = "NaN", jsonNaN
	case 'I':
		word, tag = "Infinity", jsonNaN
	case '-':
		if pos+1 < len(p.data) && p.data[pos+1] == 'I' {
			word, tag = "-Infinity", jsonNaN
			break
		}
		return p.numberAt(pos)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.numberAt(pos)
	case '+', '.':
		return 0, pos, &jsonSyntax{jsonErrNumber, pos}
	default:
		return 0, pos, &jsonSyntax{jsonErrValue, pos}
	}
	rest := p.data[pos:]
	if len(rest) < len(word) && word[:len(rest)] == string(rest) {
		return 0, len(p.data), &jsonSyntax{jsonErrEnd, len(p.data)}
	}
	if !bytes.HasPrefix(rest, []byte(word)) {
		return 0, pos, &jsonSyntax{jsonErrValue, pos}
	}
	return tag, pos + len(word), nil
}

// numberAt parses a number by the grammar of RFC 8259 section 6.
func (p *jsonParser) numberAt(pos int) (tag jsonTag, end int, err *jsonSyntax) {
	b, i := p.data, pos
	if b[i] == '-' {
		i++
	}
	digits := jsonDigits(b, i)
	switch {
	case digits == i && i >= len(b):
		return 0, i, &jsonSyntax{jsonErrEnd, i}
	case digits == i, b[i] == '0' && digits > i+1:
		return 0, pos, &jsonSyntax{jsonErrNumber, pos}
	}
	tag, i = jsonInteger, digits
	if i < len(b) && b[i] == '.' {
		tag, digits = jsonDecimal, jsonDigits(b, i+1)
		if digits == i+1 {
			return 0, pos, jsonNumberBreak(b, pos, digits)
		}
		i = digits
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		tag = jsonFloat
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if digits = jsonDigits(b, i); digits == i {
			return 0, pos, jsonNumberBreak(b, pos, i)
		}
		i = digits
	}
	return tag, i, nil
}

func jsonNumberBreak(b []byte, pos, at int) *jsonSyntax {
	if at >= len(b) {
		return &jsonSyntax{jsonErrEnd, at}
	}
	return &jsonSyntax{jsonErrNumber, pos}
}

func jsonDigits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// jsonBadEscape returns the position of the first escape that is none, or -1.
func jsonBadEscape(raw []byte) int {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		start := i
		i++
		if i >= len(raw) {
			return start
		}
		switch raw[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			if _, ok := jsonHex(raw, i+1); !ok {
				return start
			}
			i += 4
		default:
			return start
		}
	}
	return -1
}

func jsonHex(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// jsonUnescape appends raw to dst without its escapes. Half a surrogate pair becomes
// U+FFFD; an escape that is none, which jsonBadEscape finds, is left out.
func jsonUnescape(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		c := raw[i+1]
		raw = raw[i+2:]
		if at := strings.IndexByte("bfnrt", c); at >= 0 {
			dst = append(dst, "\b\f\n\r\t"[at])
			continue
		}
		if c != 'u' {
			dst = append(dst, c)
			continue
		}
		r, ok := jsonHex(raw, 0)
		if !ok {
			continue
		}
		raw = raw[4:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
				if low, ok := jsonHex(raw, 2); ok {
					pair = utf16.DecodeRune(r, low)
				}
			}
			if pair != utf8.RuneError {
				raw = raw[6:]
			}
			r = pair
		}
		dst = utf8.AppendRune(dst, r)
	}
}

// jsonLoneSurrogates counts halves of surrogate pairs in a string whose escapes are
// good.
func jsonLoneSurrogates(raw []byte) int {
	n := 0
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		if raw[i] != 'u' {
			continue
		}
		r, _ := jsonHex(raw, i+1)
		i += 4
		if !utf16.IsSurrogate(r) {
			continue
		}
		if i+2 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
			if low, ok := jsonHex(raw, i+3); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				i += 6
				continue
			}
		}
		n++
	}
	return n
}

// jsonChildPath appends a key to a path; docs/formats/paths.md has the grammar.
func jsonChildPath(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]`*") || strings.TrimSpace(key) != key {
		key = "`" + strings.ReplaceAll(key, "`", "``") + "`"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
