package assay

import (
	"context"
	"errors"

	"assay/asset"
	"assay/report"
	"assay/store"
)

// Assay is an open home. It is safe for concurrent use.
type Assay struct {
	cfg   Config
	store *store.Store
	actor asset.Actor
}

// Open opens the home that c names, and makes it when there is none.
func Open(ctx context.Context, c Config) (*Assay, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, store.Options{Home: c.Home, Now: c.Now, Entropy: c.Entropy})
	if err != nil {
		return nil, err
	}
	actor, err := st.EnsureLocalActor(ctx, c.Account)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &Assay{cfg: c, store: st, actor: actor}, nil
}

// Close closes the home.
func (a *Assay) Close() error { return a.store.Close() }

// Home is the folder of the records.
func (a *Assay) Home() string { return a.store.Home() }

// Actor is the local account that the command line acts for.
func (a *Assay) Actor() asset.Actor { return a.actor }

// Datasets lists what was scanned, by name, with the facts of the newest scan. match
// narrows it to names and locators that contain it.
func (a *Assay) Datasets(ctx context.Context, actor asset.Actor, match string) (report.Document, error) {
	doc := a.document()
	f := store.Filter{Match: match}
	for {
		page, next, err := a.store.Datasets(ctx, f)
		if err != nil {
			return doc, err
		}
		for _, m := range page {
			e, err := a.entry(ctx, m)
			if err != nil {
				return doc, err
			}
			doc.Entries = append(doc.Entries, e)
		}
		if next == "" {
			return doc, nil
		}
		f.After = next
	}
}

// Names lists the names of the datasets whose name or locator contains match, in any
// case. It reads no facts: shells ask it while a person types.
func (a *Assay) Names(ctx context.Context, actor asset.Actor, match string) ([]string, error) {
	var names []string
	f := store.Filter{Match: match}
	for {
		page, next, err := a.store.Datasets(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			names = append(names, m.Name)
		}
		if next == "" {
			return names, nil
		}
		f.After = next
	}
}

// Dataset returns the newest scan of a dataset, named by name, id or locator.
func (a *Assay) Dataset(ctx context.Context, actor asset.Actor, ref string) (report.Document, error) {
	doc := a.document()
	m, err := a.store.Dataset(ctx, ref)
	if err != nil {
		return doc, err
	}
	e, err := a.entry(ctx, m)
	doc.Entries = []report.Entry{e}
	return doc, err
}

func (a *Assay) entry(ctx context.Context, m store.Summary) (report.Entry, error) {
	e := report.Entry{Dataset: m.Dataset, Scan: m.Last.Scan}
	facts, columns, err := a.store.Facts(ctx, m.Last.ID)
	if err != nil {
		return e, err
	}
	e.Facts = *facts
	e.Columns = columnIDs(columns)
	return e, nil
}

func columnIDs(columns []asset.Column) map[string]asset.ColumnID {
	ids := make(map[string]asset.ColumnID, len(columns))
	for _, c := range columns {
		ids[c.Path] = c.ID
	}
	return ids
}

func (a *Assay) document() report.Document {
	return report.Document{Made: a.cfg.Now(), Tool: Version()}
}

// Backup writes everything that the home holds into one file.
func (a *Assay) Backup(ctx context.Context, actor asset.Actor, path string) error {
	return a.store.Backup(ctx, path)
}

// Check re-reads the home and returns what is wrong with it.
func (a *Assay) Check(ctx context.Context, actor asset.Actor) ([]store.Problem, error) {
	return a.store.Check(ctx)
}
