package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// result is what one case gave.
type result struct {
	of       benchCase
	bytes    int64
	lines    []line
	phases   []phase // of assay's median run
	missing  []string
	verdicts map[string][]verdict // by contender, in the order of the table's columns
}

// line is one contender's figures.
type line struct {
	contender
	median
	failed string // why it gave no answer
}

// measure runs all contenders on the case, in turns.
func (c benchCase) measure(ctx context.Context, o options, log func(string, ...any)) (result, error) {
	res := result{of: c, verdicts: map[string][]verdict{}}
	if err := c.prepare(ctx, o, log); err != nil {
		return res, err
	}
	info, err := os.Stat(c.file)
	if err != nil {
		return res, err
	}
	res.bytes = info.Size()
	all, missing, err := contenders(ctx, o)
	if err != nil {
		return res, err
	}
	res.missing = missing
	runs := make([][]sample, len(all))
	failed := make([]string, len(all))
	for turn := range o.runs {
		for i, k := range all {
			if k.maxRuns > 0 && turn >= k.maxRuns || failed[i] != "" || k.only != "" && k.only != filepath.Ext(c.file) {
				continue
			}
			s, err := k.once(ctx, c.file)
			if ctx.Err() != nil {
				return res, ctx.Err()
			}
			if err != nil {
				// A peer that fails is a result; assay failing is not one.
				if i == 0 {
					return res, err
				}
				failed[i] = err.Error()
			} else {
				runs[i] = append(runs[i], s)
				log("%s %d/%d: %s %.3f s wall, %.3f s CPU, %d MiB", c.name, turn+1, o.runs, k.name, s.wall.Seconds(), s.cpu.Seconds(), s.peak>>20)
			}
		}
	}
	for i, k := range all {
		if len(runs[i]) > 0 || failed[i] != "" {
			res.lines = append(res.lines, line{k, medianOf(runs[i]), failed[i]})
		}
	}
	res.phases = medianPhases(runs[0])
	return res, res.judge(ctx, all, runs, log)
}

// runLimit ends a contender that does not finish; that is then its result.
const runLimit = 15 * time.Minute

// once runs a contender one time.
func (k contender) once(ctx context.Context, file string) (s sample, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, runLimit, fmt.Errorf("not done after %v", runLimit))
	defer cancel()
	cmd, done, err := k.start(ctx, file)
	if err != nil {
		return sample{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	s, err = runOnce(cmd, k.status...)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return s, err
}

func (res *result) judge(ctx context.Context, all []contender, runs [][]sample, log func(string, ...any)) error {
	exact, err := truths(ctx, res.of.exact, log)
	if err != nil {
		return err
	}
	for i, k := range all {
		if k.answers == nil || len(runs[i]) == 0 {
			continue
		}
		said, err := k.answers(runs[i][0].out)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		if res.verdicts[k.name], err = judge(ctx, res.of.exact, exact, said); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return nil
}

// medianPhases gives each phase its median over the runs.
func medianPhases(runs []sample) []phase {
	var out []phase
	walls, cpus := map[string][]float64{}, map[string][]float64{}
	for _, s := range runs {
		for _, p := range phases(s.errs) {
			if walls[p.Phase] == nil {
				out = append(out, phase{Phase: p.Phase})
			}
			walls[p.Phase], cpus[p.Phase] = append(walls[p.Phase], p.Wall), append(cpus[p.Phase], p.CPU)
		}
	}
	const unit = 1e9 // middle takes whole numbers
	for i, p := range out {
		out[i].Wall, out[i].CPU = middleFloat(walls[p.Phase], unit), middleFloat(cpus[p.Phase], unit)
	}
	return out
}

func middleFloat(v []float64, unit float64) float64 {
	whole := make([]int64, len(v))
	for i, x := range v {
		whole[i] = int64(x * unit)
	}
	return float64(middle(whole)) / unit
}
