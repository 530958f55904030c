package store

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"assay/fault"
)

// The first entry of an archive lists the others; docs/formats/store.md has it.
const (
	manifestName    = "manifest.json"
	manifestFormat  = "assay-backup"
	manifestVersion = 1
)

type manifest struct {
	Format  string         `json:"format"`
	Version int            `json:"version"`
	Created string         `json:"created"`
	Schema  int            `json:"schema"` // number of migrations
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Backup writes one archive (tar, zstd) with a consistent copy of the store and the
// key, while others go on working. It holds the key: whoever has the archive can try
// values against value hashes, so its mode is 0600. An existing file at path is a
// Conflict.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fault.New(fault.Conflict, "store.backup_exists", "path", path)
	}
	// Beside the target, so that the last step is a rename within one file system.
	dir, err := os.MkdirTemp(filepath.Dir(path), ".assay-backup-*")
	if err != nil {
		return s.fileFault(err, filepath.Dir(path))
	}
	defer os.RemoveAll(dir)
	if err := s.copyTo(ctx, filepath.Join(dir, dbName)); err != nil {
		return s.explain(ctx, err)
	}
	if err := os.WriteFile(filepath.Join(dir, keyName), s.key[:], 0o600); err != nil {
		return s.fileFault(err, dir)
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return s.explain(ctx, err)
	}
	m := manifest{Format: manifestFormat, Version: manifestVersion, Created: stamp(s.now()), Schema: len(applied)}
	for _, name := range []string{keyName, dbName} {
		f, err := describeFile(ctx, dir, name)
		if err != nil {
			return s.fileFault(err, dir)
		}
		m.Files = append(m.Files, f)
	}
	made := filepath.Join(dir, "archive")
	if err := writeArchive(ctx, made, dir, m); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return s.fileFault(err, path)
	}
	if err := errors.Join(os.Rename(made, path), syncDir(filepath.Dir(path))); err != nil {
		return s.fileFault(err, path)
	}
	return nil
}

func describeFile(ctx context.Context, dir, name string) (manifestFile, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return manifestFile{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, reader{ctx, f})
	return manifestFile{name, n, hex.EncodeToString(h.Sum(nil))}, err
}

func writeArchive(ctx context.Context, path, dir string, m manifest) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close() // again after success: harmless
	z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	header := func(name string, size int64) error {
		return t.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, Format: tar.FormatPAX})
	}
	if err := header(manifestName, int64(len(text))); err != nil {
		return err
	}
	if _, err := t.Write(text); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := header(f.Name, f.Bytes); err != nil {
			return err
		}
		if err := appendFile(ctx, t, filepath.Join(dir, f.Name)); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close(), out.Sync(), out.Close())
}

func appendFile(ctx context.Context, w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, reader{ctx, f})
	return err
}

// reader stops when ctx is done.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
