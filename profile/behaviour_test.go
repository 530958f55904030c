package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/source"
)

// column makes a reader of one column from text, in blocks of size.
func oneColumn(values []string, size int) *memReader {
	r := &memReader{cols: []source.Column{{Path: "x"}}}
	for at := 0; at < len(values); at += size {
		var block [][]*string
		for i := at; i < min(at+size, len(values)); i++ {
			block = append(block, []*string{&values[i]})
		}
		r.blocks = append(r.blocks, block)
	}
	return r
}

// With little memory, what is stated must still be true: counts are never too high
// and too low by no more than TopError; the distinct estimate is within twice its
// bound (four standard errors); quantiles are within their rank error.
func TestStatedErrorsHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 3))
	values := make([]string, 200_000)
	truth := map[string]int64{}
	for i := range values {
		x := int(math.Exp(rng.Float64() * 11)) // a heavy tail of about 60,000 values
		values[i] = fmt.Sprint(x)
		truth[values[i]]++
	}
	res, err := Run(context.Background(), oneColumn(values, 30_000), Options{Memory: 1 << 20, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	c := res.Facts.Columns[0]
	if c.Distinct.Exact || c.TopError == 0 || c.Quantiles.RankError == 0 {
		t.Fatalf("the budget was meant to be too small: %+v top error %d", c.Distinct, c.TopError)
	}
	if d := math.Abs(float64(c.Distinct.Value)/float64(len(truth)) - 1); d > 2*c.Distinct.ErrorBound {
		t.Errorf("distinct %d, truth %d, bound %v", c.Distinct.Value, len(truth), c.Distinct.ErrorBound)
	}
	for _, top := range c.Top {
		if n := truth[top.Value.Text()]; top.Count > n || top.Count < n-c.TopError {
			t.Errorf("top %s: %d, truth %d, error %d", top.Value.Text(), top.Count, n, c.TopError)
		}
	}
	if len(c.Top) == 0 {
		t.Error("no frequent value is listed")
	}
	var xs []float64
	for _, v := range values {
		var x float64
		fmt.Sscan(v, &x)
		xs = append(xs, x)
	}
	slices.Sort(xs)
	for _, q := range c.Quantiles.At {
		var x float64
		fmt.Sscan(q.Value.Text(), &x)
		lo, hi := rank(xs, x)
		if q.P < lo-c.Quantiles.RankError || q.P > hi+c.Quantiles.RankError {
			t.Errorf("quantile %v = %v has rank %v..%v, error %v", q.P, x, lo, hi, c.Quantiles.RankError)
		}
	}
}

// A column in which nearly every value is new freezes its table; the one frequent
// value among them must still be found, and sums stay exact.
func TestFrozenTable(t *testing.T) {
	var values []string
	var sum int64
	for i := range 60_000 {
		v := int64(1_000_000 + i)
		if i%10 == 0 {
			v = 7
		}
		sum += v
		values = append(values, fmt.Sprint(v))
	}
	res, err := Run(context.Background(), oneColumn(values, 60_000), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := res.Facts.Columns[0]
	if c.Number.Sum != fmt.Sprint(sum) || c.Number.Count != 60_000 || c.Distinct.Value != 54_001 {
		t.Errorf("sum %s count %d distinct %d, want %d, 60000, 54001", c.Number.Sum, c.Number.Count, c.Distinct.Value, sum)
	}
	if len(c.Top) != 1 || c.Top[0].Value.Text() != "7" || c.Top[0].Count != 6000 {
		t.Errorf("top %+v, want 7 × 6000", c.Top)
	}
}

// Personal data and secrets must not be in the facts, plainly or in part.
func TestFactsHoldNoRawValue(t *testing.T) {
	secrets := []string{"22010419900307123X", "13812345678", "张三丰", "zhang.san@example.cn", "6222020200112233445", "吉A12345", "sk-live-51H8xT2eZvKYlo2C"}
	rng := rand.New(rand.NewPCG(1, 5))
	for _, secret := range secrets {
		var values []string
		for range 500 {
			v := []byte(secret)
			for i := range v { // alike, but not equal
				if v[i]-'0' <= 9 {
					v[i] = '0' + byte(rng.IntN(9)+1)
				}
			}
			values = append(values, string(v), secret)
		}
		f, text := profileOf(t, oneColumn(values, 100), Options{})
		if strings.Contains(string(text), secret) || strings.Contains(fmt.Sprint(f), secret) {
			t.Errorf("%s is in the facts: %s", secret, text)
		}
	}
}

func TestFrequentCategoriesAreShown(t *testing.T) {
	var values []string
	for i := range 1000 {
		values = append(values, []string{"存续", "注销", "吊销"}[i%3])
	}
	f, _ := profileOf(t, oneColumn(values, 300), Options{})
	c := f.Columns[0]
	if c.Top[0].Value.IsMasked() || c.Min.Text() != "吊销" || c.Max.Text() != "注销" {
		t.Errorf("top %+v min %q max %q: categories are meant to be shown", c.Top, c.Min.Text(), c.Max.Text())
	}
}

func TestNullWordsAreCountedOrTakenForNull(t *testing.T) {
	values := []string{"1", "NA", "3", "无", "NA", ""}
	f, _ := profileOf(t, oneColumn(values, 2), Options{})
	c := f.Columns[0]
	if c.Type != asset.TypeInteger || c.Nulls != 0 || c.Blanks != 1 || len(c.NullWords) != 2 || c.NullWords[0] != (WordCount{"NA", 2}) {
		t.Errorf("%+v, want an integer column with NA ×2, 无 ×1 and one blank", c)
	}
	f, _ = profileOf(t, oneColumn(values, 2), Options{NullWords: []string{"NA"}})
	c = f.Columns[0]
	if c.Nulls != 2 || c.Count != 6 || len(c.NullWords) != 1 || c.Distinct.Value != 4 {
		t.Errorf("%+v, want two nulls and 4 distinct values", c)
	}
}

func TestDayFirst(t *testing.T) {
	f, _ := profileOf(t, oneColumn([]string{"03/04/2024", "25/12/2024", "01/02/2024"}, 2), Options{})
	c := f.Columns[0]
	if c.Min.Text() != "2024-02-01" || c.Max.Text() != "2024-12-25" || len(c.Time.Formats) != 1 || c.Time.Formats[0].Format != "2/1/2006" {
		t.Errorf("min %s max %s formats %+v", c.Min.Text(), c.Max.Text(), c.Time.Formats)
	}
	f, _ = profileOf(t, oneColumn([]string{"03/04/2024", "01/02/2024"}, 2), Options{})
	if o := f.Columns[0].Observations; len(o) != 1 || o[0].Code != "time.day_month_unknown" {
		t.Errorf("observations %+v, want one that day and month are not told apart", o)
	}
}

func TestDuplicateRows(t *testing.T) {
	cells := makeCells(rand.New(rand.NewPCG(3, 3)), 1000)
	cells = append(cells, cells[5], cells[5], cells[900])
	f, _ := profileOf(t, reader(cells, []int{100, 600}), Options{})
	if f.DistinctRows == nil || f.DistinctRows.Value != 1000 {
		t.Errorf("distinct rows %+v, want 1000 of 1003", f.DistinctRows)
	}
}

// failing is a reader that fails, panics or hangs in block at.
type failing struct {
	*memReader
	at   int
	fail func(ctx context.Context) error
}

func (r *failing) Next(ctx context.Context) (source.Block, error) {
	b, err := r.memReader.Next(ctx)
	if err != nil || r.next-1 != r.at {
		return b, err
	}
	return failingBlock{b.(*memBlock), r.fail}, nil
}

type failingBlock struct {
	*memBlock
	fail func(context.Context) error
}

func (b failingBlock) Decode(ctx context.Context, _ func(*source.Batch) error) (source.Stats, error) {
	return source.Stats{}, b.fail(ctx)
}

func TestWhatCameBeforeAFailureIsKeptAndSaysSo(t *testing.T) {
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprint(i)
	}
	broken := func(context.Context) error { return fault.New(fault.Unavailable, "source.empty", "locator", "x") }
	crash := func(context.Context) error { panic("index out of range") }
	for code, fail := range map[string]func(context.Context) error{"source.empty": broken, "profile.block": crash} {
		r := &failing{oneColumn(values, 100), 4, fail}
		res, err := Run(context.Background(), r, Options{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		f := res.Facts
		if f.Rows != 400 || f.Description.Partial != code || f.Columns[0].Distinct.Value != 400 || f.Columns[0].Max.Text() != "399" {
			t.Errorf("%s: rows %d partial %q distinct %d max %s, want the first 400", code, f.Rows, f.Description.Partial,
				f.Columns[0].Distinct.Value, f.Columns[0].Max.Text())
		}
	}
	if _, err := Run(context.Background(), &failing{oneColumn(values, 100), 0, broken}, Options{}); err == nil {
		t.Error("nothing was read, yet there is no error")
	}
}

func TestCancelStopsWithinASecond(t *testing.T) {
	values := make([]string, 1000)
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, cancel)
	start := time.Now()
	_, err := Run(ctx, &failing{oneColumn(values, 100), 2, hang}, Options{})
	if fault.KindOf(err) != fault.Canceled || time.Since(start) > time.Second {
		t.Errorf("error %v after %v", err, time.Since(start))
	}
}

func TestEmpty(t *testing.T) {
	r := &memReader{cols: []source.Column{{Path: "x"}}}
	res, err := Run(context.Background(), r, Options{})
	if err != nil || res.Facts.Rows != 0 || res.Facts.Columns[0].Type != asset.TypeEmpty {
		t.Errorf("%v %+v", err, res)
	}
	if _, err := json.Marshal(res.Facts); err != nil {
		t.Error(err)
	}
	bad := &failing{&memReader{cols: r.cols}, -1, nil}
	if _, err := bad.Next(context.Background()); !errors.Is(err, io.EOF) {
		t.Error("want io.EOF")
	}
}

// weights counts what a ValueProbe is given.
type weights struct{ total, longest int64 }

func (w *weights) Start(c source.Column) ValueCounter { return &weights{} }
func (w *weights) Value(v Value, n int64) {
	w.total += n
	w.longest = max(w.longest, int64(len(v.Text())))
}
func (w *weights) Merge(later ValueCounter) {
	l := later.(*weights)
	w.total += l.total
	w.longest = max(w.longest, l.longest)
}

// Each value must reach the probe with its weight, whatever path it took.
func TestValueProbeWeights(t *testing.T) {
	cells := makeCells(rand.New(rand.NewPCG(3, 9)), 30_000)
	for _, codes := range []bool{false, true} {
		r := reader(cells, []int{20_000})
		r.codes = codes
		res, err := Run(context.Background(), r, Options{Values: &weights{}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range res.Facts.Columns {
			if got := res.Values[c.Path].(*weights).total; got != c.Count-c.Nulls {
				t.Errorf("%s: weights add up to %d, want %d", c.Path, got, c.Count-c.Nulls)
			}
		}
	}
}

// rowsSeen counts what a BatchProbe is given.
type rowsSeen struct {
	rows  int64
	first []int64
}

func (w *rowsSeen) Start([]source.Column) BatchCounter { return &rowsSeen{} }
func (w *rowsSeen) Batch(b *source.Batch) error        { w.rows += int64(b.Rows); return nil }
func (w *rowsSeen) Merge(later BatchCounter, first int64) {
	l := later.(*rowsSeen)
	w.first = append(w.first, first)
	if l != w {
		w.rows += l.rows
	}
}

func TestBatchProbeSeesEveryRowInOrder(t *testing.T) {
	cells := makeCells(rand.New(rand.NewPCG(3, 9)), 1000)
	res, err := Run(context.Background(), reader(cells, []int{300, 700}), Options{Batches: &rowsSeen{}, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	got := res.Batches.(*rowsSeen)
	if got.rows != 1000 || fmt.Sprint(got.first) != "[0 300 700]" {
		t.Errorf("rows %d, first rows %v", got.rows, got.first)
	}
}

// Sums of fourth powers overflow; the facts must still be JSON and say so.
func TestMomentsThatOverflow(t *testing.T) {
	f, _ := profileOf(t, oneColumn([]string{"1e300", "-1e300", "5e299"}, 2), Options{})
	c := f.Columns[0]
	if len(c.Observations) != 1 || c.Observations[0].Code != "number.overflow" || c.Number.Kurtosis != 0 {
		t.Errorf("%+v %+v", c.Observations, c.Number)
	}
}

// One number with a digit missing must not uncover the others.
func TestIdentifiersStayMaskedBesideShortOnes(t *testing.T) {
	rows := []string{"1381234567", "13912345678", "13712345679", "13612345670"}
	_, text := profileOf(t, oneColumn(rows, 1), Options{})
	for _, s := range rows {
		if strings.Contains(string(text), s) {
			t.Errorf("%s is in the facts: %s", s, text)
		}
	}
}

// White space is padding however wide it is, and a value of nothing else is blank.
func TestWideSpaces(t *testing.T) {
	rows := []string{"\u3000甲", "乙\u3000", "\u00a0丙", " 丁", "戊", "\u3000", "\u3000\u00a0"}
	f, _ := profileOf(t, oneColumn(rows, 1), Options{})
	if c := f.Columns[0]; c.Blanks != 2 || c.Text.Padded != 4 {
		t.Errorf("%d blank, %d padded; want 2 and 4", c.Blanks, c.Text.Padded)
	}
}

func TestWideSpacesAroundNumbers(t *testing.T) {
	rows := []string{"12", "34", "\u300056", "78\u3000", "\u00a090", " 11", "13"}
	f, _ := profileOf(t, oneColumn(rows, 2), Options{})
	if c := f.Columns[0]; c.Type != asset.TypeInteger || c.Text.Padded != 4 || c.Text.MaxLength != 3 || c.Max.Text() != "90" {
		t.Errorf("%s, %d padded, %d long, max %q; want integer, 4, 3, 90", c.Type, c.Text.Padded, c.Text.MaxLength, c.Max.Text())
	}
}

// The sum, the mean and the histogram of identifiers may tell one.
func TestIdentifiersHaveNoMoments(t *testing.T) {
	_, text := profileOf(t, oneColumn([]string{"13812345678"}, 1), Options{})
	if strings.Contains(string(text), "13812345678") || strings.Contains(string(text), "1.3812345678e") {
		t.Errorf("the number is in the facts: %s", text)
	}
}

// The rush through nearly unique columns must add up what the dictionary does: the
// same values with and without it, as text and typed.
func TestRushAddsUpLikeTheDictionary(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 4))
	n := hastyRows + 10_000
	whole, money := make([]string, n), make([]string, n)
	for i := range whole {
		whole[i] = fmt.Sprint(rng.Int64N(1<<rng.IntN(50)+1) - 1000)
		money[i] = fmt.Sprintf("%d.%02d", rng.IntN(1e6)-5000, rng.IntN(100))
		if i%97 == 0 {
			whole[i], money[i] = "7", "x"
		}
	}
	for _, values := range [][]string{whole, money} {
		small := oneColumn(values, 40_000)
		want, _ := profileOf(t, notHasty{small}, Options{})
		got, _ := profileOf(t, oneColumn(values, 40_000), Options{})
		a, b := want.Columns[0], got.Columns[0]
		a.Top, b.Top, a.TopError, b.TopError = nil, nil, 0, 0 // lower bounds, by design
		for _, c := range []*ColumnFacts{&a, &b} {
			c.Quantiles, c.Histogram, c.Examples = nil, nil, nil // the sample follows Expect
			if c.Number != nil {
				c.Number.Mean, c.Number.Variance, c.Number.StdDev = round(c.Number.Mean), round(c.Number.Variance), round(c.Number.StdDev)
				c.Number.Skewness, c.Number.Kurtosis = round(c.Number.Skewness), round(c.Number.Kurtosis)
			}
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("differs:\n%s", firstDifference(x, y))
		}
	}
}

// notHasty hides how long the dataset is.
type notHasty struct{ *memReader }

func (notHasty) Expect() int64 { return 0 }

func TestDigits(t *testing.T) {
	for _, x := range []int64{0, 1, 9, 10, 99, 100, 999, 1000, 12345678901, 999999999999999999, 1000000000000000000, math.MaxInt64, math.MinInt64, -1, -10} {
		if got, want := digits(x), len(strings.TrimPrefix(fmt.Sprint(x), "-")); int(got) != want {
			t.Errorf("digits(%d) = %d, want %d", x, got, want)
		}
	}
}
