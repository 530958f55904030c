package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// RunID names one invocation of `assay scan`: a ULID. The zero value is "no run".
type RunID string

// RunStatus is how a run stands.
type RunStatus string

// The states of a run. Interrupted is set by the next Open when the process ended
// without a word.
const (
	RunRunning     RunStatus = "running"
	RunDone        RunStatus = "done"
	RunFailed      RunStatus = "failed"
	RunCancelled   RunStatus = "cancelled"
	RunInterrupted RunStatus = "interrupted"
)

// Outcome is how a run ended.
type Outcome struct {
	Status    RunStatus // done, failed or cancelled
	Unchanged int       // datasets that were assumed unchanged
	Failed    int       // datasets that could not be scanned; they are in Skipped too
	Skipped   []source.Skipped
}

// Run is one invocation of `assay scan`, as recorded.
type Run struct {
	ID      RunID
	Number  int64  // from 1, in the order of beginning
	Actor   string // login name
	Paths   []string
	Started time.Time
	Ended   time.Time // zero while running, and of an interrupted run the time it was found
	Scanned int       // scans recorded
	Outcome
}

// BeginRun records that actor begins to scan paths. The run counts as alive as long
// as this process lives and neither EndRun nor Close was called.
func (s *Store) BeginRun(ctx context.Context, actor asset.Actor, paths []string) (RunID, error) {
	minted, err := asset.Mint[asset.ScanID](s.mint)
	if err != nil {
		return "", err
	}
	id := RunID(minted.String())
	text, err := json.Marshal(nonNil(paths))
	if err != nil {
		return "", err
	}
	if s.readOnly {
		return "", fault.New(fault.Denied, "store.opened_read_only", "home", s.home)
	}
	// The lock comes first: a running run without one counts as dead.
	alive, err := s.tryLock(id.lock())
	if err != nil {
		return "", err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO scan_run (id, party, actor, number, status, paths, started_at)
			SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1, 'running', $4, $5
			FROM scan_run`,
			string(id), actor.Party.String(), actor.Account.String(), string(text), stamp(s.now()))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, actor, "run.begin", string(id))
	})
	if err != nil {
		s.dropRunLock(id, alive)
		return "", err
	}
	s.mu.Lock()
	s.runs[id] = alive
	s.mu.Unlock()
	return id, nil
}

// EndRun records how a run ended and what it passed over. Give it a context that
// outlives a cancelled scan (context.WithoutCancel). A run that is not running is a
// Conflict.
func (s *Store) EndRun(ctx context.Context, actor asset.Actor, id RunID, o Outcome) error {
	switch o.Status {
	case RunDone, RunFailed, RunCancelled:
	default:
		return fault.New(fault.Invalid, "store.run_status", "status", string(o.Status))
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			UPDATE scan_run
			SET status = $1, ended_at = $2, unchanged = $3, failed = $4, skipped = $5,
				scanned = (SELECT COUNT(*) FROM scan WHERE run = $6)
			WHERE id = $6 AND status = 'running'`,
			string(o.Status), stamp(s.now()), o.Unchanged, o.Failed, len(o.Skipped), string(id))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.Conflict, "store.run_over", "run", string(id)))
		}
		if err := putSkipped(ctx, tx, actor, id, o.Skipped); err != nil {
			return err
		}
		return s.audit(ctx, tx, actor, "run.end", string(id))
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	alive := s.runs[id]
	delete(s.runs, id)
	s.mu.Unlock()
	if alive != nil {
		s.dropRunLock(id, alive)
	}
	return nil
}

func putSkipped(ctx context.Context, tx *sql.Tx, a asset.Actor, id RunID, all []source.Skipped) error {
	for n, k := range all {
		params, err := json.Marshal(k.Params)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO skipped (run, n, party, locator, code, params)
			VALUES ($1, $2, $3, $4, $5, $6)`,
			string(id), n, a.Party.String(), k.Locator, k.Code, string(params)); err != nil {
			return err
		}
	}
	return nil
}

// LastRun returns the run begun last, with what it passed over. ok is false when
// there was none.
func (s *Store) LastRun(ctx context.Context) (r Run, ok bool, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		var id, paths, started, status string
		var ended sql.NullString
		err := tx.QueryRowContext(ctx, `
			SELECT r.id, r.number, a.name, r.status, r.paths, r.started_at, r.ended_at,
				r.unchanged, r.failed, (SELECT COUNT(*) FROM scan WHERE run = r.id)
			FROM scan_run r
			JOIN account a ON a.id = r.actor
			ORDER BY r.number DESC
			LIMIT 1`).Scan(&id, &r.Number, &r.Actor, &status, &paths, &started, &ended,
			&r.Unchanged, &r.Failed, &r.Scanned)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		ok = true
		r.ID, r.Status = RunID(id), RunStatus(status)
		if err := json.Unmarshal([]byte(paths), &r.Paths); err != nil {
			return err
		}
		if r.Started, err = unstamp(started); err != nil {
			return err
		}
		if r.Ended, err = unstampNull(ended); err != nil {
			return err
		}
		r.Skipped, err = skippedOf(ctx, tx, r.ID)
		return err
	})
	return r, ok, err
}

func skippedOf(ctx context.Context, tx *sql.Tx, id RunID) ([]source.Skipped, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT locator, code, params
		FROM skipped
		WHERE run = $1
		ORDER BY n`, string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []source.Skipped
	for rows.Next() {
		var k source.Skipped
		var params string
		if err := rows.Scan(&k.Locator, &k.Code, &params); err != nil {
			return nil, err
		}
		var p message.Params
		if err := json.Unmarshal([]byte(params), &p); err != nil {
			return nil, err
		}
		k.Params = p
		all = append(all, k)
	}
	return all, rows.Err()
}

// markInterrupted finds runs whose process ended without EndRun: they are running by
// the record, but nobody holds their lock.
func (s *Store) markInterrupted(ctx context.Context) error {
	var running []string
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		running, err = texts(ctx, tx, `
			SELECT id
			FROM scan_run
			WHERE status = 'running'`)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range running {
		id := RunID(r)
		lock, err := s.tryLock(id.lock())
		if err != nil {
			return err
		}
		if lock == nil {
			continue // alive
		}
		err = s.write(ctx, func(tx *sql.Tx) error {
			// The run may have ended between the two looks: then it is not running.
			_, err := tx.ExecContext(ctx, `
				UPDATE scan_run
				SET status = 'interrupted', ended_at = $1,
					scanned = (SELECT COUNT(*) FROM scan WHERE run = $2)
				WHERE id = $2 AND status = 'running'`, stamp(s.now()), r)
			return err
		})
		s.dropRunLock(id, lock)
		if err != nil {
			return err
		}
	}
	return nil
}

func (id RunID) lock() string { return "run-" + string(id) }

// dropRunLock removes a run's lock file: unlike a named lock, nobody waits for it.
func (s *Store) dropRunLock(id RunID, f *os.File) {
	release(f)
	// Best effort: a file left over is empty and its run is over.
	_ = os.Remove(s.file(lockName, id.lock()))
}

func nonNil(a []string) []string {
	if a == nil {
		return []string{}
	}
	return a
}

func unstampNull(v sql.NullString) (time.Time, error) {
	if !v.Valid {
		return time.Time{}, nil
	}
	return unstamp(v.String)
}
