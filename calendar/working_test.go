package calendar

import (
	"strings"
	"testing"
	"time"

	"assay/internal/message"

	"pgregory.net/rapid"
)

// Counts by hand from the notices. Days off: 2024 = 1+8+3+5+1+3+7, 2025 =
// 1+8+3+5+3+8, 2026 = 3+9+3+5+3+3+7. Working days follow from the law alone, a second
// way to the same number: days of the year − weekend days − the statutory holidays
// (11 in 2024, 13 since order 795 of 2024), as make-up days give back every day in lieu.
func TestPublishedYearsHaveTheirDays(t *testing.T) {
	for _, c := range []struct {
		year, days, weekendDays, statutory int
		off, makeUp                        int
	}{
		{2024, 366, 104, 11, 28, 8},
		{2025, 365, 104, 13, 28, 5},
		{2026, 365, 104, 13, 33, 6},
	} {
		var working, off, makeUp, all int
		first, err := New(c.year, time.January, 1)
		if err != nil {
			t.Fatal(err)
		}
		for d := first; d.Year() == c.year; d = d.AddDays(1) {
			all++
			day := China().Day(d)
			switch {
			case day.Provisional:
				t.Fatalf("%s is provisional in a published year", d)
			case day.Working && day.Holiday != None:
				makeUp++
			case day.Holiday != None:
				off++
			}
			if day.Working {
				working++
			}
		}
		if all != c.days || off != c.off || makeUp != c.makeUp {
			t.Errorf("%d: %d days, %d off, %d made up; want %d, %d, %d", c.year, all, off, makeUp, c.days, c.off, c.makeUp)
		}
		if want := c.days - c.weekendDays - c.statutory; working != want {
			t.Errorf("%d: %d working days, want %d", c.year, working, want)
		}
		if China().Notice(c.year) == "" {
			t.Errorf("%d has no source", c.year)
		}
	}
}

func TestDays(t *testing.T) {
	for s, want := range map[string]Day{
		"2025-10-06": {Holiday: NationalDay},                    // Mid-Autumn, inside the eight days
		"2025-10-11": {Working: true, Holiday: NationalDay},     // a Saturday made up
		"2025-10-12": {},                                        // a plain Sunday
		"2025-10-09": {Working: true},                           // a plain Thursday
		"2026-02-15": {Holiday: SpringFestival},                 // nine days in 2026
		"2024-02-09": {Working: true},                           // 除夕 2024 was encouraged, not ordered, to be off
		"2027-10-02": {Holiday: NationalDay, Provisional: true}, // fixed by law
		"2027-05-02": {Holiday: LabourDay, Provisional: true},   // fixed since 2025
		"2023-05-02": {Working: true, Provisional: true},        // and not before
		"2027-02-08": {Working: true, Provisional: true},        // Spring Festival Monday, not known without the notice
		"2027-01-02": {Working: false, Provisional: true},       // Saturday
		"2027-01-01": {Holiday: NewYear, Provisional: true},     // Friday
		"1999-06-15": {Working: true, Provisional: true},        // long before the table
	} {
		if got := China().Day(date(t, s)); got != want {
			t.Errorf("%s: got %+v, want %+v", s, got, want)
		}
	}
}

func TestAddWorkingDays(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
		prov bool
	}{
		{"2026-09-30", 1, "2026-10-08", false},  // over National Day
		{"2026-09-18", 1, "2026-09-20", false},  // Friday to the made-up Sunday
		{"2026-10-08", -1, "2026-09-30", false}, // and back
		{"2026-02-13", 3, "2026-02-25", false},  // Sat 14 works, 15-23 off, Tue 24, Wed 25
		{"2026-10-03", 0, "2026-10-03", false},  // zero is the day itself
		{"2026-12-31", 1, "2027-01-04", true},   // into a year without a notice: 1 January Friday, weekend, Monday
		{"2026-12-30", 1, "2026-12-31", false},
		{"2024-01-02", -1, "2023-12-29", true}, // back into one
	} {
		got, prov := China().AddDays(date(t, c.from), c.n)
		if got.String() != c.want || prov != c.prov {
			t.Errorf("%s %+d: got %s provisional %v, want %s %v", c.from, c.n, got, prov, c.want, c.prov)
		}
	}
}

func TestOnOrAfter(t *testing.T) {
	for from, want := range map[string]string{"2026-10-01": "2026-10-08", "2026-10-08": "2026-10-08", "2026-09-20": "2026-09-20"} {
		if got, _ := China().OnOrAfter(date(t, from)); got.String() != want {
			t.Errorf("%s: got %s, want %s", from, got, want)
		}
	}
}

func TestBetweenUndoesAddDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := FromUnixDays(rapid.IntRange(19600, 20900).Draw(t, "day")) // 2023-08 to 2027-03
		n := rapid.IntRange(-300, 300).Draw(t, "n")
		e, prov := China().AddDays(d, n)
		got, gotProv := China().Between(d, e)
		if got != n || gotProv != prov {
			t.Fatalf("AddDays(%v, %d) = %v %v, and Between gives %d %v", d, n, e, prov, got, gotProv)
		}
		if n != 0 && !China().Day(e).Working {
			t.Fatalf("AddDays(%v, %d) = %v is no working day", d, n, e)
		}
	})
}

func TestTableRefuses(t *testing.T) {
	for _, bad := range []string{
		"off new-year 2030-01-01",                                                 // before a year
		"year 2030 published X\noff new-year 2031-01-01",                          // of another year
		"year 2030 published X\nwork new-year 2030-01-02",                         // a Wednesday works anyway
		"year 2030 published X\noff new-year 2030-01-02 2030-01-01",               // backwards
		"year 2030 published X\noff new-year 2030-01-01 2030-02-01",               // a month
		"year 2030 published X\noff easter 2030-04-21",                            // not ours
		"year 2030 published X\noff new-year 2030-01-01\noff qingming 2030-01-01", // twice
		"year 2030 published X\nyear 2030 published X",                            // twice
		"year 2030 guessed X",                                                     // unknown status
		"year 2030 published",                                                     // no source
		"yesterday 2030",                                                          // unknown word
	} {
		if _, err := parseTable(bad); err == nil {
			t.Errorf("parseTable(%q) succeeded, want an error", bad)
		}
	}
}

func TestProvisionalBlockCountsAsNoTable(t *testing.T) {
	w, err := parseTable("year 2030 provisional draft\noff spring-festival 2030-02-04")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Day(date(t, "2030-02-04")); !got.Provisional {
		t.Errorf("got %+v, want provisional", got)
	}
	if w.Notice(2030) != "" {
		t.Error("a provisional year names a notice")
	}
}

func TestHolidaysHaveNames(t *testing.T) {
	for _, h := range []Holiday{NewYear, SpringFestival, Qingming, LabourDay, DragonBoat, MidAutumn, NationalDay} {
		for _, lang := range []message.Lang{message.ZH, message.EN} {
			if s := h.Text(lang); s == "" || strings.HasPrefix(s, "calendar.") {
				t.Errorf("%s has no name in %s: %q", h, lang, s)
			}
		}
	}
	if None.Text(message.EN) != "" {
		t.Error("None has a name")
	}
}
