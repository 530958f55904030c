package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"assay/asset"
	"assay/fault"
	"assay/profile"
)

// Recorded is what PutScan made of a record.
type Recorded struct {
	Dataset asset.Dataset
	Scan    Scan
	Columns []asset.Column // in the order of the facts
	New     bool           // the dataset was not known before
}

// PutScan records a scan with everything it found: the dataset, known by its
// address or new; its columns, known by their path or new; header and facts. All of
// it is there when PutScan returns nil, and survives a power cut; none of it is ever
// visible in part. A dataset that was retired comes back.
//
// Errors: Invalid for a record that contradicts itself, Conflict when its run is
// over, and what the file system says.
func (s *Store) PutScan(ctx context.Context, actor asset.Actor, r ScanRecord) (Recorded, error) {
	if err := r.validate(); err != nil {
		return Recorded{}, err
	}
	b, err := encodeBody(r) // outside the transaction: others may write meanwhile
	if err != nil {
		return Recorded{}, fault.Wrap(err, fault.Internal, "store.facts_unwritable", "locator", r.Address.Locator)
	}
	var out Recorded
	err = s.write(ctx, func(tx *sql.Tx) error {
		p := putter{Store: s, ctx: ctx, tx: tx, actor: actor, now: stamp(s.now())}
		out, err = p.put(r, b)
		return err
	})
	if err != nil {
		return Recorded{}, err
	}
	return out, nil
}

func (r *ScanRecord) validate() error {
	bad := func(what string) error {
		return fault.New(fault.Invalid, "store.record", "locator", r.Address.Locator, "what", what)
	}
	switch {
	case r.Address.Source == "" || r.Address.Locator == "":
		return bad("address")
	case r.Facts == nil:
		return bad("facts")
	case r.Scan.Started.IsZero():
		return bad("started")
	case r.Scan.Extent == "":
		return bad("extent")
	case r.Scan.Rows != r.Facts.Rows || r.Scan.Rejected != r.Facts.Rejected:
		return bad("rows")
	}
	seen := make(map[string]bool, len(r.Facts.Columns))
	for i := range r.Facts.Columns {
		c := &r.Facts.Columns[i]
		if seen[c.Path] {
			return bad(fmt.Sprintf("path of column %d", c.Position))
		}
		seen[c.Path] = true
	}
	return nil
}

// putter is one PutScan inside its transaction.
type putter struct {
	*Store
	ctx   context.Context // of the call; a putter lives no longer
	tx    *sql.Tx
	actor asset.Actor
	now   string
}

func (p *putter) exec(query string, args ...any) error {
	_, err := p.tx.ExecContext(p.ctx, query, args...)
	return err
}

func (p *putter) put(r ScanRecord, b body) (out Recorded, err error) {
	if err := p.runIsAlive(r.Run); err != nil {
		return out, err
	}
	var number int64
	if out.Dataset, number, out.New, err = p.dataset(r); err != nil {
		return out, err
	}
	out.Scan = Scan{Scan: r.Scan, Number: number, Columns: len(b.columns), Run: r.Run}
	h := &out.Scan
	if h.ID, err = asset.Mint[asset.ScanID](p.mint); err != nil {
		return out, err
	}
	h.Dataset, h.Actor, h.Started = out.Dataset.ID, p.actor.Account, r.Scan.Started.UTC()
	if h.Recorded, err = unstamp(p.now); err != nil {
		return out, err
	}
	known, err := p.knownColumns(out.Dataset.ID)
	if err != nil {
		return out, err
	}
	if out.Columns, err = p.identify(known, out.Dataset.ID, r.Facts.Columns, &b); err != nil {
		return out, err
	}
	if err := p.insertScan(out.Dataset.Party, h, b); err != nil {
		return out, err
	}
	if err := p.insertColumns(out.Dataset.Party, known, out.Columns, h.ID.String(), b); err != nil {
		return out, err
	}
	return out, p.audit(p.ctx, p.tx, p.actor, "scan.put", h.ID.String())
}

func (p *putter) runIsAlive(id RunID) error {
	if id == "" {
		return nil
	}
	var status string
	err := p.tx.QueryRowContext(p.ctx, `SELECT status FROM scan_run WHERE id = $1`, string(id)).Scan(&status)
	if errors.Is(err, sql.ErrNoRows) || err == nil && RunStatus(status) != RunRunning {
		return fault.New(fault.Conflict, "store.run_over", "run", string(id))
	}
	return err
}

// dataset finds or makes the dataset and gives out the scan's number.
func (p *putter) dataset(r ScanRecord) (d asset.Dataset, number int64, isNew bool, err error) {
	src, err := p.sourceID(r.Address.Source)
	if err != nil {
		return d, 0, false, err
	}
	var id, party string
	var retired sql.NullString
	d = asset.Dataset{Locator: r.Address.Locator, Format: r.Format}
	err = p.tx.QueryRowContext(p.ctx, `
		SELECT id, party, name, scans, retired_at
		FROM dataset
		WHERE source = $1 AND locator = $2`, src, d.Locator).Scan(&id, &party, &d.Name, &number, &retired)
	if errors.Is(err, sql.ErrNoRows) {
		d, err = p.newDataset(src, r)
		return d, 1, true, err
	}
	if err != nil {
		return d, 0, false, err
	}
	if err := errors.Join(d.ID.UnmarshalText([]byte(id)), d.Party.UnmarshalText([]byte(party))); err != nil {
		return d, 0, false, err
	}
	if err := p.exec(`
		UPDATE dataset
		SET format = $1, seen_at = $2, scans = $3, valid_to = NULL, retired_at = NULL
		WHERE id = $4`, d.Format, p.now, number+1, id); err != nil {
		return d, 0, false, err
	}
	if retired.Valid {
		err = p.audit(p.ctx, p.tx, p.actor, "dataset.unretire", id)
	}
	return d, number + 1, false, err
}

func (p *putter) sourceID(locator string) (string, error) {
	var id string
	err := p.tx.QueryRowContext(p.ctx, `SELECT id FROM source WHERE locator = $1`, locator).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	minted, err := asset.Mint[asset.SourceID](p.mint)
	if err != nil {
		return "", err
	}
	return minted.String(), p.exec(`
		INSERT INTO source (id, party, locator, created_at)
		VALUES ($1, $2, $3, $4)`, minted.String(), p.actor.Party.String(), locator, p.now)
}

func (p *putter) newDataset(src string, r ScanRecord) (d asset.Dataset, err error) {
	d = asset.Dataset{Party: p.actor.Party, Locator: r.Address.Locator, Format: r.Format}
	if d.ID, err = asset.Mint[asset.DatasetID](p.mint); err != nil {
		return d, err
	}
	if d.Name, err = p.freeName(r.Name); err != nil {
		return d, err
	}
	return d, p.exec(`
		INSERT INTO dataset (id, party, source, locator, name, words, format, scans, seen_at, created_at, valid_from)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8, $8)`,
		d.ID.String(), d.Party.String(), src, d.Locator, d.Name, searchWords(d.Name, d.Locator), d.Format, p.now)
}

// searchWords is what Filter.Match looks into. It is folded here because databases
// fold differently.
func searchWords(name, locator string) string { return strings.ToLower(name + "\n" + locator) }

// freeName is the wished name, or wished-2, wished-3, …. With many of one name the
// free number is found by doubling and halving; where names in between were given
// back it may not be the least.
func (p *putter) freeName(wished string) (string, error) {
	wished = strings.TrimSpace(wished)
	if wished == "" {
		wished = "dataset"
	}
	name := func(n int64) string {
		if n == 1 {
			return wished
		}
		return wished + "-" + itoa(n)
	}
	taken := func(n int64) (bool, error) {
		var count int
		err := p.tx.QueryRowContext(p.ctx, `SELECT COUNT(*) FROM dataset WHERE name = $1`, name(n)).Scan(&count)
		return count > 0, err
	}
	low, high := int64(0), int64(1) // low is taken, high is not known
	for {
		is, err := taken(high)
		if err != nil {
			return "", err
		}
		if !is {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		mid := (low + high) / 2
		is, err := taken(mid)
		if err != nil {
			return "", err
		}
		if is {
			low = mid
		} else {
			high = mid
		}
	}
	return name(high), nil
}

type knownColumn struct {
	id       string
	position int
}

func (p *putter) knownColumns(d asset.DatasetID) (map[string]knownColumn, error) {
	rows, err := p.tx.QueryContext(p.ctx, `
		SELECT path, id, position
		FROM col
		WHERE dataset = $1 AND retired_at IS NULL`, d.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known := map[string]knownColumn{}
	for rows.Next() {
		var path string
		var k knownColumn
		if err := rows.Scan(&path, &k.id, &k.position); err != nil {
			return nil, err
		}
		known[path] = k
	}
	return known, rows.Err()
}

// identify gives each column the id it had, or a new one, and writes it into the
// body, whose sum covers it.
func (p *putter) identify(known map[string]knownColumn, d asset.DatasetID, facts []profile.ColumnFacts, b *body) ([]asset.Column, error) {
	columns := make([]asset.Column, len(facts))
	for i := range facts {
		c := asset.Column{Dataset: d, Path: facts[i].Path, Position: facts[i].Position}
		var err error
		if k, ok := known[c.Path]; ok {
			err = c.ID.UnmarshalText([]byte(k.id))
		} else {
			c.ID, err = asset.Mint[asset.ColumnID](p.mint)
		}
		if err != nil {
			return nil, err
		}
		columns[i], b.columns[i].id = c, c.ID.String()
	}
	return columns, nil
}

func (p *putter) insertScan(owner asset.PartyID, h *Scan, b body) error {
	bodySum := b.sum()
	return p.exec(`
		INSERT INTO scan (id, party, dataset, number, run, actor, started_at, recorded_at,
			extent, partial, fingerprint, row_count, rejected, byte_count, columns, stat, method,
			wall_ns, cpu_ns, bytes_read, host_class, facts_sum, sum, description, parts, facts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
			$18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		h.ID.String(), owner.String(), h.Dataset.String(), h.Number,
		sql.NullString{String: string(h.Run), Valid: h.Run != ""}, h.Actor.String(),
		stamp(h.Started), stamp(h.Recorded), string(h.Extent), h.Partial, h.Fingerprint.String(),
		h.Rows, h.Rejected, h.Bytes, h.Columns, h.Stat, h.Method,
		int64(h.Cost.Wall), int64(h.Cost.CPU), h.Cost.BytesRead, h.Cost.HostClass,
		bodySum, h.sum(bodySum), b.description, b.parts, b.facts)
}

func (p *putter) insertColumns(owner asset.PartyID, known map[string]knownColumn, columns []asset.Column, scan string, b body) error {
	fresh, err := p.tx.PrepareContext(p.ctx, `
		INSERT INTO col (id, party, dataset, path, position, first_scan, last_scan)
		VALUES ($1, $2, $3, $4, $5, $6, $6)`)
	if err != nil {
		return err
	}
	defer fresh.Close()
	seen, err := p.tx.PrepareContext(p.ctx, `
		UPDATE col
		SET position = $1, last_scan = $2
		WHERE id = $3`)
	if err != nil {
		return err
	}
	defer seen.Close()
	facts, err := p.tx.PrepareContext(p.ctx, `
		INSERT INTO scan_column (scan, n, party, col, facts)
		VALUES ($1, $2, $3, $4, $5)`)
	if err != nil {
		return err
	}
	defer facts.Close()
	party := owner.String()
	for n, c := range columns {
		if _, ok := known[c.Path]; ok {
			_, err = seen.ExecContext(p.ctx, c.Position, scan, c.ID.String())
		} else {
			_, err = fresh.ExecContext(p.ctx, c.ID.String(), party, c.Dataset.String(), c.Path, c.Position, scan)
		}
		if err != nil {
			return err
		}
		if _, err := facts.ExecContext(p.ctx, scan, n, party, c.ID.String(), b.columns[n].facts); err != nil {
			return err
		}
	}
	return nil
}
