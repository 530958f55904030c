package calendar

import (
	"fmt"
	"strconv"
	"strings"
)

// maxHoliday is the longest run of days off that a line may name; a longer one is a
// slip of the pen.
const maxHoliday = 15

// parseTable reads the format that holidays.txt describes.
func parseTable(text string) (*Working, error) {
	w := &Working{years: map[int]year{}}
	current := 0
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		var err error
		switch f[0] {
		case "year":
			current, err = w.beginYear(f[1:])
		case "off", "work":
			err = w.special(current, f[0] == "work", f[1:])
		default:
			err = fmt.Errorf("unknown word %q", f[0])
		}
		if err != nil {
			return nil, fmt.Errorf("holidays.txt:%d: %w", n, err)
		}
	}
	return w, nil
}

func (w *Working) beginYear(f []string) (int, error) {
	if len(f) != 3 || f[1] != "published" && f[1] != "provisional" {
		return 0, fmt.Errorf("want: year YYYY published|provisional SOURCE")
	}
	n, err := strconv.Atoi(f[0])
	if err != nil {
		return 0, err
	}
	if _, dup := w.years[n]; dup {
		return 0, fmt.Errorf("year %d is there twice", n)
	}
	w.years[n] = year{published: f[1] == "published", source: f[2], special: map[Date]Day{}}
	return n, nil
}

func (w *Working) special(current int, work bool, f []string) error {
	if len(f) < 2 || len(f) > 3 || work && len(f) != 2 {
		return fmt.Errorf("want: off HOLIDAY FIRST [LAST], or work HOLIDAY DATE")
	}
	h := Holiday(f[0])
	switch h {
	case NewYear, SpringFestival, Qingming, LabourDay, DragonBoat, MidAutumn, NationalDay:
	default:
		return fmt.Errorf("unknown holiday %q", h)
	}
	first, err := Parse(f[1])
	if err != nil {
		return err
	}
	last := first
	if len(f) == 3 {
		if last, err = Parse(f[2]); err != nil {
			return err
		}
	}
	if n := last.DaysSince(first); n < 0 || n >= maxHoliday {
		return fmt.Errorf("%s to %s is not a holiday", first, last)
	}
	for d := first; !d.After(last); d = d.AddDays(1) {
		if err := w.set(current, d, Day{Working: work, Holiday: h}); err != nil {
			return err
		}
	}
	return nil
}

func (w *Working) set(current int, d Date, day Day) error {
	y, ok := w.years[current]
	switch {
	case !ok || d.Year() != current:
		return fmt.Errorf("%s does not belong to year %d", d, current)
	case day.Working && !weekend(d):
		return fmt.Errorf("%s is made a working day and is one anyway", d)
	}
	if _, dup := y.special[d]; dup {
		return fmt.Errorf("%s is there twice", d)
	}
	y.special[d] = day
	return nil
}
