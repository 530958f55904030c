package calendar

import (
	_ "embed"
	"sync"
	"time"

	"assay/internal/message"
)

// Holiday names a reason for a day off, or for a make-up working day.
type Holiday string

// The holidays of 全国年节及纪念日放假办法 (State Council order 795, 2024). None is a
// plain weekend or working day.
const (
	None           Holiday = ""
	NewYear        Holiday = "new-year"
	SpringFestival Holiday = "spring-festival"
	Qingming       Holiday = "qingming"
	LabourDay      Holiday = "labour-day"
	DragonBoat     Holiday = "dragon-boat"
	MidAutumn      Holiday = "mid-autumn"
	NationalDay    Holiday = "national-day"
)

// Text is the holiday's name in lang, "" for None.
func (h Holiday) Text(lang message.Lang) string {
	if h == None {
		return ""
	}
	return message.Text(lang, "calendar.holiday."+string(h), nil)
}

// Day says what a date is.
type Day struct {
	Working     bool
	Holiday     Holiday // the holiday it is off for, or made up for when Working
	Provisional bool    // the year's notice is not in the table
}

// Working is a calendar of working days. It does not change after it was made and may
// be used by many goroutines.
type Working struct {
	years map[int]year
}

type year struct {
	published bool
	source    string // the notice
	special   map[Date]Day
}

//go:embed holidays.txt
var chinaTable string

// China returns the working days of the mainland of China, from the table in this
// package.
func China() *Working { return china() }

var china = sync.OnceValue(func() *Working {
	w, err := parseTable(chinaTable)
	if err != nil {
		panic(err) // the table is part of the binary and a test parses it
	}
	return w
})

// Day says what d is.
func (w *Working) Day(d Date) Day {
	y := w.years[d.Year()]
	if !y.published {
		h := fixed(d)
		return Day{Working: h == None && !weekend(d), Holiday: h, Provisional: true}
	}
	if s, ok := y.special[d]; ok {
		return s
	}
	return Day{Working: !weekend(d)}
}

// Notice returns the notice that published the working days of a year, "" when the
// year is provisional.
func (w *Working) Notice(year int) string {
	if y := w.years[year]; y.published {
		return y.source
	}
	return ""
}

// AddDays returns the n-th working day after d, or before it where n is negative; d
// itself is not counted (民法典 art. 201: a period begins on the day after). n = 0
// returns d, whatever it is. provisional reports that a day of a provisional year was
// looked at, so that a later notice may move the answer. The cost is linear in n.
func (w *Working) AddDays(d Date, n int) (result Date, provisional bool) {
	step := 1
	if n < 0 {
		n, step = -n, -1
	}
	for n > 0 {
		d = d.AddDays(step)
		day := w.Day(d)
		provisional = provisional || day.Provisional
		if day.Working {
			n--
		}
	}
	return d, provisional
}

// OnOrAfter returns the first working day that is not before d: the last day of a
// period that would end on a day off (民法典 art. 203).
func (w *Working) OnOrAfter(d Date) (result Date, provisional bool) {
	return w.AddDays(d.AddDays(-1), 1)
}

// Between counts the working days in (from, to], the inverse of [Working.AddDays]:
// negative when to is before from.
func (w *Working) Between(from, to Date) (n int, provisional bool) {
	if to.Before(from) {
		// [to, from) is what AddDays walks backwards.
		n, provisional = w.Between(to.AddDays(-1), from.AddDays(-1))
		return -n, provisional
	}
	for d := from.AddDays(1); !d.After(to); d = d.AddDays(1) {
		day := w.Day(d)
		provisional = provisional || day.Provisional
		if day.Working {
			n++
		}
	}
	return n, provisional
}

func weekend(d Date) bool {
	wd := d.Weekday()
	return wd == time.Saturday || wd == time.Sunday
}

// fixed knows the holidays whose Gregorian date is in the law itself: 1 January, 1 and
// 2 May (2 May since 2025), 1 to 3 October.
func fixed(d Date) Holiday {
	y, m, day := d.Civil()
	switch {
	case m == time.January && day == 1:
		return NewYear
	case m == time.May && (day == 1 || day == 2 && y >= 2025):
		return LabourDay
	case m == time.October && day <= 3:
		return NationalDay
	}
	return None
}
