package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"assay/asset"
	"assay/fault"
)

// Summary is a dataset and its newest scan.
type Summary struct {
	asset.Dataset
	Source  string    // locator of the source
	Created time.Time // when it was first recorded
	Seen    time.Time // when it was last scanned or found unchanged
	Retired time.Time // zero = living
	Last    Scan
}

// Filter chooses datasets. The zero value chooses all living ones.
type Filter struct {
	Match   string // part of the name or locator, in any case
	Format  string
	Retired bool   // retired ones too
	After   string // cursor of the page before
	Limit   int    // of a page; 0 = 100
}

const summaryColumns = headerColumns + `,
	d.party, d.name, d.locator, d.format, o.locator, d.created_at, d.seen_at, d.retired_at`

func scanSummary(row interface{ Scan(...any) error }) (m Summary, err error) {
	var party, created, seen string
	var retired sql.NullString
	if m.Last, err = scanHeader(row, &party, &m.Name, &m.Locator, &m.Format, &m.Source,
		&created, &seen, &retired); err != nil {
		return Summary{}, err
	}
	m.ID = m.Last.Dataset
	if err := m.Party.UnmarshalText([]byte(party)); err != nil {
		return Summary{}, err
	}
	if m.Created, err = unstamp(created); err != nil {
		return Summary{}, err
	}
	if m.Seen, err = unstamp(seen); err != nil {
		return Summary{}, err
	}
	m.Retired, err = unstampNull(retired)
	return m, err
}

// Datasets lists a page of datasets by name, and the cursor of the next page, ""
// after the last.
func (s *Store) Datasets(ctx context.Context, f Filter) (page []Summary, next string, err error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	err = s.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT `+summaryColumns+`
			FROM dataset d
			JOIN source o ON o.id = d.source
			JOIN scan s ON s.dataset = d.id AND s.number = d.scans
			WHERE d.name > $1
				AND ($2 = '' OR d.words LIKE $2 ESCAPE '\')
				AND ($3 = '' OR d.format = $3)
				AND ($4 = 1 OR d.retired_at IS NULL)
			ORDER BY d.name
			LIMIT $5`, f.After, pattern(f.Match), f.Format, flag(f.Retired), f.Limit+1)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			m, err := scanSummary(rows)
			if err != nil {
				return err
			}
			page = append(page, m)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, "", err
	}
	if len(page) > f.Limit {
		page = page[:f.Limit]
		next = page[f.Limit-1].Name
	}
	return page, next, nil
}

// pattern is the LIKE pattern for text that contains match.
func pattern(match string) string {
	if match == "" {
		return ""
	}
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	return "%" + escape.Replace(strings.ToLower(match)) + "%"
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Dataset finds one dataset, retired or not, by name, id or locator, in that order.
// NotFound names the closest names.
func (s *Store) Dataset(ctx context.Context, ref string) (m Summary, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		// Three questions, each with an index, instead of one with OR. A locator
		// may be there in several sources: the one first recorded is meant.
		for _, query := range []string{`
			SELECT id
			FROM dataset
			WHERE name = $1`, `
			SELECT id
			FROM dataset
			WHERE id = $1`, `
			SELECT d.id
			FROM source o
			JOIN dataset d ON d.source = o.id AND d.locator = $1
			ORDER BY o.created_at, o.id
			LIMIT 1`,
		} {
			var id string
			err := tx.QueryRowContext(ctx, query, ref).Scan(&id)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err == nil {
				m, err = summaryOf(ctx, tx, id)
			}
			return err
		}
		return unknown(ctx, tx, ref)
	})
	return m, err
}

func summaryOf(ctx context.Context, tx *sql.Tx, id string) (Summary, error) {
	return scanSummary(tx.QueryRowContext(ctx, `
		SELECT `+summaryColumns+`
		FROM dataset d
		JOIN source o ON o.id = d.source
		JOIN scan s ON s.dataset = d.id AND s.number = d.scans
		WHERE d.id = $1`, id))
}

// unknown is the NotFound for ref, with up to three names that are like it.
func unknown(ctx context.Context, tx *sql.Tx, ref string) error {
	names, err := texts(ctx, tx, `
		SELECT name
		FROM dataset
		WHERE retired_at IS NULL
		ORDER BY name`)
	if err != nil {
		return err
	}
	if near := closest(ref, names, 3); len(near) > 0 {
		return fault.New(fault.NotFound, "store.dataset_unknown_near", "name", ref, "near", strings.Join(near, ", "))
	}
	return fault.New(fault.NotFound, "store.dataset_unknown", "name", ref)
}

// closest picks the names that contain ref or lie within a third of its length in
// edits, nearest first.
func closest(ref string, names []string, n int) []string {
	type near struct {
		name string
		far  int
	}
	want := []rune(strings.ToLower(ref))
	var found []near
	for _, name := range names {
		lower := strings.ToLower(name)
		if ref != "" && strings.Contains(lower, string(want)) {
			found = append(found, near{name, 0})
			continue
		}
		has := []rune(lower)
		limit := max(1, len(want)/3)
		if d := len(has) - len(want); d > limit || -d > limit {
			continue
		}
		if far := edits(want, has); far <= limit {
			found = append(found, near{name, far})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, f := range found[:min(n, len(found))] {
		out = append(out, f.name)
	}
	return out
}

// edits is the Levenshtein distance in runes.
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// TouchUnchanged records that datasets were looked at and assumed unchanged, all or
// none. One that was retired comes back.
func (s *Store) TouchUnchanged(ctx context.Context, actor asset.Actor, run RunID, ids ...asset.DatasetID) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		now := stamp(s.now())
		for _, id := range ids {
			var retired sql.NullString
			err := tx.QueryRowContext(ctx, `SELECT retired_at FROM dataset WHERE id = $1`, id.String()).Scan(&retired)
			if errors.Is(err, sql.ErrNoRows) {
				return fault.New(fault.NotFound, "store.dataset_unknown", "name", id.String())
			}
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `
				UPDATE dataset
				SET seen_at = $1, valid_to = NULL, retired_at = NULL
				WHERE id = $2`, now, id.String()); err != nil {
				return err
			}
			if !retired.Valid {
				continue
			}
			if err := s.audit(ctx, tx, actor, "dataset.unretire", id.String()); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, actor, "dataset.touch", string(run))
	})
}

// Retire takes a dataset out of the lists. Nothing is removed: Unretire, or a scan
// at its address, brings it back. Retiring a retired one changes nothing.
func (s *Store) Retire(ctx context.Context, actor asset.Actor, id asset.DatasetID) error {
	now := stamp(s.now())
	return s.setRetired(ctx, actor, id, "dataset.retire", sql.NullString{String: now, Valid: true})
}

// Unretire undoes Retire.
func (s *Store) Unretire(ctx context.Context, actor asset.Actor, id asset.DatasetID) error {
	return s.setRetired(ctx, actor, id, "dataset.unretire", sql.NullString{})
}

func (s *Store) setRetired(ctx context.Context, actor asset.Actor, id asset.DatasetID, verb string, at sql.NullString) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		var retired sql.NullString
		err := tx.QueryRowContext(ctx, `SELECT retired_at FROM dataset WHERE id = $1`, id.String()).Scan(&retired)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "store.dataset_unknown", "name", id.String())
		}
		if err != nil || retired.Valid == at.Valid {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			UPDATE dataset
			SET valid_to = $1, retired_at = $1
			WHERE id = $2`, at, id.String()); err != nil {
			return err
		}
		return s.audit(ctx, tx, actor, verb, id.String())
	})
}
