package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"assay/internal/message"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files; read them before you commit")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func TestTables(t *testing.T) {
	d := document(t)
	for _, lang := range []message.Lang{message.ZH, message.EN} {
		for _, width := range []int{80, 100, 120} {
			o := Options{Lang: lang, Width: width}
			var b bytes.Buffer
			if err := WriteTable(&b, d, o); err != nil {
				t.Fatal(err)
			}
			for _, e := range d.Entries {
				fmt.Fprintln(&b)
				if err := WriteColumns(&b, e, o); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, fmt.Sprintf("tables-%s-%d.txt", lang, width), b.Bytes())
		}
	}
}
