package file

import "strings"

// excelClass is what a number format makes of a number.
type excelClass struct {
	kind     excelKind
	percent  bool
	currency bool
	general  bool // shown with at most 11 digits, then as 1.1E+17
}

type excelKind uint8

const (
	excelNumber  excelKind = iota
	excelDate              // year, month or day
	excelTime              // hour, minute or second
	excelMoment            // both
	excelElapsed           // [h]:mm, which goes beyond a day
)

// excelBuiltin has the formats that a file uses by number only: those of every
// language (ECMA-376 part 1, 18.8.30) and those of the Chinese, Japanese and Korean
// versions, which agree in being dates or times.
func excelBuiltin(id int) (excelClass, bool) {
	switch {
	case id == 0:
		return excelClass{general: true}, true
	case id == 9 || id == 10:
		return excelClass{percent: true}, true
	case id >= 5 && id <= 8 || id == 42 || id == 44:
		return excelClass{currency: true}, true
	case id == 11 || id == 48:
		return excelClass{general: true}, true // 0.00E+00
	case id >= 14 && id <= 17 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id == 57 || id == 58:
		return excelClass{kind: excelDate}, true
	case id >= 18 && id <= 21 || id >= 32 && id <= 35 || id == 45 || id == 47 || id == 55 || id == 56:
		return excelClass{kind: excelTime}, true
	case id == 22:
		return excelClass{kind: excelMoment}, true
	case id == 46:
		return excelClass{kind: excelElapsed}, true
	case id < 82:
		return excelClass{}, true
	}
	return excelClass{}, false
}

// excelClassOf reads a format code (ECMA-376 part 1, 18.8.31). Its first section
// decides; text in quotes, colours, conditions and locales do not count.
func excelClassOf(code string) excelClass {
	var c excelClass
	var letters strings.Builder // the codes of date and time, and the digits' places
	runes := []rune(code)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case ';':
			i = len(runes)
		case '"':
			start := i + 1
			for i++; i < len(runes) && runes[i] != '"'; i++ {
			}
			c.currency = c.currency || excelIsCurrency(string(runes[start:i]))
		case '\\', '_', '*':
			i++
		case '[':
			start := i + 1
			for ; i < len(runes) && runes[i] != ']'; i++ {
			}
			inside := strings.ToLower(string(runes[start:i]))
			if inside != "" && (strings.Trim(inside, "h") == "" || strings.Trim(inside, "m") == "" || strings.Trim(inside, "s") == "") {
				c.kind = excelElapsed
			}
			c.currency = c.currency || strings.HasPrefix(inside, "$") && !strings.HasPrefix(inside, "$-")
		case '%':
			c.percent = true
		default:
			c.currency = c.currency || excelIsCurrency(string(r))
			if r < 0x80 {
				letters.WriteRune(r)
			}
		}
	}
	if c.kind != excelElapsed {
		c.kind = excelKindOf(strings.ToLower(letters.String()), &c)
	}
	return c
}

func excelIsCurrency(s string) bool { return strings.ContainsAny(s, "¥￥$€£₩元") }

// excelKindOf tells dates from times by the letters left over. An m is a month unless
// it stands with hours or seconds and without year and day.
func excelKindOf(s string, c *excelClass) excelKind {
	if strings.Contains(s, "general") {
		c.general = true
		return excelNumber
	}
	if strings.ContainsAny(s, "0#?") && strings.Contains(s, "e+") || strings.Contains(s, "e-") {
		c.general = true
		return excelNumber
	}
	hasClock := strings.Contains(s, "am/pm") || strings.Contains(s, "a/p")
	s = strings.NewReplacer("am/pm", "", "a/p", "").Replace(s)
	hasClock = hasClock || strings.ContainsAny(s, "hs")
	hasDate := strings.ContainsAny(s, "ydeg") || strings.Contains(s, "m") && !hasClock || strings.Contains(s, "mmm")
	switch {
	case hasDate && hasClock:
		return excelMoment
	case hasDate:
		return excelDate
	case hasClock:
		return excelTime
	}
	return excelNumber
}
