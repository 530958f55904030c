package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io/fs"
)

// Wrapped puts wrap between the store and its driver.
func (o Options) Wrapped(wrap func(driver.Connector) driver.Connector) Options {
	o.wrap = wrap
	return o
}

// Migrated gives the store other migrations than the released ones.
func (o Options) Migrated(fsys fs.FS) Options {
	o.migrations = fsys
	return o
}

// ReleasedMigrations are the ones of this program.
func ReleasedMigrations() fs.FS { return releasedMigrations() }

// DB is the database below s.
func (s *Store) DB() *sql.DB { return s.db }

// HeaderColumns and SummaryColumns are pieces of statements.
const (
	HeaderColumns  = headerColumns
	SummaryColumns = summaryColumns
)

// Unpack is the first half of Restore.
func Unpack(ctx context.Context, archive, dir string) error { return unpack(ctx, archive, dir) }
