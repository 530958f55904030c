package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/source"
)

// merkle is MTH of RFC 6962, section 2.1, as it is written there.
func merkle(leaves [][]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	left, right := merkle(leaves[:k]), merkle(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func partsOf(t testing.TB, dir string, names ...string) []source.Part {
	t.Helper()
	var out []source.Part
	for _, n := range names {
		p := filepath.Join(dir, n)
		st, err := StatOf(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, source.Part{Path: p, Name: n, Size: st.Size, Stat: st})
	}
	return out
}

func TestFingerprintIsTheMerkleRoot(t *testing.T) {
	dir := t.TempDir()
	random := rand.NewChaCha8([32]byte{1})
	const chunk = asset.ChunkSize
	for _, size := range []int{0, 1, 1000, chunk - 1, chunk, chunk + 1, 2 * chunk, 3*chunk + 5, 7 * chunk} {
		data := make([]byte, size)
		if _, err := random.Read(data); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "x"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		var leaves [][]byte
		for rest := data; len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
			leaves = append(leaves, rest[:min(chunk, len(rest))])
		}
		want := asset.Fingerprint{Version: 1, Sum: merkle(leaves)}
		for _, workers := range []int{0, 1, 2, 7} {
			var read int64
			got, err := Fingerprint(context.Background(), partsOf(t, dir, "x"), workers, func(n int64) {
				if n <= read {
					t.Errorf("progress goes from %d to %d", read, n)
				}
				read = n
			})
			if err != nil || got != want || read != int64(size) {
				t.Errorf("%d bytes, %d workers: %v, %v, progress %d; want %v", size, workers, got, err, read, want)
			}
		}
	}
}

// The vectors of docs/formats/fingerprint.md.
func TestFingerprintVectors(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"empty": "", "abc": "abc", "zeros": strings.Repeat("\x00", asset.ChunkSize+1)})
	doc, err := os.ReadFile("../../docs/formats/fingerprint.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{{"empty"}, {"abc"}, {"zeros"}, {"abc", "empty"}, {"empty", "abc"}} {
		fp, err := Fingerprint(context.Background(), partsOf(t, dir, names...), 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(doc), fp.String()) {
			t.Errorf("%v: %s is not in docs/formats/fingerprint.md", names, fp)
		}
	}
	leafA, leafE := merkle([][]byte{[]byte("abc")}), merkle(nil)
	both := merkle([][]byte{append([]byte("abc\x00"), leafA[:]...), append([]byte("empty\x00"), leafE[:]...)})
	fp, err := Fingerprint(context.Background(), partsOf(t, dir, "empty", "abc"), 2, nil)
	if err != nil || fp.Version != asset.FingerprintParts || fp.Sum != both {
		t.Errorf("two parts: %v %v, want 2:%s", fp, err, hex.EncodeToString(both[:]))
	}
}

func TestFingerprintFails(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a": strings.Repeat("x", 5*asset.ChunkSize), "b": "b"})
	parts := partsOf(t, dir, "a", "b")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fingerprint(ctx, parts, 2, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	if _, err := Fingerprint(ctx, parts, 2, func(int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled on the way: %v", err)
	}
	if _, err := Fingerprint(context.Background(), nil, 2, nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no parts: %v", err)
	}
	wrong := parts[0]
	wrong.Stat.Size--
	if _, err := Fingerprint(context.Background(), []source.Part{parts[1], wrong}, 2, nil); fault.As(err) == nil || fault.As(err).Code != "source.changed" {
		t.Errorf("another size than listed: %v", err)
	}
	// The file loses its end while it is read.
	_, err := Fingerprint(context.Background(), parts[:1], 1, func(n int64) {
		if n == asset.ChunkSize {
			if err := os.Truncate(parts[0].Path, asset.ChunkSize+10); err != nil {
				t.Error(err)
			}
		}
	})
	if e := fault.As(err); e == nil || e.Code != "source.changed" {
		t.Errorf("a file that shrinks: %v", err)
	}
	if err := os.Remove(parts[1].Path); err != nil {
		t.Fatal(err)
	}
	if _, err := Fingerprint(context.Background(), parts[1:], 2, nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("gone: %v", err)
	}
}

func TestSame(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a": "1", "b": "2"})
	old := partsOf(t, dir, "a", "b")
	if !Same(old, partsOf(t, dir, "a", "b")) {
		t.Error("the same files are not the same")
	}
	if Same(nil, nil) || Same(old, old[:1]) || Same([]source.Part{{Name: "a"}}, []source.Part{{Name: "a"}}) {
		t.Error("nothing is said to be the same")
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "b"), later, later); err != nil {
		t.Fatal(err)
	}
	if Same(old, partsOf(t, dir, "a", "b")) {
		t.Error("another time is the same")
	}
}

// The file of a container is hashed once for all its tables.
func TestSourceFingerprintOfContainers(t *testing.T) {
	dir := t.TempDir()
	runSQLite(t, filepath.Join(dir, "a.db"), "CREATE TABLE a(x); CREATE TABLE b(y);")
	s, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	var prints []asset.Fingerprint
	for _, d := range l.Datasets {
		fp, err := s.Fingerprint(context.Background(), d, 1, func(int64) { calls++ })
		if err != nil {
			t.Fatal(err)
		}
		prints = append(prints, fp)
	}
	if len(prints) != 2 || prints[0] != prints[1] || calls != 1 {
		t.Errorf("%v after reading %d times", prints, calls)
	}
}

func BenchmarkFingerprint(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), make([]byte, 256<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	parts := partsOf(b, dir, "x")
	for _, workers := range []int{1, 2} {
		b.Run(map[int]string{1: "1", 2: "2"}[workers], func(b *testing.B) {
			b.SetBytes(256 << 20)
			for b.Loop() {
				if _, err := Fingerprint(context.Background(), parts, workers, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
