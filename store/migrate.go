package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/fault"
)

// Migrations are forward-only and never edited once released: an applied one whose
// text changed is refused at open.
//
//go:embed migrations/sqlite/*.sql
var migrationFiles embed.FS

// keptBackups is how many automatic backups a home keeps.
const keptBackups = 5

type migration struct {
	version int    // from 1, without gaps
	name    string // of the file, "0001_first"
	sha256  string
	text    string // empty for one that was read from the store
}

func releasedMigrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations/sqlite")
	if err != nil {
		panic(err) // the path is a constant and valid
	}
	return sub
}

func readMigrations(fsys fs.FS) ([]migration, error) {
	names, err := fs.Glob(fsys, "*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, file := range names {
		name := strings.TrimSuffix(file, ".sql")
		if !strings.HasPrefix(name, fmt.Sprintf("%04d_", i+1)) {
			return nil, fmt.Errorf("migration %s: want number %04d", file, i+1)
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{i + 1, name, hex.EncodeToString(sum[:]), string(text)})
	}
	return all, nil
}

// bringUpToDate applies what is missing of released. An existing store is copied
// into the backups first.
func (s *Store) bringUpToDate(ctx context.Context, released []migration) error {
	pending, _, err := s.pending(ctx, released)
	if err != nil || len(pending) == 0 {
		return err
	}
	if s.readOnly {
		return fault.New(fault.Conflict, "store.needs_migration", "home", s.home)
	}
	unlock, err := s.Lock(ctx, "migrate")
	if err != nil {
		return err
	}
	defer unlock()
	// Another process may have done it while this one waited for the lock.
	pending, version, err := s.pending(ctx, released)
	if err != nil {
		return err
	}
	if version > 0 && len(pending) > 0 {
		if err := s.backupBeforeMigration(ctx, version); err != nil {
			return err
		}
	}
	for _, m := range pending {
		if err := inTx(ctx, s.db, &sql.TxOptions{}, func(tx *sql.Tx) error { return s.apply(ctx, tx, m) }); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	// The schema belongs in the main file: a home whose log file gets lost must not
	// look like an empty one.
	_, err = s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// pending compares what the store has with what this program knows.
func (s *Store) pending(ctx context.Context, released []migration) (todo []migration, version int, err error) {
	var id, tables int
	if err := s.db.QueryRowContext(ctx, `
		SELECT application_id, (SELECT count(*) FROM sqlite_master)
		FROM pragma_application_id`).Scan(&id, &tables); err != nil {
		return nil, 0, err
	}
	if tables == 0 && s.hasKey {
		return nil, 0, fault.New(fault.Internal, "store.lost", s.corruptParams()...)
	}
	if tables == 0 {
		return released, 0, nil
	}
	if id != applicationID {
		return nil, 0, fault.New(fault.Invalid, "store.foreign", "path", s.file(dbName))
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(applied) > len(released) {
		return nil, 0, fault.New(fault.Unsupported, "store.newer", "home", s.home,
			"have", itoa(int64(len(applied))), "know", itoa(int64(len(released))))
	}
	for i, a := range applied {
		if r := released[i]; a.version != r.version || a.name != r.name || a.sha256 != r.sha256 {
			return nil, 0, fault.New(fault.Internal, "store.migration_changed", "name", a.name, "home", s.home)
		}
	}
	return released[len(applied):], len(applied), nil
}

func (s *Store) applied(ctx context.Context) ([]migration, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT version, name, sha256
		FROM schema_migration
		ORDER BY version`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []migration
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.name, &m.sha256); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

func (s *Store) apply(ctx context.Context, tx *sql.Tx, m migration) error {
	if m.version == 1 {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`
			PRAGMA application_id = %d;
			CREATE TABLE schema_migration (
				version    INTEGER PRIMARY KEY,
				name       TEXT NOT NULL UNIQUE,
				sha256     TEXT NOT NULL,
				applied_at TEXT NOT NULL
			) STRICT`, applicationID)); err != nil {
			return err
		}
	}
	// A migration that rebuilds a table breaks references for a moment; they are
	// checked at the commit, which fails when one stays broken.
	if _, err := tx.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON;\n"+m.text); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO schema_migration (version, name, sha256, applied_at)
		VALUES ($1, $2, $3, $4)`, m.version, m.name, m.sha256, stamp(s.now()))
	return err
}

// backupBeforeMigration copies the store to backups/TIME-vVERSION.db and keeps the
// newest few of such copies.
func (s *Store) backupBeforeMigration(ctx context.Context, version int) error {
	dir := s.file(backupsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s.fileFault(err, dir)
	}
	made := filepath.Join(dir, fmt.Sprintf("%s-v%d.db", compact(s.now()), version))
	if err := s.copyWhole(ctx, made); err != nil {
		return err
	}
	copies, err := filepath.Glob(filepath.Join(dir, "*Z-v*.db"))
	if err != nil {
		return err
	}
	slices.Sort(copies) // by time, which leads the name
	copies = slices.DeleteFunc(copies, func(c string) bool { return c == made })
	for len(copies) > keptBackups-1 {
		if err := os.Remove(copies[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s.fileFault(err, copies[0])
		}
		copies = copies[1:]
	}
	return nil
}

// copyWhole is copyTo through a temporary name: a copy that lies at path is whole.
func (s *Store) copyWhole(ctx context.Context, path string) error {
	tmp := path + ".part"
	// A part left by a process that died is of no use.
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.fileFault(err, tmp)
	}
	if err := s.copyTo(ctx, tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return s.fileFault(err, path)
	}
	return syncDir(filepath.Dir(path))
}

// compact is an instant as part of a file name; no colon, for Windows.
func compact(t time.Time) string { return t.UTC().Format("20060102T150405.000000000Z") }
