package assay

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"assay/fault"
	"assay/source"
	"assay/source/file"
	"assay/store"
)

// CatRequest says what to write out, and how.
type CatRequest struct {
	Path    string
	Dataset string // name, when the file holds several
	Reading source.Options
	To      string // "csv", "ndjson" or "parquet"
}

// Cat writes the rows of a file as they were read: UTF-8, one header, one dialect.
// What Scan counts is what Cat writes. It needs no home and records nothing.
func Cat(ctx context.Context, req CatRequest, w io.Writer) (rep file.CatReport, err error) {
	src, err := file.Open([]string{req.Path}, file.Options{})
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	listing, err := src.List(ctx)
	if err != nil {
		return rep, err
	}
	d, err := choose(listing, req)
	if err != nil {
		return rep, err
	}
	reading := req.Reading
	reading.Aligned = true
	r, err := src.Open(ctx, d, reading)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return file.Cat(ctx, r, file.CatOptions{To: req.To}, w)
}

// choose finds the one dataset that is meant.
func choose(l source.Listing, req CatRequest) (source.Dataset, error) {
	var names []string
	for _, d := range l.Datasets {
		short := d.Name[strings.LastIndex(d.Name, "/")+1:] // the sheet or table alone
		if len(l.Datasets) == 1 && req.Dataset == "" || slices.Contains([]string{d.Name, d.Locator, short}, req.Dataset) {
			return d, nil
		}
		names = append(names, d.Name)
	}
	if len(l.Datasets) == 0 {
		for _, s := range l.Skipped {
			return source.Dataset{}, &fault.Error{Kind: fault.Invalid, Code: s.Code, Params: s.Params}
		}
		return source.Dataset{}, fault.New(fault.NotFound, "assay.no_dataset", "path", req.Path)
	}
	return source.Dataset{}, fault.New(fault.Invalid, "assay.which_dataset", "path", req.Path, "names", " "+strings.Join(names, ", "))
}

// Restore puts a backup in the place of a home. It returns the home's folder and, when
// replace let it take the place of another, where that one was put aside. A home that
// holds records is refused unless replace is set.
func Restore(ctx context.Context, archive, home string, replace bool) (in, aside string, err error) {
	if home == "" {
		if home, err = DefaultHome(); err != nil {
			return "", "", err
		}
	}
	aside, err = store.Restore(ctx, archive, store.RestoreOptions{Options: store.Options{Home: home}, Replace: replace})
	return home, aside, err
}
