package report

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
	"assay/source"
)

// FormatVersion is the version of the scan document. It goes up when a field goes
// away or changes its meaning; new fields do not raise it. docs/formats/scan.md.
const FormatVersion = 1

// WriteJSON writes the scan document that docs/formats/scan.md describes. The same
// document gives the same bytes.
func WriteJSON(w io.Writer, d Document) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(documentJSON(d))
}

type jsonDocument struct {
	Version  int           `json:"version"`
	Tool     string        `json:"tool,omitempty"`
	Made     string        `json:"made,omitempty"`
	Datasets []jsonDataset `json:"datasets"`
	Skipped  []jsonSkipped `json:"skipped"`
}

type jsonSkipped struct {
	Locator string         `json:"locator"`
	Reason  string         `json:"reason"`
	Code    string         `json:"code"`
	Params  message.Params `json:"params,omitempty"`
}

type jsonDataset struct {
	ID            string            `json:"id,omitempty"`
	Name          string            `json:"name"`
	Locator       string            `json:"locator"`
	Format        string            `json:"format"`
	Encoding      string            `json:"encoding,omitempty"`
	Dialect       *source.Dialect   `json:"dialect,omitempty"`
	Comment       string            `json:"comment,omitempty"`
	Rows          int64             `json:"rows"`
	RejectedRows  int64             `json:"rejected_rows"`
	Rejects       []jsonReject      `json:"rejects,omitempty"`
	Bytes         int64             `json:"bytes"`
	Fingerprint   string            `json:"fingerprint,omitempty"`
	Extent        string            `json:"extent,omitempty"`
	Partial       bool              `json:"partial"`
	PartialReason string            `json:"partial_reason,omitempty"`
	Scan          jsonScan          `json:"scan"`
	DistinctRows  *profile.Estimate `json:"distinct_rows,omitempty"`
	Evidence      []jsonObservation `json:"evidence,omitempty"`
	Observations  []jsonObservation `json:"observations,omitempty"`
	Columns       []jsonColumn      `json:"columns"`
}

type jsonReject struct {
	Line   int64          `json:"line"`
	Code   string         `json:"code"`
	Params message.Params `json:"params,omitempty"`
}

type jsonScan struct {
	ID        string     `json:"id,omitempty"`
	Started   string     `json:"started,omitempty"`
	Method    string     `json:"method,omitempty"`
	Unchanged bool       `json:"unchanged,omitempty"`
	Cost      asset.Cost `json:"cost"`
}

type jsonObservation struct {
	Column string         `json:"column,omitempty"`
	Code   string         `json:"code"`
	Params message.Params `json:"params,omitempty"`
	Text   string         `json:"text"`
}

type jsonColumn struct {
	ID        string              `json:"id,omitempty"`
	Name      string              `json:"name"`
	Label     string              `json:"label,omitempty"`
	Comment   string              `json:"comment,omitempty"`
	Position  int                 `json:"position"`
	Type      asset.Type          `json:"type"`
	Declared  string              `json:"declared,omitempty"`
	Repeated  bool                `json:"repeated,omitempty"`
	Kinds     []profile.KindCount `json:"kinds,omitempty"`
	LooksLike *profile.Likeness   `json:"looks_like,omitempty"`

	Count     int64            `json:"count"`
	Nulls     int64            `json:"nulls"`
	NullWords map[string]int64 `json:"null_words,omitempty"`
	Blanks    int64            `json:"blanks,omitempty"`

	Distinct  profile.Estimate `json:"distinct"`
	Min       *string          `json:"min,omitempty"`
	MinMasked bool             `json:"min_masked,omitempty"`
	Max       *string          `json:"max,omitempty"`
	MaxMasked bool             `json:"max_masked,omitempty"`

	*jsonNumber

	Quantiles       map[string]string `json:"quantiles,omitempty"`
	QuantilesMasked bool              `json:"quantiles_masked,omitempty"`
	QuantileSample  int64             `json:"quantile_sample,omitempty"`
	RankError       *float64          `json:"rank_error,omitempty"`

	Histogram    *profile.Histogram `json:"histogram,omitempty"`
	Top          []jsonTop          `json:"top,omitempty"`
	TopError     int64              `json:"top_error,omitempty"`
	Text         *profile.TextFacts `json:"text,omitempty"`
	Time         *profile.TimeFacts `json:"time,omitempty"`
	Order        *profile.Order     `json:"order,omitempty"`
	Examples     []jsonShown        `json:"examples,omitempty"`
	Observations []jsonObservation  `json:"observations,omitempty"`
}

type jsonTop struct {
	Value  string `json:"value"`
	Count  int64  `json:"count"`
	Masked bool   `json:"masked,omitempty"`
}

type jsonShown struct {
	Value  string `json:"value"`
	Masked bool   `json:"masked,omitempty"`
}

// jsonNumber has no key for what is not a finite number: JSON has no NaN.
type jsonNumber struct {
	Numbers   int64    `json:"numbers"`
	Sum       string   `json:"sum,omitempty"`
	Mean      *float64 `json:"mean,omitempty"`
	StdDev    *float64 `json:"stddev,omitempty"`
	Variance  *float64 `json:"variance,omitempty"`
	Skewness  *float64 `json:"skewness,omitempty"`
	Kurtosis  *float64 `json:"kurtosis,omitempty"`
	Zeros     int64    `json:"zeros"`
	Negatives int64    `json:"negatives"`
	NaNs      int64    `json:"nans,omitempty"`
	Infinite  int64    `json:"infinite,omitempty"`
	MaxDigits int      `json:"max_digits,omitempty"`
	MaxScale  int      `json:"max_scale,omitempty"`
}

func documentJSON(d Document) jsonDocument {
	out := jsonDocument{Version: FormatVersion, Tool: d.Tool, Made: stamp(d.Made),
		Datasets: make([]jsonDataset, 0, len(d.Entries)), Skipped: make([]jsonSkipped, 0, len(d.Skipped))}
	for i := range d.Entries {
		out.Datasets = append(out.Datasets, datasetJSON(&d.Entries[i]))
	}
	for _, s := range d.Skipped {
		out.Skipped = append(out.Skipped, jsonSkipped{s.Locator, message.Text(message.EN, s.Code, s.Params), s.Code, s.Params})
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func datasetJSON(e *Entry) jsonDataset {
	f := &e.Facts
	out := jsonDataset{
		Name: e.Dataset.Name, Locator: e.Dataset.Locator, Format: e.Dataset.Format,
		Encoding: f.Description.Encoding, Dialect: f.Description.Dialect, Comment: f.Description.Comment,
		Rows: f.Rows, RejectedRows: f.Rejected, Bytes: e.Scan.Bytes,
		Fingerprint: e.Scan.Fingerprint.String(), Extent: string(e.Scan.Extent),
		Partial: partialReason(e) != "", PartialReason: partialReason(e),
		Scan:         jsonScan{Started: stamp(e.Scan.Started), Method: f.Method, Unchanged: e.Unchanged, Cost: e.Scan.Cost},
		DistinctRows: f.DistinctRows,
		Evidence:     observationsJSON(f.Description.Evidence),
		Observations: observationsJSON(f.Observations),
		Columns:      make([]jsonColumn, 0, len(f.Columns)),
	}
	if !e.Dataset.ID.IsZero() {
		out.ID = e.Dataset.ID.String()
	}
	if !e.Scan.ID.IsZero() {
		out.Scan.ID = e.Scan.ID.String()
	}
	for _, r := range f.Rejects {
		out.Rejects = append(out.Rejects, jsonReject(r))
	}
	for i := range f.Columns {
		c := columnJSON(&f.Columns[i])
		if id := e.Columns[c.Name]; !id.IsZero() {
			c.ID = id.String()
		}
		out.Columns = append(out.Columns, c)
	}
	return out
}

func observationsJSON(all []asset.Observation) []jsonObservation {
	var out []jsonObservation
	for _, o := range all {
		out = append(out, jsonObservation{o.Column, o.Code, o.Params, message.Text(message.EN, o.Code, o.Params)})
	}
	return out
}

func columnJSON(c *profile.ColumnFacts) jsonColumn {
	out := jsonColumn{
		Name: c.Path, Label: c.Label, Comment: c.Comment, Position: c.Position, Type: c.Type, Declared: c.Declared,
		Repeated: c.Repeated, Kinds: c.Kinds, LooksLike: c.LooksLike,
		Count: c.Count, Nulls: c.Nulls, Blanks: c.Blanks, Distinct: c.Distinct, TopError: c.TopError,
		Text: c.Text, Time: c.Time, Order: c.Order, Observations: observationsJSON(c.Observations),
	}
	out.Min, out.MinMasked = shownJSON(c.Min)
	out.Max, out.MaxMasked = shownJSON(c.Max)
	for _, n := range c.NullWords {
		if out.NullWords == nil {
			out.NullWords = map[string]int64{}
		}
		out.NullWords[n.Word] += n.Count
	}
	if n := c.Number; n != nil {
		out.jsonNumber = &jsonNumber{n.Count, n.Sum, finite(n.Mean), finite(n.StdDev), finite(n.Variance), finite(n.Skewness),
			finite(n.Kurtosis), n.Zeros, n.Negatives, n.NaNs, n.Infinite, n.MaxDigits, n.MaxScale}
	}
	out.quantiles(c.Quantiles)
	if c.Histogram != nil && allFinite(c.Histogram.Edges) {
		out.Histogram = c.Histogram
	}
	for _, t := range c.Top {
		out.Top = append(out.Top, jsonTop{t.Value.Text(), t.Count, t.Value.IsMasked()})
	}
	for _, s := range c.Examples {
		out.Examples = append(out.Examples, jsonShown{s.Text(), s.IsMasked()})
	}
	return out
}

func (c *jsonColumn) quantiles(q *profile.Quantiles) {
	if q == nil || len(q.At) == 0 {
		return
	}
	c.Quantiles, c.QuantileSample, c.RankError = map[string]string{}, q.Sample, finite(q.RankError)
	for _, at := range q.At {
		c.Quantiles[strconv.FormatFloat(at.P, 'f', -1, 64)] = at.Value.Text()
		c.QuantilesMasked = c.QuantilesMasked || at.Value.IsMasked()
	}
}

// shownJSON is nil for what is absent.
func shownJSON(s asset.Shown) (text *string, masked bool) {
	if s.IsZero() {
		return nil, false
	}
	t := s.Text()
	return &t, s.IsMasked()
}

func finite(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func allFinite(all []float64) bool {
	for _, f := range all {
		if finite(f) == nil {
			return false
		}
	}
	return true
}
