package report

import (
	"time"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
	"assay/source"
)

// Entry is a dataset, its newest scan and what that found.
type Entry struct {
	Dataset   asset.Dataset
	Scan      asset.Scan
	Facts     profile.Facts
	Columns   map[string]asset.ColumnID // by path
	Unchanged bool                      // not read again: the facts are those of an earlier scan
}

// Document is what is shown at once.
type Document struct {
	Entries []Entry
	Skipped []source.Skipped
	Made    time.Time // when; its location is the one in which the dossier prints times
	Tool    string    // name and version of what made it
}

// Options say how a document looks.
type Options struct {
	Lang  message.Lang // "" = Chinese
	Width int          // of the terminal, in columns; 0 = 100
	Color bool         // use escape sequences for weight and colour
}

// The widths a table takes: below the least it keeps that, above the greatest it
// stays calm and leaves the rest empty.
const (
	leastWidth    = 60
	usualWidth    = 100
	greatestWidth = 160
)

func (o Options) lang() message.Lang {
	if o.Lang == message.EN {
		return message.EN
	}
	return message.ZH
}

func (o Options) width() int {
	if o.Width <= 0 {
		return usualWidth
	}
	return min(max(o.Width, leastWidth), greatestWidth)
}

// partialReason is the code that says why not everything was read, or "".
func partialReason(e *Entry) string {
	if e.Scan.Partial != "" {
		return e.Scan.Partial
	}
	return e.Facts.Description.Partial
}
