package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"assay/fault"

	"pgregory.net/rapid"
)

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return d
}

// The oracle is package time, an independent implementation of the same calendar.
func TestEveryDayAgreesWithPackageTime(t *testing.T) {
	start := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range 9999*365 + 2424 {
		d := Date{n}
		want := start.AddDate(0, 0, n)
		if n%97 != 0 && want.Day() > 2 && want.Day() < 28 { // every month's ends, and each 97th day
			continue
		}
		if got := d.String(); got != want.Format(time.DateOnly) {
			t.Fatalf("day %d: got %s, want %s", n, got, want.Format(time.DateOnly))
		}
		if d.Weekday() != want.Weekday() {
			t.Fatalf("%s: got %v, want %v", d, d.Weekday(), want.Weekday())
		}
		if got, want := int64(d.UnixDays()), want.Unix()/86400; got != want {
			t.Fatalf("%s: unix day %d, want %d", d, got, want)
		}
		if Of(want) != d || !d.In(time.UTC).Equal(want) {
			t.Fatalf("%s does not survive package time: %v", d, want)
		}
	}
	if last := (Date{9999*365 + 2424 - 1}); last.String() != "9999-12-31" {
		t.Fatalf("the last day is %s, want 9999-12-31", last)
	}
}

func TestOfTakesTheLocationOfTheInstant(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)
	// 16:30 UTC is the next day in Shanghai.
	instant := time.Date(2026, 6, 23, 16, 30, 0, 0, time.UTC)
	if got := Of(instant.In(shanghai)).String(); got != "2026-06-24" {
		t.Errorf("got %s, want 2026-06-24", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", "2026-6-24", "2026/06/24", "20260624", "2026-06-24 ", " 2026-06-24", "2026-06-24T00:00:00Z",
		"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-04-00", "0000-01-01",
		"+026-01-01", "-001-01-01", "２０２６-０１", "2026-0a-01", "2026-06-2٤",
	} {
		d, err := Parse(s)
		if err == nil {
			t.Errorf("Parse(%q) = %s, want an error", s, d)
		} else if fault.KindOf(err) != fault.Invalid {
			t.Errorf("Parse(%q): kind %v, want invalid", s, fault.KindOf(err))
		}
	}
}

func TestLeapDays(t *testing.T) {
	for s, next := range map[string]string{
		"2000-02-28": "2000-02-29", "1900-02-28": "1900-03-01", "2024-02-29": "2024-03-01", "2023-12-31": "2024-01-01",
	} {
		if got := date(t, s).AddDays(1).String(); got != next {
			t.Errorf("%s + 1 = %s, want %s", s, got, next)
		}
	}
}

func TestDateArithmeticIsAGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := FromUnixDays(rapid.IntRange(-5_000_000, 5_000_000).Draw(t, "a"))
		n := rapid.IntRange(-5_000_000, 5_000_000).Draw(t, "n")
		b := a.AddDays(n)
		if b.DaysSince(a) != n || b.AddDays(-n) != a {
			t.Fatalf("%v + %d = %v does not go back", a, n, b)
		}
		if want := min(1, max(-1, n)); b.Compare(a) != want || a.Compare(b) != -want {
			t.Fatalf("Compare(%v, %v) = %d, want %d", b, a, b.Compare(a), want)
		}
		y, m, d := b.Civil()
		if fromCivil(y, int(m), d) != b.days {
			t.Fatalf("%v does not survive year, month, day", b)
		}
	})
}

func TestJSON(t *testing.T) {
	type record struct{ D Date }
	b, err := json.Marshal(record{date(t, "2026-06-24")})
	if err != nil || string(b) != `{"D":"2026-06-24"}` {
		t.Fatalf("got %s, %v", b, err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil || r.D != date(t, "2026-06-24") {
		t.Fatalf("got %v, %v", r, err)
	}
	if _, err := (Date{}.AddDays(-1)).MarshalText(); err == nil {
		t.Error("a date before year 1 was written; Parse would refuse it")
	}
	// Year 0 is a leap year: 366 days before 0001-01-01 it begins, 34 more lead to November.
	if got := (Date{}.AddDays(-400)).String(); got != "-00001-11-28" {
		t.Errorf("got %s, want -00001-11-28", got)
	}
}

// What Parse accepts, String writes back identically: one date has one text.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2026-06-24", "0001-01-01", "9999-12-31", "2024-02-29", "2023-02-29", "x", "2026-06-24Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			return
		}
		if d.String() != s {
			t.Errorf("Parse(%q) is written as %q", s, d)
		}
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			t.Errorf("Parse accepts %q, package time does not: %v", s, err)
		}
	})
}
