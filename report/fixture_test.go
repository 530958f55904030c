package report

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/internal/message"
	"assay/internal/span"
	"assay/profile"
	"assay/source"
)

// The fixtures are measured by the kernel itself, so that figures on a page tie. All
// rows are invented by a seeded generator: a register of market entities, and a
// temperature series with a gap, a stuck stretch and rows out of order.

// rowsReader is a source.Reader over text in memory; an empty cell is null.
type rowsReader struct {
	names []string
	rows  [][]string
	done  bool
}

func (r *rowsReader) Columns() []source.Column {
	cols := make([]source.Column, len(r.names))
	for i, n := range r.names {
		cols[i] = source.Column{Path: n}
	}
	return cols
}
func (r *rowsReader) Expect() int64                { return int64(len(r.rows)) }
func (r *rowsReader) Describe() source.Description { return source.Description{} }
func (r *rowsReader) Close() error                 { return nil }
func (r *rowsReader) Group() int                   { return 0 }
func (r *rowsReader) Size() int64                  { return 1 }
func (r *rowsReader) Next(context.Context) (source.Block, error) {
	if r.done {
		return nil, io.EOF
	}
	r.done = true
	return r, nil
}

func (r *rowsReader) Decode(_ context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	b := &source.Batch{Rows: len(r.rows)}
	for c := range r.names {
		ch := source.Chunk{Column: c, N: len(r.rows)}
		for i, row := range r.rows {
			if row[c] == "" {
				ch.SetNull(i, len(r.rows))
				ch.Nulls++
				continue
			}
			v := &ch.Values
			v.Spans = append(v.Spans, span.Span{Off: uint32(len(v.Data)), Len: uint32(len(row[c]))})
			v.Data = append(v.Data, row[c]...)
		}
		b.Chunks = append(b.Chunks, ch)
	}
	return source.Stats{Rows: int64(len(r.rows)), Lines: int64(len(r.rows))}, emit(b)
}

func measured(t testing.TB, names []string, rows [][]string) profile.Facts {
	t.Helper()
	res, err := profile.Run(context.Background(), &rowsReader{names: names, rows: rows}, profile.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return res.Facts
}

var made = time.Date(2026, 11, 20, 14, 12, 0, 0, time.FixedZone("", 8*3600))

// minter makes the same ids on every run.
func minter() asset.Minter {
	return asset.Minter{Now: func() time.Time { return made }, Entropy: rand.NewChaCha8([32]byte{1})}
}

func entry(t testing.TB, m asset.Minter, name, locator, format string, bytes int64, f profile.Facts) Entry {
	t.Helper()
	id, err := asset.Mint[asset.DatasetID](m)
	if err != nil {
		t.Fatal(err)
	}
	scan, err := asset.Mint[asset.ScanID](m)
	if err != nil {
		t.Fatal(err)
	}
	e := Entry{Dataset: asset.Dataset{ID: id, Name: name, Locator: locator, Format: format}, Facts: f, Columns: map[string]asset.ColumnID{}}
	for _, c := range f.Columns {
		if e.Columns[c.Path], err = asset.Mint[asset.ColumnID](m); err != nil {
			t.Fatal(err)
		}
	}
	e.Scan = asset.Scan{ID: scan, Dataset: id, Started: made.Add(-2 * time.Minute), Extent: asset.ExtentWhole, Partial: f.Description.Partial,
		Fingerprint: asset.Fingerprint{Version: asset.FingerprintBytes, Sum: sha256.Sum256([]byte(name))},
		Rows:        f.Rows, Rejected: f.Rejected, Bytes: bytes, Method: f.Method,
		Cost: asset.Cost{Wall: 1940 * time.Millisecond, CPU: 3620 * time.Millisecond, BytesRead: bytes, HostClass: "linux/amd64 2 cores"}}
	return e
}

// uscc makes a unified social credit code with its check character (GB 32100-2015).
func uscc(n int) string {
	const digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("91220101MA%07d", n)
	sum, w := 0, 1
	for _, r := range body {
		sum += strings.IndexRune(digits, r) * w
		w = w * 3 % 31
	}
	return body + string(digits[(31-sum%31)%31])
}

func register(t testing.TB) profile.Facts {
	r := rand.New(rand.NewPCG(7, 11))
	pick := func(weights []int, of []string) string {
		n := r.IntN(100)
		for i, w := range weights {
			if n -= w; n < 0 {
				return of[i]
			}
		}
		return of[len(of)-1]
	}
	names := []string{"统一社会信用代码", "企业名称", "主体类型", "行政区划", "成立日期", "注册资本", "币种", "法定代表人", "联系电话", "信用评分", "邮编", "备注", "停用标志"}
	trade := []string{"科技", "商贸", "光电", "汽车零部件", "生物医药", "物流"}
	var rows [][]string
	for i := range 2400 {
		date := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(math.Sqrt(r.Float64())*3285)).Format("2006-01-02")
		capital := fmt.Sprintf("%.2f", math.Exp(r.NormFloat64()*1.1+4.6))
		if i%37 == 0 {
			capital = "无"
		}
		if i%150 == 3 {
			capital = "面议"
		}
		phone := fmt.Sprintf("1%d%09d", 3+r.IntN(7), r.IntN(1e9))
		if r.IntN(100) < 7 {
			phone = ""
		}
		surname := []rune("王李张刘陈杨赵黄")[r.IntN(8)]
		given := []rune("伟芳娜敏静丽强磊军洋勇艳杰涛明")
		person := string(surname) + string(given[r.IntN(15)]) + string(given[r.IntN(15)])
		note := ""
		if r.IntN(100) < 12 {
			note = []string{" 年报逾期", "地址待核 ", "２０２４年变更", "已联系"}[r.IntN(4)]
		}
		rows = append(rows, []string{uscc(i), fmt.Sprintf("长春%s%s有限公司", string([]rune("恒瑞长吉新远华泰")[r.IntN(8)])+fmt.Sprint(i%97), trade[r.IntN(6)]),
			pick([]int{48, 27, 14, 6, 3}, []string{"有限责任公司", "个体工商户", "股份有限公司", "农民专业合作社", "个人独资企业", "外商投资企业"}),
			pick([]int{40, 25, 15, 10}, []string{"220104", "220102", "220103", "220105", "220106"}),
			date, capital, "CNY", person, phone, fmt.Sprint(int(min(100, max(0, 71+12*r.NormFloat64())))),
			pick([]int{60, 30}, []string{"130012", "130000", "000000"}), note, ""})
	}
	rows = append(rows, rows[10], rows[20], rows[30])
	f := measured(t, names, rows)
	f.Rejected = 2
	f.Rejects = []source.Reject{
		{Line: 318, Code: "row.fields", Params: message.P("got", "12", "want", "13")},
		{Line: 1204, Code: "row.bad_quote"},
	}
	f.Description = source.Description{Encoding: "GB18030", Dialect: &source.Dialect{Delimiter: ",", Quote: `"`, Escape: `"`, HeaderRows: 1, LineEnd: "crlf"},
		Evidence: []asset.Observation{
			{Code: "encoding.common_characters"},
			{Code: "dialect.delimiter", Params: message.P("delimiter", ",", "columns", "13", "score", "0.99")},
			{Code: "header.words", Params: message.P("rows", "1")},
		}}
	return f
}

func series(t testing.TB) profile.Facts {
	r := rand.New(rand.NewPCG(3, 5))
	var rows [][]string
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2880 {
		if i == 700 {
			at = at.Add(95 * time.Minute)
		}
		at = at.Add(time.Minute)
		temp := 58 + 12*math.Sin(float64(i)/230) + 0.3*r.NormFloat64()
		if i > 1500 && i < 1680 {
			temp = 61.2
		}
		state := []string{"charging", "holding", "discharging"}[i/240%3]
		rows = append(rows, []string{at.Format("2006-01-02T15:04:05"), fmt.Sprintf("%.1f", temp), fmt.Sprintf("%.3f", math.Abs(r.NormFloat64())*2), state, "CAB-07"})
	}
	rows[2000], rows[2003] = rows[2003], rows[2000]
	f := measured(t, []string{"time", "temperature_c", "flow_m3h", "state", "cabinet"}, rows)
	f.Description = source.Description{Encoding: "UTF-8", Dialect: &source.Dialect{Delimiter: "\t", HeaderRows: 1, LineEnd: "lf"},
		Evidence: []asset.Observation{{Code: "encoding.ascii"}, {Code: "header.types", Params: message.P("rows", "1")}}}
	return f
}

// large is the register as if it were too large to count exactly.
func large(t testing.TB) profile.Facts {
	f := register(t)
	f.Rejected, f.Rejects = 0, nil
	f.Rows *= 1721
	f.DistinctRows = nil
	f.Description = source.Description{Partial: "profile.broken_off"}
	f.Columns = f.Columns[:10]
	for i := range f.Columns {
		c := &f.Columns[i]
		c.Count, c.Nulls, c.Observations = c.Count*1721, c.Nulls*1721, nil
		if c.Distinct.Value > 1000 {
			c.Distinct = profile.Estimate{Value: c.Distinct.Value * 1700, ErrorBound: 0.008}
		}
		if c.Quantiles != nil {
			c.Quantiles.RankError = 0.0064
		}
		if c.Histogram != nil {
			c.Histogram.Exact = false
		}
		for j := range c.Top {
			c.Top[j].Count *= 1721
		}
		if c.Text != nil {
			for j := range c.Text.Shapes {
				c.Text.Shapes[j].Count *= 1721
			}
		}
		c.NullWords = nil
		if c.LooksLike != nil {
			c.LooksLike.Matched, c.LooksLike.Total = c.LooksLike.Matched*1721, c.LooksLike.Total*1721
		}
	}
	return f
}

func document(t testing.TB) Document {
	t.Helper()
	m := minter()
	return Document{Made: made, Tool: "assay 0.1.0", Entries: []Entry{
		entry(t, m, "企业基本信息", "data/工商/企业基本信息.csv", "csv", 411_204, register(t)),
		entry(t, m, "heat_storage_cabinet", "data/telemetry/heat_storage_cabinet.tsv", "tsv", 118_532, series(t)),
		entry(t, m, "企业年报（二〇一六至二〇二四年全部主体合并）", "data/annual/part-*.parquet", "parquet", 321_118_204, large(t)),
	}, Skipped: []source.Skipped{
		{Locator: "data/空表.csv", Code: "source.empty", Params: message.P("locator", "data/空表.csv")},
		{Locator: "data/missing.xlsx", Code: "source.not_found", Params: message.P("locator", "data/missing.xlsx")},
	}}
}
