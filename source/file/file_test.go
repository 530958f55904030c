package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
	"assay/source/sourcetest"

	"github.com/google/go-cmp/cmp"
)

// names returns "name format parts" of each dataset.
func names(l source.Listing) []string {
	var out []string
	for _, d := range l.Datasets {
		out = append(out, fmt.Sprintf("%s %s %d", d.Name, d.Format, len(d.Parts)))
	}
	return out
}

// codes returns the codes of what was skipped, by locator below dir, and checks that
// the catalogue has a sentence for each with every place filled.
func codes(t testing.TB, l source.Listing, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, k := range l.Skipped {
		for _, lang := range []message.Lang{message.ZH, message.EN} {
			if s := message.Text(lang, k.Code, k.Params); !message.Has(k.Code) || strings.ContainsAny(s, "{}") {
				t.Errorf("%s: no full sentence for %s: %s", lang, k.Code, s)
			}
		}
		rel, err := filepath.Rel(dir, k.Locator)
		if err != nil {
			rel = k.Locator
		}
		out[filepath.ToSlash(rel)] = k.Code
	}
	return out
}

const table = "id,name\n1,a\n2,b\n"

func TestListOrderAndNames(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"b.csv": table, "a.csv": table, "a.json": `{"x":1}`, "2023/orders.csv": table, "2024/orders.csv": table,
		"deep/er/only.tsv": "a\tb\n1\t2\n", "登记/企业.csv": table, "plain.csv.gz": zip1(t, table),
	})
	want := []string{"2023/orders csv 1", "2024/orders csv 1", "a.csv csv 1", "a.json json 1", "b csv 1", "only tsv 1", "plain csv 1", "企业 csv 1"}
	if d := cmp.Diff(want, names(list(t, Options{}, dir))); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	t.Chdir(dir)
	l := list(t, Options{}, "./2023/../b.csv", "a.csv", ".", "2024")
	want = []string{"b csv 1", "a.csv csv 1", "2023/orders csv 1", "2024/orders csv 1", "a.json json 1", "only tsv 1", "plain csv 1", "企业 csv 1"}
	if d := cmp.Diff(want, names(l)); d != "" {
		t.Errorf("overlapping roots: -want +got:\n%s", d)
	}
	if got := l.Datasets[2].Locator; got != filepath.Join("2023", "orders.csv") {
		t.Errorf("locator %q, want it cleaned and relative as given", got)
	}
}

func TestListOptions(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a.csv": table, ".h.csv": table, ".git/x.csv": table, "tmp/b.csv": table, "keep/c.csv": table, "keep/deep/d.csv": table,
		"home/e.csv": table, "f.ndjson": "{\"a\":1}\n{\"a\":2}\n",
	})
	tests := []struct {
		name string
		o    Options
		want []string
	}{
		{"all", Options{}, []string{"a", "f", "e", "c", "d", "b"}},
		{"hidden", Options{Hidden: true}, []string{"x", ".h", "a", "f", "e", "c", "d", "b"}},
		{"include", Options{Include: []string{"*.ndjson"}}, []string{"f"}},
		{"include path", Options{Include: []string{"keep/**"}}, []string{"c", "d"}},
		{"include deep", Options{Include: []string{"**/d.csv", "a.*"}}, []string{"a", "d"}},
		{"exclude name", Options{Exclude: []string{"tmp", "f.*"}}, []string{"a", "e", "c", "d"}},
		{"exclude path", Options{Exclude: []string{"keep/deep"}}, []string{"a", "f", "e", "c", "b"}},
		{"exclude itself", Options{Exclude: []string{filepath.Join(dir, "home")}}, []string{"a", "f", "c", "d", "b"}},
		{"depth", Options{MaxDepth: 1}, []string{"a", "f", "e", "c", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]bool{}
			l := list(t, tt.o, dir)
			for _, d := range l.Datasets {
				got[d.Name] = true
			}
			want := map[string]bool{}
			for _, n := range tt.want {
				want[n] = true
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			c := codes(t, l, dir)
			if c["."] != "source.hidden" && !tt.o.Hidden {
				t.Errorf("skipped %v: the hidden ones are not counted", c)
			}
			if tt.o.MaxDepth > 0 && c["keep/deep"] != "source.deep" {
				t.Errorf("skipped %v: the deep folder is not named", c)
			}
		})
	}
	if _, err := Open([]string{dir}, Options{Include: []string{"[a"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a malformed pattern: %v", err)
	}
}

func TestOpenNothing(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a.csv": table})
	gone := filepath.Join(dir, "gone.csv")
	if _, err := Open([]string{gone}, Options{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a path that is not there: %v", err)
	}
	if _, err := Open(nil, Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no path: %v", err)
	}
	l := list(t, Options{}, gone, filepath.Join(dir, "a.csv"))
	if c := codes(t, l, dir); c["gone.csv"] != "source.not_found" || len(l.Datasets) != 1 {
		t.Errorf("one of two: %v, skipped %v", names(l), c)
	}
}

func TestListLinksAndLoops(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"data/a.csv": table, "other/b.csv": table})
	link := func(to, name string) {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skipf("SKIPPED: no symbolic links here: %v", err)
		}
	}
	link("..", "data/up")
	link(".", "data/self")
	link(filepath.Join(dir, "other"), "data/other")
	link("nowhere", "data/broken")
	link(filepath.Join(dir, "other", "b.csv"), "data/linked.csv")
	root := filepath.Join(dir, "data")

	l := list(t, Options{}, root)
	if d := cmp.Diff([]string{"a csv 1"}, names(l)); d != "" {
		t.Errorf("without following: %s", d)
	}
	want := map[string]string{"up": "source.link", "self": "source.link", "other": "source.link", "broken": "source.link", "linked.csv": "source.link"}
	if d := cmp.Diff(want, codes(t, l, root)); d != "" {
		t.Errorf("without following: -want +got:\n%s", d)
	}
	l = list(t, Options{FollowLinks: true}, root)
	if d := cmp.Diff([]string{"a csv 1", "linked csv 1", "b csv 1"}, names(l)); d != "" {
		t.Errorf("following: -want +got:\n%s", d)
	}
	c := codes(t, l, root)
	if c["self"] != "source.loop" || c["broken"] != "source.not_found" {
		t.Errorf("following: skipped %v", c)
	}
	if l := list(t, Options{}, filepath.Join(root, "linked.csv")); len(l.Datasets) != 1 {
		t.Errorf("a link that was named is not followed: %v", l)
	}
}

func TestListUnreadable(t *testing.T) {
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("SKIPPED: permissions do not bind this user")
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a.csv": table, "secret.csv": table, "closed/b.csv": table})
	for _, p := range []string{"secret.csv", "closed"} {
		if err := os.Chmod(filepath.Join(dir, p), 0); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(filepath.Join(dir, "closed"), 0o755) // for TempDir to remove it
	l := list(t, Options{}, dir)
	want := map[string]string{"secret.csv": "source.denied", "closed": "source.denied"}
	if d := cmp.Diff(want, codes(t, l, dir)); d != "" || len(l.Datasets) != 1 {
		t.Errorf("%v, skipped -want +got:\n%s", names(l), d)
	}
}

func TestGroups(t *testing.T) {
	parquet, err := os.ReadFile("testdata/parquet/flat_dict_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile("testdata/parquet/apache_nested_lists.snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	p, q := string(parquet), string(other)
	const head = "id,name\n"
	tests := []struct {
		name  string
		files map[string]string
		want  []string
		notes []string // codes of the first dataset
	}{
		{"months", map[string]string{"sales_2024-01.csv": head + "1,a\n", "sales_2024-02.csv": head + "2,b\n"}, []string{"sales csv 2"}, []string{"source.parts"}},
		{"months in Chinese", map[string]string{"销售1月.csv": head + "1,a\n", "销售12月.csv": head + "2,b\n"}, []string{"销售月 csv 2"}, []string{"source.parts"}},
		{"other header", map[string]string{"sales_01.csv": head + "1,a\n", "sales_02.csv": "id,nom\n2,b\n"}, []string{"sales_01 csv 1", "sales_02 csv 1"}, nil},
		{"most agree", map[string]string{"s_01.csv": head + "1,a\n", "s_02.csv": "x,y\n2,b\n", "s_03.csv": head + "1,a\n"},
			[]string{"s csv 2", "s_02 csv 1"}, []string{"source.parts", "source.parts_differ"}},
		{"no header", map[string]string{"s_01.csv": "1,2\n3,4\n", "s_02.csv": "1,2\n5,6\n"}, []string{"s_01 csv 1", "s_02 csv 1"}, nil},
		{"two quantities", map[string]string{"links-p0.csv": head + "1,a\n", "links-p1.csv": head + "2,b\n"}, []string{"links-p0 csv 1", "links-p1 csv 1"}, nil},
		{"two folders", map[string]string{"x/a_1.csv": head + "1,a\n", "y/a_2.csv": head + "2,b\n"}, []string{"a_1 csv 1", "a_2 csv 1"}, nil},
		{"compressed apart", map[string]string{"a_1.csv": head + "1,a\n", "a_2.csv.gz": zip1(t, head+"2,b\n")}, []string{"a_1 csv 1", "a_2 csv 1"}, nil},
		{"lines of JSON", map[string]string{"e-1.ndjson": "{\"a\":1,\"b\":2}\n{\"a\":1}\n", "e-2.ndjson": "{\"b\":1,\"a\":2}\n{\"a\":1}\n", "e-3.ndjson": "{\"c\":1}\n{\"c\":1}\n"},
			[]string{"e ndjson 2", "e-3 ndjson 1"}, []string{"source.parts", "source.parts_differ"}},
		{"hive", map[string]string{"t/y=2023/m=1/p.parquet": p, "t/y=2024/m=2/q.parquet": p, "t/_SUCCESS": "", "t/_metadata": "x"}, []string{"t parquet 2"}, []string{"source.partitioned"}},
		{"hive of one", map[string]string{"t/y=2023/p.parquet": p}, []string{"t parquet 1"}, []string{"source.partitioned"}},
		{"hive of two keys", map[string]string{"t/y=2023/p.parquet": p, "t/z=2023/p.parquet": p}, []string{"t parquet 1", "t parquet 1"}, nil},
		{"hive, other schema", map[string]string{"t/y=1/p.parquet": p, "t/y=2/p.parquet": p, "t/y=3/q.parquet": q}, []string{"t parquet 2", "q parquet 1"}, []string{"source.partitioned", "source.parts_differ"}},
		{"hive text", map[string]string{"t/y=2023/p.csv": head + "1,a\n", "t/y=2024/p.csv": head + "2,b\n"}, []string{"t csv 2"}, []string{"source.partitioned"}},
		{"Spark", map[string]string{"out/part-00000-1.parquet": p, "out/part-00001-1.parquet": p, "out/other.parquet": q}, []string{"other parquet 1", "out parquet 2"}, nil},
		{"written as one", map[string]string{"out/abc.parquet": p, "out/def.parquet": p, "out/_SUCCESS": ""}, []string{"out parquet 2"}, []string{"source.parts"}},
		{"Delta", map[string]string{"out/abc.parquet": p, "out/def.parquet": p, "out/_delta_log/0.json": "{}"}, []string{"out parquet 2"}, []string{"source.parts", "source.delta"}},
		{"not one", map[string]string{"abc.parquet": p, "def.parquet": p}, []string{"abc parquet 1", "def parquet 1"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, tt.files)
			l := list(t, Options{}, dir)
			got := names(l)
			if tt.name == "hive of two keys" { // only the count is of interest: names must differ
				if len(got) != 2 || l.Datasets[0].Name == l.Datasets[1].Name {
					t.Errorf("%v", got)
				}
				return
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			var notes []string
			for _, n := range l.Datasets[0].Note {
				notes = append(notes, n.Code)
			}
			if tt.notes != nil && !slices.Equal(notes, tt.notes) {
				t.Errorf("notes %v, want %v", notes, tt.notes)
			}
			single := list(t, Options{NoGroup: true}, dir)
			for _, d := range single.Datasets {
				if len(d.Parts) != 1 {
					t.Errorf("NoGroup: %q has %d parts", d.Name, len(d.Parts))
				}
			}
		})
	}
}

func TestHiveValues(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"t/region=%E5%8C%97/day=2024-01-02/b.csv": table, "t/region=a b/day=2024-01-01/a.csv": table})
	l := list(t, Options{}, dir)
	if len(l.Datasets) != 1 {
		t.Fatalf("%v", names(l))
	}
	d := l.Datasets[0]
	want := []source.Part{
		{Name: "region=%E5%8C%97/day=2024-01-02/b.csv", Fixed: map[string]string{"region": "北", "day": "2024-01-02"}},
		{Name: "region=a b/day=2024-01-01/a.csv", Fixed: map[string]string{"region": "a b", "day": "2024-01-01"}},
	}
	var got []source.Part
	for _, p := range d.Parts {
		got = append(got, source.Part{Name: p.Name, Fixed: p.Fixed})
	}
	if diff := cmp.Diff(want, got); diff != "" || d.Locator != filepath.Join(dir, "t") {
		t.Errorf("locator %q, parts -want +got:\n%s", d.Locator, diff)
	}
	s, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(context.Background(), d, source.Options{Aligned: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := sourcetest.Rows(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantRows := [][]string{{"1", "a", "2024-01-02", "北"}, {"2", "b", "2024-01-02", "北"}, {"1", "a", "2024-01-01", "a b"}, {"2", "b", "2024-01-01", "a b"}}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows -want +got:\n%s", diff)
	}
}

func TestUniqueNames(t *testing.T) {
	got := uniqueNames([]nameChoice{{"a", "x/a"}, {"a", "x/a"}, {"a", "y/a"}, {"b"}, {"x/a"}})
	seen := map[string]bool{}
	for _, n := range got {
		if n == "" || seen[n] {
			t.Errorf("%q: empty or twice", got)
		}
		seen[n] = true
	}
	if got[2] != "y/a" || got[3] != "b" || got[4] != "x/a" {
		t.Errorf("%q", got)
	}
}

// A file that grows, shrinks or is replaced while it is read is told.
func TestChangedWhileRead(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"grows": func(p string) error {
			f, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("3,c\n")
			return errors.Join(err, f.Close())
		},
		"shrinks":  func(p string) error { return os.Truncate(p, 8) },
		"replaced": func(p string) error { return os.WriteFile(p, []byte("id,name\n1,z\n2,b\n"), 0o644) },
		"vanishes": os.Remove,
		"stays":    func(string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, map[string]string{"a.csv": table})
			path := filepath.Join(dir, "a.csv")
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
			s, err := Open([]string{path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			l, err := s.List(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Open(context.Background(), l.Datasets[0], source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = r.Next(context.Background())
			}
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			told := slices.ContainsFunc(r.Describe().Evidence, func(o asset.Observation) bool { return o.Code == "source.changed" })
			if told != (name != "stays") {
				t.Errorf("told %v", told)
			}
			_, err = Fingerprint(context.Background(), l.Datasets[0].Parts, 2, nil)
			switch e := fault.As(err); {
			case name == "stays" && err != nil:
				t.Error(err)
			case name == "vanishes" && (e == nil || e.Code != "source.not_found"):
				t.Errorf("Fingerprint: %v", err)
			case name != "stays" && name != "vanishes" && (e == nil || e.Code != "source.changed"):
				t.Errorf("Fingerprint: %v", err)
			}
		})
	}
}

// Listing thousands of small files must stay cheap.
func TestListMany(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: writes 5,000 files")
	}
	dir := t.TempDir()
	files := map[string]string{}
	for i := range 5000 {
		files[fmt.Sprintf("f%02d/table%04d.csv", i%50, i)] = table
	}
	writeFiles(t, dir, files)
	began := time.Now()
	l := list(t, Options{}, dir)
	took := time.Since(began)
	t.Logf("5,000 files in %v", took)
	if len(l.Datasets) != 50 {
		t.Errorf("%d datasets, want one for each folder", len(l.Datasets))
	}
	if took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if l := list(t, Options{NoGroup: true}, dir); len(l.Datasets) != 5000 {
		t.Errorf("%d datasets without groups", len(l.Datasets))
	}
}
