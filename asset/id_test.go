package asset

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

func TestIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 1<<47).Draw(t, "ms"))
		entropy := rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "entropy")
		m := Minter{Now: func() time.Time { return at }, Entropy: bytes.NewReader(entropy)}
		id, err := Mint[DatasetID](m)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseID[datasetKind](id.String())
		if err != nil || back != id || len(id.String()) != 26 {
			t.Errorf("%s came back as %s, %v", id, back, err)
		}
		raw, err := json.Marshal(map[string]DatasetID{"id": id})
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]DatasetID
		if err := json.Unmarshal(raw, &doc); err != nil || doc["id"] != id {
			t.Errorf("%s became %v, %v", raw, doc, err)
		}
	})
}

// The ULID specification's own example: 01ARZ3NDEKTSV4RRFFQ69G5FAV was made at
// 2016-07-30T23:54:10.259Z.
func TestIDKnownULID(t *testing.T) {
	id, err := ParseID[scanKind]("01ARZ3NDEKTSV4RRFFQ69G5FAV")
	if err != nil {
		t.Fatal(err)
	}
	if got := time.UnixMilli(int64(id.u.Time())).UTC().Format(time.RFC3339Nano); got != "2016-07-30T23:54:10.259Z" {
		t.Errorf("made at %s", got)
	}
	if id.IsZero() || !(ScanID{}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestIDRefusesWhatIsNone(t *testing.T) {
	for _, s := range []string{"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAU", strings.Repeat("!", 26)} {
		if id, err := ParseID[columnKind](s); err == nil {
			t.Errorf("%q was read as %s", s, id)
		}
	}
	if _, err := Mint[PartyID](Minter{Entropy: iotest.ErrReader(errors.New("none"))}); err == nil {
		t.Error("an id was made without randomness")
	}
}

func TestMintedIDsDiffer(t *testing.T) {
	seen := map[AccountID]bool{}
	for range 1000 {
		id, err := Mint[AccountID](Minter{})
		if err != nil {
			t.Fatal(err)
		}
		if seen[id] {
			t.Fatalf("%s was made twice", id)
		}
		seen[id] = true
	}
}

func FuzzID(f *testing.F) {
	f.Add("01ARZ3NDEKTSV4RRFFQ69G5FAV")
	f.Add("")
	f.Add("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID[datasetKind](s); err == nil && id.String() != strings.ToUpper(s) {
			t.Errorf("%q became %s", s, id)
		}
	})
}
