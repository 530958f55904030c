package assay_test

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assay/asset"
	"assay/profile"
	"assay/report"

	"github.com/google/go-cmp/cmp"
)

// What examples/generate counted in its own tables, which share no code with the
// readers. examples/README.md defines every field.
type truthDataset struct {
	Parts        []string                `json:"parts"`
	Rows         int64                   `json:"rows"`
	Rejected     int64                   `json:"rejected"`
	TitleRows    int                     `json:"title_rows"`
	DistinctRows int64                   `json:"distinct_rows"`
	Columns      map[string]*truthColumn `json:"columns"`
}

type truthColumn struct {
	Kind      string `json:"kind"`
	Nulls     int64  `json:"nulls"`
	NullWords int64  `json:"null_words"`
	Distinct  int64  `json:"distinct"`
	Unfit     int64  `json:"unfit"`
	Min       string `json:"min"`
	Max       string `json:"max"`
}

type plantedFlaw struct {
	File    string  `json:"file"`
	Dataset string  `json:"dataset"`
	Column  string  `json:"column"`
	Flaw    string  `json:"flaw"`
	Count   int64   `json:"count"`
	Lines   []int64 `json:"lines"`
}

func readJSON[T any](t *testing.T, path string) T {
	t.Helper()
	var v T
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// scanZone scans the zone and finds the entry of each dataset of truth.json.
func scanZone(t *testing.T) (map[string]*truthDataset, map[string]*report.Entry) {
	t.Helper()
	truth := readJSON[map[string]*truthDataset](t, "examples/truth.json")
	doc := scanPaths(t, openHome(t), "examples/zone").Document
	entries := map[string]*report.Entry{}
	for name, want := range truth {
		for i := range doc.Entries {
			if e := &doc.Entries[i]; matchesParts(e.Dataset.Locator, name, want.Parts) {
				if entries[name] != nil {
					t.Errorf("%s: two datasets match it", name)
				}
				entries[name] = e
			}
		}
		if entries[name] == nil {
			t.Fatalf("%s: not found", name)
		}
	}
	if len(doc.Entries) != len(truth) {
		t.Errorf("%d datasets, want %d", len(doc.Entries), len(truth))
	}
	for _, s := range doc.Skipped {
		if s.Code != "source.text" || filepath.Base(s.Locator) != "LICENSE" {
			t.Errorf("skipped %s: %s", s.Locator, s.Code)
		}
	}
	return truth, entries
}

// matchesParts reports whether a locator is the dataset's address, or a folder or
// pattern that takes in all of its parts.
func matchesParts(locator, name string, parts []string) bool {
	rel := locator[strings.Index(locator, "examples/zone/")+len("examples/zone/"):]
	if len(parts) == 1 {
		return rel == name
	}
	for _, p := range parts {
		ok, err := filepath.Match(rel, p)
		if !ok && !strings.HasPrefix(p, rel+"/") || err != nil {
			return false
		}
	}
	return true
}

func TestExamplesTellTheTruth(t *testing.T) {
	truth, entries := scanZone(t)
	for name, want := range truth {
		t.Run(name, func(t *testing.T) { compareDataset(t, name, want, entries[name]) })
	}
}

func compareDataset(t *testing.T, name string, want *truthDataset, e *report.Entry) {
	f := &e.Facts
	if f.Rows != want.Rows || f.Rejected != want.Rejected {
		t.Errorf("%d rows, %d rejected; want %d, %d", f.Rows, f.Rejected, want.Rows, want.Rejected)
	}
	if f.Description.Partial != "" || e.Scan.Partial != "" {
		t.Errorf("partial: %q %q", f.Description.Partial, e.Scan.Partial)
	}
	if want.TitleRows > 0 && f.Description.Dialect.SkipRows != want.TitleRows {
		t.Errorf("%d rows above the header, want %d", f.Description.Dialect.SkipRows, want.TitleRows)
	}
	nested := slices.ContainsFunc(f.Columns, func(c profile.ColumnFacts) bool { return c.Repeated })
	switch {
	case nested && f.DistinctRows != nil:
		t.Error("distinct rows of a dataset whose columns have not one value a row")
	case !nested && (f.DistinctRows == nil || f.DistinctRows.Value != want.DistinctRows || !f.DistinctRows.Exact):
		t.Errorf("distinct rows %+v, want exactly %d", f.DistinctRows, want.DistinctRows)
	}
	for path, w := range want.Columns {
		if c := columnOf(f, path); c == nil {
			t.Errorf("no column %s", path)
		} else {
			compareColumn(t, name, path, w, c)
		}
	}
	if !nested && len(f.Columns) != len(want.Columns) {
		t.Errorf("%d columns, want %d", len(f.Columns), len(want.Columns))
	}
}

// typedOtherwise lists the columns whose type is not what they are meant to be, with
// the reason; what holds instead is checked in compareColumn.
var typedOtherwise = map[string]asset.Type{
	// Text in a format with types stays text; that all of it would fit is in LooksLike.
	"service/service.sqlite#applicant created_at":     asset.TypeText,
	"service/service.sqlite#application submitted_at": asset.TypeText,
	"service/service.sqlite#application finished_at":  asset.TypeText,
	"service/service.sqlite#appointment slot":         asset.TypeText,
	// Eleven digits each and nothing else: numbers, as far as one column tells. They
	// are masked like text (TestExamplesTelephoneNumbersAreMasked).
	"service/hotline 联系电话": asset.TypeInteger,
}

func compareColumn(t *testing.T, dataset, path string, w *truthColumn, c *profile.ColumnFacts) {
	where := dataset + " " + path
	if c.Nulls != w.Nulls {
		t.Errorf("%s: %d nulls, want %d", where, c.Nulls, w.Nulls)
	}
	if n := nullWordsOf(c); n != w.NullWords {
		t.Errorf("%s: %d null words, want %d", where, n, w.NullWords)
	}
	if want := (profile.Estimate{Value: w.Distinct, Exact: true}); c.Distinct != want {
		t.Errorf("%s: distinct %+v, want %+v", where, c.Distinct, want)
	}
	compareKind(t, where, w, c)
	compareExtreme(t, where+" min", w.Min, c.Min)
	compareExtreme(t, where+" max", w.Max, c.Max)
}

// compareKind holds the type against what the column is meant to be. One value that
// does not fit makes a column text; then the kind must be what it looks like, or the
// greater part of it must be.
func compareKind(t *testing.T, where string, w *truthColumn, c *profile.ColumnFacts) {
	if want, ok := typedOtherwise[where]; ok {
		if c.Type != want || want == asset.TypeText && (c.LooksLike == nil || c.LooksLike.Type.String() != w.Kind || c.LooksLike.Matched != c.LooksLike.Total) {
			t.Errorf("%s: type %s, looks like %+v; want %s that looks like %s throughout", where, c.Type, c.LooksLike, want, w.Kind)
		}
		return
	}
	switch {
	case w.Kind == "mixed":
		if len(c.Kinds) < 2 {
			t.Errorf("%s: kinds %v, want more than one", where, c.Kinds)
		}
	case w.Unfit > 0:
		if c.Type != asset.TypeText || c.LooksLike == nil || c.LooksLike.Type.String() != w.Kind {
			t.Errorf("%s: type %s, looks like %+v; want text that looks like %s", where, c.Type, c.LooksLike, w.Kind)
		}
		if n := kindCount(c, asset.TypeText); n != w.Unfit {
			t.Errorf("%s: %d values are text, want %d", where, n, w.Unfit)
		}
	case c.Type.String() != w.Kind:
		t.Errorf("%s: type %s, want %s", where, c.Type, w.Kind)
	}
}

func compareExtreme(t *testing.T, where, want string, got asset.Shown) {
	if want == "" || got.Text() == want {
		return
	}
	a, okA := new(big.Rat).SetString(got.Text())
	b, okB := new(big.Rat).SetString(want)
	if !okA || !okB || a.Cmp(b) != 0 {
		t.Errorf("%s: %q, want %q", where, got.Text(), want)
	}
}

func columnOf(f *profile.Facts, path string) *profile.ColumnFacts {
	for i := range f.Columns {
		if f.Columns[i].Path == path {
			return &f.Columns[i]
		}
	}
	return nil
}

func nullWordsOf(c *profile.ColumnFacts) (n int64) {
	for _, w := range c.NullWords {
		n += w.Count
	}
	return n
}

func kindCount(c *profile.ColumnFacts, kind asset.Type) int64 {
	for _, k := range c.Kinds {
		if k.Type == kind {
			return k.Count
		}
	}
	return 0
}

// observed is the count of an observation, 1 where it has none, 0 where it was not
// made.
func observed(list []asset.Observation, code string) int64 {
	for _, o := range list {
		if o.Code != code {
			continue
		}
		if n, err := strconv.ParseInt(o.Params["count"], 10, 64); err == nil {
			return n
		}
		return 1
	}
	return 0
}

// Nothing of a telephone number may be read anywhere in a document of the zone.
func TestExamplesTelephoneNumbersAreMasked(t *testing.T) {
	_, entries := scanZone(t)
	for _, name := range []string{"service/hotline", "registers/市场主体登记.csv", "service/service.sqlite#applicant"} {
		path := "联系电话"
		if strings.HasSuffix(name, "#applicant") {
			path = "phone"
		}
		c := columnOf(&entries[name].Facts, path)
		shown := append([]asset.Shown{c.Min, c.Max}, c.Examples...)
		for _, v := range c.Top {
			shown = append(shown, v.Value)
		}
		if c.Quantiles != nil {
			for _, q := range c.Quantiles.At {
				shown = append(shown, q.Value)
			}
		}
		for _, v := range shown {
			if run := longestDigitRun(v.Text()); run > 2 { // 9{11}
				t.Errorf("%s %s: a run of %d digits in the facts", name, path, run)
			}
		}
		if c.Histogram != nil || c.Number != nil && (c.Number.Sum != "" || c.Number.Mean != 0) {
			t.Errorf("%s %s: has a histogram or moments, which may tell a number", name, path)
		}
	}
}

func longestDigitRun(s string) (longest int) {
	run := 0
	for _, r := range s {
		if r >= '0' && r <= '9' || r >= '０' && r <= '９' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// flawKey puts the flaws of the parts of a dataset together: facts are of the whole.
type flawKey struct{ dataset, column, flaw string }

type flawCheck struct {
	t     *testing.T
	e     *report.Entry
	all   map[flawKey]*plantedFlaw
	key   flawKey
	count int64
	lines []int64
}

func (k *flawCheck) column() *profile.ColumnFacts { return columnOf(&k.e.Facts, k.key.column) }

func (k *flawCheck) want(what string, got, want int64) {
	k.t.Helper()
	if got != want {
		k.t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func (k *flawCheck) atLeast(what string, got, want int64) {
	k.t.Helper()
	if got < want {
		k.t.Errorf("%s: %d, want at least %d", what, got, want)
	}
}

// other is how often another flaw was planted in the dataset.
func (k *flawCheck) other(column, flaw string) int64 {
	if f := k.all[flawKey{k.key.dataset, column, flaw}]; f != nil {
		return f.Count
	}
	return 0
}

// outOfReach are flaws that no fact about one column can show, and why.
var outOfReach = map[string]string{
	"orphan":             "compares two datasets: relation",
	"wrong_check_digit":  "needs to know what the code is: classify",
	"drift":              "compares two columns over time: quality",
	"spike":              "needs a range that makes sense: quality (extremes are compared with truth.json)",
	"offset":             "compares two columns: quality",
	"encoder_jump":       "needs a model of the motion: quality",
	"unit_mixup":         "needs a range that makes sense: quality (the maximum is compared with truth.json)",
	"sum_mismatch":       "a rule over rows: quality",
	"identity_broken":    "a rule over columns: quality",
	"order_violation":    "a rule over columns: quality",
	"contradiction":      "a rule over columns: quality",
	"swapped_axes":       "positions within an array are one column: quality",
	"dropped_samples":    "cadence is followed for times, and t_s is a number",
	"rare_character":     "no flaw of the data but a trap for decoders: the distinct values are compared with truth.json",
	"embedded_newline":   "a trap for parsers: rows and rejects are compared with truth.json",
	"embedded_quote":     "a trap for parsers: rows and distinct values are compared with truth.json",
	"embedded_delimiter": "a trap for parsers: rows and distinct values are compared with truth.json",
	"comment_lines":      "neither rows nor rejects: compared with truth.json, and the dialect names the mark",
}

// outOfReachHere are single flaws of kinds that facts otherwise show.
var outOfReachHere = map[flawKey]string{
	{"service/service.sqlite#application", "finished_at", "late_date"}: "earlier than another column: quality",
	{"service/hotline", "办结时间", "late_date"}:                           "earlier than another column: quality",
	{"service/hotline", "来电时间", "gap"}:                                 "calls have no cadence",
	{"hubs/枢纽电价碳强度_2024-06至09.csv.gz", "zeit", "gap"}:                  "ten series one after the other, of which one has the gap: the others fill it; needs the key of the series",
}

// visible says how each kind of flaw shows.
var visible = map[string]func(k *flawCheck){
	"constant": func(k *flawCheck) {
		k.want("distinct", k.column().Distinct.Value, 1)
		k.want("longest run", k.column().Order.LongestRun, k.e.Facts.Rows)
	},
	"duplicate_row": checkDuplicateRows,
	"duplicate_key": func(k *flawCheck) {
		c := k.column()
		k.want("values that come again", c.Count-c.Nulls-c.Distinct.Value, k.count+k.other("", "duplicate_row"))
	},
	"encoding": func(k *flawCheck) {
		if got := k.e.Facts.Description.Encoding; got != "gb18030" {
			k.t.Errorf("encoding %q", got)
		}
	},
	"bom": func(k *flawCheck) {
		k.want("encoding.bom", observed(k.e.Facts.Description.Evidence, "encoding.bom"), 1)
	},
	"full_width":      func(k *flawCheck) { k.want("full-width", k.column().Text.FullWidth, k.count) },
	"padded":          func(k *flawCheck) { k.want("padded", k.column().Text.Padded, k.count) },
	"impossible_date": func(k *flawCheck) { k.want("values that are no date", kindCount(k.column(), asset.TypeText), k.count) },
	"late_date": func(k *flawCheck) {
		if got := k.column().Max.Text(); got <= "2024-06-30" {
			k.t.Errorf("max %q is not after the register was drawn", got)
		}
	},
	"mixed_format": checkMixedFormat,
	"decimal_comma": func(k *flawCheck) {
		c := k.column()
		k.want("with a comma", observed(c.Observations, "number.decimal_comma"), c.Count-k.other(k.key.column, "mixed_format"))
	},
	"null":           func(k *flawCheck) { k.want("nulls", k.column().Nulls, k.count) },
	"null_word":      func(k *flawCheck) { k.want("null words", nullWordsOf(k.column()), k.count) },
	"ragged_row":     checkRejects("row.fields"),
	"broken_record":  checkRejects("json.reject_end"),
	"unclosed_quote": checkRejects("row.bad_quote"),
	"thousands": func(k *flawCheck) { // a total is written like the rows above it
		k.want("grouped", observed(k.column().Observations, "number.grouped"), k.count+k.other("", "totals_row"))
	},
	"leading_zero": func(k *flawCheck) {
		k.want("leading zeros", k.column().Text.LeadingZeros, k.count)
		if k.column().Type != asset.TypeText {
			k.t.Errorf("type %s", k.column().Type)
		}
	},
	"line_end": func(k *flawCheck) {
		if got := k.e.Facts.Description.Dialect.LineEnd; got != "mixed" {
			k.t.Errorf("line end %q", got)
		}
	},
	"title_rows": func(k *flawCheck) {
		k.want("rows above the header", int64(k.e.Facts.Description.Dialect.SkipRows), k.count)
	},
	"totals_row": func(k *flawCheck) {
		all := k.e.Facts.Observations
		k.want("totals", observed(all, "row.total_found")+observed(all, "excel.total_row"), k.count)
	},
	"numbers_as_text": func(k *flawCheck) {
		all := k.column().Observations
		k.want("mixed", max(observed(all, "excel.number_as_text"), observed(all, "json.mixed")), k.count)
	},
	"truncated_15": func(k *flawCheck) {
		k.want("truncated", observed(k.column().Observations, "excel.truncated_15"), k.count)
	},
	"hidden_sheet": func(k *flawCheck) { k.want("hidden", observed(k.e.Facts.Observations, "excel.hidden"), k.count) },
	"negative":     func(k *flawCheck) { k.want("negatives", k.column().Number.Negatives, k.count) },
	"short_number": func(k *flawCheck) {
		for _, s := range k.column().Text.Shapes {
			if s.Shape == "9{10}" {
				k.want("of ten digits", s.Count, k.count)
				return
			}
		}
		k.t.Errorf("shapes %v", k.column().Text.Shapes)
	},
	"out_of_range": func(k *flawCheck) {
		limit := map[string]float64{"window_no": 44, "满意度": 5, "max_elevation_deg": 90, "properties.eo:cloud_cover": 100}[k.key.column]
		c := k.column()
		hi, _ := strconv.ParseFloat(c.Max.Text(), 64)
		lo, _ := strconv.ParseFloat(c.Min.Text(), 64)
		if limit == 0 || hi <= limit && lo >= 1 {
			k.t.Errorf("min %v, max %v show nothing outside the limit %v", lo, hi, limit)
		}
	},
	"stuck": func(k *flawCheck) {
		// The value before may by chance be the one the sensor stuck at.
		k.atLeast("longest run", k.column().Order.LongestRun, k.count)
		if got := k.column().Order.LongestRun; got > k.count+3 {
			k.t.Errorf("longest run %d, want about %d", got, k.count)
		}
	},
	// The three stores follow each other in one column of times: two steps back more.
	// Two readings that changed places make two steps of twice the cadence, each
	// missing a point; a clock that jumps an hour leaves out eleven or twelve.
	"gap": func(k *flawCheck) {
		swaps := k.other("ts", "out_of_order")
		x := k.column().Time
		k.want("gaps", x.Gaps, 3+2*swaps+1)
		k.want("missing", x.Missing, k.count+2*swaps+12)
		k.want("cadence, seconds", int64(x.Cadence.Seconds()), 300)
	},
	"out_of_order": func(k *flawCheck) {
		k.want("out of order", k.column().Time.OutOfOrder, k.count+2+1)
		k.want("repeats", k.column().Time.Repeats, k.other("", "duplicate_row"))
	},
	"clock_jump": func(k *flawCheck) { // back to the right time: one step back
		k.want("out of order", k.column().Time.OutOfOrder, k.other("ts", "out_of_order")+2+1)
	},
}

// checkDuplicateRows counts exact repeats. A dataset with repeated columns has no
// distinct rows; its key has as many values as there are rows that differ.
func checkDuplicateRows(k *flawCheck) {
	if key := map[string]string{"registers/permits.ndjson.gz": "licence_no", "space/scene_index.json": "id"}[k.key.dataset]; key != "" {
		c := columnOf(&k.e.Facts, key)
		if c == nil {
			k.t.Fatalf("no column %s", key)
		}
		k.want("values that come again", c.Count-c.Distinct.Value, k.count)
		return
	}
	k.want("repeats", k.e.Facts.Rows-k.e.Facts.DistinctRows.Value, k.count)
}

func checkMixedFormat(k *flawCheck) {
	c := k.column()
	if k.key.column == "price_cny_kwh" {
		k.want("without a comma", c.Count-observed(c.Observations, "number.decimal_comma"), k.count)
		return
	}
	// 20240624 is a whole number on its own.
	strange := kindCount(c, asset.TypeInteger)
	for _, f := range c.Time.Formats {
		if f.Format != "2006-01-02" {
			strange += f.Count
		}
	}
	k.want("dates in other formats", strange, k.count)
	k.want("formats", int64(len(c.Time.Formats)), 3)
}

func checkRejects(code string) func(k *flawCheck) {
	return func(k *flawCheck) {
		var lines []int64
		for _, r := range k.e.Facts.Rejects {
			if r.Code == code {
				lines = append(lines, r.Line)
			}
		}
		if diff := cmp.Diff(k.lines, lines); diff != "" {
			k.t.Errorf("lines of %s (-want +got):\n%s", code, diff)
		}
	}
}

// Every planted flaw is visible in the facts, or out of their reach for a reason.
func TestExamplesShowEveryFlaw(t *testing.T) {
	_, entries := scanZone(t)
	all := map[flawKey]*plantedFlaw{}
	var keys []flawKey
	for _, f := range readJSON[[]plantedFlaw](t, "examples/flaws.json") {
		key := flawKey{f.Dataset, f.Column, f.Flaw}
		if all[key] == nil {
			all[key] = &plantedFlaw{}
			keys = append(keys, key)
		}
		all[key].Count += f.Count
		all[key].Lines = append(all[key].Lines, f.Lines...)
	}
	checked, reached := 0, map[string]bool{}
	for _, key := range keys {
		if outOfReach[key.flaw] != "" || outOfReachHere[key] != "" {
			reached[key.flaw] = true
			continue
		}
		check := visible[key.flaw]
		if check == nil {
			t.Errorf("%+v: a kind of flaw that no check and no reason is known for", key)
			continue
		}
		checked++
		t.Run(strings.Join([]string{key.dataset, key.column, key.flaw}, " "), func(t *testing.T) {
			check(&flawCheck{t: t, e: entries[key.dataset], all: all, key: key, count: all[key].Count, lines: all[key].Lines})
		})
	}
	for name, e := range entries { // and no flaw is seen that was not planted
		if d := e.Facts.Description.Dialect; d != nil && d.LineEnd == "mixed" && all[flawKey{name, "", "line_end"}] == nil {
			t.Errorf("%s: mixed line ends, and none were planted", name)
		}
	}
	for flaw := range outOfReach {
		if !reached[flaw] {
			t.Errorf("%s is excused and was not planted", flaw)
		}
	}
	t.Logf("%d flaws: %d visible, %d out of reach", len(keys), checked, len(keys)-checked)
}
