package calendar

import (
	"fmt"
	"time"

	"assay/fault"
)

// Date is a civil date in the proleptic Gregorian calendar. Dates compare with == and
// [Date.Compare]; the zero Date is 0001-01-01 and counts as "no date" ([Date.IsZero]).
type Date struct{ days int } // since 0001-01-01

// epoch is 1970-01-01 in days since 0001-01-01: 1969 years hold 1969·365 days and
// 1969/4 − 1969/100 + 1969/400 = 492 − 19 + 4 leap days.
const epoch = 1969*365 + 477

// New returns the date of a year (1 to 9999), month and day; a day that does not
// exist, such as 30 February, is an error of code calendar.no_such_day.
func New(year int, month time.Month, day int) (Date, error) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, fault.New(fault.Invalid, "calendar.no_such_day")
	}
	return Date{fromCivil(year, int(month), day)}, nil
}

// Of returns the date that t shows in its own location.
func Of(t time.Time) Date {
	y, m, d := t.Date()
	return Date{fromCivil(y, int(m), d)}
}

// FromUnixDays returns the date n days after 1970-01-01.
func FromUnixDays(n int) Date { return Date{n + epoch} }

// Parse reads YYYY-MM-DD (ISO 8601, RFC 3339 full-date), years 0001 to 9999. The error
// does not repeat s, which may be data.
func Parse(s string) (Date, error) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return Date{}, fault.New(fault.Invalid, "calendar.not_a_date")
	}
	y, okY := digits(s[:4])
	m, okM := digits(s[5:7])
	d, okD := digits(s[8:])
	if !okY || !okM || !okD {
		return Date{}, fault.New(fault.Invalid, "calendar.not_a_date")
	}
	return New(y, time.Month(m), d)
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// Civil returns the year, month and day.
func (d Date) Civil() (year int, month time.Month, day int) {
	y, m, dd := toCivil(d.days)
	return y, time.Month(m), dd
}

// Year returns the year.
func (d Date) Year() int { y, _, _ := d.Civil(); return y }

// Weekday returns the day of the week; 0001-01-01 was a Monday.
func (d Date) Weekday() time.Weekday { return time.Weekday(((d.days+1)%7 + 7) % 7) }

// UnixDays returns the days since 1970-01-01, negative before it.
func (d Date) UnixDays() int { return d.days - epoch }

// IsZero reports whether d is the zero Date, "no date".
func (d Date) IsZero() bool { return d == Date{} }

// AddDays returns the date n days later, or earlier where n is negative.
func (d Date) AddDays(n int) Date { return Date{d.days + n} }

// DaysSince returns the days from e to d, negative when d is before e.
func (d Date) DaysSince(e Date) int { return d.days - e.days }

// Compare returns -1, 0 or 1 as d is before, equal to or after e.
func (d Date) Compare(e Date) int {
	switch {
	case d.days < e.days:
		return -1
	case d.days > e.days:
		return 1
	}
	return 0
}

// Equal reports whether d and e are the same day; go-cmp looks for it.
func (d Date) Equal(e Date) bool { return d == e }

// Before reports whether d is before e.
func (d Date) Before(e Date) bool { return d.days < e.days }

// After reports whether d is after e.
func (d Date) After(e Date) bool { return d.days > e.days }

// In returns the instant at which d begins in loc.
func (d Date) In(loc *time.Location) time.Time {
	y, m, day := d.Civil()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// String is YYYY-MM-DD; years outside 0000 to 9999 carry a sign and at least five
// digits, as ISO 8601 asks of expanded years.
func (d Date) String() string {
	y, m, day := d.Civil()
	if y < 0 || y > 9999 {
		return fmt.Sprintf("%+06d-%02d-%02d", y, m, day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// MarshalText writes what [Parse] reads; a date that Parse would refuse is an error.
func (d Date) MarshalText() ([]byte, error) {
	if y := d.Year(); y < 1 || y > 9999 {
		return nil, fault.New(fault.Invalid, "calendar.no_such_day")
	}
	return []byte(d.String()), nil
}

// UnmarshalText is [Parse].
func (d *Date) UnmarshalText(b []byte) error {
	p, err := Parse(string(b))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// fromCivil and toCivil are Howard Hinnant's days_from_civil and civil_from_days
// (https://howardhinnant.github.io/date_algorithms.html): years begin in March, so
// that the leap day ends one, and 400-year eras all have 146097 days. Theirs count
// from 1970-01-01; 719468 is the distance from 0000-03-01 to that day.
const shift = 719468 - epoch // from 0000-03-01 to 0001-01-01

func fromCivil(y, m, d int) int {
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - shift
}

func toCivil(days int) (y, m, d int) {
	z := days + shift
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = (mp+2)%12 + 1
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
