package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
)

// truth is what exact SQL says about one column of a table.
type truth struct {
	Name     string
	Type     string
	Count    int64 // not null
	Distinct int64
	Min, Max string
	Mean     *float64
	Sum      string  // exact; "" where the column has none
	Top      []int64 // the ten largest counts, descending
}

const topN = 10

func (t truth) numeric() bool {
	base, _, _ := strings.Cut(t.Type, "(")
	return slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "DOUBLE", "FLOAT"}, base)
}

// truths asks for the truth of every column, or reads what an earlier run asked; file
// is a cached file whose checksum is noted, and the answer is kept beside it.
func truths(ctx context.Context, file string, log func(string, ...any)) ([]truth, error) {
	kept := file + ".truth.json"
	b, err := os.ReadFile(kept)
	if err == nil {
		var all []truth
		if err := json.Unmarshal(b, &all); err == nil && len(all) > 0 && newer(kept, file) {
			return all, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	log("asking exact SQL for the truth of %s", file)
	columns, err := ask(ctx, fmt.Sprintf("DESCRIBE SELECT * FROM '%s'", sqlText(file)))
	if err != nil {
		return nil, err
	}
	var all []truth
	for _, c := range columns {
		t, err := truthOf(ctx, file, text(c["column_name"]), text(c["column_type"]))
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	if b, err = json.Marshal(all); err != nil {
		return nil, err
	}
	return all, os.WriteFile(kept, b, 0o644)
}

func newer(a, b string) bool {
	ai, errA := os.Stat(a)
	bi, errB := os.Stat(b)
	return errA == nil && errB == nil && ai.ModTime().After(bi.ModTime())
}

func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func truthOf(ctx context.Context, file, name, typ string) (truth, error) {
	t := truth{Name: name, Type: typ}
	c := identifier(name)
	moments := "NULL AS mean, NULL AS sum"
	if t.numeric() {
		moments = fmt.Sprintf("avg(%s)::DOUBLE AS mean, sum(%s)::VARCHAR AS sum", c, c)
	}
	rows, err := ask(ctx, fmt.Sprintf("SELECT count(%s) AS n, count(DISTINCT %s) AS d, min(%s)::VARCHAR AS lo, max(%s)::VARCHAR AS hi, %s FROM '%s'",
		c, c, c, c, moments, sqlText(file)))
	if err != nil {
		return t, err
	}
	r := rows[0]
	t.Count, t.Distinct = number(r["n"]), number(r["d"])
	t.Min, t.Max, t.Sum = text(r["lo"]), text(r["hi"]), text(r["sum"])
	if mean, ok := r["mean"].(float64); ok {
		t.Mean = &mean
	}
	rows, err = ask(ctx, fmt.Sprintf("SELECT count(*) AS n FROM '%s' WHERE %s IS NOT NULL GROUP BY %s ORDER BY n DESC LIMIT %d", sqlText(file), c, c, topN))
	for _, r := range rows {
		t.Top = append(t.Top, number(r["n"]))
	}
	return t, err
}

func number(v any) int64 {
	n, err := strconv.ParseInt(text(v), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// verdict is how far a contender's word on a column is from the truth. NaN says that
// the contender does not say.
type verdict struct {
	column   string
	distinct float64 // relative error
	exact    bool    // claimed
	bound    float64 // claimed
	rank     float64 // largest distance of a quantile's rank from where it should be
	mean     float64 // relative error
	top      float64 // largest error of a count of the top ten, as a share of the values
	wrong    []string
}

// judge compares answers with the truth.
func judge(ctx context.Context, file string, all []truth, said answers) ([]verdict, error) {
	var out []verdict
	for _, t := range all {
		a, ok := said[t.Name]
		if !ok {
			out = append(out, verdict{column: t.Name, distinct: math.NaN(), rank: math.NaN(), mean: math.NaN(), top: math.NaN(), wrong: []string{"column missing"}})
			continue
		}
		v := verdict{column: t.Name, exact: a.exact, bound: a.bound, rank: math.NaN(), mean: math.NaN(), top: math.NaN()}
		v.distinct = math.Abs(a.distinct-float64(t.Distinct)) / math.Max(1, float64(t.Distinct))
		if a.exact && v.distinct != 0 {
			v.wrong = append(v.wrong, fmt.Sprintf("distinct claims to be exact: %.0f, truth %d", a.distinct, t.Distinct))
		}
		if a.mean != nil && t.Mean != nil {
			v.mean = math.Abs(*a.mean-*t.Mean) / math.Max(math.Abs(*t.Mean), math.SmallestNonzeroFloat64)
		}
		if len(a.top) > 0 && t.Count > 0 {
			v.top = topError(a.top, t.Top, t.Count)
			if a.topError == 0 && v.top > 0 {
				v.wrong = append(v.wrong, "top counts claim to be exact and are not")
			}
		}
		v.wrong = append(v.wrong, wrongValues(t, a)...)
		rank, err := rankError(ctx, file, t, a.quantiles)
		if err != nil {
			return nil, err
		}
		v.rank = rank
		out = append(out, v)
	}
	return out, nil
}

// topError compares counts place by place: the values themselves may be masked.
func topError(said, exact []int64, values int64) float64 {
	var worst float64
	for i := range min(len(said), len(exact)) {
		worst = max(worst, math.Abs(float64(said[i]-exact[i]))/float64(values))
	}
	return worst
}

// wrongValues compares what must be equal: least and greatest value and exact sum.
// Texts that mean the same number or moment are equal.
func wrongValues(t truth, a answer) []string {
	var wrong []string
	check := func(what, said, exact string) {
		if said != "" && exact != "" && !same(said, exact) {
			wrong = append(wrong, what+" differs")
		}
	}
	check("min", a.min, t.Min)
	check("max", a.max, t.Max)
	if !strings.HasPrefix(t.Type, "DOUBLE") { // the order of addition decides a float's sum
		check("sum", a.sum, t.Sum)
	}
	return wrong
}

func same(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if okX && okY {
		return x.Cmp(y) == 0
	}
	norm := func(s string) string { return strings.TrimSuffix(strings.Replace(s, "T", " ", 1), "Z") }
	return norm(a) == norm(b)
}

// rankError asks where quantiles really stand. A value's rank is an interval, from the
// share of values below it to the share not above it; the error is the distance of the
// quantile from that interval. NaN where there are no quantiles.
func rankError(ctx context.Context, file string, t truth, quantiles map[string]string) (float64, error) {
	if len(quantiles) == 0 || t.Count == 0 {
		return math.NaN(), nil
	}
	typ := t.Type
	if t.numeric() {
		typ = "DOUBLE"
	}
	var keys, parts []string
	for q, v := range quantiles {
		value := fmt.Sprintf("TRY_CAST('%s' AS %s)", sqlText(v), typ)
		n := len(keys)
		parts = append(parts, fmt.Sprintf("count(*) FILTER (%s::%s < %s) AS below%d, count(*) FILTER (%s::%s <= %s) AS upto%d, any_value(%s IS NULL) AS bad%d",
			identifier(t.Name), typ, value, n, identifier(t.Name), typ, value, n, value, n))
		keys = append(keys, q)
	}
	rows, err := ask(ctx, fmt.Sprintf("SELECT %s FROM '%s'", strings.Join(parts, ", "), sqlText(file)))
	if err != nil {
		return 0, err
	}
	worst := 0.0
	for i, q := range keys {
		p, err := strconv.ParseFloat(q, 64)
		if err != nil {
			return 0, err
		}
		if rows[0][fmt.Sprintf("bad%d", i)] == true {
			return 0, fmt.Errorf("column %s: quantile %s is no %s", t.Name, q, typ)
		}
		low := float64(number(rows[0][fmt.Sprintf("below%d", i)])) / float64(t.Count)
		high := float64(number(rows[0][fmt.Sprintf("upto%d", i)])) / float64(t.Count)
		worst = max(worst, low-p, p-high)
	}
	return worst, nil
}
