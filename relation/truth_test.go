package relation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var truthSets = []string{"iris", "balance-scale", "chess", "abalone", "nursery", "breast-cancer",
	"bridges", "echocardiogram", "adult", "hepatitis"}

// Every minimal key and dependency of ten published sets, one by one, against lists
// made by an independent program (truth.json, expected/).
func TestTruth(t *testing.T) {
	dir := truth(t)
	for _, name := range truthSets {
		t.Run(name, func(t *testing.T) {
			table := loadCSV(t, NewLoader(LoadOptions{}), filepath.Join(dir, name+".csv"))
			started := time.Now()
			got, err := Discover(context.Background(), table, Wanted{UCC: true, FD: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d rows, %d columns, %d UCCs, %d FDs in %v", table.Rows, len(table.Columns), len(got.UCCs), len(got.FDs), time.Since(started))
			if d := cmp.Diff(expected(t, dir, name+".uccs.txt"), uccLines(got.UCCs)); d != "" {
				t.Errorf("UCCs (-want +got):\n%s", d)
			}
			if d := cmp.Diff(expected(t, dir, name+".fds.txt"), fdLines(got.FDs)); d != "" {
				t.Errorf("FDs (-want +got):\n%.3000s", d)
			}
		})
	}
}

func expected(t *testing.T, dir, file string) []string {
	b, err := os.ReadFile(filepath.Join(dir, "expected", file))
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

func uccLines(all []Columns) []string {
	lines := []string{}
	for _, c := range all {
		lines = append(lines, text(c))
	}
	slices.Sort(lines)
	return lines
}

func fdLines(all []FD) []string {
	lines := []string{}
	for _, f := range all {
		lines = append(lines, fmt.Sprintf("%s -> %d", text(f.LHS), f.RHS))
	}
	slices.Sort(lines)
	return lines
}

func text(c Columns) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(c)), " ", ","), "[]")
}
