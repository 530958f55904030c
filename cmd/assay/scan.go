package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"assay"
	"assay/internal/cpu"
	"assay/report"
	"assay/source"
	"assay/source/file"

	"github.com/spf13/cobra"
)

type scanOptions struct {
	json, rehash, force, timings, quiet bool
	nullWords                           []string
	reading                             readingFlags
	files                               file.Options
}

func (c *cli) scanCommand() *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:     "scan " + c.say("cli.start.path") + "…",
		Short:   c.say("cli.scan.short"),
		Long:    c.say("cli.scan.long"),
		Example: "  assay scan ./data registers.xlsx app.sqlite\n  assay scan --json ./data > scan.json\n  assay scan --encoding gb18030 --delimiter '|' old.txt",
		Args:    takes(1, -1, "cli.need.path"),
		RunE: func(cmd *cobra.Command, args []string) error {
			reading, err := o.reading.options(cmd.Flags())
			if err != nil {
				return err
			}
			return c.with(cmd.Context(), func(a *assay.Assay) error { return c.scan(cmd.Context(), a, args, o, reading) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.json, "json", false, c.say("cli.flag.json"))
	f.BoolVarP(&o.quiet, "quiet", "q", false, c.say("cli.flag.quiet"))
	f.BoolVar(&o.force, "force", false, c.say("cli.flag.force"))
	f.BoolVar(&o.rehash, "rehash", false, c.say("cli.flag.rehash"))
	f.BoolVar(&o.timings, "timings", false, c.say("cli.flag.timings"))
	f.StringArrayVar(&o.files.Include, "include", nil, c.say("cli.flag.include"))
	f.StringArrayVar(&o.files.Exclude, "exclude", nil, c.say("cli.flag.exclude"))
	f.BoolVar(&o.files.Hidden, "hidden", false, c.say("cli.flag.hidden"))
	f.BoolVar(&o.files.FollowLinks, "follow-links", false, c.say("cli.flag.follow-links"))
	f.BoolVar(&o.files.NoGroup, "no-group", false, c.say("cli.flag.no-group"))
	f.StringArrayVar(&o.nullWords, "null-word", nil, c.say("cli.flag.null-word"))
	o.reading.register(c, f)
	under(f, "files", "include", "exclude", "hidden", "follow-links", "no-group")
	under(f, "reading", "null-word")
	return cmd
}

func (c *cli) scan(ctx context.Context, a *assay.Assay, paths []string, o scanOptions, reading source.Options) error {
	started := time.Now()
	meter := c.newMeter(o.quiet || o.json)
	res, err := a.Scan(ctx, a.Actor(), assay.ScanRequest{
		Paths: paths, Files: o.files, Reading: reading, NullWords: o.nullWords,
		Rehash: o.rehash, Force: o.force, Watch: meter.watch,
	})
	meter.stop()
	if res == nil {
		return err
	}
	shown, used := time.Now(), cpu.Time()
	// A scan that ended early shows a person what was complete; a program would take the
	// document for whole.
	if err == nil || (!o.json && len(res.Document.Entries) > 0) {
		if printErr := c.print(res, o.json); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	if o.timings {
		res.Timings = append(res.Timings, assay.PhaseTiming{Phase: "report", Wall: time.Since(shown), CPU: cpu.Time() - used})
		c.printTimings(res.Timings)
	}
	if !o.json && !o.quiet && err == nil {
		c.closing(res, time.Since(started))
	}
	if err == nil && incomplete(res.Document) {
		return errIncomplete
	}
	return err
}

func (c *cli) print(res *assay.ScanResult, asJSON bool) error {
	if asJSON {
		return report.WriteJSON(c.out, res.Document)
	}
	return report.WriteTable(c.out, res.Document, c.look())
}

// look is how tables are to look here.
func (c *cli) look() report.Options {
	width, ok := terminal(c.out)
	if !ok {
		width = 100
	}
	return report.Options{Lang: c.language(), Width: width, Color: colour(c.out)}
}

// closing says what was done and what to do next.
func (c *cli) closing(res *assay.ScanResult, took time.Duration) {
	n := len(res.Document.Entries)
	fmt.Fprintln(c.out)
	if n == 0 {
		fmt.Fprintln(c.out, c.say("cli.scan.nothing"))
		return
	}
	code := "cli.scan.done"
	if res.Unchanged > 0 {
		code = "cli.scan.done_unchanged"
	}
	fmt.Fprintln(c.out, c.say(code, "n", fmt.Sprint(n), "unchanged", fmt.Sprint(res.Unchanged),
		"seconds", fmt.Sprintf("%.1f", took.Seconds())))
	fmt.Fprintln(c.out, c.say("cli.scan.next", "show", c.again("show"), "name", shellWord(remarkable(res.Document.Entries))))
}

// remarkable is the dataset worth a look first: the one with most rejected records,
// else the one with most rows.
func remarkable(all []report.Entry) string {
	return slices.MaxFunc(all, func(a, b report.Entry) int {
		return cmp.Or(cmp.Compare(a.Scan.Rejected, b.Scan.Rejected), cmp.Compare(a.Scan.Rows, b.Scan.Rows))
	}).Dataset.Name
}

// incomplete reports whether something a person pointed at was not read in full.
func incomplete(d report.Document) bool {
	for _, e := range d.Entries {
		if e.Scan.Partial != "" {
			return true
		}
	}
	for _, k := range d.Skipped {
		if !file.Harmless(k) {
			return true
		}
	}
	return false
}

func (c *cli) printTimings(all []assay.PhaseTiming) {
	enc := json.NewEncoder(c.err)
	for _, t := range all {
		// A failed write to stderr has nowhere to be told.
		_ = enc.Encode(struct {
			Phase assay.Phase `json:"phase"`
			Wall  float64     `json:"wall_s"`
			CPU   float64     `json:"cpu_s"`
		}{t.Phase, t.Wall.Seconds(), t.CPU.Seconds()})
	}
}
