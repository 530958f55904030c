package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"assay/asset"
	"assay/profile"
)

const (
	noBreak = "\u00a0" // between a figure and its unit
	minus   = "\u2212"
)

// count writes a whole number with its thousands grouped: 412,806.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if n < 0 {
		return minus + group(digits[1:])
	}
	return group(digits)
}

// group puts a comma before every third digit from the end.
func group(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	head := len(digits) % 3
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// share writes part of total in per cent, so that only nothing is 0 and only all is
// 100 %: 0, < 0.1 %, 1.8 %, > 99.9 %, 100 %. It is "" when there is no total.
func share(part, total int64) string {
	switch {
	case total <= 0:
		return ""
	case part <= 0:
		return "0"
	case part >= total:
		return "100" + noBreak + "%"
	}
	p := 100 * float64(part) / float64(total)
	switch {
	case p < 0.1:
		return "<" + noBreak + "0.1" + noBreak + "%"
	case p > 99.9:
		return ">" + noBreak + "99.9" + noBreak + "%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + noBreak + "%"
}

// percent writes a relative error: 0.8 %.
func percent(f float64) string {
	return strconv.FormatFloat(100*f, 'g', 2, 64) + noBreak + "%"
}

// estimate writes a count, with ≈ when it is not exact.
func estimate(e profile.Estimate) string {
	if e.Exact {
		return count(e.Value)
	}
	return "≈" + noBreak + count(e.Value)
}

// bound writes the error of an estimate, "" when there is none.
func bound(e profile.Estimate) string {
	if e.Exact || e.ErrorBound == 0 {
		return ""
	}
	return "±" + percent(e.ErrorBound)
}

// size writes a number of bytes in decimal units: 321.1 MB.
func size(n int64) string {
	if n < 1000 {
		return count(n) + noBreak + "B"
	}
	units := [...]string{"kB", "MB", "GB", "TB", "PB", "EB"}
	f, i := float64(n)/1000, 0
	for f >= 999.95 && i < len(units)-1 {
		f /= 1000
		i++
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + noBreak + units[i]
}

// number writes a measured number with four significant digits, grouped.
func number(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "∞"
	case math.IsInf(f, -1):
		return minus + "∞"
	}
	abs := math.Abs(f)
	if abs != 0 && (abs >= 1e15 || abs < 1e-4) {
		return strings.ReplaceAll(strconv.FormatFloat(f, 'g', 4, 64), "-", minus)
	}
	places := 3
	for limit := 10.0; places > 0 && abs >= limit; limit *= 10 {
		places--
	}
	if abs < 1 {
		places = 4
	}
	s := strconv.FormatFloat(f, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return grouped(s)
}

// grouped groups the whole part of a plain decimal; other text comes back as it is.
func grouped(s string) string {
	rest, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(rest, ".")
	if whole == "" || !digitsOnly(whole) || !digitsOnly(fraction) {
		return s
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	if negative && strings.Trim(rest, "0.") != "" {
		return minus + group(whole) + fraction
	}
	return group(whole) + fraction
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// value writes a value for a person. Decimals are grouped; whole numbers are not,
// because they may be codes or years; a date and time stand apart.
func value(s asset.Shown, t asset.Type) string {
	text := visible(s.Text())
	if s.IsMasked() {
		return text
	}
	switch {
	case t == asset.TypeDecimal || t == asset.TypeFloat:
		return grouped(text)
	case t == asset.TypeInteger:
		if rest, ok := strings.CutPrefix(text, "-"); ok && digitsOnly(rest) {
			return minus + rest
		}
	case t == asset.TypeTimestamp && len(text) > 10 && text[10] == 'T':
		return text[:10] + " " + text[11:]
	}
	return text
}

// lasting writes a duration by its two largest units: 40 ms, 3.62 s, 2 min 5 s, 3 d 4 h.
func lasting(d time.Duration) string {
	switch {
	case d == math.MinInt64:
		return minus + lasting(math.MaxInt64)
	case d < 0:
		return minus + lasting(-d)
	case d == 0:
		return "0" + noBreak + "s"
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + noBreak + "ns"
	case d < time.Millisecond:
		return short(float64(d)/1e3) + noBreak + "µs"
	case d < time.Second:
		return short(float64(d)/1e6) + noBreak + "ms"
	case d < time.Minute:
		return short(d.Seconds()) + noBreak + "s"
	}
	units := [...]struct {
		name string
		unit time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		n := d / u.unit
		if n == 0 {
			continue
		}
		s := count(int64(n)) + noBreak + u.name
		if i+1 < len(units) {
			if m := d % u.unit / units[i+1].unit; m > 0 {
				s += noBreak + count(int64(m)) + noBreak + units[i+1].name
			}
		}
		return s
	}
	return ""
}

// short writes a number below 1000 with three significant digits.
func short(f float64) string {
	places := 2
	if f >= 99.95 {
		places = 0
	} else if f >= 9.995 {
		places = 1
	}
	s := strconv.FormatFloat(f, 'f', places, 64)
	if places > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// moment writes a time in a location, with the offset from UTC:
// 2026-11-20 06:12 UTC+8.
func moment(t time.Time, in *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(in)
	zone := "UTC"
	if _, offset := t.Zone(); offset != 0 {
		sign := "+"
		if offset < 0 {
			sign, offset = minus, -offset
		}
		zone += sign + strconv.Itoa(offset/3600)
		if m := offset % 3600 / 60; m != 0 {
			zone += fmt.Sprintf(":%02d", m)
		}
	}
	return t.Format("2006-01-02 15:04") + " " + zone
}

// layout writes a Go layout as people write one: YYYY-MM-DD hh:mm:ss.
func layout(s string) string {
	return strings.NewReplacer("2006", "YYYY", "01", "MM", "02", "DD", "15", "hh", "04", "mm", "05", "ss", "Z07:00", "±hh:mm",
		"-07:00", "±hh:mm", "1月", "M月", "2日", "D日", "1/", "M/", "/2/", "/D/", "-1-", "-M-", "Jan", "Mon", "06", "YY").Replace(s)
}

// print8 is the part of a fingerprint that people compare by eye.
func print8(f asset.Fingerprint) string {
	if f.IsZero() {
		return ""
	}
	return fmt.Sprintf("%x…%x", f.Sum[:4], f.Sum[30:])
}

// visible replaces what a terminal or a reader's eye would be misled by: control
// characters, line ends, marks that turn the direction of text, bytes that are not
// UTF-8.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '⏎'
		case r == '\t':
			return '⇥'
		case r < 0x20:
			return 0x2400 + r // the control pictures
		case r == 0x7f:
			return '␡'
		case r >= 0x80 && r < 0xa0, r == '\ufffd', r == 0x2028, r == 0x2029, r == 0xfeff,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c,
			r == 0x200b, r == 0x2060:
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}
