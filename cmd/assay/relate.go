package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"assay"
	"assay/fault"
	"assay/internal/message"
	"assay/relation"
	"assay/source"
	"assay/source/file"

	"github.com/spf13/cobra"
)

type relateOptions struct {
	kinds                        relation.Kinds
	maxLHS                       int
	nulls, compare               string
	limit                        time.Duration
	json, counts, quiet, timings bool
	reading                      readingFlags
	files                        file.Options
}

func (c *cli) relateCommand() *cobra.Command {
	var o relateOptions
	cmd := &cobra.Command{
		Use:     "relate " + c.say("cli.start.path") + "…",
		Short:   c.say("cli.relate.short"),
		Long:    c.say("cli.relate.long"),
		Example: "  assay relate orders.csv\n  assay relate --ucc --max-lhs 2 ./data\n  assay relate --fd --json --time-limit 10s wide.parquet > relations.json",
		Args:    takes(1, -1, "cli.need.path"),
		RunE: func(cmd *cobra.Command, args []string) error {
			reading, err := o.reading.options(cmd.Flags())
			if err != nil {
				return err
			}
			return c.relate(cmd.Context(), args, o, reading)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.kinds.UCC, "ucc", false, c.say("cli.flag.ucc"))
	f.BoolVar(&o.kinds.FD, "fd", false, c.say("cli.flag.fd"))
	f.BoolVar(&o.kinds.IND, "ind", false, c.say("cli.flag.ind"))
	f.BoolVar(&o.kinds.FK, "fk", false, c.say("cli.flag.fk"))
	f.IntVar(&o.maxLHS, "max-lhs", 0, c.say("cli.flag.max-lhs"))
	f.StringVar(&o.nulls, "nulls", string(relation.NullsEqual), c.say("cli.flag.nulls"))
	f.StringVar(&o.compare, "compare", string(relation.Text), c.say("cli.flag.compare"))
	f.DurationVar(&o.limit, "time-limit", time.Minute, c.say("cli.flag.time-limit"))
	f.BoolVar(&o.json, "json", false, c.say("cli.flag.json_relations"))
	f.BoolVar(&o.counts, "counts", false, c.say("cli.flag.counts"))
	f.BoolVarP(&o.quiet, "quiet", "q", false, c.say("cli.flag.quiet_relate"))
	f.BoolVar(&o.timings, "timings", false, c.say("cli.flag.timings_relate"))
	f.StringArrayVar(&o.files.Include, "include", nil, c.say("cli.flag.include"))
	f.StringArrayVar(&o.files.Exclude, "exclude", nil, c.say("cli.flag.exclude"))
	o.reading.register(c, f)
	under(f, "files", "include", "exclude")
	return cmd
}

func (o *relateOptions) check() error {
	bad := func(flag, text string) error {
		return fault.New(fault.Invalid, "cli.flag_value", "flag", flag, "text", text, "command", "assay relate")
	}
	switch {
	case o.nulls != string(relation.NullsEqual) && o.nulls != string(relation.NullsDistinct):
		return bad("--nulls", o.nulls)
	case o.compare != string(relation.Text) && o.compare != string(relation.Typed):
		return bad("--compare", o.compare)
	case o.maxLHS < 0:
		return bad("--max-lhs", fmt.Sprint(o.maxLHS))
	case o.limit < 0:
		return bad("--time-limit", o.limit.String())
	}
	if o.kinds == (relation.Kinds{}) {
		o.kinds = relation.Kinds{UCC: true, FD: true, IND: true, FK: true}
	}
	return nil
}

func (c *cli) relate(ctx context.Context, paths []string, o relateOptions, reading source.Options) error {
	if err := o.check(); err != nil {
		return err
	}
	memory, err := parseSize(c.memory)
	if err != nil {
		return err
	}
	meter := c.newMeter(o.quiet || o.json)
	res, err := assay.Relate(ctx, assay.RelateRequest{
		Paths: paths, Files: o.files, Reading: reading, Kinds: o.kinds, Compare: relation.Compare(o.compare),
		Nulls: relation.Nulls(o.nulls), MaxLHS: o.maxLHS, Limit: o.limit, Memory: memory, Workers: c.workers, Watch: meter.watch,
	})
	meter.stop()
	if err != nil {
		return err
	}
	if o.json {
		err = res.Document.WriteJSON(c.out, relation.WriteOptions{CountsOnly: o.counts})
	} else {
		c.printRelations(&res.Document, o.counts)
	}
	if err != nil {
		return err
	}
	if o.timings {
		c.printTimings(res.Timings)
	}
	if partial(&res.Document) {
		return errIncomplete
	}
	return nil
}

// partial reports whether something was skipped, read in part or not found in time.
func partial(d *relation.Document) bool {
	for _, e := range d.Entries {
		if e.Partial != "" || e.Found.Truncated != "" {
			return true
		}
	}
	return d.INDTruncated || d.FKTruncated || len(d.Skipped) > 0
}

// listed is how many relations of a kind a person is shown; the rest is counted.
const listed = 10

func (c *cli) printRelations(d *relation.Document, countsOnly bool) {
	for i := range d.Entries {
		c.printEntry(&d.Entries[i], d.Wanted, countsOnly)
	}
	end := func(r relation.Ref) string {
		return d.Entries[r.Table].Name + "." + d.Entries[r.Table].Columns[r.Column]
	}
	if d.Wanted.IND {
		fmt.Fprintln(c.out, c.say("cli.relate.inds", "n", fmt.Sprint(len(d.INDs))))
		c.firstOf(len(d.INDs), countsOnly, func(i int) string {
			return end(d.INDs[i].Dependent) + " ⊆ " + end(d.INDs[i].Referenced)
		})
	}
	if d.Wanted.FK {
		fmt.Fprintln(c.out, c.say("cli.relate.fks", "n", fmt.Sprint(len(d.FKs))))
		c.firstOf(len(d.FKs), countsOnly, func(i int) string {
			k := d.FKs[i]
			line := end(k.Dependent) + " → " + end(k.Referenced) + "  " + c.say("cli.relate."+string(k.Reason))
			if k.OrphanRows > 0 {
				line += c.say("cli.relate.orphans", "rows", fmt.Sprint(k.OrphanRows))
			}
			return line
		})
	}
	if d.INDTruncated || d.FKTruncated {
		fmt.Fprintln(c.out, "  "+c.say("cli.relate.truncated.inds"))
	}
	for _, s := range d.Skipped {
		fmt.Fprintln(c.err, c.say("cli.relate.skipped", "locator", s.Locator, "reason", message.Text(c.language(), s.Code, s.Params)))
	}
}

func (c *cli) printEntry(e *relation.Entry, wanted relation.Kinds, countsOnly bool) {
	fmt.Fprintln(c.out, c.say("cli.relate.dataset", "name", e.Name, "rows", fmt.Sprint(e.Rows), "columns", fmt.Sprint(len(e.Columns))))
	if wanted.UCC {
		fmt.Fprintln(c.out, "  "+c.say("cli.relate.uccs", "n", fmt.Sprint(len(e.Found.UCCs))))
		c.firstOf(len(e.Found.UCCs), countsOnly, func(i int) string { return "  " + named(e.Columns, e.Found.UCCs[i]) })
	}
	if wanted.FD {
		fmt.Fprintln(c.out, "  "+c.say("cli.relate.fds", "n", fmt.Sprint(len(e.Found.FDs))))
		c.firstOf(len(e.Found.FDs), countsOnly, func(i int) string {
			f := e.Found.FDs[i]
			return "  " + named(e.Columns, f.LHS) + " → " + e.Columns[f.RHS]
		})
	}
	if e.Found.Truncated != "" {
		fmt.Fprintln(c.out, "  "+c.say("cli.relate.truncated."+e.Found.Truncated))
	}
	if len(e.Repeated) > 0 {
		fmt.Fprintln(c.out, "  "+c.say("cli.relate.left_out", "columns", strings.Join(e.Repeated, ", ")))
	}
	fmt.Fprintln(c.out)
}

// firstOf prints the first few of n lines and says how many there are besides.
func (c *cli) firstOf(n int, countsOnly bool, line func(i int) string) {
	if countsOnly {
		return
	}
	for i := range min(n, listed) {
		fmt.Fprintln(c.out, "  "+line(i))
	}
	if n > listed {
		fmt.Fprintln(c.out, "    "+c.say("cli.relate.more", "n", fmt.Sprint(n-listed)))
	}
}

// named writes a set of columns by their names.
func named(columns []string, c relation.Columns) string {
	names := make([]string, len(c))
	for i, at := range c {
		names[i] = columns[at]
	}
	return "{" + strings.Join(names, ", ") + "}"
}
