package report

import (
	"math"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/profile"
)

// The expected forms are those of the figures table in ../shared/ui/README.md.
func TestFigures(t *testing.T) {
	plain := strings.NewReplacer(noBreak, " ")
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(412806), "412,806"}, {count(-1204331), "−1,204,331"},
		{count(math.MinInt64), "−9,223,372,036,854,775,808"},
		{share(0, 10), "0"}, {share(0, 0), ""}, {share(18, 1000), "1.8 %"}, {share(1, 100000), "< 0.1 %"},
		{share(99999, 100000), "> 99.9 %"}, {share(5, 5), "100 %"}, {share(7, 5), "100 %"},
		{percent(0.008), "0.8 %"}, {percent(0.0064), "0.64 %"},
		{estimate(profile.Estimate{Value: 412806, Exact: true}), "412,806"},
		{estimate(profile.Estimate{Value: 371055, ErrorBound: 0.008}), "≈ 371,055"},
		{bound(profile.Estimate{Value: 371055, ErrorBound: 0.008}), "±0.8 %"}, {bound(profile.Estimate{Exact: true}), ""},
		{size(0), "0 B"}, {size(999), "999 B"}, {size(1000), "1.0 kB"}, {size(321_118_204), "321.1 MB"},
		{size(999_949), "999.9 kB"}, {size(999_951), "1.0 MB"}, {size(math.MaxInt64), "9.2 EB"},
		{number(0), "0"}, {number(1586666.67), "1,586,667"}, {number(-793333.33), "−793,333"}, {number(98.7654), "98.77"},
		{number(0.12345), "0.1235"}, {number(1e-9), "1e−09"}, {number(3e20), "3e+20"}, {number(math.NaN()), "NaN"}, {number(math.Inf(-1)), "−∞"},
		{grouped("1586666.670"), "1,586,666.670"}, {grouped("-0.0"), "0.0"}, {grouped("-12345.6"), "−12,345.6"}, {grouped("1e5"), "1e5"}, {grouped(""), ""},
		{lasting(0), "0 s"}, {lasting(40 * time.Millisecond), "40 ms"}, {lasting(3620 * time.Millisecond), "3.62 s"},
		{lasting(125 * time.Second), "2 min 5 s"}, {lasting(76 * time.Hour), "3 d 4 h"}, {lasting(24*time.Hour + time.Second), "1 d"},
		{lasting(999_999 * time.Microsecond), "1000 ms"}, {lasting(math.MinInt64), "−106,751 d 23 h"},
		{moment(time.Date(2026, 11, 20, 6, 12, 0, 0, time.UTC), time.UTC), "2026-11-20 06:12 UTC"},
		{moment(time.Date(2026, 11, 20, 6, 12, 0, 0, time.UTC), time.FixedZone("", 8*3600)), "2026-11-20 14:12 UTC+8"},
		{moment(time.Date(2026, 11, 20, 6, 12, 0, 0, time.UTC), time.FixedZone("", -12600)), "2026-11-20 02:42 UTC−3:30"},
		{moment(time.Time{}, time.UTC), ""},
		{value(asset.Plain("220104"), asset.TypeInteger), "220104"}, {value(asset.Plain("-7"), asset.TypeInteger), "−7"},
		{value(asset.Plain("6364.59"), asset.TypeDecimal), "6,364.59"}, {value(asset.Plain("2026-11-01T00:01:00Z"), asset.TypeTimestamp), "2026-11-01 00:01:00Z"},
		{value(asset.Masked("9{4}.9"), asset.TypeDecimal), "9{4}.9"},
		{layout("2006-01-02T15:04:05Z07:00"), "YYYY-MM-DDThh:mm:ss±hh:mm"}, {layout("2006年1月2日"), "YYYY年M月D日"}, {layout("20060102"), "YYYYMMDD"},
		{visible("a\x1b[31mb\nc\u202ed\xff"), "a␛[31mb⏎c�d�"},
	} {
		if got := plain.Replace(c.got); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"企业年报", 8, "企业年报"}, {"企业年报", 7, "企业年…"}, {"企业年报", 6, "企业…"}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"},
		{"ab cd", 4, "ab…"}, {"企", 1, "…"}, {"企", 0, ""}, {"", 5, ""}, {"e\u0301te", 3, "e\u0301te"}, {"ＡＢ", 3, "Ａ…"},
	} {
		if got := Fit(c.in, c.width); got != c.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestRebinKeepsTheSum(t *testing.T) {
	counts := []int64{3, 0, 5, 7, 1, 1, 9, 4, 4, 2, 8, 6, 1}
	for n := 1; n < 20; n++ {
		var sum float64
		for _, x := range rebin(counts, n) {
			sum += x
		}
		if math.Abs(sum-51) > 1e-9 {
			t.Errorf("rebin to %d: sum %v, want 51", n, sum)
		}
	}
	// Equal counts stay equal, also where bins do not divide: no pattern that is not
	// in the data.
	even := make([]int64, 24)
	for i := range even {
		even[i] = 120
	}
	for i, x := range rebin(even, 16) {
		if math.Abs(x-180) > 1e-6 {
			t.Errorf("bin %d of 16: %v, want 180", i, x)
		}
	}
}
