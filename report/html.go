package report

import (
	"bufio"
	_ "embed" // of the markup
	"html/template"
	"io"

	"assay/internal/message"
	"assay/web"
)

//go:embed dossier.html
var dossierMarkup string

// WriteHTML writes the dossier: one file that fetches nothing, with the look of
// package web. Foreign text is escaped where it stands.
func WriteHTML(w io.Writer, d Document, o Options) error {
	v := words{o.lang()}
	t, err := template.New("dossier").Funcs(template.FuncMap{"say": func(code string) string { return v.say(code) }}).Parse(dossierMarkup)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := t.Execute(b, v.dossier(d)); err != nil {
		return err
	}
	return b.Flush()
}

// dossier is what the markup shows; every figure is written out.
type dossier struct {
	Lang, Title, Made, Tool string
	CSS                     template.CSS
	JS                      template.JS
	Totals                  []field
	Index                   bool // more than one dataset
	Datasets                []datasetView
	Skipped                 []skippedView
	Trust                   []string
	Shapes                  string // how shapes are written
}

// manyDatasets is from how many datasets on the browser draws only what is in view.
const manyDatasets = 5

// Many reports whether the page is long.
func (d dossier) Many() bool { return len(d.Datasets) >= manyDatasets }

type skippedView struct{ Locator, Reason, Hint string }

func (w words) dossier(d Document) dossier {
	out := dossier{
		Lang: "zh-CN", Title: w.say("report.title"), Tool: visible(d.Tool), Index: len(d.Entries) > 1,
		CSS: template.CSS(web.DossierCSS()), JS: template.JS(web.DossierJS()), //nolint:gosec // our own files
	}
	if w.lang == message.EN {
		out.Lang = "en"
	}
	if len(d.Entries) == 1 {
		out.Title = w.say("report.title.one", "name", visible(d.Entries[0].Dataset.Name))
	}
	if when := moment(d.Made, d.Made.Location()); when != "" {
		out.Made = w.say("report.made", "time", when)
	}
	var rows, columns, bytes int64
	atLeast := ""
	for i := range d.Entries {
		e := &d.Entries[i]
		if partialReason(e) != "" {
			atLeast = "≥" + noBreak
		}
		rows, columns, bytes = rows+e.Facts.Rows, columns+int64(len(e.Facts.Columns)), bytes+e.Scan.Bytes
		out.Datasets = append(out.Datasets, w.dataset(e, i, d.Made.Location()))
	}
	out.Totals = []field{
		{w.say("report.totals.datasets"), count(int64(len(d.Entries)))}, {w.say("report.field.rows"), atLeast + count(rows)},
		{w.say("report.field.columns"), count(columns)}, {w.say("report.field.size"), size(bytes)},
	}
	if n := len(d.Skipped); n > 0 {
		out.Totals = append(out.Totals, field{w.say("report.totals.skipped"), count(int64(n))})
	}
	for _, s := range d.Skipped {
		p := w.params(s.Params)
		out.Skipped = append(out.Skipped, skippedView{visible(s.Locator), w.text(s.Code, p), message.Hint(w.lang, s.Code, p)})
	}
	out.Trust = w.trust(d)
	out.Shapes = w.say("report.shapes", "runs", "{n}")
	return out
}
