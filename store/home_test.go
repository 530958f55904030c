package store_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/store"
	"assay/store/storetest"
)

func TestHomeIsPrivate(t *testing.T) {
	home := filepath.Join(t.TempDir(), "a", "home")
	s := open(t, store.Options{Home: home})
	putOne(t, s, "a.csv")
	for name, want := range map[string]os.FileMode{"": 0o700, "store.db": 0o600, "store.db-wal": 0o600, "key": 0o600} {
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %v, want %v", name, got, want)
		}
	}
	closeStore(t, s)
	if err := os.Chmod(filepath.Join(home, "key"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = open(t, store.Options{Home: home})
	defer closeStore(t, s)
	problems, err := s.Check(t.Context())
	if err != nil || len(problems) != 1 || problems[0].Code != "store.check_key_mode" {
		t.Errorf("a key that others can read: %v, %v", problems, err)
	}
}

func TestKeyStays(t *testing.T) {
	home := t.TempDir()
	a := open(t, store.Options{Home: home})
	b := open(t, store.Options{Home: home})
	if a.Key() != b.Key() || a.Key() == [32]byte{} {
		t.Error("two opens of one home have different keys, or none")
	}
	closeStore(t, a)
	closeStore(t, b)
	path := filepath.Join(home, "key")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code string
		key  []byte
	}{{"store.key_wrong", bytes.Repeat([]byte{1}, 32)}, {"store.key_wrong", key[:31]}, {"store.key_missing", nil}} {
		if c.key == nil {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, c.key, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err := store.Open(t.Context(), store.Options{Home: home})
		wantFault(t, err, c.code)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, []byte("x"))
	other := filepath.Join(dir, "other")
	closeStore(t, open(t, store.Options{Home: other}))
	foreign := filepath.Join(dir, "foreign")
	closeStore(t, open(t, store.Options{Home: foreign}))
	text := filepath.Join(dir, "text")
	closeStore(t, open(t, store.Options{Home: text}))
	write(t, filepath.Join(text, "store.db"), bytes.Repeat([]byte("not a database "), 1000))
	db := open(t, store.Options{Home: foreign})
	if _, err := db.DB().Exec(`PRAGMA application_id = 7`); err != nil {
		t.Fatal(err)
	}
	closeStore(t, db)
	for _, c := range []struct {
		name, code string
		o          store.Options
	}{
		{"no home", "store.no_home_given", store.Options{}},
		{"a file", "store.home_is_file", store.Options{Home: file}},
		{"below a file", "store.io", store.Options{Home: filepath.Join(file, "home")}},
		{"nothing there", "store.no_home", store.Options{Home: filepath.Join(dir, "new"), ReadOnly: true}},
		{"an empty folder", "store.no_home", store.Options{Home: t.TempDir(), ReadOnly: true}},
		{"another program's database", "store.foreign", store.Options{Home: foreign}},
		{"no database", "store.corrupt", store.Options{Home: text}},
	} {
		_, err := store.Open(t.Context(), c.o)
		if e := fault.As(err); e == nil || e.Code != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		} else if e.Hint(message.ZH) == "" {
			t.Errorf("%s: no hint", c.name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a read-only open made a folder")
	}
}

func TestReadOnly(t *testing.T) {
	home := t.TempDir()
	s := open(t, store.Options{Home: home})
	putOne(t, s, "a.csv")
	actor := actorOf(t, s)
	check := func(when string) {
		t.Helper()
		r := open(t, store.Options{Home: home, ReadOnly: true})
		defer closeStore(t, r)
		if page, _, err := r.Datasets(t.Context(), store.Filter{}); err != nil || len(page) != 1 {
			t.Errorf("%s: %d datasets, %v", when, len(page), err)
		}
		_, err := r.PutScan(t.Context(), actor, storetest.Record(1, "b.csv", 1))
		wantFault(t, err, "store.opened_read_only")
		_, err = r.Lock(t.Context(), "scan")
		wantFault(t, err, "store.opened_read_only")
		_, err = r.BeginRun(t.Context(), actor, nil)
		wantFault(t, err, "store.opened_read_only")
		sound(t, r)
	}
	check("beside a writer")
	closeStore(t, s)
	before := tree(t, home)
	check("alone")
	after := tree(t, home)
	delete(after, "/store.db-shm")
	delete(after, "/store.db-wal") // empty, or before had it
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("reading changed the home (-before +after):\n%s", d)
	}
}

// TestWithoutPermission runs as another user when the tests run as root, whom no
// mode keeps out.
func TestWithoutPermission(t *testing.T) {
	dir, err := os.MkdirTemp("", "assay-store-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	home := filepath.Join(dir, "home")
	s := open(t, store.Options{Home: home})
	putOne(t, s, "a.csv")
	closeStore(t, s)
	binary := filepath.Join(dir, "child")
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	try := func(what, role, home, want string) {
		t.Helper()
		cmd := exec.Command(binary)
		cmd.Env = append(os.Environ(), childRole+"="+role, childHome+"="+home)
		if !asNobody(cmd) {
			t.Skip("SKIPPED: permissions cannot be tested on this system")
		}
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("%s: the child said %q (%v), want %q", what, got, err, want)
		}
	}
	try("a home of another user", "open", home, "error store.denied")
	try("no right to make a home", "open", filepath.Join(dir, "new"), "error store.denied")
	modes(t, home, 0o755, 0o644)
	try("a home that can only be read", "open", home, "error store.denied")
	try("the same, for reading", "read", home, "1 datasets")
	// A log that was not emptied cannot be read without writing.
	write(t, filepath.Join(home, "store.db-wal"), []byte("something"))
	modes(t, home, 0o755, 0o644)
	try("a log left over", "read", home, "error store.cannot_open")
}

func modes(t *testing.T, home string, dir, file os.FileMode) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, dir)
		}
		return os.Chmod(path, file)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsNoticed changes bytes of the file. Each time the store must say so, or
// answer exactly as before: the byte was of no use then.
func TestDamageIsNoticed(t *testing.T) {
	home := t.TempDir()
	s := open(t, store.Options{Home: home})
	for i := range 8 {
		putOne(t, s, fmt.Sprintf("%d.csv", i))
	}
	want := answers(t, s)
	closeStore(t, s)
	path := filepath.Join(home, "store.db")
	intact, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	noticed, rounds := 0, 300
	for range rounds {
		damaged := bytes.Clone(intact)
		at := r.IntN(len(damaged))
		damaged[at] ^= 1 << r.IntN(8)
		write(t, path, damaged)
		if complained(t, home) {
			noticed++
			continue
		}
		s := open(t, store.Options{Home: home})
		if got := answers(t, s); got != want {
			t.Errorf("seed %d: byte %d changed, nobody noticed, and answers differ", seed, at)
		}
		closeStore(t, s)
	}
	t.Logf("%d of %d changes were noticed; the others changed nothing", noticed, rounds)
	if noticed < rounds/4 {
		t.Errorf("only %d of %d", noticed, rounds)
	}
	for _, size := range []int{0, 1, 99, 100, 4095, 4096, len(intact) / 2, len(intact) - 4096, len(intact) - 1} {
		write(t, path, intact[:size])
		if !complained(t, home) {
			t.Errorf("cut to %d of %d bytes, and nobody noticed", size, len(intact))
		}
	}
}

// complained reports whether opening or checking the home found something wrong,
// with a clear sentence.
func complained(t *testing.T, home string) bool {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Home: home})
	if err != nil {
		if e := fault.As(err); e == nil {
			t.Errorf("damage is reported as %v: no fault", err)
		}
		return true
	}
	defer s.Close()
	problems, err := s.Check(t.Context())
	if err != nil && fault.As(err) == nil {
		t.Errorf("damage is reported as %v: no fault", err)
	}
	return err != nil || len(problems) > 0
}

// answers is a hash of everything that scans say.
func answers(t *testing.T, s *store.Store) string {
	t.Helper()
	h := sha256.New()
	page, _, err := s.Datasets(t.Context(), store.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page {
		facts, columns, err := s.Facts(t.Context(), m.Last.ID)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%+v %+v %+v\n", m.Last, columns, facts.Columns[0].Histogram)
	}
	return fmt.Sprintf("%d %x", len(page), h.Sum(nil))
}

func TestRecordsDeleted(t *testing.T) {
	home := t.TempDir()
	closeStore(t, open(t, store.Options{Home: home}))
	if err := os.Remove(filepath.Join(home, "store.db")); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		_, err := store.Open(t.Context(), store.Options{Home: home, ReadOnly: readOnly})
		wantFault(t, err, "store.lost")
	}
}

func TestLogDeleted(t *testing.T) {
	home := t.TempDir()
	cmd, _ := startChild(t, "write", home)
	for {
		if info, err := os.Stat(filepath.Join(home, "store.db-wal")); err == nil && info.Size() > 100_000 {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // the error says that it was killed
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(filepath.Join(home, "store.db"+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	// What stood only in the log is gone; what remains must be whole.
	s := open(t, store.Options{Home: home})
	sound(t, s)
	putOne(t, s, "a.csv")
	sound(t, s)
	closeStore(t, s)
}

func putOne(t testing.TB, s *store.Store, locator string) asset.ScanID {
	t.Helper()
	out, err := s.PutScan(t.Context(), actorOf(t, s), storetest.Record(uint64(len(locator)), locator, 4))
	if err != nil {
		t.Fatal(err)
	}
	return out.Scan.ID
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	if e := fault.As(err); e == nil || e.Code != code || !message.Has(code) {
		t.Errorf("got error %v, want %s", err, code)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tree is the files of a folder, with their contents' hashes.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
