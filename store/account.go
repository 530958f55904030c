package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"assay/asset"
	"assay/fault"
)

// EnsureLocalActor returns the local account of that login name as an actor, and
// makes it, for the home's own party, when it is new.
func (s *Store) EnsureLocalActor(ctx context.Context, name string) (asset.Actor, error) {
	if strings.TrimSpace(name) == "" {
		return asset.Actor{}, fault.New(fault.Invalid, "store.actor_name")
	}
	actor, err := findActor(ctx, s.db, name)
	if !errors.Is(err, sql.ErrNoRows) {
		return actor, s.explain(ctx, err)
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		var err error
		if actor, err = findActor(ctx, tx, name); !errors.Is(err, sql.ErrNoRows) {
			return err // another process was faster
		}
		actor = asset.Actor{Name: name, Party: s.party}
		if actor.Account, err = asset.Mint[asset.AccountID](s.mint); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO account (id, party, name, created_at)
			VALUES ($1, $2, $3, $4)`,
			actor.Account.String(), actor.Party.String(), name, stamp(s.now())); err != nil {
			return err
		}
		return s.audit(ctx, tx, actor, "account.create", actor.Account.String())
	})
	if err != nil {
		return asset.Actor{}, err
	}
	return actor, nil
}

func findActor(ctx context.Context, q querier, name string) (asset.Actor, error) {
	var id, party string
	var disabled sql.NullString
	if err := q.QueryRowContext(ctx, `
		SELECT id, party, disabled_at
		FROM account
		WHERE name = $1`, name).Scan(&id, &party, &disabled); err != nil {
		return asset.Actor{}, err
	}
	if disabled.Valid {
		return asset.Actor{}, fault.New(fault.Denied, "store.actor_disabled", "name", name)
	}
	a := asset.Actor{Name: name}
	return a, errors.Join(a.Account.UnmarshalText([]byte(id)), a.Party.UnmarshalText([]byte(party)))
}

// Entry is one line of the audit trail.
type Entry struct {
	Number int64 // from 1, in the order of commits
	Party  asset.PartyID
	Actor  string // login name
	Verb   string // "scan.put", "dataset.retire", …
	Object string // id of what the verb was done to
	At     time.Time
}

// Audit lists the audit trail after entry number after, oldest first, at most limit
// entries (0 = 1000).
func (s *Store) Audit(ctx context.Context, after int64, limit int) ([]Entry, error) {
	if limit <= 0 {
		limit = 1000
	}
	var all []Entry
	err := s.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT u.number, u.party, a.name, u.verb, u.object, u.at
			FROM audit u
			JOIN account a ON a.id = u.actor
			WHERE u.number > $1
			ORDER BY u.number
			LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e Entry
			var party, at string
			if err := rows.Scan(&e.Number, &party, &e.Actor, &e.Verb, &e.Object, &at); err != nil {
				return err
			}
			if err := e.Party.UnmarshalText([]byte(party)); err != nil {
				return err
			}
			if e.At, err = unstamp(at); err != nil {
				return err
			}
			all = append(all, e)
		}
		return rows.Err()
	})
	return all, err
}

func (s *Store) audit(ctx context.Context, tx *sql.Tx, a asset.Actor, verb, object string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit (party, actor, verb, object, at)
		VALUES ($1, $2, $3, $4, $5)`,
		a.Party.String(), a.Account.String(), verb, object, stamp(s.now()))
	return err
}

// Usage is one delivery of data, through whatever door.
type Usage struct {
	Dataset   asset.DatasetID
	Door      string // "cat", "export", "api", …
	Rows      int64
	Bytes     int64
	Agreement string // under which it was delivered, "" = the owner's own use
}

// AddUsage records a delivery. Every door that hands out data calls it.
func (s *Store) AddUsage(ctx context.Context, a asset.Actor, u Usage) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO usage (party, actor, dataset, door, row_count, byte_count, agreement, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			a.Party.String(), a.Account.String(), u.Dataset.String(), u.Door,
			u.Rows, u.Bytes, u.Agreement, stamp(s.now()))
		return err
	})
}
