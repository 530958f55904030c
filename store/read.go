package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"assay/asset"
	"assay/fault"
	"assay/profile"
)

// Known is what is known of an address before it is scanned again.
type Known struct {
	Summary
	Parts []Part // of the newest scan
}

// LastScan looks up the newest scan at an address, with the files it read. ok is
// false when nothing was ever recorded there.
func (s *Store) LastScan(ctx context.Context, a Address) (k Known, ok bool, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		var id string
		var parts sql.NullString
		err := tx.QueryRowContext(ctx, `
			SELECT d.id, s.parts
			FROM source o
			JOIN dataset d ON d.source = o.id AND d.locator = $2
			JOIN scan s ON s.dataset = d.id AND s.number = d.scans
			WHERE o.locator = $1`, a.Source, a.Locator).Scan(&id, &parts)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if k.Summary, err = summaryOf(ctx, tx, id); err != nil {
			return err
		}
		ok = true
		if !parts.Valid {
			return nil
		}
		return json.Unmarshal([]byte(parts.String), &k.Parts)
	})
	return k, ok, err
}

// History lists the headers of all scans of a dataset, newest first.
func (s *Store) History(ctx context.Context, id asset.DatasetID) (all []Scan, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT `+headerColumns+`
			FROM scan s
			WHERE s.dataset = $1
			ORDER BY s.number DESC`, id.String())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			h, err := scanHeader(rows)
			if err != nil {
				return err
			}
			all = append(all, h)
		}
		return rows.Err()
	})
	return all, err
}

// Facts reads everything a scan found out, and the columns it belongs to, in the
// same order. The sum is checked on the way: what comes back is what was put.
func (s *Store) Facts(ctx context.Context, id asset.ScanID) (f *profile.Facts, columns []asset.Column, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		h, err := scanHeader(tx.QueryRowContext(ctx, `
			SELECT `+headerColumns+`
			FROM scan s
			WHERE s.id = $1`, id.String()))
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "store.scan_unknown", "scan", id.String())
		}
		if err != nil {
			return err
		}
		if !h.Pruned.IsZero() {
			return fault.New(fault.NotFound, "store.scan_pruned", "scan", id.String())
		}
		b, bodySum, headerSum, err := readBody(ctx, tx, id.String())
		if err != nil {
			return err
		}
		if b.sum() != bodySum || h.sum(bodySum) != headerSum {
			return fault.New(fault.Internal, "store.corrupt", s.corruptParams()...)
		}
		if f, err = b.decode(); err != nil {
			return err
		}
		columns, err = columnsOf(h, b, f)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return f, columns, nil
}

func columnsOf(h Scan, b body, f *profile.Facts) ([]asset.Column, error) {
	columns := make([]asset.Column, len(b.columns))
	for i := range columns {
		columns[i] = asset.Column{Dataset: h.Dataset, Path: f.Columns[i].Path, Position: f.Columns[i].Position}
		if err := columns[i].ID.UnmarshalText([]byte(b.columns[i].id)); err != nil {
			return nil, err
		}
	}
	return columns, nil
}
