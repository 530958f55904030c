package asset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
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

func rootOf(leaves [][]byte) [32]byte {
	var t Tree
	for _, l := range leaves {
		t.Add(LeafHash(l))
	}
	return t.Root()
}

// TestTreePublishedVectors are the roots of the tree of the Certificate Transparency
// reference implementation (google/certificate-transparency, merkletree tests), which
// c2sp.org and Go's sumdb/tlog use as well.
func TestTreePublishedVectors(t *testing.T) {
	inputs := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var leaves [][]byte
	for n, want := range roots {
		if got := rootOf(leaves); hex.EncodeToString(got[:]) != want {
			t.Errorf("%d leaves: %x, want %s", n, got, want)
		}
		if n < len(inputs) {
			b, err := hex.DecodeString(inputs[n])
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, b)
		}
	}
}

func TestTreeIsTheRecursiveDefinition(t *testing.T) {
	var leaves [][]byte
	for n := range 71 {
		if got, want := rootOf(leaves), merkle(leaves); got != want {
			t.Errorf("%d leaves: %x, want %x", n, got, want)
		}
		leaves = append(leaves, fmt.Appendf(nil, "leaf %d", n*n))
	}
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 300).Draw(t, "leaves")
		if rootOf(leaves) != merkle(leaves) {
			t.Errorf("%d leaves: another root", len(leaves))
		}
	})
}

// Asking for the root on the way changes nothing.
func TestTreeRootIsAPureQuestion(t *testing.T) {
	var asked, quiet Tree
	for n := range 40 {
		h := LeafHash([]byte{byte(n)})
		asked.Add(h)
		quiet.Add(h)
		if first, again := asked.Root(), asked.Root(); first != again {
			t.Errorf("%d leaves: two roots", n+1)
		}
	}
	if asked.Root() != quiet.Root() {
		t.Error("asking changed the tree")
	}
}

func TestJoinFingerprints(t *testing.T) {
	part := func(name string, b byte) Part {
		return Part{name, Fingerprint{Version: FingerprintBytes, Sum: sha256.Sum256([]byte{b})}}
	}
	a, b, c := part("2023/a", 1), part("2024/b", 2), part("2024/c", 3)
	if got := JoinFingerprints([]Part{a}); got != a.Fingerprint {
		t.Errorf("one part: %v, want its own", got)
	}
	var leaves [][]byte
	for _, p := range []Part{a, b, c} {
		leaves = append(leaves, slices.Concat([]byte(p.Name), []byte{0}, p.Sum[:]))
	}
	want := Fingerprint{FingerprintParts, merkle(leaves)}
	parts := []Part{c, a, b}
	if got := JoinFingerprints(parts); got != want {
		t.Errorf("%v, want %v whatever the order", got, want)
	}
	if parts[0] != c {
		t.Error("the caller's parts were sorted")
	}
	renamed := []Part{a, b, {"2024/d", c.Fingerprint}}
	if JoinFingerprints(renamed) == want || JoinFingerprints([]Part{a, b}) == want {
		t.Error("another name or a part less has the same fingerprint")
	}
}

func TestFingerprintText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Fingerprint{Version: rapid.ByteRange(1, 9).Draw(t, "version")}
		copy(f.Sum[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "sum"))
		text, err := f.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Fingerprint
		if err := back.UnmarshalText(text); err != nil || back != f {
			t.Errorf("%s came back as %v, %v", text, back, err)
		}
	})
	var zero Fingerprint
	if text, err := zero.MarshalText(); err != nil || len(text) != 0 || !zero.IsZero() {
		t.Errorf("the zero fingerprint is %q, %v", text, err)
	}
	good := "1:" + strings.Repeat("0f", 32)
	for _, bad := range []string{"1", ":" + good[2:], "0:" + good[2:], "10:" + good[2:], good + "00", good[:65], "1:" + strings.Repeat("zz", 32), good[2:]} {
		f := Fingerprint{Version: 7}
		if err := f.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, f)
		}
	}
}

// What is read is written again as it was, upper-case digits apart.
func FuzzFingerprint(f *testing.F) {
	f.Add("1:" + strings.Repeat("0f", 32))
	f.Add("")
	f.Add("9:" + strings.Repeat("AB", 32))
	f.Fuzz(func(t *testing.T, s string) {
		var x Fingerprint
		if err := x.UnmarshalText([]byte(s)); err == nil && x.String() != strings.ToLower(s) {
			t.Errorf("%q became %q", s, x)
		}
	})
}
