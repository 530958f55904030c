package profile

import (
	"strconv"
	"time"
	"unicode/utf8"

	"assay/asset"
)

// Styles of dates and times: how they are written, as Go layouts. A style is a number
// so that counting it costs an array index.
const (
	styleNone uint8 = iota
	styleISODate
	styleISOSpace
	styleISOT
	styleISOZone
	styleISOMinute
	styleSlash
	styleSlashTime
	styleDot
	styleDMY
	styleMDY
	styleXY // day and month cannot be told apart
	styleDMYTime
	styleMDYTime
	styleXYTime
	styleHan
	styleHanTime
	styleCompactT
	styleTime
	styleTimeFraction
	styleTime12
	styleName
	styleNameTime
	styleRFC1123
	styleDotDMY
	styles // their number
)

var styleLayouts = [styles]string{
	styleISODate: "2006-01-02", styleISOSpace: "2006-01-02 15:04:05", styleISOT: "2006-01-02T15:04:05",
	styleISOZone: time.RFC3339, styleISOMinute: "2006-01-02 15:04", styleSlash: "2006/1/2",
	styleSlashTime: "2006/1/2 15:04:05", styleDot: "2006.1.2", styleDMY: "2/1/2006", styleMDY: "1/2/2006",
	styleXY: "1/2/2006 or 2/1/2006", styleDMYTime: "2/1/2006 15:04:05", styleMDYTime: "1/2/2006 15:04:05",
	styleXYTime: "1/2/2006 or 2/1/2006, 15:04:05", styleHan: "2006年1月2日", styleHanTime: "2006年1月2日 15:04:05",
	styleCompactT: "20060102T150405", styleTime: "15:04:05", styleTimeFraction: "15:04:05.000000",
	styleTime12: "3:04 PM", styleName: "Jan 2, 2006", styleNameTime: "Jan 2 15:04:05 2006",
	styleRFC1123: time.RFC1123, styleDotDMY: "2.1.2006",
}

const day = int64(24 * time.Hour / time.Microsecond)

// temporal reads a date, a time of day or a timestamp. Dates give days since
// 1970-01-01, times microseconds since midnight, timestamps microseconds since
// 1970-01-01T00:00, in UTC where the text has a zone, zone-less otherwise.
func temporal(b []byte, v *value) bool {
	if len(b) < 4 || len(b) > 40 {
		return false
	}
	p := scanner{b: b}
	switch {
	case b[0]-'0' <= 9:
		return p.fromDigits(v)
	case b[0] < 0x80:
		return named(b, v)
	}
	return false
}

// scanner reads numbers and separators off a short text.
type scanner struct {
	b []byte
	i int
}

// num reads 1 to max digits.
func (p *scanner) num(max int) (n, digits int) {
	for p.i < len(p.b) && digits < max && p.b[p.i]-'0' <= 9 {
		n = n*10 + int(p.b[p.i]-'0')
		p.i++
		digits++
	}
	return n, digits
}

func (p *scanner) eat(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *scanner) eatRune(want rune) bool {
	r, n := utf8.DecodeRune(p.b[p.i:])
	if r != want {
		return false
	}
	p.i += n
	return true
}

func (p *scanner) done() bool { return p.i == len(p.b) }

func (p *scanner) fromDigits(v *value) bool {
	first, digits := p.num(8)
	if p.done() {
		return false
	}
	switch sep := p.b[p.i]; {
	case digits == 4 && (sep == '-' || sep == '/' || sep == '.'):
		p.i++
		return p.yearFirst(first, sep, v)
	case digits == 4 && sep >= 0x80:
		return p.eatRune('年') && p.han(first, v)
	case digits <= 2 && (sep == '/' || sep == '.' || sep == '-'):
		p.i++
		return p.yearLast(first, sep, v)
	case digits <= 2 && sep == ':':
		return p.clockOnly(first, v)
	case digits == 8 && sep == 'T':
		p.i++
		return p.compact(first, v)
	}
	return false
}

func (p *scanner) yearFirst(y int, sep byte, v *value) bool {
	m, d1 := p.num(2)
	if d1 == 0 || !p.eat(sep) {
		return false
	}
	d, d2 := p.num(2)
	if d2 == 0 {
		return false
	}
	date, sec := styleISODate, styleISOSpace
	switch {
	case sep == '.':
		date, sec = styleDot, styleDot
	case sep == '/':
		date, sec = styleSlash, styleSlashTime
	case d1 == 1 || d2 == 1:
		date, sec = styleISODate, styleISOSpace
	}
	return p.finish(y, m, d, date, sec, v)
}

// finish reads what may follow a date: nothing, or a time.
func (p *scanner) finish(y, m, d int, dateStyle, timeStyle uint8, v *value) bool {
	days, ok := civil(y, m, d)
	if !ok {
		return false
	}
	if p.done() {
		v.kind, v.i, v.style = asset.TypeDate, days, dateStyle
		return true
	}
	isT := p.b[p.i] == 'T'
	if !isT && p.b[p.i] != ' ' {
		return false
	}
	p.i++
	for p.eat(' ') {
	}
	us, hasSeconds, ok := p.clock()
	if !ok {
		return false
	}
	v.style = timeStyle
	if timeStyle == styleISOSpace {
		switch {
		case isT:
			v.style = styleISOT
		case !hasSeconds:
			v.style = styleISOMinute
		}
	}
	if !p.done() {
		offset, ok := p.zone()
		if !ok {
			return false
		}
		us -= offset
		if timeStyle == styleISOSpace {
			v.style = styleISOZone
		}
		v.flags |= flagZoned
	}
	v.kind, v.i = asset.TypeTimestamp, days*day+us
	return true
}

// flagZoned marks a timestamp that says its zone. It shares the byte with the flags
// of numbers.
const flagZoned = 1 << 7

// clock reads 15:04, 15:04:05, 15:04:05.123456 and the same with AM or PM.
func (p *scanner) clock() (us int64, hasSeconds, ok bool) {
	h, n := p.num(2)
	if n == 0 || !p.eat(':') {
		return 0, false, false
	}
	return p.clockFrom(h)
}

func (p *scanner) clockFrom(h int) (us int64, hasSeconds, ok bool) {
	m, n := p.num(2)
	if n != 2 || m > 59 || h > 24 {
		return 0, false, false
	}
	s, frac := 0, int64(0)
	if p.eat(':') {
		if s, n = p.num(2); n != 2 || s > 60 {
			return 0, false, false
		}
		hasSeconds = true
		if p.eat('.') || p.eat(',') {
			if frac, ok = p.fraction(); !ok {
				return 0, false, false
			}
		}
	}
	if h, ok = p.half(h); !ok || h == 24 && (m > 0 || s > 0) {
		return 0, false, false
	}
	return int64(h)*3600e6 + int64(m)*60e6 + int64(s)*1e6 + frac, hasSeconds, true
}

// fraction reads the digits after the second, as microseconds; beyond six they are
// cut off.
func (p *scanner) fraction() (us int64, ok bool) {
	n := 0
	for ; p.i < len(p.b) && p.b[p.i]-'0' <= 9; p.i++ {
		if n < 6 {
			us = us*10 + int64(p.b[p.i]-'0')
		}
		n++
	}
	for k := n; k < 6; k++ {
		us *= 10
	}
	return us, n > 0 && n <= 12
}

// half applies a following AM or PM.
func (p *scanner) half(h int) (int, bool) {
	rest := p.b[p.i:]
	if len(rest) > 2 && rest[0] == ' ' && (rest[2] == 'M' || rest[2] == 'm') {
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[1] != 'M' && rest[1] != 'm' {
		return h, true
	}
	if h < 1 || h > 12 {
		return 0, false
	}
	switch rest[0] {
	case 'A', 'a':
		h %= 12
	case 'P', 'p':
		h = h%12 + 12
	default:
		return 0, false
	}
	p.i = len(p.b) - len(rest) + 2
	return h, true
}

// zone reads Z, +08:00, +0800, +08 or " UTC", as microseconds east of UTC.
func (p *scanner) zone() (us int64, ok bool) {
	p.eat(' ')
	switch string(p.b[p.i:]) {
	case "Z", "z", "UTC", "GMT":
		p.i = len(p.b)
		return 0, true
	}
	sign := int64(1)
	if p.eat('-') {
		sign = -1
	} else if !p.eat('+') {
		return 0, false
	}
	h, n := p.num(2)
	if n != 2 || h > 15 {
		return 0, false
	}
	p.eat(':')
	m, n := p.num(2)
	if n == 1 || m > 59 || !p.done() {
		return 0, false
	}
	return sign * (int64(h)*3600e6 + int64(m)*60e6), true
}

// yearLast reads day and month in either order, then the year.
func (p *scanner) yearLast(a int, sep byte, v *value) bool {
	b, n := p.num(2)
	if n == 0 || !p.eat(sep) {
		return false
	}
	y, n := p.num(4)
	if n != 4 {
		return false
	}
	switch {
	case sep == '.':
		return p.finish(y, b, a, styleDotDMY, styleDotDMY, v)
	case a > 12:
		return p.finish(y, b, a, styleDMY, styleDMYTime, v)
	case b > 12:
		return p.finish(y, a, b, styleMDY, styleMDYTime, v)
	case a == b:
		return p.finish(y, a, b, styleXY, styleXYTime, v)
	}
	if !p.finish(y, a, b, styleXY, styleXYTime, v) {
		return false
	}
	v.flags |= flagAmbiguous
	return true
}

// han reads 2024年6月24日, with a time after it or not.
func (p *scanner) han(y int, v *value) bool {
	m, n := p.num(2)
	if n == 0 || !p.eatRune('月') {
		return false
	}
	d, n := p.num(2)
	if n == 0 || !p.eatRune('日') {
		return false
	}
	if p.done() || p.b[p.i] == ' ' || p.b[p.i] == 'T' {
		return p.finish(y, m, d, styleHan, styleHanTime, v)
	}
	return p.hanClock(y, m, d, v)
}

// hanClock reads 8时30分 and 8时30分05秒, and 08:30 that follows without a space.
func (p *scanner) hanClock(y, m, d int, v *value) bool {
	days, ok := civil(y, m, d)
	h, n := p.num(2)
	if !ok || n == 0 || h > 23 {
		return false
	}
	mi, s := 0, 0
	if p.eat(':') {
		us, _, ok := p.clockFrom(h)
		if !ok || !p.done() {
			return false
		}
		v.kind, v.i, v.style = asset.TypeTimestamp, days*day+us, styleHanTime
		return true
	}
	if !p.eatRune('时') && !p.eatRune('点') {
		return false
	}
	if mi, n = p.num(2); n > 0 && (!p.eatRune('分') || mi > 59) {
		return false
	}
	if s, n = p.num(2); n > 0 && (!p.eatRune('秒') || s > 59) {
		return false
	}
	if !p.done() {
		return false
	}
	v.kind, v.style = asset.TypeTimestamp, styleHanTime
	v.i = days*day + int64(h)*3600e6 + int64(mi)*60e6 + int64(s)*1e6
	return true
}

func (p *scanner) clockOnly(h int, v *value) bool {
	p.eat(':')
	us, hasSeconds, ok := p.clockFrom(h)
	if !ok || !p.done() {
		return false
	}
	v.kind, v.i, v.style = asset.TypeTime, us, styleTime
	switch last := p.b[len(p.b)-1]; {
	case last == 'M' || last == 'm':
		v.style = styleTime12
	case hasSeconds && len(p.b) > 8:
		v.style = styleTimeFraction
	}
	return us < day
}

func (p *scanner) compact(ymd int, v *value) bool {
	days, ok := civil(ymd/10000, ymd/100%100, ymd%100)
	hms, n := p.num(6)
	if !ok || n != 6 || hms/10000 > 23 || hms/100%100 > 59 || hms%100 > 59 {
		return false
	}
	v.kind, v.style = asset.TypeTimestamp, styleCompactT
	v.i = days*day + int64(hms/10000)*3600e6 + int64(hms/100%100)*60e6 + int64(hms%100)*1e6
	if !p.done() {
		if _, ok := p.zone(); !ok {
			return false
		}
		v.flags |= flagZoned
	}
	return true
}

// namedLayouts have the month or the day of the week in English.
var namedLayouts = []struct {
	layout string
	style  uint8
}{
	{"Jan 2, 2006", styleName}, {"January 2, 2006", styleName}, {"Jan 2 2006", styleName},
	{"Jan 2, 2006 15:04:05", styleNameTime}, {"Jan 2, 2006 3:04 PM", styleNameTime},
	{time.RFC1123, styleRFC1123}, {time.RFC1123Z, styleRFC1123},
	{time.ANSIC, styleNameTime}, {time.UnixDate, styleNameTime},
}

func named(b []byte, v *value) bool {
	if !monthOrDay(b) {
		return false
	}
	for _, l := range namedLayouts {
		t, err := time.Parse(l.layout, string(b))
		if err != nil {
			continue
		}
		v.style = l.style
		if l.style == styleName {
			v.kind, v.i = asset.TypeDate, t.Unix()/86400
			return true
		}
		v.kind, v.i = asset.TypeTimestamp, t.UnixMicro()
		return true
	}
	return false
}

// monthOrDay is a cheap refusal of nearly all text.
func monthOrDay(b []byte) bool {
	switch string(b[:3]) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
		"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}

var monthDays = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// civil returns the days from 1970-01-01 to a date of the proleptic Gregorian
// calendar (Hinnant, "chrono-compatible low-level date algorithms", days_from_civil).
func civil(y, m, d int) (days int64, ok bool) {
	if y < 1 || m < 1 || m > 12 || d < 1 || d > monthDays[m] || m == 2 && d == 29 && !leap(y) {
		return 0, false
	}
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468, true
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// dateText is the canonical text of days since 1970-01-01.
func dateText(days int64) string { return time.Unix(days*86400, 0).UTC().Format("2006-01-02") }

// timestampText is RFC 3339, with a Z for instants and without a zone for wall clocks.
func timestampText(us int64, zoned bool) string {
	layout := "2006-01-02T15:04:05.999999"
	if zoned {
		layout += "Z"
	}
	return time.UnixMicro(us).UTC().Format(layout)
}

func timeText(us int64) string {
	return time.UnixMicro(us).UTC().Format("15:04:05.999999")
}

// decimalText is the plain text of unscaled / 10^scale.
func decimalText(unscaled int64, scale int) string {
	s := strconv.FormatInt(unscaled, 10)
	if scale == 0 {
		return s
	}
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	for len(s) <= scale {
		s = "0" + s
	}
	s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	if neg {
		s = "-" + s
	}
	return s
}
