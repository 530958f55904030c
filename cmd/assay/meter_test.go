package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/profile"

	"github.com/jedib0t/go-pretty/v6/text"
)

// However long the name and in whichever language, the line fits and keeps its figures.
func TestMeterFits(t *testing.T) {
	progress := new(profile.Progress)
	progress.Bytes.Store(100_000_000)
	progress.Rows.Store(2_000_000)
	for _, lang := range []string{"zh", "en"} {
		for _, name := range []string{"li", strings.Repeat("企业名录", 30), strings.Repeat("long-name ", 20)} {
			for _, width := range []int{80, 120} {
				m := &meter{c: &cli{stdio: stdio{err: io.Discard}, lang: lang}, width: width, since: time.Now().Add(-2 * time.Second)}
				m.ev = assay.ScanEvent{Index: 11, Total: 120, Name: name, Bytes: 400_000_000, Phase: assay.PhaseRead, Progress: progress}
				line := m.line()
				if got := text.StringWidth(line); got >= width {
					t.Errorf("%s, %d columns: %d wide: %s", lang, width, got, line)
				}
				// 100 of 400 MB in 2 s: a quarter, 50 MB/s, 1 M rows/s, 6 s left.
				for _, want := range []string{"12/120 ", "25 %", "100 MB / 400 MB", "50 MB/", "1.0 M ", "0:06"} {
					if !strings.Contains(line, want) {
						t.Errorf("%s, %d columns: no %q in %s", lang, width, want, line)
					}
				}
			}
		}
	}
}

func TestClock(t *testing.T) {
	for seconds, want := range map[float64]string{0.6: "0:01", 59.4: "0:59", 59.5: "1:00", 3599.6: "1:00:00", 3723: "1:02:03"} {
		if got := clock(seconds); got != want {
			t.Errorf("clock(%v) = %s, want %s", seconds, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[float64]string{0: "0 B", 999: "999 B", 999.6: "1 kB", 1500: "2 kB", 999_700: "1 MB", 383e6: "383 MB", 1.25e9: "1.2 GB"} {
		if got := size(n); got != want {
			t.Errorf("size(%v) = %s, want %s", n, got, want)
		}
	}
}
