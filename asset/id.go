package asset

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/oklog/ulid/v2"
)

// id is a ULID that knows what it names, so that a column's id cannot stand where a
// dataset's is wanted. K is never instantiated.
type id[K any] struct{ u ulid.ULID }

type (
	datasetKind struct{}
	columnKind  struct{}
	scanKind    struct{}
	partyKind   struct{}
	accountKind struct{}
	sourceKind  struct{}
)

// The identities of assay's nouns.
type (
	DatasetID = id[datasetKind]
	ColumnID  = id[columnKind]
	ScanID    = id[scanKind]
	PartyID   = id[partyKind]
	AccountID = id[accountKind]
	SourceID  = id[sourceKind]
)

// String returns the 26 characters of the ULID.
func (i id[K]) String() string { return i.u.String() }

// IsZero reports whether i names nothing.
func (i id[K]) IsZero() bool { return i.u == ulid.ULID{} }

// MarshalText writes the 26 characters.
func (i id[K]) MarshalText() ([]byte, error) { return i.u.MarshalText() }

// UnmarshalText reads the 26 characters.
func (i *id[K]) UnmarshalText(b []byte) error {
	u, err := ulid.ParseStrict(string(b))
	if err != nil {
		return fmt.Errorf("id %q: %w", b, err)
	}
	i.u = u
	return nil
}

// ParseID reads an id from its 26 characters.
func ParseID[K any](s string) (id[K], error) {
	var i id[K]
	err := i.UnmarshalText([]byte(s))
	return i, err
}

// Minter makes ids. The zero value uses the clock and the operating system's
// randomness; tests set both. It is safe for concurrent use when Entropy is.
type Minter struct {
	Now     func() time.Time
	Entropy io.Reader
}

// Mint returns a new id, for example Mint[DatasetID](m).
func Mint[I id[K], K any](m Minter) (I, error) {
	now, entropy := m.Now, m.Entropy
	if now == nil {
		now = time.Now
	}
	if entropy == nil {
		entropy = rand.Reader
	}
	u, err := ulid.New(ulid.Timestamp(now()), entropy)
	if err != nil {
		return I{}, fmt.Errorf("mint id: %w", err)
	}
	return I(id[K]{u}), nil
}
