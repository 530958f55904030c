package store

import (
	"context"
	"database/sql"
	"time"

	"assay/asset"
	"assay/fault"
)

// Policy says which scans keep their facts. Both conditions must hold for a scan to
// be pruned. The newest scan of a dataset always keeps its facts.
type Policy struct {
	Keep   int       // newest scans of each dataset that stay whole; at least 1
	Before time.Time // only scans recorded before; zero = of any age
}

// Pruned counts what Prune removed.
type Pruned struct {
	Scans   int64 // scans that kept nothing but their header
	Columns int64 // facts of columns removed with them
	Skipped int64 // passed-over items of runs other than the last
}

// Prune removes facts, descriptions and file lists of old scans; header and
// fingerprint stay. Removed bytes are overwritten. There is no undo but a backup.
func (s *Store) Prune(ctx context.Context, actor asset.Actor, p Policy) (n Pruned, err error) {
	if p.Keep < 1 {
		return n, fault.New(fault.Invalid, "store.prune_keep")
	}
	before := "9999"
	if !p.Before.IsZero() {
		before = stamp(p.Before)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		n = Pruned{}
		for _, step := range []struct {
			count *int64
			query string
			args  []any
		}{{&n.Scans, `
			UPDATE scan
			SET description = NULL, parts = NULL, facts = NULL, pruned_at = $3
			WHERE pruned_at IS NULL
				AND recorded_at < $2
				AND number <= (SELECT d.scans FROM dataset d WHERE d.id = scan.dataset) - $1`,
			[]any{p.Keep, before, stamp(s.now())}}, {&n.Columns, `
			DELETE FROM scan_column
			WHERE scan IN (SELECT id FROM scan WHERE pruned_at IS NOT NULL)`, nil}, {&n.Skipped, `
			DELETE FROM skipped
			WHERE run NOT IN (SELECT id FROM scan_run WHERE number = (SELECT MAX(number) FROM scan_run))`, nil},
		} {
			res, err := tx.ExecContext(ctx, step.query, step.args...)
			if err != nil {
				return err
			}
			if *step.count, err = res.RowsAffected(); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, actor, "store.prune", itoa(n.Scans))
	})
	if err != nil {
		return Pruned{}, err
	}
	// Until the log is emptied into the main file, it still holds old pages.
	return n, s.emptyLog(ctx)
}
