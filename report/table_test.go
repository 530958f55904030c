package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
	"assay/source"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
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

// TestNoLineIsTooWide draws random facts, foreign names among them, and measures
// every line.
func TestNoLineIsTooWide(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := randomDocument(r)
		o := Options{Width: rapid.IntRange(60, 160).Draw(r, "width"), Lang: rapid.SampledFrom([]message.Lang{message.ZH, message.EN}).Draw(r, "lang")}
		var b bytes.Buffer
		if err := WriteTable(&b, d, o); err != nil {
			r.Fatal(err)
		}
		for _, e := range d.Entries {
			if err := WriteColumns(&b, e, o); err != nil {
				r.Fatal(err)
			}
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := wide(line); n > o.Width {
				r.Fatalf("line of %d columns where %d fit: %q", n, o.Width, line)
			}
			if strings.ContainsAny(line, "\x1b\r\x00\x07") {
				r.Fatalf("a control character reaches the terminal: %q", line)
			}
		}
	})
}

func randomDocument(r *rapid.T) Document {
	word := rapid.OneOf(rapid.StringN(0, 40, -1), rapid.SampledFrom([]string{"企业基本信息企业基本信息企业基本信息企业基本信息", "a\x1b[31mred", "x\ny", "e\u0301\u0301", "👩‍👩‍👧 family", "a.b[].c"}))
	n := rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 1<<62))
	shown := rapid.Custom(func(r *rapid.T) asset.Shown {
		if rapid.Bool().Draw(r, "masked") {
			return asset.Masked(word.Draw(r, "mask"))
		}
		return asset.Plain(word.Draw(r, "value"))
	})
	column := rapid.Custom(func(r *rapid.T) profile.ColumnFacts {
		c := profile.ColumnFacts{Path: word.Draw(r, "path"), Position: rapid.IntRange(0, 2000).Draw(r, "position"),
			Type: asset.Type(rapid.IntRange(0, 9).Draw(r, "type")), Count: n.Draw(r, "count"), Min: shown.Draw(r, "min"), Max: shown.Draw(r, "max"),
			Distinct: profile.Estimate{Value: n.Draw(r, "distinct"), Exact: rapid.Bool().Draw(r, "exact"), ErrorBound: 0.0163}}
		c.Nulls = rapid.Int64Range(0, c.Count).Draw(r, "nulls")
		for _, v := range rapid.SliceOfN(shown, 0, 4).Draw(r, "top") {
			c.Top = append(c.Top, profile.TopValue{Value: v, Count: n.Draw(r, "top count")})
		}
		if rapid.Bool().Draw(r, "text") {
			c.Text = &profile.TextFacts{MinLength: 1, MaxLength: 9, Padded: n.Draw(r, "padded"), Shapes: []profile.ShapeCount{{Shape: word.Draw(r, "shape"), Count: n.Draw(r, "shape count")}}}
		}
		if rapid.Bool().Draw(r, "histogram") {
			c.Histogram = &profile.Histogram{Edges: []float64{0, 1, 2, 3}, Counts: []int64{n.Draw(r, "a"), n.Draw(r, "b"), n.Draw(r, "c")}}
		}
		if rapid.Bool().Draw(r, "like") {
			c.LooksLike = &profile.Likeness{Type: asset.TypeTimestamp, Matched: n.Draw(r, "matched"), Total: n.Draw(r, "total")}
		}
		c.NullWords = []profile.WordCount{{Word: word.Draw(r, "null word"), Count: n.Draw(r, "null words")}}
		return c
	})
	entry := rapid.Custom(func(r *rapid.T) Entry {
		return Entry{Dataset: asset.Dataset{Name: word.Draw(r, "name"), Locator: word.Draw(r, "locator"), Format: word.Draw(r, "format")},
			Scan: asset.Scan{Bytes: n.Draw(r, "bytes"), Cost: asset.Cost{Wall: 1, HostClass: word.Draw(r, "host")}},
			Facts: profile.Facts{Rows: n.Draw(r, "rows"), Rejected: n.Draw(r, "rejected"), Columns: rapid.SliceOfN(column, 0, 5).Draw(r, "columns"),
				Description: source.Description{Encoding: word.Draw(r, "encoding"), Comment: word.Draw(r, "comment"), Dialect: &source.Dialect{Delimiter: word.Draw(r, "delimiter")}}}}
	})
	d := Document{Entries: rapid.SliceOfN(entry, 0, 4).Draw(r, "entries")}
	for range rapid.IntRange(0, 9).Draw(r, "skipped") {
		l := word.Draw(r, "skipped")
		d.Skipped = append(d.Skipped, source.Skipped{Locator: l, Code: "source.not_found", Params: message.P("locator", l)})
	}
	return d
}

func TestManySkippedAreGrouped(t *testing.T) {
	var d Document
	for i := range 12 {
		l := fmt.Sprintf("data/%d.csv", i)
		d.Skipped = append(d.Skipped, source.Skipped{Locator: l, Code: "source.empty", Params: message.P("locator", l)})
	}
	var b bytes.Buffer
	if err := WriteTable(&b, d, Options{Lang: message.EN}); err != nil {
		t.Fatal(err)
	}
	want := "12 skipped\n  12: \"…\" is empty\n    data/0.csv\n    data/1.csv\n    data/2.csv\n    9 more\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestColour(t *testing.T) {
	var plain, coloured bytes.Buffer
	d := document(t)
	for w, o := range map[*bytes.Buffer]Options{&plain: {}, &coloured: {Color: true}} {
		if err := WriteTable(w, d, o); err != nil {
			t.Fatal(err)
		}
	}
	bare := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured.String(), "")
	if diff := cmp.Diff(plain.String(), bare); diff != "" || coloured.Len() == plain.Len() {
		t.Errorf("colour changes more than colour:\n%s", diff)
	}
}
