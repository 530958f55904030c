package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"time"

	"assay/asset"
	"assay/profile"
	"assay/source"
)

// FilesSource is the locator of the source that all files of this machine belong to.
const FilesSource = "file:"

// Address is where a dataset is now: a locator within a source. It is unique.
type Address struct {
	Source  string // locator of the source; FilesSource for files
	Locator string // as source.Dataset has it; holds no secret
}

// Part is one file of a scanned dataset, as it was when read.
type Part struct {
	Path        string            `json:"path"` // as the operating system knows it
	Name        string            `json:"name"` // within the dataset, as in the fingerprint
	Stat        source.Stat       `json:"stat"`
	Fingerprint asset.Fingerprint `json:"fingerprint,omitzero"`
}

// ScanRecord is what one reading of a dataset found out, to be kept whole.
type ScanRecord struct {
	Run     RunID // zero = outside a run
	Address Address
	Name    string // wished name of a new dataset; PutScan makes it unique
	Format  string
	// Scan needs Started, Extent, Rows, Rejected and Method; ID, Dataset, Actor and
	// Recorded are PutScan's to set.
	Scan  asset.Scan
	Parts []Part
	Facts *profile.Facts
}

// Scan is the header of a recorded scan. It stays when the facts are pruned.
type Scan struct {
	asset.Scan
	Number  int64 // of the dataset's scans, from 1; the order that counts
	Columns int
	Run     RunID
	Pruned  time.Time // zero = facts are there
}

// headerColumns are read by scanHeader, in its order.
const headerColumns = `
	s.id, s.dataset, s.number, s.run, s.actor, s.started_at, s.recorded_at, s.extent,
	s.partial, s.fingerprint, s.row_count, s.rejected, s.byte_count, s.columns, s.stat,
	s.method, s.wall_ns, s.cpu_ns, s.bytes_read, s.host_class, s.pruned_at`

// scanHeader reads headerColumns and then more.
func scanHeader(row interface{ Scan(...any) error }, more ...any) (Scan, error) {
	var h Scan
	var id, dataset, actor, started, recorded, extent, fingerprint string
	var run, pruned sql.NullString
	if err := row.Scan(append([]any{
		&id, &dataset, &h.Number, &run, &actor, &started, &recorded, &extent,
		&h.Partial, &fingerprint, &h.Rows, &h.Rejected, &h.Bytes, &h.Columns, &h.Stat,
		&h.Method, &h.Cost.Wall, &h.Cost.CPU, &h.Cost.BytesRead, &h.Cost.HostClass, &pruned,
	}, more...)...); err != nil {
		return Scan{}, err
	}
	h.Run, h.Extent = RunID(run.String), asset.Extent(extent)
	for _, f := range []struct {
		into interface{ UnmarshalText([]byte) error }
		text string
	}{{&h.ID, id}, {&h.Dataset, dataset}, {&h.Actor, actor}, {&h.Fingerprint, fingerprint}} {
		if err := f.into.UnmarshalText([]byte(f.text)); err != nil {
			return Scan{}, err
		}
	}
	var err error
	if h.Started, err = unstamp(started); err != nil {
		return Scan{}, err
	}
	if h.Recorded, err = unstamp(recorded); err != nil {
		return Scan{}, err
	}
	h.Pruned, err = unstampNull(pruned)
	return h, err
}

// body is what a scan found, as text: what pruning removes.
type body struct {
	description string
	parts       string
	facts       string // profile.Facts without columns and description
	columns     []columnBody
}

type columnBody struct{ id, facts string }

func encodeBody(r ScanRecord) (body, error) {
	var b body
	rest := *r.Facts
	rest.Columns, rest.Description = nil, source.Description{}
	parts := r.Parts
	if parts == nil {
		parts = []Part{}
	}
	for _, f := range []struct {
		into *string
		v    any
	}{{&b.description, r.Facts.Description}, {&b.parts, parts}, {&b.facts, rest}} {
		text, err := json.Marshal(f.v)
		if err != nil {
			return body{}, err
		}
		*f.into = string(text)
	}
	for i := range r.Facts.Columns {
		c := &r.Facts.Columns[i]
		text, err := json.Marshal(c)
		if err != nil {
			return body{}, fmt.Errorf("facts of column %d: %w", c.Position, err)
		}
		b.columns = append(b.columns, columnBody{facts: string(text)})
	}
	return b, nil
}

func (b body) decode() (*profile.Facts, error) {
	f := &profile.Facts{}
	if err := json.Unmarshal([]byte(b.facts), f); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(b.description), &f.Description); err != nil {
		return nil, err
	}
	f.Columns = make([]profile.ColumnFacts, len(b.columns))
	for i, c := range b.columns {
		if err := json.Unmarshal([]byte(c.facts), &f.Columns[i]); err != nil {
			return nil, fmt.Errorf("facts of column %d: %w", i, err)
		}
	}
	return f, nil
}

// sum is the SHA-256 of the body: see docs/formats/store.md, "Sums".
func (b body) sum() string {
	h := newSummer('B')
	h.text(b.description)
	h.text(b.parts)
	h.text(b.facts)
	for _, c := range b.columns {
		h.text(c.id)
		h.text(c.facts)
	}
	return h.hex()
}

// sum is the SHA-256 of the header and of the body's sum.
func (h *Scan) sum(bodySum string) string {
	w := newSummer('H')
	for _, t := range []string{h.ID.String(), h.Dataset.String(), string(h.Run), h.Actor.String(),
		stamp(h.Started), stamp(h.Recorded), string(h.Extent), h.Partial, h.Fingerprint.String(),
		h.Stat, h.Method, h.Cost.HostClass, bodySum} {
		w.text(t)
	}
	for _, n := range []int64{h.Number, h.Rows, h.Rejected, h.Bytes, int64(h.Columns),
		int64(h.Cost.Wall), int64(h.Cost.CPU), h.Cost.BytesRead} {
		w.number(n)
	}
	return w.hex()
}

const sumVersion = 1

// summer hashes fields so that no two sequences of fields look alike.
type summer struct{ h hash.Hash }

func newSummer(what byte) summer {
	s := summer{sha256.New()}
	s.h.Write([]byte{sumVersion, what})
	return s
}

func (s summer) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	s.h.Write(b[:])
}

func (s summer) text(t string) {
	s.number(int64(len(t)))
	s.h.Write([]byte(t))
}

func (s summer) hex() string { return hex.EncodeToString(s.h.Sum(nil)) }

// readBody reads what pruning has not removed, and the two sums.
func readBody(ctx context.Context, tx *sql.Tx, id string) (b body, bodySum, headerSum string, err error) {
	var description, parts, facts sql.NullString
	if err := tx.QueryRowContext(ctx, `
		SELECT description, parts, facts, facts_sum, sum
		FROM scan
		WHERE id = $1`, id).Scan(&description, &parts, &facts, &bodySum, &headerSum); err != nil {
		return body{}, "", "", err
	}
	b = body{description: description.String, parts: parts.String, facts: facts.String}
	rows, err := tx.QueryContext(ctx, `
		SELECT col, facts
		FROM scan_column
		WHERE scan = $1
		ORDER BY n`, id)
	if err != nil {
		return body{}, "", "", err
	}
	defer rows.Close()
	for rows.Next() {
		var c columnBody
		if err := rows.Scan(&c.id, &c.facts); err != nil {
			return body{}, "", "", err
		}
		b.columns = append(b.columns, c)
	}
	return b, bodySum, headerSum, rows.Err()
}
