package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// page is docs/benchmarks.md.
type page struct {
	date    time.Time
	options options
	load    float64 // of the machine in the minute before
	results []result
}

func newPage(o options) *page { return &page{date: time.Now(), options: o, load: loadAverage()} }

func (p *page) add(r result) { p.results = append(p.results, r) }

func (p *page) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks
Written by `+"`cd bench && %s`"+` on %s. All contenders of a case ran in the same run, in turns, %d time(s) (ydata-profiling once); the median counts, best and worst stand beside it. Wall time includes the start of each process. Files were in the page cache. Nobody else's figure is quoted here.

Machine: %s. Go %s for bench; every contender was given 2 threads.

`, p.options.line, p.date.Format("2006-01-02"), p.options.runs, machine(), strings.TrimPrefix(runtime.Version(), "go"))
	fmt.Fprintf(&b, "Load average in the minute before: %.1f.", p.load)
	if p.load > 0.5 {
		b.WriteString(" **Other work ran on this machine: wall times are inflated and their ratios unsure; compare CPU.**")
	}
	b.WriteString("\n\n")
	p.contenders(&b)
	for _, r := range p.results {
		r.section(&b)
	}
	p.losses(&b)
	return b.String()
}

func (p *page) contenders(b *strings.Builder) {
	b.WriteString("| contender | version | command |\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, r := range p.results {
		for _, l := range r.lines {
			if !seen[l.name] {
				seen[l.name] = true
				fmt.Fprintf(b, "| %s | %s | `%s` |\n", l.name, l.version, l.command)
			}
		}
	}
	for _, r := range p.results {
		for _, m := range r.missing {
			if !seen[m] {
				seen[m] = true
				fmt.Fprintf(b, "\nNot measured: %s.\n", m)
			}
		}
	}
}

func (r result) section(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s: %s\n%.1f MB. %s\n\n", r.of.name, r.of.title, float64(r.bytes)/1e6, r.verdict())
	b.WriteString("| | wall s | best–worst | CPU s | peak MiB | its wall ÷ assay's | its CPU ÷ assay's |\n|---|---:|---:|---:|---:|---:|---:|\n")
	ours := r.lines[0]
	for _, l := range r.lines {
		if l.failed != "" {
			fmt.Fprintf(b, "| %s | failed: %s | | | | | |\n", l.name, strings.ReplaceAll(l.failed, "\n", " "))
			continue
		}
		fmt.Fprintf(b, "| %s | %.3f | %.3f–%.3f | %.3f | %d | %.2f | %.2f |\n", l.name, l.wall.Seconds(), l.best.Seconds(), l.wors.Seconds(),
			l.cpu.Seconds(), l.peak>>20, ratio(l.wall, ours.wall), ratio(l.cpu, ours.cpu))
	}
	r.shares(b)
	r.accuracy(b)
}

func ratio(peer, ours time.Duration) float64 { return peer.Seconds() / ours.Seconds() }

// times is how many times faster assay is than DuckDB, 0 where that was not measured.
func (r result) times() float64 {
	for _, l := range r.lines {
		if strings.HasPrefix(l.name, "DuckDB") && l.failed == "" {
			return ratio(l.wall, r.lines[0].wall)
		}
	}
	return 0
}

func (r result) verdict() string {
	g, t := r.of.goal, r.times()
	switch {
	case g == goal{} || t == 0:
		return "No goal is stated for this case."
	case t >= g.times:
		return fmt.Sprintf("Goal of %g× met: %.1f×.", g.times, t)
	case t >= g.acceptable:
		return fmt.Sprintf("First acceptable (%g×) met, goal (%g×) not: %.1f×.", g.acceptable, g.times, t)
	}
	return fmt.Sprintf("**Missed**: %.1f×, first acceptable is %g×, the goal %g×.", t, g.acceptable, g.times)
}

// shares says how the scan's time divides, as far as assay --timings says.
func (r result) shares(b *strings.Builder) {
	if len(r.phases) == 0 {
		return
	}
	wall := r.lines[0].wall.Seconds()
	var parts []string
	var apart float64
	for _, p := range r.phases {
		parts = append(parts, fmt.Sprintf("%s %.3f s (CPU %.3f)", p.Phase, p.Wall, p.CPU))
		if p.Phase == "fingerprint" || p.Phase == "store" || p.Phase == "report" {
			apart += p.Wall
		}
	}
	fmt.Fprintf(b, "\nassay's phases: %s. Fingerprint, store and report together: %.0f %% of the scan (goal 25 %%, first acceptable 50 %%).\n",
		strings.Join(parts, ", "), 100*apart/wall)
}

func (r result) accuracy(b *strings.Builder) {
	ours, theirs := r.verdicts["assay"], r.verdicts["DuckDB SUMMARIZE"]
	if len(ours) == 0 {
		return
	}
	b.WriteString("\nErrors against exact SQL, assay / SUMMARIZE. Distinct: relative. Quantiles: rank, the worst of those given. Mean: relative. Top: worst count of the ten, share of the values (SUMMARIZE has none).\n\n")
	b.WriteString("| column | distinct | assay claims | quantiles | mean | top | wrong |\n|---|---:|---|---:|---:|---:|---|\n")
	for i, v := range ours {
		other := verdict{distinct: math.NaN(), rank: math.NaN(), mean: math.NaN(), top: math.NaN()}
		if i < len(theirs) {
			other = theirs[i]
		}
		claim := fmt.Sprintf("±%.2f %%", 100*v.bound)
		switch {
		case v.exact:
			claim = "exact"
		case math.IsNaN(v.distinct):
			claim = "–"
		}
		fmt.Fprintf(b, "| %s | %s / %s | %s | %s / %s | %s / %s | %s | %s |\n", v.column, percent(v.distinct), percent(other.distinct), claim,
			percent(v.rank), percent(other.rank), tiny(v.mean), tiny(other.mean), percent(v.top), strings.Join(append(v.wrong, prefixed("SUMMARIZE: ", other.wrong)...), "; "))
	}
}

func prefixed(with string, all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = with + s
	}
	return out
}

func percent(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case x == 0:
		return "0"
	}
	return fmt.Sprintf("%.2f %%", 100*x)
}

func tiny(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case x == 0:
		return "0"
	}
	return fmt.Sprintf("%.0e", x)
}

// losses lists what assay does worse, so that nobody has to look for it.
func (p *page) losses(b *strings.Builder) {
	b.WriteString("\n## Where assay loses\n")
	n := b.Len()
	for _, r := range p.results {
		if t := r.times(); t > 0 && t < r.of.goal.times {
			fmt.Fprintf(b, "- %s: %.1f× DuckDB, the goal is %g×.\n", r.of.name, t, r.of.goal.times)
		}
		for _, l := range r.lines[1:] {
			if l.failed != "" {
				continue
			}
			if x := ratio(l.wall, r.lines[0].wall); x < 1 {
				fmt.Fprintf(b, "- %s: %s is %.2f× faster.\n", r.of.name, l.name, 1/x)
			}
			if l.peak < r.lines[0].peak {
				fmt.Fprintf(b, "- %s: %s needs less memory, %d MiB against %d.\n", r.of.name, l.name, l.peak>>20, r.lines[0].peak>>20)
			}
		}
		for _, v := range r.verdicts["assay"] {
			if len(v.wrong) > 0 {
				fmt.Fprintf(b, "- %s, column %s: %s.\n", r.of.name, v.column, strings.Join(v.wrong, "; "))
			}
			if !v.exact && v.distinct > v.bound {
				fmt.Fprintf(b, "- %s, column %s: distinct is off by %s, more than the stated bound of %s.\n", r.of.name, v.column, percent(v.distinct), percent(v.bound))
			}
		}
	}
	if b.Len() == n {
		b.WriteString("In none of these cases.\n")
	}
}

// loadAverage is of the last minute, 0 where /proc has none.
func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load
}

// machine describes the computer as far as /proc does.
func machine() string {
	field := func(file, key string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			return ""
		}
		for line := range strings.Lines(string(text)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
				return strings.Join(strings.Fields(v), " ")
			}
		}
		return ""
	}
	return fmt.Sprintf("%s/%s, %d cores, %s, memory %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		field("/proc/cpuinfo", "model name"), field("/proc/meminfo", "MemTotal"))
}
