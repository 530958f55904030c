package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"assay"
	"assay/report"

	"github.com/jedib0t/go-pretty/v6/text"
)

// meter draws one line that says how far a scan is: on a terminal, and nowhere else.
type meter struct {
	c     *cli
	quiet bool
	width int

	mu    sync.Mutex
	ev    assay.ScanEvent
	since time.Time // of the dataset
	done  chan struct{}
	ended sync.WaitGroup
}

// redraw is how often the line is drawn.
const redraw = 150 * time.Millisecond

func (c *cli) newMeter(quiet bool) *meter {
	width, ok := terminal(c.err)
	m := &meter{c: c, quiet: quiet || !ok || c.verbose, width: width, done: make(chan struct{})}
	if m.quiet {
		return m
	}
	m.ended.Go(m.loop)
	return m
}

func (m *meter) watch(ev assay.ScanEvent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ev.Index != m.ev.Index || ev.Name != m.ev.Name {
		m.since = time.Now()
	}
	m.ev = ev
}

// stop ends the line and wipes it.
func (m *meter) stop() {
	close(m.done)
	m.ended.Wait()
	if !m.quiet {
		fmt.Fprint(m.c.err, "\r\x1b[K")
	}
}

func (m *meter) loop() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-m.done:
			return
		case <-tick.C:
			fmt.Fprint(m.c.err, "\r"+report.Fit(m.line(), m.width-1)+"\x1b[K")
		}
	}
}

// line says which dataset, how far, how fast and how long still. The figures are kept
// whole; it is the name that gives way on a narrow terminal.
func (m *meter) line() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	ev := m.ev
	if ev.Name == "" {
		return m.c.say("cli.meter.list")
	}
	figures := "  " + strings.Join(m.figures(ev), "  ")
	place := fmt.Sprintf("%d/%d ", ev.Index+1, ev.Total)
	room := m.width - 1 - text.StringWidth(place) - text.StringWidth(figures)
	return place + report.Fit(ev.Name, max(room, 8)) + figures
}

func (m *meter) figures(ev assay.ScanEvent) []string {
	if ev.Progress == nil || ev.Phase != assay.PhaseRead {
		return []string{m.c.say("cli.meter." + string(ev.Phase))}
	}
	took := time.Since(m.since).Seconds()
	bytes, rows := ev.Progress.Bytes.Load(), ev.Progress.Rows.Load()
	done := size(float64(bytes))
	if ev.Bytes > 0 {
		done = fmt.Sprintf("%d %%  %s / %s", min(100, bytes*100/ev.Bytes), done, size(float64(ev.Bytes)))
	}
	parts := []string{done}
	if took > 0.2 {
		parts = append(parts, m.c.say("cli.meter.rate", "bytes", size(float64(bytes)/took), "rows", short(float64(rows)/took)))
	}
	if left := took * float64(ev.Bytes-bytes) / float64(bytes); bytes > 0 && took > 1 && left >= 1 {
		parts = append(parts, m.c.say("cli.meter.left", "time", clock(left)))
	}
	return parts
}

// clock writes seconds as 0:07, 12:30 or 1:02:03.
func clock(seconds float64) string {
	n := int(seconds + 0.5)
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

func size(n float64) string {
	for _, u := range []string{"B", "kB", "MB"} {
		if n < 999.5 { // what would be rounded to 1000 takes the next unit
			return fmt.Sprintf("%.0f %s", n, u)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f GB", n)
}

func short(n float64) string {
	switch {
	case n >= 999.5e3:
		return fmt.Sprintf("%.1f M", n/1e6)
	case n >= 999.5:
		return fmt.Sprintf("%.0f k", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}
