package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == duckRole {
		os.Exit(duckMain(os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	cases, peers, soak []string
	rows, wideRows     int
	runs               int
	assay              string // path of a built assay; "" = build ../cmd/assay
	python             string
	dir                string // cache of generated files
	out                string
	soakBytes          int64
	line               string // the command line, for the page
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	cases := fs.String("case", "parquet,plain,wide,csv", "cases to measure: "+strings.Join(caseNames(), ", "))
	peers := fs.String("peers", "duckdb,qsv,polars,ydata", "peers to run where installed")
	soak := fs.String("soak", "", "instead of cases, check the memory budget: "+strings.Join(soakNames(), ", "))
	fs.IntVar(&o.rows, "rows", 3_000_000, "rows of the lineitem-like table")
	fs.IntVar(&o.wideRows, "wide-rows", 1_000_000, "rows of the 311-like table")
	fs.IntVar(&o.runs, "runs", 5, "runs of each contender; the median counts")
	fs.StringVar(&o.assay, "assay", "", "an assay to measure (default: build ../cmd/assay)")
	fs.StringVar(&o.python, "python", "python3", "the Python that has polars and ydata-profiling")
	fs.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "assay-bench"), "where generated files are kept")
	fs.StringVar(&o.out, "out", "", "write the Markdown page here too")
	fs.Int64Var(&o.soakBytes, "soak-bytes", 10<<30, "size of the soak case big")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.runs < 1 || o.rows < 1000 || o.wideRows < 1000 {
		return o, errors.New("-runs must be 1 or more, -rows and -wide-rows 1000 or more")
	}
	o.line = strings.Join(append([]string{"go run ."}, args...), " ")
	o.cases, o.peers, o.soak = list(*cases), list(*peers), list(*soak)
	return o, os.MkdirAll(o.dir, 0o755)
}

func list(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	log := func(format string, a ...any) { fmt.Fprintf(stderr, format+"\n", a...) }
	if o.assay == "" {
		log("building assay without cgo")
		if o.assay, err = buildAssay(ctx, o.dir); err != nil {
			return err
		}
	}
	if len(o.soak) > 0 {
		return soak(ctx, o, stdout, log)
	}
	page := newPage(o)
	for _, name := range o.cases {
		c, err := findCase(name, o)
		if err != nil {
			return err
		}
		res, err := c.measure(ctx, o, log)
		if err != nil {
			return fmt.Errorf("case %s: %w", name, err)
		}
		page.add(res)
	}
	text := page.markdown()
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if o.out == "" {
		return nil
	}
	return os.WriteFile(o.out, []byte(text), 0o644)
}
