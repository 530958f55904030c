package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
	"assay/source"
	"assay/store"
)

// Record makes a scan record with that many columns, every kind of fact filled, the
// same for the same seed.
func Record(seed uint64, locator string, columns int) store.ScanRecord {
	r := rand.New(rand.NewPCG(seed, 1))
	f := &profile.Facts{
		Method: "profile/1", Rows: r.Int64N(1 << 40), Rejected: r.Int64N(100),
		Rejects: []source.Reject{{Line: 7, Code: "source.empty", Params: message.P("locator", "x")}},
		Description: source.Description{Encoding: "gb18030", Comment: "说明",
			Dialect:  &source.Dialect{Delimiter: "\t", Quote: `"`, Escape: `"`, HeaderRows: 1, LineEnd: "crlf"},
			Evidence: []asset.Observation{{Code: "encoding.bom", Params: message.P("bytes", "3")}}},
		Observations: []asset.Observation{{Code: "rows.ragged", Params: message.P("count", "2")}},
		DistinctRows: &profile.Estimate{Value: r.Int64(), Exact: true, ErrorBound: 0.01},
	}
	for i := range columns {
		f.Columns = append(f.Columns, column(r, i))
	}
	var fp asset.Fingerprint
	fp.Version = asset.FingerprintBytes
	for i := range fp.Sum {
		fp.Sum[i] = byte(r.Uint32())
	}
	return store.ScanRecord{
		Address: store.Address{Source: store.FilesSource, Locator: locator},
		Name:    "registers", Format: "csv",
		Scan: asset.Scan{
			Started: time.Date(2026, 6, 24, 8, 30, 0, 123456789, time.FixedZone("CST", 8*3600)),
			Extent:  asset.ExtentWhole, Partial: "", Fingerprint: fp,
			Rows: f.Rows, Rejected: f.Rejected, Bytes: r.Int64(), Stat: `{"size":1}`, Method: "profile/1",
			Cost: asset.Cost{Wall: time.Second + 1, CPU: 2 * time.Second, BytesRead: r.Int64(), HostClass: "linux/amd64 2 cores"},
		},
		Parts: []store.Part{{Path: "/data/" + locator, Name: locator,
			Stat: source.Stat{Size: 10, ModNano: r.Int64(), Inode: r.Uint64()}, Fingerprint: fp}},
		Facts: f,
	}
}

// column fills every field of ColumnFacts; TestRecordIsFull holds it to that.
func column(r *rand.Rand, i int) profile.ColumnFacts {
	shown := func(s string) asset.Shown { return asset.Plain(s + " <&> \u2028 \x00 " + fmt.Sprint(r.Uint32())) }
	histogram := func() *profile.Histogram {
		h := &profile.Histogram{Exact: true, Edges: []float64{-1.5}}
		for range 20 {
			h.Edges = append(h.Edges, r.NormFloat64()*1e300)
			h.Counts = append(h.Counts, r.Int64())
		}
		return h
	}
	c := profile.ColumnFacts{
		Path: fmt.Sprintf("列.%d[].c", i), Label: "列", Position: i, Declared: "VARCHAR(20)", Comment: "注释",
		Repeated: true, Type: asset.TypeDecimal,
		Kinds:     []profile.KindCount{{Type: asset.TypeText, Count: 3}},
		LooksLike: &profile.Likeness{Type: asset.TypeDate, Matched: 9, Total: 10},
		Count:     r.Int64(), Nulls: r.Int64(), Blanks: r.Int64(),
		NullWords: []profile.WordCount{{Word: "无", Count: 2}, {Word: `\N`, Count: 1}},
		Distinct:  profile.Estimate{Value: r.Int64(), Exact: true, ErrorBound: 0.008},
		Min:       asset.Masked("9{11}"), Max: shown("\x1amax"),
		Number: &profile.NumberFacts{Count: 1, Sum: "123456789012345678901234567890.5", Mean: r.NormFloat64(),
			Variance: 0.1, StdDev: 1e-300, Skewness: -0.5, Kurtosis: 1.0 / 3, Zeros: 1, Negatives: 2, NaNs: 3, Infinite: 4, MaxDigits: 30, MaxScale: 1},
		Text: &profile.TextFacts{MinLength: 1, MaxLength: 2, MeanLength: 1.5, Bytes: 3, NonASCII: 4, Han: 5, Invalid: 6,
			LeadingZeros: 7, Padded: 8, FullWidth: 9, Truncated: 10, ShapesError: 11,
			Shapes: []profile.ShapeCount{{Shape: "汉{3}9{4}", Count: 5}}, LengthHistogram: histogram()},
		Time: &profile.TimeFacts{Count: 1, Formats: []profile.FormatCount{{Format: "2006年1月2日", Count: 1}}, Zoned: 2,
			Unordered: true, OutOfOrder: 3, Repeats: 4, Cadence: time.Minute, OnCadence: 5, Gaps: 6, LongestGap: time.Hour, Missing: 7},
		Quantiles: &profile.Quantiles{At: []profile.Quantile{{P: 0.5, Value: shown("q")}}, Sample: 100, RankError: 0.007},
		Histogram: histogram(),
		TopError:  3,
		Order:     &profile.Order{Ascending: true, Descending: true, Strict: true, LongestRun: 4},
		Examples:  []asset.Shown{asset.Masked("a{3}"), shown("e")},
		Observations: []asset.Observation{{Column: "x", Code: "c.d",
			Params: message.P("n", "1")}},
	}
	for range 10 {
		c.Top = append(c.Top, profile.TopValue{Value: shown("v"), Count: r.Int64()})
	}
	for range 256 {
		c.JoinSketch = append(c.JoinSketch, r.Uint64())
	}
	return c
}
