package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const hogRole = "-hog" // allocates 200 MiB and burns some CPU, to be measured

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case duckRole:
			os.Exit(duckMain(os.Stdin, os.Stdout, os.Stderr))
		case hogRole:
			hog()
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func hog() {
	b := make([]byte, 200<<20)
	for start := time.Now(); time.Since(start) < 300*time.Millisecond; {
		for i := 0; i < len(b); i += 4096 {
			b[i]++
		}
	}
	fmt.Println(b[0])
}

func TestRunOnceMeasuresTheChild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := runOnce(exec.Command(self, hogRole))
	if err != nil {
		t.Fatal(err)
	}
	if s.peak < 200<<20 || s.peak > 280<<20 {
		t.Errorf("peak %d MiB, want 200 to 280", s.peak>>20)
	}
	// The hog spins for 0.3 s and does nothing else; a busy machine stretches wall only.
	if s.wall < 300*time.Millisecond || s.cpu < 50*time.Millisecond || s.cpu > s.wall*2 {
		t.Errorf("wall %v, CPU %v", s.wall, s.cpu)
	}
	// A small child does not inherit this process's peak, which hog makes large.
	hog()
	if s, err = runOnce(exec.Command("sleep", "0.05")); err != nil || s.peak > 20<<20 || s.peak == 0 {
		t.Errorf("sleep: peak %d KiB, %v", s.peak>>10, err)
	}
	if _, err = runOnce(exec.Command("sh", "-c", "echo why >&2; exit 4")); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("a failing child: %v", err)
	}
	if s, err = runOnce(exec.Command("sh", "-c", "exit 3"), 3); err != nil || s.status != 3 {
		t.Errorf("an allowed status: %d, %v", s.status, err)
	}
}

func TestMedian(t *testing.T) {
	var all []sample
	for _, n := range []int{5, 1, 9, 2, 8} {
		all = append(all, sample{wall: time.Duration(n), cpu: time.Duration(10 * n), peak: int64(100 * n)})
	}
	m := medianOf(all)
	if m.wall != 5 || m.cpu != 50 || m.peak != 500 || m.best != 1 || m.wors != 9 || m.runs != 5 {
		t.Errorf("got %+v", m)
	}
	if got := middle([]int64{1, 4}); got != 2 {
		t.Errorf("middle of two: %d, want 2", got)
	}
}

func TestCachedMakesAgainWhatIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	made := 0
	produce := func(_ context.Context, to string) error {
		made++
		return os.WriteFile(to, []byte("content"), 0o644)
	}
	quiet := func(string, ...any) {}
	for _, step := range []struct {
		before func() error
		want   int
	}{
		{func() error { return nil }, 1},
		{func() error { return nil }, 1},
		{func() error { return os.WriteFile(path, []byte("damaged"), 0o644) }, 2},
		{func() error { return os.Remove(path) }, 3},
	} {
		if err := step.before(); err != nil {
			t.Fatal(err)
		}
		if err := cached(t.Context(), path, produce, quiet); err != nil || made != step.want {
			t.Fatalf("made %d times, want %d; %v", made, step.want, err)
		}
	}
	failing := func(_ context.Context, to string) error {
		return fmt.Errorf("half %w", os.WriteFile(to, []byte("half"), 0o644))
	}
	other := filepath.Join(t.TempDir(), "g")
	if err := cached(t.Context(), other, failing, quiet); err == nil {
		t.Error("a failing generator left no error")
	}
	if left, _ := filepath.Glob(other + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TPC-H 3.0.1 section 4.2.3 says what lineitem is.
func TestLineitemIsLikeTPCH(t *testing.T) {
	rows, err := ask(t.Context(), fmt.Sprintf(`SELECT count(*) AS n, count(DISTINCT (l_orderkey, l_linenumber)) AS keys,
		min(l_linenumber) AS first, max(l_linenumber) AS last, max(l_orderkey %% 32) AS slot,
		min(l_suppkey) >= 1 AND max(l_suppkey) <= 10000 AND min(l_partkey) >= 1 AND max(l_partkey) <= 200000 AS keysInRange,
		bool_and(l_shipdate < l_receiptdate) AS shippedFirst, bool_and(l_quantity BETWEEN 1 AND 50) AS quantities,
		bool_and(l_discount BETWEEN 0 AND 0.10) AND bool_and(l_tax BETWEEN 0 AND 0.08) AS rates,
		bool_and((l_receiptdate <= DATE '1995-06-17') = (l_returnflag IN ('R','A'))) AS flags,
		bool_and((l_shipdate > DATE '1995-06-17') = (l_linestatus = 'O')) AS statuses,
		count(DISTINCT l_orderkey) AS orders
		FROM (%s)`, lineitemSQL(28_000)))
	if err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	for name, want := range map[string]any{"n": "28000", "keys": "28000", "first": "1", "last": "7", "slot": "8", "orders": "7000",
		"keysInRange": true, "shippedFirst": true, "quantities": true, "rates": true, "flags": true, "statuses": true} {
		if r[name] != want {
			t.Errorf("%s: got %v, want %v", name, r[name], want)
		}
	}
}

func TestWideHas41Columns(t *testing.T) {
	rows, err := ask(t.Context(), "DESCRIBE "+wideSQL(100))
	if err != nil || len(rows) != 41 {
		t.Errorf("%d columns, want 41; %v", len(rows), err)
	}
}

// The plain file must really be plain, or the case says nothing.
func TestPlainParquetHasNoDictionary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plain.parquet")
	if err := copyTo(t.Context(), lineitemSQL(50_000), path, plainParquet); err != nil {
		t.Fatal(err)
	}
	rows, err := ask(t.Context(), fmt.Sprintf("SELECT DISTINCT encodings AS e FROM parquet_metadata('%s')", path))
	if err != nil || len(rows) != 1 || rows[0]["e"] != "PLAIN" {
		t.Errorf("encodings %v, %v; want PLAIN only", rows, err)
	}
}

// A table whose truth is plain to see: x is 1 to 100, s repeats, d is one date.
func TestJudge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := copyTo(t.Context(), "SELECT i::INTEGER AS x, 's' || (i % 4) AS s, DATE '2026-01-01' AS d FROM range(1, 101) t(i)", path, "FORMAT parquet"); err != nil {
		t.Fatal(err)
	}
	all, err := truths(t.Context(), path, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if x := all[0]; x.Count != 100 || x.Distinct != 100 || x.Sum != "5050" || *x.Mean != 50.5 || x.Min != "1" || x.Max != "100" || len(x.Top) != topN {
		t.Errorf("truth of x: %+v", x)
	}
	mean := 50.5
	right := answers{
		"x": {distinct: 100, exact: true, mean: &mean, sum: "5050", min: "1", max: "100.0", quantiles: map[string]string{"0.25": "25", "0.5": "50.5", "0.75": "76"}, top: []int64{1, 1}},
		"s": {distinct: 4, exact: true, min: "s0", max: "s3", top: []int64{25, 25, 25, 25}},
		"d": {distinct: 1, exact: true, min: "2026-01-01", quantiles: map[string]string{"0.5": "2026-01-01"}},
	}
	verdicts, err := judge(t.Context(), path, all, right)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		if len(v.wrong) > 0 || v.distinct != 0 || v.rank > 0 || v.mean > 0 || v.top > 0 {
			t.Errorf("right answers judged wrong: %+v", v)
		}
	}
	wrongMean := 55.55
	bad := answers{
		"x": {distinct: 90, exact: true, mean: &wrongMean, sum: "5051", min: "2", max: "100", quantiles: map[string]string{"0.25": "35", "0.5": "50"}, top: []int64{3}},
		"s": {distinct: 5, min: "s0", max: "s3", top: []int64{30, 25, 25, 20}, topError: 5},
	}
	if verdicts, err = judge(t.Context(), path, all, bad); err != nil {
		t.Fatal(err)
	}
	x, s, d := verdicts[0], verdicts[1], verdicts[2]
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	near("distinct of x", x.distinct, 0.1)
	near("mean of x", x.mean, 0.1)
	near("rank of x", x.rank, 0.09) // 34 values are below 35: 0.34 − 0.25
	near("top of x", x.top, 0.02)
	if len(x.wrong) != 4 { // distinct, top, min, sum
		t.Errorf("x: %q, want four complaints", x.wrong)
	}
	near("distinct of s", s.distinct, 0.25)
	near("top of s", s.top, 0.05)
	if len(s.wrong) != 0 || len(d.wrong) != 1 {
		t.Errorf("s %q, d %q: want none, and a missing column", s.wrong, d.wrong)
	}
	if _, err := rankError(t.Context(), path, all[2], map[string]string{"0.5": "no date"}); err == nil {
		t.Error("a quantile that is no date was judged")
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1.50", "1.5", true}, {"1.5", "1.51", false}, {"2026-01-01T00:00:00Z", "2026-01-01 00:00:00", true},
		{"a", "a", true}, {"a", "b", false}, {"0", "-0", true}, {"1e3", "1000", true},
	} {
		if got := same(c.a, c.b); got != c.want {
			t.Errorf("same(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

// script is a stand-in for assay that answers what it is told to.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "assay")
	text := "#!/bin/sh\n[ \"$1\" = --version ] && { echo assay stand-in; exit 0; }\n" + body
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneColumn = `cat <<'J'
{"version":1,"datasets":[{"name":"x","rows":%d,"columns":[{"name":"l_linenumber","distinct":{"value":7,"exact":true},"min":"1","max":"7","top":[]}]}],"skipped":[]}
J
echo '{"phase":"read","wall_s":0.001,"cpu_s":0.001}
{"phase":"fingerprint","wall_s":0.002,"cpu_s":0.001}' >&2
`

func TestOneRunFromEndToEnd(t *testing.T) {
	var out, errs bytes.Buffer
	dir := t.TempDir()
	page := filepath.Join(dir, "page.md")
	err := run(t.Context(), []string{"-case", "csv", "-rows", "2800", "-runs", "2", "-peers", "duckdb", "-dir", dir,
		"-assay", script(t, fmt.Sprintf(oneColumn, 2800)), "-out", page}, &out, &errs)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.Bytes())
	}
	written, err := os.ReadFile(page)
	if err != nil || string(written) != out.String() {
		t.Errorf("the page differs from what was printed, %v", err)
	}
	for _, want := range []string{"| assay | assay stand-in |", "## csv", "| DuckDB SUMMARIZE |", "fingerprint 0.002 s",
		"| l_linenumber | 0 / 0 | exact |", "- csv, column l_comment: column missing."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, out.String())
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "home-*")); len(left) > 0 {
		t.Errorf("homes left behind: %v", left)
	}
	for _, args := range [][]string{{"-case", "nothing"}, {"-peers", "nobody"}, {"-runs", "0"}, {"-soak", "nothing"}, {"stray"}} {
		args = append([]string{"-dir", dir, "-rows", "2800", "-assay", script(t, "")}, args...)
		if err := run(t.Context(), args, &out, &errs); err == nil {
			t.Errorf("%v succeeded", args)
		}
	}
	if err := run(t.Context(), []string{"-dir", dir, "-case", "csv", "-rows", "2800", "-assay", script(t, "echo broken >&2; exit 1")}, &out, &errs); err == nil {
		t.Error("assay failed, and the run did not")
	}
}

func TestSoakFailsOnBudgetAndCount(t *testing.T) {
	const size = 1 << 20
	rows := bigRows(options{soakBytes: size})
	dir := t.TempDir()
	for _, c := range []struct {
		name, body string
		ok         bool
	}{
		{"right", fmt.Sprintf(oneColumn, rows), true},
		{"a row too few", fmt.Sprintf(oneColumn, rows-1), false},
		{"nothing", `echo '{"version":1,"datasets":[],"skipped":[]}'`, false},
		{"too much memory", "exec python3 -c '\nx=bytearray(600<<20)\nfor i in range(0,len(x),4096): x[i]=1\nprint(\"{\\\"version\\\":1,\\\"datasets\\\":[{\\\"rows\\\":" + fmt.Sprint(rows) + "}],\\\"skipped\\\":[]}\")'\n", false},
	} {
		var out, errs bytes.Buffer
		err := run(t.Context(), []string{"-soak", "big", "-soak-bytes", fmt.Sprint(size), "-dir", dir, "-assay", script(t, c.body)}, &out, &errs)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v\n%s%s", c.name, err, out.Bytes(), errs.Bytes())
		}
		if c.name == "too much memory" && !strings.Contains(out.String(), "over the budget") {
			t.Errorf("%s: %s", c.name, out.Bytes())
		}
	}
	made, err := os.Stat(filepath.Join(dir, fmt.Sprintf("soak-big-%d-v1.csv", size)))
	if err != nil || made.Size() != int64(len(bigHeader))+rows*bigLine || size-made.Size() >= bigLine {
		t.Errorf("the big file has %d bytes, %v", made.Size(), err)
	}
}
