package relation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay/fault"
	"assay/internal/message"
	"assay/source"

	"github.com/google/go-cmp/cmp"
)

// 200 columns by 1,000 rows have more dependencies than anybody can wait for. The
// deadline is kept, and what was found by then holds: it is checked pair by pair.
func TestDeadlineTruncates(t *testing.T) {
	table := generated(t, 1000, 200, 3)
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	defer cancel()
	started := time.Now()
	got, err := Discover(ctx, table, Wanted{UCC: true, FD: true})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("took %v beyond the deadline", took)
	}
	if got.Truncated != "time" {
		t.Fatalf("truncated %q, want time", got.Truncated)
	}
	if len(got.UCCs)+len(got.FDs) == 0 {
		t.Log("nothing was found in time")
	}
	for i := 0; i < len(got.FDs); i += 1 + len(got.FDs)/5 {
		if f := got.FDs[i]; !holdsOn(table, f.LHS, f.RHS) {
			t.Errorf("%v does not hold", f)
		}
	}
}

func holdsOn(t *Table, lhs Columns, rhs int) bool {
	seen := map[string]uint32{}
	for row := range t.Rows {
		var key strings.Builder
		for _, c := range lhs {
			fmt.Fprint(&key, t.Columns[c].codes[row], ",")
		}
		v := t.Columns[rhs].codes[row]
		if old, ok := seen[key.String()]; ok && old != v {
			return false
		}
		seen[key.String()] = v
	}
	return true
}

func TestMemoryTruncates(t *testing.T) {
	got, err := Discover(context.Background(), generated(t, 300, 20, 5), Wanted{FD: true, Memory: 4096})
	if err != nil {
		t.Fatal(err)
	}
	if got.Truncated != "memory" || len(got.FDs) == 0 || len(got.FDs) > 100 {
		t.Errorf("truncated %q with %d FDs, want memory and a few", got.Truncated, len(got.FDs))
	}
}

func TestCancelIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Discover(ctx, generated(t, 300, 40, 5), Wanted{FD: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestTooWide(t *testing.T) {
	_, err := Discover(context.Background(), generated(t, 2, MaxColumns+1, 2), Wanted{UCC: true})
	if e := fault.As(err); e == nil || e.Kind != fault.Unsupported || !message.Has(e.Code) {
		t.Errorf("got %v, want Unsupported with a sentence", err)
	}
	if _, err := Discover(context.Background(), generated(t, 2, MaxColumns, 2), Wanted{UCC: true}); err != nil {
		t.Errorf("%d columns: %v", MaxColumns, err)
	}
}

func TestLoadKeepsItsBudget(t *testing.T) {
	l := NewLoader(LoadOptions{Memory: 10_000})
	m := &memory{columns: []source.Column{{Path: "a"}}}
	for i := range 5000 {
		m.rows = append(m.rows, []string{fmt.Sprint(i)})
	}
	_, err := l.Load(context.Background(), "big", m)
	if e := fault.As(err); e == nil || e.Kind != fault.Exhausted || !message.Has(e.Code) {
		t.Errorf("got %v, want Exhausted with a sentence", err)
	}
}

// Tables of no and one row, by the definitions.
func TestTinyTables(t *testing.T) {
	for rows := range 2 {
		cells := [][]string{{"x", null}}[:rows]
		table := load(t, NewLoader(LoadOptions{}), "tiny", []string{"a", "b"}, cells)
		got, err := Discover(context.Background(), table, Wanted{UCC: true, FD: true})
		if err != nil {
			t.Fatal(err)
		}
		want := &Found{UCCs: []Columns{{}}, FDs: []FD{{Columns{}, 0}, {Columns{}, 1}}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d rows (-want +got):\n%s", rows, d)
		}
	}
}

// What is equal: as text byte by byte and a null is the empty string; typed by number,
// but a leading zero makes a code.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		text, typed bool
	}{
		{"7", "7.0", false, true}, {"7", "70e-1", false, true}, {"7", "007", false, false}, {"-0", "0", false, true},
		{"0.10", "0.1", false, true}, {"1e3", "1000", false, true}, {"7", "7 ", false, false}, {"7", "+7", false, false},
		{"12345678901234567890", "12345678901234567891", false, false}, {"", null, true, false}, {"?", "", false, false},
		{"a", "a", true, true}, {"1.", "1", false, false}, {"1e99999999999", "1e99999999998", false, false},
	} {
		for how, want := range map[Compare]bool{Text: c.text, Typed: c.typed} {
			m := &memory{columns: []source.Column{{Path: "a"}}, rows: [][]string{{c.a}, {c.b}}}
			table, err := NewLoader(LoadOptions{Compare: how}).Load(context.Background(), "t", m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Discover(context.Background(), table, Wanted{FD: true})
			if err != nil {
				t.Fatal(err)
			}
			if equal := len(got.FDs) == 1; equal != want { // a column is constant when its values are equal
				t.Errorf("%s: %q and %q equal: %v, want %v", how, c.a, c.b, equal, want)
			}
		}
	}
}
