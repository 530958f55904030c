package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"assay/asset"
	"assay/fault"
)

// What lies in a home.
const (
	dbName      = "store.db"
	keyName     = "key"
	backupsName = "backups"
	lockName    = "lock"
	keySize     = 32
)

// prepareHome makes the folder and an empty database file where there is no home yet,
// and reads the key.
//
// A home comes into being in this order, each step surviving a crash before the next:
// the empty file, the schema, the key, the record that knows the key. So a key without
// a schema means that records were lost, and is refused instead of begun anew.
func (s *Store) prepareHome() error {
	info, err := os.Stat(s.home)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !s.readOnly:
		if err := os.MkdirAll(s.home, 0o700); err != nil {
			return s.fileFault(err, s.home)
		}
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "store.no_home", "home", s.home)
	case err != nil:
		return s.fileFault(err, s.home)
	case !info.IsDir():
		return fault.New(fault.Invalid, "store.home_is_file", "home", s.home)
	}
	if err := s.readKey(); err != nil {
		return err
	}
	_, err = os.Stat(s.file(dbName))
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return s.fileFault(err, s.file(dbName))
	case s.hasKey:
		return fault.Wrap(err, fault.Internal, "store.lost", s.corruptParams()...)
	case s.readOnly:
		return fault.Wrap(err, fault.NotFound, "store.no_home", "home", s.home)
	}
	// SQLite gives -wal and -shm the mode of the database, so the database is made
	// here, with 0600, before SQLite sees it.
	f, err := os.OpenFile(s.file(dbName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return s.fileFault(err, s.file(dbName))
	}
	if err := errors.Join(f.Close(), syncDir(s.home)); err != nil {
		return s.fileFault(err, s.home)
	}
	return nil
}

// makeKey writes a new key unless another process was faster, and reads what is there.
func (s *Store) makeKey() error {
	key := make([]byte, keySize)
	entropy := s.mint.Entropy
	if entropy == nil {
		entropy = rand.Reader
	}
	if _, err := io.ReadFull(entropy, key); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if err := errors.Join(writeNew(s.file(keyName), key), syncDir(s.home)); err != nil {
		return s.fileFault(err, s.file(keyName))
	}
	return s.readKey()
}

// writeNew puts data at path, whole or not at all, unless something is there.
func writeNew(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	err = os.Link(tmp.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		return nil
	}
	// A file system without links: the race that remains is between two first
	// starts, and the loser finds that its key does not match the store.
	if _, statErr := os.Stat(path); statErr == nil {
		return nil
	}
	return os.Rename(tmp.Name(), path)
}

// readKey reads the key where there is one.
func (s *Store) readKey() error {
	key, err := os.ReadFile(s.file(keyName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return s.fileFault(err, s.file(keyName))
	}
	if len(key) != keySize {
		return fault.New(fault.Invalid, "store.key_wrong", "path", s.file(keyName))
	}
	s.hasKey = true
	copy(s.key[:], key)
	return nil
}

// keyCheck tells keys apart without telling the key.
func keyCheck(key [keySize]byte) string {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte("assay key check 1"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// readIdentity finds the home's party and makes sure that the key belongs to it.
func (s *Store) readIdentity(ctx context.Context) error {
	party, check, err := identity(ctx, s.db)
	if errors.Is(err, sql.ErrNoRows) && !s.readOnly {
		if err := s.makeKey(); err != nil {
			return err
		}
		if err := s.write(ctx, func(tx *sql.Tx) error { return s.foundHome(ctx, tx) }); err != nil {
			return err
		}
		party, check, err = identity(ctx, s.db)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Wrap(err, fault.Internal, "store.corrupt", s.corruptParams()...)
	}
	if err != nil {
		return err
	}
	if !s.hasKey { // another process may have made the home since prepareHome looked
		if err := s.readKey(); err != nil {
			return err
		}
	}
	if !s.hasKey {
		return fault.New(fault.NotFound, "store.key_missing", "path", s.file(keyName))
	}
	if check != keyCheck(s.key) {
		return fault.New(fault.Invalid, "store.key_wrong", "path", s.file(keyName))
	}
	return s.party.UnmarshalText([]byte(party))
}

func identity(ctx context.Context, q querier) (party, check string, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT party, key_check
		FROM home
		WHERE one = 1`).Scan(&party, &check)
	return party, check, err
}

// foundHome records the home itself, the first time: its party, and which key
// belongs to it.
func (s *Store) foundHome(ctx context.Context, tx *sql.Tx) error {
	if _, _, err := identity(ctx, tx); !errors.Is(err, sql.ErrNoRows) {
		return err // another process was faster
	}
	party, err := asset.Mint[asset.PartyID](s.mint)
	if err != nil {
		return err
	}
	now := stamp(s.now())
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO party (id, name, created_at)
		VALUES ($1, $2, $3)`, party.String(), "local", now); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO home (one, party, key_check, created_at)
		VALUES (1, $1, $2, $3)`, party.String(), keyCheck(s.key), now)
	return err
}

// querier is what a database and a transaction have in common.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// fileFault says what the operating system refused.
func (s *Store) fileFault(err error, path string) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.Denied, "store.denied", "path", path)
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "store.file_missing", "path", path)
	case isFull(err):
		return fault.Wrap(err, fault.Exhausted, "store.full", "home", s.home)
	case isReadOnly(err):
		return fault.Wrap(err, fault.Denied, "store.denied", "path", path)
	}
	return fault.Wrap(err, fault.Unavailable, "store.io", "path", path)
}

// layout of instants: fixed width, so that text order is time order.
const instant = "2006-01-02T15:04:05.000000000Z"

func stamp(t time.Time) string { return t.UTC().Format(instant) }

func unstamp(s string) (time.Time, error) { return time.Parse(instant, s) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
