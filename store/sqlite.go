package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"assay/fault"
)

// applicationID marks the file as ours ("assy"), so that another program's
// database is refused instead of filled with our tables.
const applicationID = 0x61737379

// pragmas of every connection that writes.
//
// synchronous=FULL syncs the write-ahead log at each commit: what was reported as
// recorded survives a power cut (NORMAL may lose the last commits). secure_delete
// overwrites what a prune or an erasure removes. busy_timeout lets writers of
// several processes take turns.
var pragmas = url.Values{"_pragma": {
	"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
	"foreign_keys(ON)", "secure_delete(ON)",
}}

// connect opens the database file. Write transactions begin as IMMEDIATE: one that
// began by reading could otherwise fail at its first write, when another process
// wrote in between.
func connect(path string, readOnly bool, wrap func(driver.Connector) driver.Connector) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"}, "_defensive": {"1"}}
	if readOnly {
		q.Set("mode", "ro")
		q["_pragma"] = []string{"busy_timeout(10000)", "foreign_keys(ON)"}
		if frozen(path) {
			q.Set("immutable", "1")
		}
	} else {
		q.Set("mode", "rw")
		q["_pragma"] = pragmas["_pragma"]
	}
	c, err := sqlite.NewConnector(fileURI(path) + "?" + q.Encode())
	if err != nil {
		return nil, err
	}
	if wrap != nil {
		c = wrap(c)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(2)
	return db, nil
}

// frozen reports whether the database lies where nothing can be written and has no
// write-ahead log waiting. SQLite cannot open such a file with a shared-memory
// index and must be told that nobody changes it.
func frozen(path string) bool {
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return false
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".probe-*")
	if err != nil {
		return true
	}
	// Best effort: an empty probe file left behind harms nobody.
	_ = errors.Join(probe.Close(), os.Remove(probe.Name()))
	return false
}

// fileURI is the SQLite URI of an absolute path, https://www.sqlite.org/uri.html.
func fileURI(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // a drive letter: file:///C:/…
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

// explain turns an error of the driver into a fault that says what to do. Faults and
// the end of ctx pass through.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		if errors.As(err, new(*fs.PathError)) {
			return s.fileFault(err, s.home)
		}
		return fault.Wrap(err, fault.Internal, "store.internal", "home", s.home)
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		return fault.Wrap(err, fault.Exhausted, "store.full", "home", s.home)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, "store.busy", "home", s.home)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fault.Wrap(err, fault.Internal, "store.corrupt", s.corruptParams()...)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return fault.Wrap(err, fault.Denied, "store.denied", "path", s.file(dbName))
	case lib.SQLITE_CANTOPEN:
		return fault.Wrap(err, fault.Denied, "store.cannot_open", "path", s.file(dbName))
	case lib.SQLITE_IOERR:
		return fault.Wrap(err, fault.Unavailable, "store.io", "path", s.file(dbName))
	}
	return fault.Wrap(err, fault.Internal, "store.internal", "home", s.home)
}

// corruptParams lead to the newest copy, so that the hint can name it.
func (s *Store) corruptParams() []string {
	return []string{"path", s.file(dbName), "backups", s.file(backupsName)}
}

// copyTo writes a compact copy of the store to path: one consistent state, taken
// while others go on writing. path must not exist; it appears with mode 0600.
func (s *Store) copyTo(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, `VACUUM INTO $1`, path); err != nil {
		// Best effort: a copy that is not whole must not look like one.
		_ = os.Remove(path)
		return err
	}
	return syncFile(path)
}

// checkFile runs SQLite's own checks; each returned line is one problem.
func checkFile(ctx context.Context, tx *sql.Tx) ([]string, error) {
	problems, err := texts(ctx, tx, `PRAGMA integrity_check(20)`)
	if err != nil {
		return nil, err
	}
	if slices.Equal(problems, []string{"ok"}) {
		problems = nil
	}
	broken, err := texts(ctx, tx, `SELECT "table" || ' -> ' || parent FROM pragma_foreign_key_check`)
	return append(problems, broken...), err
}

// texts collects a one-column answer.
func texts(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// emptyLog moves the write-ahead log into the main file and truncates it. Readers of
// other processes may keep it from doing so; then a later one does.
func (s *Store) emptyLog(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return s.explain(ctx, err)
}
