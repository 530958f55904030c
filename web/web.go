// Package web holds the look of assay: the style sheets and the scripts that pages
// carry. tokens.css has every colour, size and duration; dossier.css and dossier.js are
// the dossier's parts.
//
// Invariants: no file fetches anything; a literal colour stands in tokens.css and, for
// paper, in the print rules only; everything works without the scripts but the filter
// and the folding of details.
//
// Not here: words (internal/message), markup (report, server).
package web

import _ "embed" // of the files beside

//go:embed tokens.css
var tokens string

//go:embed dossier.css
var dossierCSS string

//go:embed dossier.js
var dossierJS string

// DossierCSS is the style of the dossier, tokens first. It is safe inside a style
// element.
func DossierCSS() string { return tokens + dossierCSS }

// DossierJS is the script of the dossier. It is safe inside a script element.
func DossierJS() string { return dossierJS }
