package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"assay/asset"
	"assay/fault"
)

// Options say which home to open. Home is required.
type Options struct {
	Home    string           // folder of the installation; created when missing, unless ReadOnly
	Now     func() time.Time // nil = time.Now
	Entropy io.Reader        // nil = the operating system's; need not be safe for concurrent use
	// ReadOnly refuses every verb that writes. The home stays as it is, but for the
	// -shm and -wal files that SQLite needs to read beside a writer.
	ReadOnly bool

	// For this package's tests: to stand between the store and its driver, and to
	// have other migrations than the released ones.
	wrap       func(driver.Connector) driver.Connector
	migrations fs.FS
}

// Store is an open home. Its methods are safe for concurrent use, and several
// processes may have one home open: readers never wait, writers take turns.
type Store struct {
	home     string
	db       *sql.DB
	key      [keySize]byte
	hasKey   bool
	party    asset.PartyID // the home's own
	now      func() time.Time
	mint     asset.Minter
	readOnly bool
	writing  chan struct{} // a token: one write transaction of this process at a time

	mu sync.Mutex

	runs map[RunID]*os.File // lock files of the runs this Store began; guarded by mu
}

// Open opens the home, creating or migrating it first where needed: an existing
// store is copied into backups before a migration. Runs whose process died are
// marked interrupted.
//
// Errors are faults: Denied (permissions), Invalid (not a home of assay),
// Unsupported (made by a newer assay), Unavailable (busy), Internal with the code
// store.corrupt (damaged; restore a backup).
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Home == "" {
		return nil, fault.New(fault.Invalid, "store.no_home_given")
	}
	home, err := filepath.Abs(o.Home)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "store.home_unusable", "home", o.Home)
	}
	s := newStore(home, o)
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(s.explain(ctx, err), s.Close())
	}
	return s, nil
}

func newStore(home string, o Options) *Store {
	s := &Store{home: home, now: o.Now, readOnly: o.ReadOnly,
		writing: make(chan struct{}, 1), runs: map[RunID]*os.File{}}
	if s.now == nil {
		s.now = time.Now
	}
	s.mint = asset.Minter{Now: s.now}
	if o.Entropy != nil {
		s.mint.Entropy = &lockedReader{r: o.Entropy}
	}
	return s
}

func (s *Store) open(ctx context.Context, o Options) error {
	if err := s.prepareHome(); err != nil {
		return err
	}
	var err error
	if s.db, err = connect(s.file(dbName), s.readOnly, o.wrap); err != nil {
		return err
	}
	if o.migrations == nil {
		o.migrations = releasedMigrations()
	}
	released, err := readMigrations(o.migrations)
	if err != nil {
		return err
	}
	if err := s.bringUpToDate(ctx, released); err != nil {
		return err
	}
	if err := s.readIdentity(ctx); err != nil {
		return err
	}
	if s.readOnly {
		return nil
	}
	return s.markInterrupted(ctx)
}

// Close ends the store's connections and releases the runs it began; runs that were
// not ended are marked interrupted by the next Open.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for id, f := range s.runs {
		errs = append(errs, f.Close())
		delete(s.runs, id)
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
		s.db = nil
	}
	return errors.Join(errs...)
}

// Key is the home's secret for hashing values: equal values of one home have equal
// hashes, and nobody without the key can try values against them.
func (s *Store) Key() [32]byte { return s.key }

// Home is the absolute path of the home.
func (s *Store) Home() string { return s.home }

func (s *Store) file(elem ...string) string {
	return filepath.Join(append([]string{s.home}, elem...)...)
}

// write runs do in one transaction and commits it. When it returns an error nothing
// of do is visible, with one exception that no store can avoid: an error of the
// commit itself may come after the commit took hold.
func (s *Store) write(ctx context.Context, do func(*sql.Tx) error) error {
	if s.readOnly {
		return fault.New(fault.Denied, "store.opened_read_only", "home", s.home)
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.explain(ctx, inTx(ctx, s.db, &sql.TxOptions{}, do))
}

// read runs do on one consistent state of the store.
func (s *Store) read(ctx context.Context, do func(*sql.Tx) error) error {
	return s.explain(ctx, inTx(ctx, s.db, &sql.TxOptions{ReadOnly: true}, do))
}

func inTx(ctx context.Context, db *sql.DB, o *sql.TxOptions, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		// The first error says what happened; a failed rollback leaves the
		// transaction to the database, which undoes it when the connection ends.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// lockedReader makes an entropy source safe for concurrent use.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}
