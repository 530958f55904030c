package valuation

import "slices"

// A section of the report, and what makes it present.
type section struct {
	code string
	have func(*Input) bool // nil: the appraiser's text alone
	only func(*Input) bool // nil: always asked for
}

// reportSections is what 中评协〔2023〕17号 asks a report to disclose, as standards.md
// section 2.1 reads it. The articles are not confirmed word for word, so that reports
// carry the notice valuation.notice.unconfirmed and none is numbered.
var reportSections = []section{
	{code: "purpose", have: func(in *Input) bool { return in.Purpose != "" }},
	{code: "value_type", have: func(in *Input) bool { return in.ValueType != "" }},
	{code: "valuation_date", have: func(in *Input) bool { return !in.Date.IsZero() }},
	{code: "information"},
	{code: "legal"},
	{code: "value"},
	{code: "registration"},
	{code: "quality"},
	{code: "scenario"},
	{code: "sources"},
	{code: "methods", have: func(in *Input) bool {
		return !slices.ContainsFunc(in.Methods, func(m Method) bool { return m.Reason == "" })
	}},
	{code: "parameters", have: func(in *Input) bool {
		return !slices.ContainsFunc(in.Parameters, func(p Parameter) bool { return p.Derive == nil && p.Source == "" })
	}},
	{code: "comparables", only: func(in *Input) bool {
		return slices.ContainsFunc(in.Methods, func(m Method) bool { return m.Model == "market" })
	}},
	{code: "assumptions"},
	{code: "limits"},
	{code: "special"},
}

// Section says whether the report has what is asked for.
type Section struct {
	Code    string `json:"code"`
	Present bool   `json:"present"`
	Text    string `json:"text,omitzero"` // what the appraiser wrote; "" where the report's own figures are the section
}

// Sections lists what is asked of a report on in, and whether it is there.
func Sections(in *Input) []Section {
	var out []Section
	for _, s := range reportSections {
		if s.only != nil && !s.only(in) {
			continue
		}
		text := in.Sections[s.code]
		out = append(out, Section{Code: s.code, Text: text, Present: text != "" || s.have != nil && s.have(in)})
	}
	return out
}
