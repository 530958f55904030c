package store_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"assay/store"
)

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	home, archive := filepath.Join(dir, "home"), filepath.Join(dir, "b.tar.zst")
	s := open(t, store.Options{Home: home})
	putOne(t, s, "a.csv")
	if _, err := s.BeginRun(t.Context(), actorOf(t, s), nil); err != nil {
		t.Fatal(err)
	}
	want, key := answers(t, s), s.Key()
	if err := s.Backup(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Backup(t.Context(), archive), "store.backup_exists")
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("archive has mode %v, %v", info.Mode(), err)
	}
	putOne(t, s, "b.csv") // after the backup
	later := answers(t, s)

	restore := func(o store.RestoreOptions) string {
		t.Helper()
		aside, err := store.Restore(t.Context(), archive, o)
		if err != nil {
			t.Fatal(err)
		}
		r := open(t, o.Options)
		defer closeStore(t, r)
		if got := answers(t, r); got != want {
			t.Errorf("restored answers differ")
		}
		if r.Key() != key {
			t.Error("restored key differs")
		}
		if run, _, err := r.LastRun(t.Context()); err != nil || run.Status != store.RunInterrupted {
			t.Errorf("a run that was running: %q, %v", run.Status, err)
		}
		sound(t, r)
		return aside
	}
	restore(store.RestoreOptions{Options: store.Options{Home: filepath.Join(dir, "new", "home")}})
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	restore(store.RestoreOptions{Options: store.Options{Home: empty}})

	into := store.RestoreOptions{Options: store.Options{Home: home}}
	_, err := store.Restore(t.Context(), archive, into)
	wantFault(t, err, "store.home_not_empty")
	into.Replace = true
	_, err = store.Restore(t.Context(), archive, into)
	wantFault(t, err, "store.locked") // the run is alive
	closeStore(t, s)
	aside := restore(into)
	old := open(t, store.Options{Home: aside})
	defer closeStore(t, old)
	if answers(t, old) != later {
		t.Error("the replaced home is not what it was")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".assay-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "b.tar.zst")
	s := open(t, store.Options{Home: filepath.Join(dir, "home")})
	putOne(t, s, "a.csv")
	if err := s.Backup(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	good, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(dir, "target")
	refused := func(what string, data []byte) {
		t.Helper()
		write(t, archive, data)
		_, err := store.Restore(t.Context(), archive, store.RestoreOptions{Options: store.Options{Home: target}})
		if err == nil {
			t.Errorf("%s: restored", what)
			if err := os.RemoveAll(target); err != nil {
				t.Fatal(err)
			}
			return
		}
		wantFault(t, err, "store.archive")
		if _, err := os.Stat(target); err == nil {
			t.Errorf("%s: refused, but the home is there", what)
		}
	}
	for n := 0; n < len(good); n += 1 + len(good)/40 {
		refused("cut", good[:n])
		flipped := bytes.Clone(good)
		flipped[n] ^= 0x10
		refused("changed", flipped)
	}
	refused("followed by more", append(bytes.Clone(good), pack(t, nil)...))
	files := unpack(t, good)
	for i := 1; i < 3; i++ {
		changed := bytes.Clone(files[i].data)
		changed[len(changed)-1] ^= 1
		other := append([]entry{}, files...)
		other[i].data = changed
		refused("sum of "+files[i].name, pack(t, other))
	}
	refused("other name", pack(t, append([]entry{files[0], {"../evil", files[1].data}}, files[2])))
	refused("wrong order", pack(t, []entry{files[0], files[2], files[1]}))
	refused("one more", pack(t, append(files, entry{"x", nil})))
	refused("one less", pack(t, files[:2]))
	refused("no manifest", pack(t, files[1:]))
	refused("other manifest", pack(t, []entry{{files[0].name, []byte(`{"format":"assay-backup","version":2}`)}, files[1], files[2]}))
	evil := bytes.ReplaceAll(files[0].data, []byte(`"name": "key"`), []byte(`"name": "../key"`))
	refused("manifest names a path", pack(t, []entry{{files[0].name, evil}, files[1], files[2]}))
	// And the test's own packing is not what was refused:
	write(t, archive, pack(t, files))
	if _, err := store.Restore(t.Context(), archive, store.RestoreOptions{Options: store.Options{Home: target}}); err != nil {
		t.Errorf("repacked: %v", err)
	}
}

// FuzzUnpack tries what lies inside the compression, which has fuzzers of its own.
// What is accepted is exactly what its manifest says.
func FuzzUnpack(f *testing.F) {
	file := func(name, data string) string {
		return fmt.Sprintf(`{"name":%q,"bytes":%d,"sha256":"%x"}`, name, len(data), sha256.Sum256([]byte(data)))
	}
	manifest := `{"format":"assay-backup","version":1,"files":[` + file("key", "k") + "," + file("store.db", "db") + "]}"
	seed := plainTar(f, []entry{{"manifest.json", []byte(manifest)}, {"key", []byte("k")}, {"store.db", []byte("db")}})
	f.Add(seed)
	f.Add(seed[:600])
	f.Add([]byte{})
	compress, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	path, into := filepath.Join(dir, "a"), filepath.Join(dir, "into")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := errors.Join(os.RemoveAll(into), os.Mkdir(into, 0o700)); err != nil {
			t.Fatal(err)
		}
		write(t, path, compress.EncodeAll(data, nil))
		err := store.Unpack(t.Context(), path, into)
		files := tree(t, into)
		if len(tree(t, dir)) != 1+len(files) {
			t.Errorf("a file outside the folder: %v", tree(t, dir))
		}
		if err != nil {
			return
		}
		if len(files) != 2 {
			t.Fatalf("accepted, and made %v", files)
		}
		for name, sum := range files {
			if !bytes.Contains(bytes.ToLower(data), []byte(sum)) {
				t.Errorf("%s was accepted with a sum that the manifest does not have", name)
			}
		}
	})
}

type entry struct {
	name string
	data []byte
}

func pack(t testing.TB, files []entry) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(plainTar(t, files), nil)
}

func plainTar(t testing.TB, files []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.data)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpack(t *testing.T, archive []byte) (files []entry) {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, entry{h.Name, data})
	}
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	if got := strings.Join(names, " "); got != "manifest.json key store.db" {
		t.Fatalf("the archive holds %s", got)
	}
	return files
}
