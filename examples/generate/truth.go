package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

// truth is what a reader must count in a dataset. README.md defines the fields.
type truth struct {
	Parts     []string               `json:"parts"`
	Rows      int                    `json:"rows"`
	Rejected  int                    `json:"rejected"`
	TitleRows int                    `json:"title_rows,omitempty"`
	Distinct  int                    `json:"distinct_rows"`
	Columns   map[string]columnTruth `json:"columns"`
}

type columnTruth struct {
	Kind      kind   `json:"kind"`
	Nulls     int    `json:"nulls"`
	NullWords int    `json:"null_words,omitempty"`
	Distinct  int    `json:"distinct"`                  // of the text as written
	Values    int    `json:"distinct_values,omitempty"` // of what the text means, where that differs
	Unfit     int    `json:"unfit,omitempty"`           // neither null, null word nor of the kind
	Min       string `json:"min,omitempty"`
	Max       string `json:"max,omitempty"`
}

// truth counts the table in memory.
func (t *table) truth() truth {
	out := truth{TitleRows: t.titleRows, Columns: map[string]columnTruth{}}
	for _, p := range t.parts {
		out.Parts = append(out.Parts, p.file)
		for _, r := range p.records {
			if r.raw != "" {
				out.Rejected++
			}
		}
	}
	rows := t.rows()
	out.Rows = len(rows)
	seen := map[string]bool{}
	for _, r := range rows {
		var key strings.Builder
		for _, c := range r.cells {
			if c.null {
				key.WriteString("\x00")
			}
			key.WriteString(c.text + "\x1f")
		}
		seen[key.String()] = true
	}
	out.Distinct = len(seen)
	for i, c := range t.columns {
		out.Columns[c.name] = columnFacts(c, rows, i)
	}
	return out
}

// nullWords are the words this generator uses for "no value".
var nullWords = []string{"无", "NA", "-", `\N`, "NULL", "不详", "N/A", "/"}

func columnFacts(c column, rows []*record, i int) columnTruth {
	f := columnTruth{Kind: c.kind}
	texts, values := map[string]bool{}, map[string]bool{}
	var lo, hi *meaning
	for _, r := range rows {
		v := r.cells[i]
		if v.null {
			f.Nulls++
			continue
		}
		texts[v.text] = true
		if slices.Contains(nullWords, v.text) {
			f.NullWords++
			continue
		}
		m, ok := meaningOf(c.kind, v.text)
		if !ok {
			f.Unfit++
			continue
		}
		values[m.canonical] = true
		if c.kind == text || c.kind == mixed {
			continue
		}
		if lo == nil || m.less(lo) {
			lo = &m
		}
		if hi == nil || hi.less(&m) {
			hi = &m
		}
	}
	f.Distinct = len(texts)
	if c.kind != text && c.kind != mixed && len(values) != len(texts) {
		f.Values = len(values)
	}
	if lo != nil {
		f.Min, f.Max = lo.canonical, hi.canonical
	}
	return f
}

// meaning is a value as a number or a time, with its canonical text.
type meaning struct {
	canonical string
	number    *big.Rat
	time      time.Time
}

func (m *meaning) less(o *meaning) bool {
	if m.number != nil {
		return m.number.Cmp(o.number) < 0
	}
	return m.time.Before(o.time)
}

func meaningOf(k kind, s string) (meaning, bool) {
	switch k {
	case integer, decimal, float:
		return numberOf(s)
	case date:
		return timeOf(s, "2006-01-02", "2006-01-02", "2006年1月2日", "2006/1/2", "20060102")
	case timestamp:
		return timeOf(s, time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z", "2006-01-02 15:04:05.000")
	}
	return meaning{canonical: s}, true
}

func timeOf(s, canonical string, layouts ...string) (meaning, bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			if canonical == time.RFC3339 && !strings.HasSuffix(s, "Z") {
				return meaning{canonical: t.Format("2006-01-02T15:04:05.999"), time: t}, true
			}
			return meaning{canonical: t.Format(canonical), time: t}, true
		}
	}
	return meaning{}, false
}

var (
	plainNumber   = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	groupedNumber = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)
	commaNumber   = regexp.MustCompile(`^-?\d+,\d+$`)
)

// numberOf reads the ways in which this generator writes numbers.
func numberOf(s string) (meaning, bool) {
	s = halfWidth(strings.TrimSpace(s))
	switch {
	case plainNumber.MatchString(s):
	case groupedNumber.MatchString(s):
		s = strings.ReplaceAll(s, ",", "")
	case commaNumber.MatchString(s):
		s = strings.Replace(s, ",", ".", 1)
	default:
		return meaning{}, false
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return meaning{}, false
	}
	canonical := s
	if strings.Contains(s, ".") {
		canonical = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if canonical == "-0" {
		canonical = "0"
	}
	return meaning{canonical: canonical, number: r}, true
}

// halfWidth turns full-width digits and signs into ASCII.
func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

// fullWidth is the reverse, for digits only.
func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}

// truthJSON writes a dataset's columns one a line.
func truthJSON(tables []*table) ([]byte, error) {
	all := map[string]truth{}
	for _, t := range tables {
		all[t.dataset] = t.truth()
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(all); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
