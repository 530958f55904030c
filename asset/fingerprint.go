package asset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/bits"
	"slices"
	"strings"
)

// Fingerprint is what a scan read, as a hash: two equal fingerprints of one version
// mean equal input. docs/formats/fingerprint.md has the bytes.
type Fingerprint struct {
	Version byte // how it was computed; see the constants
	Sum     [32]byte
}

// Versions of fingerprints. They are never reused.
const (
	// FingerprintBytes is the RFC 6962 Merkle tree hash over the file's chunks of
	// ChunkSize bytes (the last may be shorter).
	FingerprintBytes byte = 1
	// FingerprintParts is the RFC 6962 Merkle tree hash over the parts of a dataset
	// that has several files, sorted by name; an entry is name, NUL, the part's root.
	FingerprintParts byte = 2
)

// ChunkSize is the size of a leaf of FingerprintBytes, in bytes.
const ChunkSize = 1 << 20

// IsZero reports whether f says nothing.
func (f Fingerprint) IsZero() bool { return f.Version == 0 }

// String is the version, a colon and 64 hexadecimal digits.
func (f Fingerprint) String() string {
	if f.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d:%x", f.Version, f.Sum)
}

// MarshalText writes the form of String.
func (f Fingerprint) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the form of String.
func (f *Fingerprint) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*f = Fingerprint{}
		return nil
	}
	version, sum, _ := strings.Cut(string(b), ":")
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != 32 || len(version) != 1 || version[0] < '1' || version[0] > '9' {
		return fmt.Errorf("fingerprint %q: want VERSION:64 hexadecimal digits", b)
	}
	f.Version = version[0] - '0'
	copy(f.Sum[:], raw)
	return nil
}

// Tree computes an RFC 6962 section 2.1 Merkle tree hash over leaves that arrive in
// order, holding only the right edge of the tree. The zero value is the empty tree.
type Tree struct {
	n    uint64
	edge [][32]byte // roots of the perfect subtrees on the right edge, largest first
}

// LeafHash is the hash of a leaf, SHA-256(0x00 ‖ data).
func LeafHash(data []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return sum(h)
}

// Add appends a leaf by its LeafHash. Leaves may be hashed in parallel; they must
// be added in order.
func (t *Tree) Add(leaf [32]byte) {
	t.edge = append(t.edge, leaf)
	t.n++
	for range bits.TrailingZeros64(t.n) {
		last := len(t.edge) - 1
		t.edge[last-1] = nodeHash(t.edge[last-1], t.edge[last])
		t.edge = t.edge[:last]
	}
}

// Root is the tree hash of the leaves added so far.
func (t *Tree) Root() [32]byte {
	if t.n == 0 {
		return sha256.Sum256(nil)
	}
	root := t.edge[len(t.edge)-1]
	for _, left := range slices.Backward(t.edge[:len(t.edge)-1]) {
		root = nodeHash(left, root)
	}
	return root
}

func nodeHash(left, right [32]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{1})
	h.Write(left[:])
	h.Write(right[:])
	return sum(h)
}

func sum(h hash.Hash) (s [32]byte) {
	h.Sum(s[:0])
	return s
}

// Part is one file of a dataset and its fingerprint.
type Part struct {
	Name string // relative to the dataset, with slashes
	Fingerprint
}

// JoinFingerprints makes the fingerprint of a dataset from its parts'. One part
// stands for itself.
func JoinFingerprints(parts []Part) Fingerprint {
	if len(parts) == 1 {
		return parts[0].Fingerprint
	}
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	var t Tree
	for _, p := range sorted {
		t.Add(LeafHash(append(append([]byte(p.Name), 0), p.Sum[:]...)))
	}
	return Fingerprint{Version: FingerprintParts, Sum: t.Root()}
}
