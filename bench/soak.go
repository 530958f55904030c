package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// soakBudget is what a scan may keep resident whatever it reads (issue 2: --memory
// defaults to 512 MiB, measured as VmHWM).
const soakBudget = 512 << 20

// soakCase is an input that has broken profilers: too wide, too long, too many.
type soakCase struct {
	name  string
	title string
	path  func(options) string
	make  func(ctx context.Context, o options, to string) error
	// rows and datasets that the scan must find.
	rows, datasets func(options) int64
}

func soakCases() []soakCase {
	one := func(options) int64 { return 1 }
	in := func(name string) func(options) string {
		return func(o options) string { return filepath.Join(o.dir, name) }
	}
	return []soakCase{
		{"wide", "500 columns × 200 000 rows, every value different", in("soak-wide-v1.csv"), makeWide,
			func(options) int64 { return 200_000 }, one},
		{"cell", "one cell of 200 MB", in("soak-cell-v1.csv"), makeCell, func(options) int64 { return 3 }, one},
		{"files", "5 000 small files", in("soak-files-v1"), makeFiles, func(options) int64 { return 5_000 * 20 }, func(options) int64 { return 5_000 }},
		{"big", "a CSV of 10 GB", func(o options) string { return filepath.Join(o.dir, fmt.Sprintf("soak-big-%d-v1.csv", o.soakBytes)) }, makeBig,
			bigRows, one},
	}
}

func soakNames() []string {
	var names []string
	for _, c := range soakCases() {
		names = append(names, c.name)
	}
	return names
}

// soak runs assay once on each case that o names and fails when a budget or a count
// is missed.
func soak(ctx context.Context, o options, out io.Writer, log func(string, ...any)) error {
	ours, err := assayContender(ctx, o.assay, o.dir)
	if err != nil {
		return err
	}
	for _, name := range o.soak {
		if !slices.Contains(soakNames(), name) {
			return fmt.Errorf("no soak case %q; there are %s", name, strings.Join(soakNames(), ", "))
		}
	}
	fmt.Fprintf(out, "%s\n%s\n\n| case | wall s | CPU s | peak MiB | verdict |\n|---|---:|---:|---:|---|\n", ours.version, machine())
	passed, failed := 0, 0
	for _, c := range soakCases() {
		if !slices.Contains(o.soak, c.name) {
			continue
		}
		problem, s, err := c.run(ctx, o, ours, log)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if problem == "" {
			problem, passed = "passed", passed+1
		} else {
			failed++
		}
		fmt.Fprintf(out, "| %s | %.1f | %.1f | %d | %s |\n", c.title, s.wall.Seconds(), s.cpu.Seconds(), s.peak>>20, problem)
	}
	fmt.Fprintf(out, "\n%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return fmt.Errorf("%d soak cases failed", failed)
	}
	return nil
}

func (c soakCase) run(ctx context.Context, o options, ours contender, log func(string, ...any)) (problem string, s sample, err error) {
	path := c.path(o)
	if _, err := os.Stat(path); err != nil {
		log("making %s", path)
		part := path + ".part"
		if err := os.RemoveAll(part); err != nil {
			return "", s, err
		}
		if err := c.make(ctx, o, part); err != nil {
			return "", s, err
		}
		if err := os.Rename(part, path); err != nil {
			return "", s, err
		}
	}
	ours.status = []int{3} // 3 = done, but something was read in part: the huge cell
	if s, err = ours.once(ctx, path); err != nil {
		return "", s, err
	}
	var d scanDocument
	if err := json.Unmarshal(s.out, &d); err != nil {
		return "", s, err
	}
	var rows int64
	for _, set := range d.Datasets {
		rows += set.Rows + set.Rejected
	}
	var problems []string
	if s.peak > soakBudget {
		problems = append(problems, fmt.Sprintf("over the budget of %d MiB", soakBudget>>20))
	}
	if want := c.rows(o); rows != want {
		problems = append(problems, fmt.Sprintf("%d rows, want %d", rows, want))
	}
	// Files of one schema may be one dataset, so fewer are right, and none is not.
	if n := int64(len(d.Datasets)); n == 0 || n > c.datasets(o) {
		problems = append(problems, fmt.Sprintf("%d datasets, want at most %d", n, c.datasets(o)))
	}
	if len(d.Skipped) > 0 {
		problems = append(problems, fmt.Sprintf("%d skipped", len(d.Skipped)))
	}
	return strings.Join(problems, "; "), s, nil
}

// write opens path, hands a buffered writer to fill and closes.
func write(path string, fill func(*bufio.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		f.Close() // fill's error is the one to tell
		return err
	}
	if err := w.Flush(); err != nil {
		f.Close() // likewise
		return err
	}
	return f.Close()
}

// mix is splitmix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection, so different
// inputs give different outputs.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func makeWide(ctx context.Context, _ options, to string) error {
	const columns, rows = 500, 200_000
	return write(to, func(w *bufio.Writer) error {
		for c := range columns {
			if c > 0 {
				w.WriteByte(',') // bufio keeps the first error for Flush
			}
			fmt.Fprintf(w, "c%03d", c)
		}
		w.WriteByte('\n')
		var b []byte
		for r := range uint64(rows) {
			b = b[:0]
			for c := range uint64(columns) {
				if c > 0 {
					b = append(b, ',')
				}
				b = strconv.AppendUint(b, mix(r*columns+c), 36)
			}
			w.Write(append(b, '\n'))
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

func makeCell(_ context.Context, _ options, to string) error {
	return write(to, func(w *bufio.Writer) error {
		w.WriteString("id,body\n1,short\n2,\"")
		const line = "a line of a document that somebody exported into one cell, quotes \"\" and all\n"
		for n := 0; n < 200_000_000; n += len(line) {
			w.WriteString(line)
		}
		w.WriteString("\"\n3,short again\n")
		return nil
	})
}

// makeFiles writes files of five schemas that differ in a column's name each, so that
// they are not one partitioned dataset.
func makeFiles(ctx context.Context, _ options, to string) error {
	for n := range 5_000 {
		dir := filepath.Join(to, fmt.Sprintf("d%02d", n%50))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		err := write(filepath.Join(dir, fmt.Sprintf("f%04d.csv", n)), func(w *bufio.Writer) error {
			fmt.Fprintf(w, "id,name_%d,amount,day\n", n)
			for r := range 20 {
				fmt.Fprintf(w, "%d,item %d,%d.%02d,2026-%02d-%02d\n", r, mix(uint64(n*20+r))%100, n, r, 1+n%12, 1+r)
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bigLine is one row of the big file: every row has the same length, so that the
// number of rows follows from the size.
const bigLine = 128

func bigRows(o options) int64 { return (o.soakBytes - int64(len(bigHeader))) / bigLine }

const bigHeader = "id,day,device,temperature,state,note\n"

func makeBig(ctx context.Context, o options, to string) error {
	return write(to, func(w *bufio.Writer) error {
		w.WriteString(bigHeader)
		line := make([]byte, 0, bigLine)
		for r := range uint64(bigRows(o)) {
			h := mix(r)
			line = fmt.Appendf(line[:0], "%012d,20%02d-%02d-%02d,D%05d,%06.2f,%s,", r, 10+h%17, 1+h>>8%12, 1+h>>16%28, h>>24%20_000,
				float64(h>>40%100_000)/100, [...]string{"on ", "off", "low"}[h%3])
			for len(line) < bigLine-1 {
				line = append(line, 'a'+byte(mix(h+uint64(len(line)))%26))
			}
			line = append(line, '\n')
			if _, err := w.Write(line); err != nil {
				return err
			}
			if r%1_000_000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	})
}
