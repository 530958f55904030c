package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"assay"

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
	m := &meter{c: c, quiet: quiet || !ok, width: width, done: make(chan struct{})}
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
			fmt.Fprint(m.c.err, "\r"+text.Trim(m.line(), m.width-1)+"\x1b[K")
		}
	}
}

func (m *meter) line() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	ev := m.ev
	if ev.Name == "" {
		return m.c.say("cli.meter.list")
	}
	parts := []string{fmt.Sprintf("%d/%d %s", ev.Index+1, ev.Total, ev.Name)}
	if ev.Progress == nil || ev.Phase != assay.PhaseRead {
		return strings.Join(append(parts, m.c.say("cli.meter."+string(ev.Phase))), "  ")
	}
	took := time.Since(m.since).Seconds()
	bytes, rows := ev.Progress.Bytes.Load(), ev.Progress.Rows.Load()
	if ev.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("%d %%", min(100, bytes*100/ev.Bytes)))
	}
	if took > 0 {
		parts = append(parts, size(float64(bytes)/took)+"/s", m.c.say("cli.meter.rows", "n", short(float64(rows)/took)))
	}
	if bytes > 0 && bytes < ev.Bytes && took > 1 {
		left := took * float64(ev.Bytes-bytes) / float64(bytes)
		parts = append(parts, m.c.say("cli.meter.left", "time", time.Duration(left*float64(time.Second)).Round(time.Second).String()))
	}
	return strings.Join(parts, "  ")
}

func size(n float64) string {
	for _, u := range []string{"B", "kB", "MB"} {
		if n < 1000 {
			return fmt.Sprintf("%.0f %s", n, u)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f GB", n)
}

func short(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f M", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f k", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}
