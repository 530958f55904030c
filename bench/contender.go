package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// contender is a program that can profile a file.
type contender struct {
	name    string
	command string // as a person would type it
	version string
	install string // how to get it, where it is missing
	only    string // the one file extension it reads; "" = all of ours
	maxRuns int    // fewer than asked, for the slow; 0 = as asked
	status  []int  // exit statuses besides 0 that are a full answer
	start   func(ctx context.Context, file string) (cmd *exec.Cmd, done func() error, err error)
	answers func(out []byte) (answers, error) // nil where only time is compared
}

// answers are what a contender says, by column name.
type answers map[string]answer

// answer is a contender's word on one column; what it does not say is absent.
type answer struct {
	distinct  float64
	exact     bool
	bound     float64 // relative, as the contender states it
	mean      *float64
	sum       string
	min, max  string
	quantiles map[string]string
	top       []int64
	topError  int64
}

// twoCores gives every contender the same machine.
func twoCores(cmd *exec.Cmd, more ...string) {
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "POLARS_MAX_THREADS=2", "RAYON_NUM_THREADS=2",
		"OMP_NUM_THREADS=2", "OPENBLAS_NUM_THREADS=2", "LC_ALL=C.UTF-8")
	cmd.Env = append(cmd.Env, more...)
}

func nothing() error { return nil }

// contenders are assay and the peers that o asks for and this machine has; missing
// says how to get the others.
func contenders(ctx context.Context, o options) (present []contender, missing []string, err error) {
	ours, err := assayContender(ctx, o.assay, o.dir)
	if err != nil {
		return nil, nil, err
	}
	present = append(present, ours)
	for _, name := range o.peers {
		c, ok := map[string]contender{
			"duckdb": duckContender(), "qsv": qsvContender(), "polars": polarsContender(o.python), "ydata": ydataContender(o.python),
		}[name]
		if !ok {
			return nil, nil, fmt.Errorf("no peer %q", name)
		}
		if c.version, err = versionOf(ctx, name, o.python); err != nil {
			missing = append(missing, c.name+": not installed; "+c.install)
			continue
		}
		present = append(present, c)
	}
	return present, missing, nil
}

func versionOf(ctx context.Context, name, python string) (string, error) {
	var cmd *exec.Cmd
	switch name {
	case "duckdb":
		rows, err := ask(ctx, "SELECT version() AS v")
		if err != nil || len(rows) != 1 {
			return "", errors.Join(err, errors.New("DuckDB gives no version"))
		}
		return fmt.Sprint(rows[0]["v"]), nil
	case "qsv":
		cmd = exec.CommandContext(ctx, "qsv", "--version")
	case "polars":
		cmd = exec.CommandContext(ctx, python, "-c", "import polars; print(polars.__version__)")
	case "ydata":
		cmd = exec.CommandContext(ctx, python, "-c", "from importlib.metadata import version; import ydata_profiling, pyarrow; print(version('ydata-profiling'))")
	}
	out, err := cmd.Output()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line, err
}

func buildAssay(ctx context.Context, dir string) (string, error) {
	to, err := filepath.Abs(filepath.Join(dir, "assay"))
	if err != nil {
		return "", err
	}
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, "./cmd/assay")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/assay: %w: %s", err, tail(out))
	}
	return to, nil
}

// repositoryRoot is the folder above bench's go.mod.
func repositoryRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	mod := strings.TrimSpace(string(out))
	if filepath.Base(filepath.Dir(mod)) != "bench" {
		return "", fmt.Errorf("run this in the folder bench, or name a built assay with -assay")
	}
	return filepath.Dir(filepath.Dir(mod)), nil
}

func assayContender(ctx context.Context, path, dir string) (contender, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return contender{}, err
	}
	version, err := exec.CommandContext(ctx, abs, "--version").Output()
	if err != nil {
		return contender{}, fmt.Errorf("%s --version: %w", path, err)
	}
	return contender{
		name: "assay", command: "assay scan --json --timings --home NEW FILE", version: strings.TrimSpace(string(version)),
		start: func(ctx context.Context, file string) (*exec.Cmd, func() error, error) {
			home, err := os.MkdirTemp(dir, "home-") // a new one, so that nothing is known
			if err != nil {
				return nil, nil, err
			}
			cmd := exec.CommandContext(ctx, abs, "scan", "--json", "--timings", "--home", home, file)
			twoCores(cmd, "ASSAY_HOME="+home)
			return cmd, func() error { return os.RemoveAll(home) }, nil
		},
		answers: assayAnswers,
	}, nil
}

// scanDocument is the part of docs/formats/scan.md that is compared.
type scanDocument struct {
	Version  int `json:"version"`
	Datasets []struct {
		Name     string `json:"name"`
		Rows     int64  `json:"rows"`
		Rejected int64  `json:"rejected_rows"`
		Partial  bool   `json:"partial"`
		Columns  []struct {
			Name     string `json:"name"`
			Distinct struct {
				Value float64 `json:"value"`
				Exact bool    `json:"exact"`
				Bound float64 `json:"error_bound"`
			} `json:"distinct"`
			Min             string            `json:"min"`
			MinMasked       bool              `json:"min_masked"`
			Max             string            `json:"max"`
			MaxMasked       bool              `json:"max_masked"`
			Sum             string            `json:"sum"`
			Mean            *float64          `json:"mean"`
			Quantiles       map[string]string `json:"quantiles"`
			QuantilesMasked bool              `json:"quantiles_masked"`
			Top             []struct {
				Count int64 `json:"count"`
			} `json:"top"`
			TopError int64 `json:"top_error"`
		} `json:"columns"`
	} `json:"datasets"`
	Skipped []struct {
		Locator string `json:"locator"`
		Reason  string `json:"reason"`
	} `json:"skipped"`
}

func assayAnswers(out []byte) (answers, error) {
	var d scanDocument
	if err := json.Unmarshal(out, &d); err != nil {
		return nil, err
	}
	if len(d.Datasets) != 1 || len(d.Skipped) != 0 {
		return nil, fmt.Errorf("assay found %d datasets and skipped %d; want one and none", len(d.Datasets), len(d.Skipped))
	}
	all := answers{}
	for _, c := range d.Datasets[0].Columns {
		a := answer{distinct: c.Distinct.Value, exact: c.Distinct.Exact, bound: c.Distinct.Bound, mean: c.Mean, sum: c.Sum, topError: c.TopError}
		if !c.MinMasked {
			a.min = c.Min
		}
		if !c.MaxMasked {
			a.max = c.Max
		}
		if !c.QuantilesMasked {
			a.quantiles = c.Quantiles
		}
		for _, t := range c.Top {
			a.top = append(a.top, t.Count)
		}
		all[c.Name] = a
	}
	return all, nil
}

func summarize(file string) string {
	return fmt.Sprintf("SUMMARIZE SELECT * FROM '%s'", sqlText(file))
}

func duckContender() contender {
	return contender{
		name: "DuckDB SUMMARIZE", command: "SUMMARIZE SELECT * FROM 'FILE' (threads=2, through the Go driver)",
		install: "comes with this module",
		start: func(ctx context.Context, file string) (*exec.Cmd, func() error, error) {
			cmd, err := shell(ctx, summarize(file))
			if err != nil {
				return nil, nil, err
			}
			twoCores(cmd)
			return cmd, nothing, nil
		},
		answers: duckAnswers,
	}
}

func duckAnswers(out []byte) (answers, error) {
	var rows []row
	if err := json.Unmarshal(out, &rows); err != nil {
		return nil, err
	}
	all := answers{}
	for _, r := range rows {
		a := answer{min: text(r["min"]), max: text(r["max"]), quantiles: map[string]string{}}
		a.distinct, _ = strconv.ParseFloat(text(r["approx_unique"]), 64)
		if mean, err := strconv.ParseFloat(text(r["avg"]), 64); err == nil {
			a.mean = &mean
		}
		for q, name := range map[string]string{"0.25": "q25", "0.5": "q50", "0.75": "q75"} {
			if v := text(r[name]); v != "" {
				a.quantiles[q] = v
			}
		}
		all[text(r["column_name"])] = a
	}
	return all, nil
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func qsvContender() contender {
	return contender{
		name: "qsv stats", command: "qsv stats --everything --force --jobs 2 FILE", only: ".csv",
		install: "cargo install qsv --locked --features feature_capable (needs a C compiler and about half an hour on 2 cores)",
		start: func(ctx context.Context, file string) (*exec.Cmd, func() error, error) {
			cmd := exec.CommandContext(ctx, "qsv", "stats", "--everything", "--force", "--jobs", "2", file)
			twoCores(cmd)
			return cmd, nothing, nil
		},
	}
}

func polarsContender(python string) contender {
	return pythonContender(python, contender{
		name: "Polars describe", command: "polars.scan_…(FILE).describe()",
		install: "pip install polars (and -python its Python)",
	}, `import sys, polars as pl
f = sys.argv[1]
lf = pl.scan_csv(f, try_parse_dates=True) if f.endswith(".csv") else pl.scan_parquet(f)
print(lf.describe())`)
}

func ydataContender(python string) contender {
	return pythonContender(python, contender{
		name: "ydata-profiling", command: "ProfileReport(frame, minimal=True).to_json()", maxRuns: 1,
		install: "pip install ydata-profiling pyarrow 'setuptools<81' (and -python its Python)",
	}, `import sys, pandas as pd
from ydata_profiling import ProfileReport
f = sys.argv[1]
df = pd.read_csv(f, low_memory=False) if f.endswith(".csv") else pd.read_parquet(f)
print(len(ProfileReport(df, minimal=True, progress_bar=False).to_json()))`)
}

func pythonContender(python string, c contender, script string) contender {
	c.start = func(ctx context.Context, file string) (*exec.Cmd, func() error, error) {
		cmd := exec.CommandContext(ctx, python, "-c", script, file)
		twoCores(cmd)
		return cmd, nothing, nil
	}
	return c
}

// phase is a line that assay --timings writes to standard error.
type phase struct {
	Phase string  `json:"phase"`
	Wall  float64 `json:"wall_s"`
	CPU   float64 `json:"cpu_s"`
}

// phases reads the timings out of assay's standard error; other lines are none.
func phases(errs []byte) []phase {
	var all []phase
	for line := range bytes.Lines(errs) {
		var p phase
		if bytes.HasPrefix(line, []byte("{")) && json.Unmarshal(line, &p) == nil && p.Phase != "" {
			all = append(all, p)
		}
	}
	return all
}
