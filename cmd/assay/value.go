package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"assay/fault"
	"assay/internal/message"
	"assay/money"
	"assay/valuation"

	"github.com/spf13/cobra"
)

func (c *cli) valueCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "value " + c.say("valuation.cli.file"),
		Short:   c.say("valuation.cli.short"),
		Long:    c.say("valuation.cli.long"),
		Example: "  assay value examples/valuation/energy.yaml\n  assay value energy.yaml --json > energy.json",
		Args:    takes(1, 1, "valuation.cli.need_file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := readValuation(args[0])
			if err != nil {
				return err
			}
			workers := c.workers
			if workers == 0 {
				workers = runtime.GOMAXPROCS(0)
			}
			r, err := valuation.Value(cmd.Context(), &in, workers)
			if err != nil {
				return err
			}
			if asJSON {
				return c.printJSON(r)
			}
			c.printValuation(r)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("valuation.cli.json"))
	return cmd
}

// maxValuationFile is a byte more than the room reads: it says what is too long.
const maxValuationFile = 4<<20 + 1

func readValuation(path string) (valuation.Input, error) {
	f, err := os.Open(path)
	if err != nil {
		return valuation.Input{}, unreadable(err, path)
	}
	doc, err := io.ReadAll(io.LimitReader(f, maxValuationFile))
	if err = errors.Join(err, f.Close()); err != nil {
		return valuation.Input{}, unreadable(err, path)
	}
	return valuation.Parse(doc)
}

func unreadable(err error, path string) error {
	kind := fault.Unavailable
	switch {
	case errors.Is(err, os.ErrNotExist):
		kind = fault.NotFound
	case errors.Is(err, os.ErrPermission):
		kind = fault.Denied
	}
	return fault.Wrap(err, kind, "valuation.cli.unreadable", "path", path)
}

// printValuation is the report for people: conclusion, methods, uncertainty, parameters
// with their sources, what is present and missing.
func (c *cli) printValuation(r *valuation.Report) {
	line := func(code string, kv ...string) { fmt.Fprintln(c.out, c.say("valuation.text."+code, kv...)) }
	line("title", "asset", r.Asset)
	line("value", "value", c.amount(r.Conclusion.Value), "low", c.amount(r.Conclusion.Low), "high", c.amount(r.Conclusion.High))
	line("dates", "date", r.Date.String(), "until", r.ValidUntil.String())
	fmt.Fprintln(c.out)
	line("methods")
	for _, m := range r.Methods {
		line("method", "id", m.ID, "model", m.Model, "value", c.amount(m.Value), "weight", m.Weight)
		fmt.Fprintln(c.out, "    "+m.Formula+options(m.Options))
		fmt.Fprintln(c.out, "    "+m.Reason)
	}
	c.printUncertainty(r)
	fmt.Fprintln(c.out)
	line("parameters")
	for _, p := range r.Parameters {
		c.printParameter(p)
	}
	fmt.Fprintln(c.out)
	line("sections")
	for _, s := range r.Sections {
		state := "missing"
		if s.Present {
			state = "present"
		}
		line(state, "name", c.say("valuation.section."+s.Code))
	}
	fmt.Fprintln(c.out)
	for _, n := range r.Notices {
		fmt.Fprintln(c.out, "* "+message.Text(c.language(), n.Code, n.Params))
	}
}

func (c *cli) printUncertainty(r *valuation.Report) {
	if u := r.Uncertainty; u != nil {
		fmt.Fprintln(c.out)
		fmt.Fprintln(c.out, c.say("valuation.text.uncertainty", "draws", strconv.Itoa(u.Draws), "seed", strconv.FormatUint(u.Seed, 10),
			"p5", c.amount(u.P5), "p50", c.amount(u.P50), "p95", c.amount(u.P95)))
	}
	c.printBars("valuation.text.tornado", r.Tornado)
	c.printBars("valuation.text.sensitivity", r.Sensitivity)
}

func (c *cli) printBars(title string, bars []valuation.BarReport) {
	if len(bars) == 0 {
		return
	}
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, c.say(title))
	rows := make([][2]string, len(bars))
	for i, b := range bars {
		rows[i] = [2]string{"  " + b.Name, c.barEnd(b.Low, b.AtLow, b.LowProblem) + "  …  " + c.barEnd(b.High, b.AtHigh, b.HighProblem)}
	}
	c.columns(rows)
}

// barEnd is "0.12 → 3,958,380.00 CNY", or why there is no value.
func (c *cli) barEnd(at float64, value *money.Amount, problem *valuation.Notice) string {
	s := strconv.FormatFloat(at, 'g', 6, 64) + " → "
	if problem != nil {
		return s + message.Text(c.language(), problem.Code, problem.Params)
	}
	return s + c.amount(*value)
}

func (c *cli) printParameter(p valuation.ParameterReport) {
	trace := p.Source
	if p.How != "" {
		trace = strings.TrimSuffix(p.How+": "+p.Formula+"  ("+strings.Join(p.Of, ", ")+")  "+p.Source, "  ")
		trace = strings.ReplaceAll(trace, "  ()", "")
	}
	if p.Date != nil {
		trace += c.say("valuation.text.given", "date", p.Date.String(), "author", p.Author)
	}
	fmt.Fprintln(c.out, "  "+p.Name+" = "+strings.Join(p.Values, ", "))
	fmt.Fprintln(c.out, "    "+trace)
	if p.CR != nil {
		fmt.Fprintln(c.out, "    CR = "+strconv.FormatFloat(*p.CR, 'f', 4, 64)+" < 0.1")
	}
	if len(p.Findings) > 0 {
		fmt.Fprintln(c.out, "    "+c.say("valuation.text.findings", "ids", strings.Join(p.Findings, ", ")))
	}
}

func (c *cli) amount(a money.Amount) string { return a.Grouped() + " " + a.Currency().String() }

func options(chosen []string) string {
	if len(chosen) == 0 {
		return ""
	}
	return "  [" + strings.Join(chosen, ", ") + "]"
}
