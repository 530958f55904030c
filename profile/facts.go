package profile

import (
	"time"

	"assay/asset"
	"assay/source"
)

// Facts is everything one pass found out about a dataset. It is what the store
// keeps and the reports print, so it holds no raw value: every value is an
// [asset.Shown].
type Facts struct {
	Method      string             `json:"method"` // Method of the kernel that measured
	Rows        int64              `json:"rows"`
	Rejected    int64              `json:"rejected_rows"`
	Rejects     []source.Reject    `json:"rejects,omitempty"` // the first source.MaxRejects, lines absolute
	Description source.Description `json:"description"`
	Columns     []ColumnFacts      `json:"columns"`
	// DistinctRows counts rows that differ in some column; absent where columns have
	// not one value a row. Rows − DistinctRows rows are exact repeats.
	DistinctRows *Estimate `json:"distinct_rows,omitempty"`
	// Observations concern the dataset as a whole.
	Observations []asset.Observation `json:"observations,omitempty"`
}

// ColumnFacts is what one pass found out about a column. Counts are exact unless a
// field says otherwise. What does not apply to the column's type is absent.
type ColumnFacts struct {
	Path     string     `json:"path"`
	Label    string     `json:"label,omitempty"` // as written in the source, where it differs
	Position int        `json:"position"`
	Declared string     `json:"declared,omitempty"` // the source's own type
	Comment  string     `json:"comment,omitempty"`
	Repeated bool       `json:"repeated,omitempty"`
	Type     asset.Type `json:"type"`
	// Kinds counts the values by what each looks like on its own; sorted by count.
	// It has more than one entry where a column is not of one kind.
	Kinds []KindCount `json:"kinds,omitempty"`
	// LooksLike is the type nearly all values would fit, when that is not Type:
	// numbers kept as text, or a column of numbers with a few words in it.
	LooksLike *Likeness `json:"looks_like,omitempty"`

	Count     int64       `json:"count"` // places, nulls included
	Nulls     int64       `json:"nulls"`
	NullWords []WordCount `json:"null_words,omitempty"` // NA, NULL, \N, -, 无 …; not in Nulls
	Blanks    int64       `json:"blanks,omitempty"`     // not null, but empty or only white space

	Distinct Estimate    `json:"distinct"`
	Min      asset.Shown `json:"min,omitzero"`
	Max      asset.Shown `json:"max,omitzero"`

	Number    *NumberFacts `json:"number,omitempty"`
	Text      *TextFacts   `json:"text,omitempty"`
	Time      *TimeFacts   `json:"time,omitempty"`
	Quantiles *Quantiles   `json:"quantiles,omitempty"`
	Histogram *Histogram   `json:"histogram,omitempty"`

	Top      []TopValue    `json:"top,omitempty"`       // most frequent first, at most TopValues
	TopError int64         `json:"top_error,omitempty"` // a count may be too low by this much; 0 = exact
	Order    *Order        `json:"order,omitempty"`
	Examples []asset.Shown `json:"examples,omitempty"` // masked, by smallest hash of the row

	// JoinSketch holds the smallest keyed hashes of the distinct values, ascending:
	// a sample by value for finding joins. Hashes are keyed per home.
	JoinSketch []uint64 `json:"join_sketch,omitempty"`

	Observations []asset.Observation `json:"observations,omitempty"`
}

// KindCount is how many values look like one type.
type KindCount struct {
	Type  asset.Type `json:"type"`
	Count int64      `json:"count"`
}

// Likeness is a type that Matched of Total values fit.
type Likeness struct {
	Type    asset.Type `json:"type"`
	Matched int64      `json:"matched"`
	Total   int64      `json:"total"`
}

// WordCount is a word that stands for "no value", and how often.
type WordCount struct {
	Word  string `json:"word"`
	Count int64  `json:"count"`
}

// Estimate is a count that is exact or says its bound.
type Estimate struct {
	Value int64 `json:"value"`
	Exact bool  `json:"exact"`
	// ErrorBound is relative, at 95 % confidence; 0 when exact.
	ErrorBound float64 `json:"error_bound,omitempty"`
}

// NumberFacts are moments and signs of numeric values. Moments are of the
// population; they cover the values that are numbers.
type NumberFacts struct {
	Count     int64   `json:"count"`         // values that are numbers
	Sum       string  `json:"sum,omitempty"` // exact decimal text for integers and decimals
	Mean      float64 `json:"mean"`
	Variance  float64 `json:"variance"` // population
	StdDev    float64 `json:"stddev"`   // sample, n-1, as databases print it
	Skewness  float64 `json:"skewness"`
	Kurtosis  float64 `json:"kurtosis"` // excess
	Zeros     int64   `json:"zeros"`
	Negatives int64   `json:"negatives"`
	NaNs      int64   `json:"nans,omitempty"`
	Infinite  int64   `json:"infinite,omitempty"`
	MaxDigits int     `json:"max_digits,omitempty"` // significant digits before and after the point
	MaxScale  int     `json:"max_scale,omitempty"`  // digits after the point
}

// TextFacts describe how values are written. Lengths are in characters.
type TextFacts struct {
	MinLength    int     `json:"min_length"`
	MaxLength    int     `json:"max_length"`
	MeanLength   float64 `json:"mean_length"`
	Bytes        int64   `json:"bytes"`
	NonASCII     int64   `json:"non_ascii,omitempty"`     // values with a character beyond ASCII
	Han          int64   `json:"han,omitempty"`           // values with a Han character
	Invalid      int64   `json:"invalid,omitempty"`       // values that are not valid UTF-8
	LeadingZeros int64   `json:"leading_zeros,omitempty"` // digits only, beginning with 0, longer than 1
	Padded       int64   `json:"padded,omitempty"`        // with white space at an end
	FullWidth    int64   `json:"full_width,omitempty"`    // with full-width digits or letters
	Truncated    int64   `json:"truncated,omitempty"`     // measured by their first MiB only
	// Shapes are patterns of the values, most frequent first: 9 digit, A capital,
	// a small letter, 汉 Han; runs are {n}.
	Shapes      []ShapeCount `json:"shapes,omitempty"`
	ShapesError int64        `json:"shapes_error,omitempty"` // a count may be too low by this much
	// LengthHistogram has the counts of values by length in characters.
	LengthHistogram *Histogram `json:"length_histogram,omitempty"`
}

// ShapeCount is a pattern and how many values have it.
type ShapeCount struct {
	Shape string `json:"shape"`
	Count int64  `json:"count"`
}

// TimeFacts describe temporal values, in the order of the rows.
type TimeFacts struct {
	Count   int64         `json:"count"`             // values that are temporal
	Formats []FormatCount `json:"formats,omitempty"` // how they are written, most frequent first
	Zoned   int64         `json:"zoned,omitempty"`   // values with a zone
	// Unordered says that rows run backwards so often, or mix kinds of time, that
	// their order was not followed: what follows is absent then.
	Unordered  bool  `json:"unordered,omitempty"`
	OutOfOrder int64 `json:"out_of_order"` // rows earlier than the row before
	Repeats    int64 `json:"repeats"`      // rows equal to the row before
	// Cadence is the commonest step between rows, when most steps have it; 0 = none.
	Cadence    time.Duration `json:"cadence_ns,omitempty"`
	OnCadence  int64         `json:"on_cadence,omitempty"` // steps equal to the cadence
	Gaps       int64         `json:"gaps,omitempty"`       // steps longer than 1.5 cadences
	LongestGap time.Duration `json:"longest_gap_ns,omitempty"`
	Missing    int64         `json:"missing,omitempty"` // points that the gaps leave out
}

// FormatCount is a way to write a date or time, as a Go layout, and how often.
type FormatCount struct {
	Format string `json:"format"`
	Count  int64  `json:"count"`
}

// Quantiles of numeric and temporal values.
type Quantiles struct {
	At     []Quantile `json:"at"`
	Sample int64      `json:"sample"` // rows they were taken from
	// RankError is the largest distance of rank, at 99 % confidence (DKW bound
	// sqrt(ln(2/0.01)/2n)); 0 when every value was used.
	RankError float64 `json:"rank_error,omitempty"`
}

// Quantile is the value at a rank.
type Quantile struct {
	P     float64     `json:"p"`
	Value asset.Shown `json:"value"`
}

// Histogram counts values in bins of equal width between the least and the greatest
// value; Edges has one more than Counts. Counts are scaled up from Sample values
// where Exact is false.
type Histogram struct {
	Edges  []float64 `json:"edges"` // numbers; dates as days, times as seconds since 1970 or midnight
	Counts []int64   `json:"counts"`
	Exact  bool      `json:"exact"`
}

// TopValue is a frequent value.
type TopValue struct {
	Value asset.Shown `json:"value"`
	Count int64       `json:"count"`
}

// Order describes the values in the order of the rows, nulls left out.
type Order struct {
	Ascending  bool  `json:"ascending"`        // never falls
	Descending bool  `json:"descending"`       // never rises
	Strict     bool  `json:"strict,omitempty"` // and never stays
	LongestRun int64 `json:"longest_run"`      // longest run of one value
}
