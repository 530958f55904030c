package profile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/asset"
	"assay/internal/sketch"
)

// mask decides which values of a column may be shown, before it is known what they
// mean. Numbers, dates and times are shown; so is text that is a frequent category.
// Everything else, and whole numbers that look like identifiers, is shown by its
// shape: length and classes of characters.
//
// A category comes at least minCategory times and in 1 % of the values, has no run of
// digitRun digits, no letters with codeDigits digits or more (plates, keys), no at
// sign, and is not in a column of person names.
type mask struct {
	numbers    bool // the column is numeric or temporal
	identifier bool // whole numbers, mostly of one length, as long as a phone number
	names      bool // looks like names of persons
	values     int64
}

const (
	minCategory = 10
	digitRun    = 7
	codeDigits  = 5
	idDigits    = 11 // of mobile numbers; bank cards and resident numbers are longer
	maxShown    = 80 // characters
)

func newMask(p *part, t asset.Type, distinct Estimate) *mask {
	m := &mask{values: p.places - p.nulls, numbers: t.Numeric() || t.Temporal() || t == asset.TypeBoolean}
	m.identifier = looksLikeIdentifiers(p)
	m.names = looksLikeNames(p)
	return m
}

// looksLikeIdentifiers reports whether the numbers are whole and half of them or more
// have one length of at least idDigits digits. A few of another length, a telephone
// number with a digit missing, must not uncover the rest.
func looksLikeIdentifiers(p *part) bool {
	n := &p.number
	if !n.has || p.kinds[asset.TypeDecimal]+p.kinds[asset.TypeFloat] > 0 {
		return false
	}
	for _, count := range p.whole[idDigits:] {
		if count > 0 && 2*count >= p.kinds[asset.TypeInteger] {
			return !epoch(n.min.i, n.max.i)
		}
	}
	return false
}

// epoch reports whether all of [lo, hi] are milliseconds or microseconds since 1970
// in the years 2000 to 2050: times, not identifiers.
func epoch(lo, hi int64) bool {
	const from, to = 946684800, 2524608000 // seconds
	return lo >= from*1e3 && hi <= to*1e3 || lo >= from*1e6 && hi <= to*1e6
}

// surnames are the hundred commonest Chinese surnames (Ministry of Public Security,
// 二〇二〇年全国姓名报告); provisional: a guard, not a classifier.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"

// looksLikeNames reports whether most frequent values have the form of a Chinese
// person's name.
func looksLikeNames(p *part) bool {
	var names, all int64
	for _, t := range p.top.Top(200) {
		all += t.N
		r, _ := utf8.DecodeRuneInString(t.Value.text)
		if n := utf8.RuneCountInString(t.Value.text); n >= 2 && n <= 4 && isHan(r) && strings.ContainsRune(surnames, r) {
			names += t.N
		}
	}
	return all > 0 && 2*names > all
}

type topCount = sketch.Count[topValue]

// top shows a frequent value.
func (m *mask) top(t topCount) asset.Shown {
	v := &t.Value.v
	if v.kind == asset.TypeEmpty {
		return asset.Plain(" "[:min(len(t.Value.text), 1)])
	}
	if v.word != 0 {
		return asset.Plain(nullWords[v.word])
	}
	if m.numbers && v.kind != asset.TypeText && v.kind != asset.TypeBinary {
		return m.number(v.canonical(t.Value.text))
	}
	if v.kind == asset.TypeBinary {
		return asset.Masked("binary")
	}
	if t.N >= minCategory && t.N*100 >= m.values && m.category(t.Value.text) {
		return asset.Plain(t.Value.text)
	}
	return shapeShown(v.canonical(t.Value.text))
}

func (m *mask) category(s string) bool {
	return !m.names && !m.identifier && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxShown &&
		!strings.ContainsAny(s, "@\x00\n\r") && longestDigits(s) < digitRun && !isCode(s)
}

// isCode reports whether s mixes letters with many digits.
func isCode(s string) bool {
	digits, letters := 0, false
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
		letters = letters || unicode.IsLetter(r)
	}
	return letters && digits >= codeDigits
}

// number shows the canonical text of a number or time.
func (m *mask) number(text string) asset.Shown {
	if m.identifier {
		return shapeShown(text)
	}
	return asset.Plain(text)
}

func shapeShown(s string) asset.Shown {
	runs, _ := shapeOf([]byte(s), nil)
	return asset.Masked(shapeString(runs))
}

func longestDigits(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i]-'0' <= 9 {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// extremes shows the least and the greatest value of the column's type.
func extremes(p *part, shown, kind asset.Type, m *mask) (lo, hi asset.Shown) {
	switch {
	case shown.Numeric() && p.number.has:
		return m.number(p.number.min.canonical("")), m.number(p.number.max.canonical(""))
	case shown.Temporal():
		a, b, zoned := p.timeRange(shown)
		return asset.Plain(axisText(float64(a), shown, 0, zoned)), asset.Plain(axisText(float64(b), shown, 0, zoned))
	case kind == asset.TypeText && p.text.n > 0:
		return m.text(p, string(p.text.min)), m.text(p, string(p.text.max))
	case kind == asset.TypeBoolean:
		return asset.Shown{}, asset.Shown{}
	}
	return lo, hi
}

// text shows a value that is text: in full when it is a frequent category.
func (m *mask) text(p *part, s string) asset.Shown {
	for _, t := range p.top.Top(p.top.Len()) {
		if t.Value.text == s {
			return m.top(t)
		}
	}
	return shapeShown(s)
}

func (p *part) timeRange(t asset.Type) (lo, hi int64, zoned bool) {
	swap := p.dayFirst() == dayFirst
	first := true
	take := func(s *timeSums, unit int64) {
		if s.n == 0 {
			return
		}
		a, b := s.min, s.max
		if swap {
			a, b = s.swapMin, s.swapMax
		}
		a, b = a*unit, b*unit
		if first {
			lo, hi, first = a, b, false
			return
		}
		lo, hi = min(lo, a), max(hi, b)
	}
	take(&p.times[t-asset.TypeDate], 1)
	if t == asset.TypeTimestamp {
		take(&p.times[0], day)
	}
	return lo, hi, p.zoned > 0
}

// examples shows the values of some rows by their shape, each shape once.
func (m *mask) examples(list []example) []asset.Shown {
	var out []asset.Shown
	seen := map[string]bool{}
	for _, e := range list {
		if len(out) == maxExamples || e.v.kind == asset.TypeEmpty {
			continue
		}
		var s asset.Shown
		if m.numbers && e.v.kind != asset.TypeText {
			s = m.number(e.v.canonical(e.text))
		} else {
			s = shapeShown(e.v.canonical(e.text))
		}
		if !seen[s.Text()] {
			seen[s.Text()] = true
			out = append(out, s)
		}
	}
	return out
}
