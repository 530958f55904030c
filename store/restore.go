package store

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"assay/fault"
)

// RestoreOptions say where an archive goes.
type RestoreOptions struct {
	Options
	// Replace allows a home that is not empty. The old one is kept beside the new
	// one, under the name that Restore returns.
	Replace bool
}

// Restore makes a home from an archive of Backup. The archive is unpacked beside the
// home, compared with its sums, migrated where it is older, and checked with Check;
// only then is it renamed into place. Nothing of the home changes before. aside is
// where the replaced home lies, "" when there was none.
//
// Errors: Conflict for a home that is not empty, Unavailable for one in use, Invalid
// for an archive that is damaged or not ours.
func Restore(ctx context.Context, archive string, o RestoreOptions) (aside string, err error) {
	home, err := filepath.Abs(o.Home)
	if err != nil || o.Home == "" {
		return "", fault.Wrap(err, fault.Invalid, "store.no_home_given")
	}
	s := newStore(home, o.Options)
	occupied, err := s.occupied()
	if err != nil {
		return "", err
	}
	if occupied && !o.Replace {
		return "", fault.New(fault.Conflict, "store.home_not_empty", "home", home)
	}
	parent := filepath.Dir(home)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", s.fileFault(err, parent)
	}
	stage, err := os.MkdirTemp(parent, ".assay-restore-*") // mode 0700
	if err != nil {
		return "", s.fileFault(err, parent)
	}
	defer os.RemoveAll(stage) // gone already when it became the home
	if err := unpack(ctx, archive, stage); err != nil {
		return "", s.archiveFault(ctx, err, archive)
	}
	if err := checkStage(ctx, stage, archive, o.Options); err != nil {
		return "", err
	}
	return s.putInPlace(ctx, stage, occupied)
}

// occupied reports whether anything lies at the home.
func (s *Store) occupied() (bool, error) {
	entries, err := os.ReadDir(s.home)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		if info, serr := os.Stat(s.home); serr == nil && !info.IsDir() {
			return false, fault.New(fault.Invalid, "store.home_is_file", "home", s.home)
		}
		return false, s.fileFault(err, s.home)
	}
	return len(entries) > 0, nil
}

func (s *Store) archiveFault(ctx context.Context, err error, archive string) error {
	var path *fs.PathError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &path):
		return s.fileFault(err, path.Path)
	}
	return fault.Wrap(err, fault.Invalid, "store.archive", "path", archive)
}

func checkStage(ctx context.Context, stage, archive string, o Options) error {
	o.Home, o.ReadOnly = stage, false
	s, err := Open(ctx, o)
	if err != nil {
		return err
	}
	problems, err := s.Check(ctx)
	if err == nil && len(problems) > 0 {
		err = fault.New(fault.Invalid, "store.archive_unsound", "path", archive, "count", itoa(int64(len(problems))))
	}
	if err == nil {
		err = s.emptyLog(ctx)
	}
	return errors.Join(err, s.Close())
}

func (s *Store) putInPlace(ctx context.Context, stage string, occupied bool) (aside string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if occupied {
		if err := s.nobodyWorks(); err != nil {
			return "", err
		}
		aside = s.home + ".replaced-" + compact(s.now())
		if err := os.Rename(s.home, aside); err != nil {
			return "", s.fileFault(err, s.home)
		}
	} else if err := os.Remove(s.home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", s.fileFault(err, s.home)
	}
	if err := os.Rename(stage, s.home); err != nil {
		if aside != "" {
			err = errors.Join(err, os.Rename(aside, s.home))
		}
		return "", s.fileFault(err, s.home)
	}
	if err := syncDir(filepath.Dir(s.home)); err != nil {
		return aside, s.fileFault(err, s.home)
	}
	return aside, nil
}

// nobodyWorks tries every lock of the home.
func (s *Store) nobodyWorks() error {
	locks, err := os.ReadDir(s.file(lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return s.fileFault(err, s.file(lockName))
	}
	for _, l := range locks {
		f, err := s.tryLock(l.Name())
		if err != nil {
			return err
		}
		if f == nil {
			return s.lockedBy(l.Name())
		}
		release(f)
	}
	return nil
}

// unpack reads an archive into dir and compares every file with the manifest. Names,
// number and sizes are bound by the manifest before a byte is written.
func unpack(ctx context.Context, archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(reader{ctx, f}, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return err
	}
	defer z.Close()
	t := tar.NewReader(z)
	m, err := readManifest(t)
	if err != nil {
		return err
	}
	for _, want := range m.Files {
		if err := unpackFile(t, dir, want); err != nil {
			return fmt.Errorf("%s: %w", want.Name, err)
		}
	}
	if _, err := t.Next(); !errors.Is(err, io.EOF) {
		return errors.Join(errors.New("more entries than the manifest lists"), err)
	}
	// What follows the tar's end is zstd's own checksum; only reading it verifies it.
	if n, err := io.Copy(io.Discard, io.LimitReader(z, 1)); err != nil || n > 0 {
		return errors.Join(errors.New("bytes after the end"), err)
	}
	return nil
}

func readManifest(t *tar.Reader) (m manifest, err error) {
	h, err := t.Next()
	if err != nil {
		return m, err
	}
	if h.Name != manifestName || h.Size > 1<<20 {
		return m, errors.New("does not begin with a manifest")
	}
	text, err := io.ReadAll(t)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, errors.New("manifest is not readable")
	}
	if m.Format != manifestFormat || m.Version != manifestVersion {
		return m, fmt.Errorf("manifest version %d is not known", m.Version)
	}
	if len(m.Files) != 2 || m.Files[0].Name != keyName || m.Files[1].Name != dbName {
		return m, errors.New("manifest lists other files than key and store.db")
	}
	return m, nil
}

func unpackFile(t *tar.Reader, dir string, want manifestFile) error {
	h, err := t.Next()
	if err != nil {
		return err
	}
	if h.Name != want.Name || h.Size != want.Bytes || h.Typeflag != tar.TypeReg {
		return errors.New("is not what the manifest says")
	}
	f, err := os.OpenFile(filepath.Join(dir, want.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), t)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return errors.New("sha256 differs from the manifest")
	}
	return nil
}
