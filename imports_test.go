package assay_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The house (design section 4, docs/decisions/0001-floors.md): imports point down,
// never up and never sideways. A folder with Go files that no line here names fails:
// a new room is a decision, and its floor is written down first.
var floors = []struct {
	floor int
	rooms []string // "x/*" is every folder right below x
	why   string
}{
	{0, []string{"internal/message", "internal/span"}, "the sentences, and the one type that readers share with the kernel"},
	{1, []string{"fault"}, "the one error type; its sentences are below it"},
	{2, []string{"internal/*", "money", "calendar", "web"}, "helpers without a subject, and words that every room speaks"},
	{3, []string{"asset", "registry/verify"}, "nouns and their identity; bytes alone"},
	{4, []string{"source", "engine", "registry", "placement"}, "contracts and pure subjects"},
	{5, []string{"profile"}, "the one-pass kernel"},
	{6, []string{"classify", "quality", "relation"}, "what facts mean"},
	{7, []string{"valuation", "exchange", "books"}, "value, exchange and books cannot see each other"},
	{8, []string{"store", "report", "notify", "source/*", "engine/*", "registry/tesseralog", "relation/sqlparse", "exchange/wire"},
		"the doors: all drivers, above every room and beside each other"},
	{9, []string{"."}, "the verbs; the only place that knows all rooms and doors"},
	{10, []string{"server", "examples"}, "what carries the verbs to people, and the data they try them on"},
	{11, []string{"cmd/assay", "examples/generate"}, "programs; nobody imports them"},
}

// testOnly are folders that only tests import. Suites (…test) count by their name:
// a suite may import what stands below the verbs, its own door included.
var testOnly = []string{"internal/must"}

const suiteFloor = 9

// doors: import path prefix → its only importers → why. A module that is not here has
// no door, and its first import fails. "tests" stands for test files and suites,
// "tests of x" for those of one room.
var doors = []struct {
	prefix string
	rooms  []string
	why    string
}{
	{"modernc.org/sqlite", []string{"store", "source/file", "examples/generate", "tests of ."}, "our records; other people's .sqlite files; the generator writes one"},
	{"github.com/parquet-go/parquet-go", []string{"source/file", "examples/generate"}, "the Parquet format"},
	{"github.com/parquet-go/bitpack", []string{"source/file"}, "unpacking of Parquet's dictionary codes"},
	{"github.com/andybalholm/brotli", []string{"source/file"}, "a Parquet codec"},
	{"github.com/pierrec/lz4", []string{"source/file"}, "a Parquet codec"},
	{"github.com/klauspost/compress", []string{"source/file", "store", "examples/generate"}, ".gz and .zst files, Parquet codecs; backups"},
	{"github.com/xuri/excelize", []string{"source/file", "report", "examples/generate"}, "Excel: read, write, generate"},
	{"github.com/go-json-experiment/json", []string{"source/file"}, "JSON tokens without reflection"},
	{"github.com/spf13/cobra", []string{"cmd/assay"}, "the command line"},
	{"github.com/spf13/pflag", []string{"cmd/assay"}, "cobra's flags"},
	{"github.com/jedib0t/go-pretty", []string{"report", "cmd/assay"}, "terminal tables; widths of Chinese text in the progress line"},
	{"golang.org/x/term", []string{"cmd/assay"}, "is it a terminal, and how wide"},
	{"golang.org/x/text", []string{"internal/charset", "source/file", "report", "examples/generate", "tests of .", "tests of cmd/assay"}, "encodings; the width of characters in a table"},
	{"golang.org/x/sys", []string{"store", "source/file", "internal/cpu"}, "file locks and CPU time on Windows"},
	{"go.yaml.in/yaml/v3", []string{"valuation"}, "input files; quality rules and contracts will follow"},
	{"github.com/zeebo/xxh3", []string{"profile", "internal/sketch"}, "the hash of values"},
	{"github.com/oklog/ulid", []string{"asset"}, "identity"},

	{"golang.org/x/net/html", []string{"tests"}, "pages are parsed, not searched"},
	{"github.com/google/go-cmp", []string{"tests"}, "differences in failure messages"},
	{"pgregory.net/rapid", []string{"tests"}, "properties"},
	{"github.com/rogpeppe/go-internal", []string{"tests"}, "testscript"},
	{"go.uber.org/goleak", []string{"tests"}, "goroutines left behind"},

	// Of the standard library: technology that would otherwise seep into rooms.
	{"database/sql", []string{"store", "source/file", "source/sqldb", "examples/generate", "tests"}, "SQL stays behind its doors"},
	{"net", []string{"server", "exchange/wire", "notify", "source/object", "source/sqldb", "cmd/assay", "tests"}, "assay works on a closed network: sockets are opened in few places"},
	{"html/template", []string{"report", "server", "web"}, "pages"},
	{"os/exec", []string{"tests"}, "the product starts no programs"},
	{"plugin", nil, "one static binary"},
	{"C", nil, "no cgo in the product (design section 2)"},
}

// harmless are exceptions to the prefixes above.
var harmless = []string{"net/url", "net/netip", "net/mail", "net/textproto"}

func TestImportsPointDown(t *testing.T) {
	// Read in this process, so that the test cache sees the files (`go list` does not).
	seen, bad, err := violations(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(seen, "asset") || !slices.Contains(seen, "fault") {
		t.Fatalf("the walk saw %v only", seen)
	}
	for _, v := range bad {
		t.Error(v)
	}
}

// Every rule is seen to fail here, on trees made for it.
func TestPlantedImportsAreNamed(t *testing.T) {
	for _, c := range []struct {
		file, imports string
		want          string // part of the one violation; "" for none
	}{
		{"profile/x.go", "assay/asset", ""},
		{"asset/x.go", "assay/profile", "asset/x.go: asset (floor 3) imports profile (floor 5)"},
		{"classify/x.go", "assay/quality", "classify/x.go: classify (floor 6) imports quality (floor 6)"},
		{"books/x.go", "assay/valuation", "books (floor 7) imports valuation (floor 7)"},
		{"quality/x.go", "assay/store", "quality (floor 6) imports store (floor 8)"},
		{"source/file/x.go", "assay/store", "source/file (floor 8) imports store (floor 8)"},
		{"source/file/x.go", "assay/source", ""},
		{"store/x.go", "assay", "store (floor 8) imports . (floor 9)"},
		{"server/x.go", "assay", ""},
		{"assay.go", "assay/server", ". (floor 9) imports server (floor 10)"},
		{"internal/delimited/x.go", "assay/internal/message", ""},
		{"internal/delimited/x.go", "assay/internal/charset", "internal/delimited (floor 2) imports internal/charset (floor 2)"},
		{"internal/message/x.go", "assay/internal/span", "internal/message (floor 0) imports internal/span (floor 0)"},
		{"internal/charset/x.go", "assay/fault", ""},
		{"calendar/x.go", "assay/money", "calendar (floor 2) imports money (floor 2)"},
		{"fault/x.go", "assay/money", "fault (floor 1) imports money (floor 2)"},
		{"internal/message/x.go", "assay/fault", "internal/message (floor 0) imports fault (floor 1)"},
		{"attic/x.go", "fmt", "attic stands on no floor"},
		{"source/file/deep/x.go", "fmt", "source/file/deep stands on no floor"},
		{"cmd/other/x.go", "fmt", "cmd/other stands on no floor"},
		{"asset/x.go", "assay/attic", "imports attic, which stands on no floor"},
		{"asset/x.go", "assay/examples/generate", "imports examples/generate (floor 11)"},
		{"cmd/assay/x.go", "assay/examples/generate", "cmd/assay (floor 11) imports examples/generate (floor 11)"},

		{"profile/x.go", "modernc.org/sqlite", "profile/x.go: profile imports modernc.org/sqlite"},
		{"store/x.go", "modernc.org/sqlite/lib", ""},
		{"store/x.go", "modernc.org/sqlite3", "modernc.org/sqlite3 has no door"},
		{"quality/x.go", "github.com/strange/module", "github.com/strange/module has no door"},
		{"profile/x.go", "net/http", "profile imports net/http"},
		{"profile/x.go", "net/url", ""},
		{"server/x.go", "net/http", ""},
		{"profile/x.go", "C", "profile imports C"},
		{"store/x.go", "github.com/google/go-cmp/cmp", "store imports github.com/google/go-cmp/cmp"},
		{"store/x_test.go", "github.com/google/go-cmp/cmp", ""},
		{"profile/x_test.go", "modernc.org/sqlite", "profile imports modernc.org/sqlite"},

		{"profile/x_test.go", "assay/source/file", "profile/x_test.go: profile (floor 5) imports source/file (floor 8)"},
		{"profile/x_test.go", "assay/internal/must", ""},
		{"profile/x.go", "assay/internal/must", "internal/must is for tests"},
		{"store/x_test.go", "assay/store", ""},
		{"store/x_test.go", "assay/store/storetest", ""},
		{"store/x.go", "assay/store/storetest", "store/storetest is for tests"},
		{"store/storetest/x.go", "assay/store", ""},
		{"store/storetest/x.go", "assay", "store/storetest (floor 9) imports . (floor 9)"},
		{"store/storetest/x.go", "github.com/google/go-cmp/cmp", ""},

		{"store/testdata/x.go", "assay/server", ""},
		{"bench/x.go", "assay/nowhere", ""},
		{".hidden/x.go", "assay/nowhere", ""},
	} {
		tree := fstest.MapFS{
			"go.mod":       {Data: []byte("module assay\n")},
			"bench/go.mod": {Data: []byte("module assay/bench\n")},
			c.file:         {Data: []byte("package x\n\nimport _ " + strconv.Quote(c.imports) + "\n")},
		}
		_, got, err := violations(tree)
		switch {
		case err != nil:
			t.Errorf("%s imports %s: %v", c.file, c.imports, err)
		case c.want == "" && len(got) > 0:
			t.Errorf("%s imports %s: got %q, want no violation", c.file, c.imports, got)
		case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
			t.Errorf("%s imports %s: got %q, want one with %q", c.file, c.imports, got, c.want)
		}
	}
}

// violations walks a tree and says what breaks the tables above, and which folders
// hold Go files.
func violations(tree fs.FS) (seen, bad []string, err error) {
	err = fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return enter(tree, name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		dir := path.Dir(name)
		if !slices.Contains(seen, dir) {
			seen = append(seen, dir)
			if _, ok := floorOf(dir); !ok {
				bad = append(bad, dir+" stands on no floor: give it one in imports_test.go, with the reason")
				return nil
			}
		}
		found, err := file(tree, name)
		bad = append(bad, found...)
		return err
	})
	return seen, bad, err
}

// enter skips what is not the product's: other modules, test data, hidden folders.
func enter(tree fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, path.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func file(tree fs.FS, name string) (bad []string, err error) {
	src, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	dir := path.Dir(name)
	test := strings.HasSuffix(name, "_test.go") || suite(dir)
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		var complaint string
		if own, ok := room(imported); ok {
			complaint = inside(dir, own, test)
		} else {
			complaint = outside(dir, imported, test)
		}
		if complaint != "" {
			bad = append(bad, name+": "+complaint)
		}
	}
	return bad, nil
}

// inside judges an import of one of our own folders.
func inside(dir, imported string, test bool) string {
	from, ok := floorOf(dir)
	to, known := floorOf(imported)
	onlyTests := suite(imported) || slices.Contains(testOnly, imported)
	switch {
	case !ok || dir == imported:
		return "" // complained about already; an external test of its own package
	case !known:
		return fmt.Sprintf("%s imports %s, which stands on no floor", dir, imported)
	case onlyTests && test:
		return ""
	case onlyTests:
		return fmt.Sprintf("%s imports %s: %s is for tests", dir, imported, imported)
	case to < from:
		return ""
	}
	return fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports point down only", dir, from, imported, to)
}

// outside judges an import of the standard library or of a module.
func outside(dir, imported string, test bool) string {
	if slices.Contains(harmless, imported) {
		return ""
	}
	for _, d := range doors {
		if imported != d.prefix && !strings.HasPrefix(imported, d.prefix+"/") {
			continue
		}
		if slices.Contains(d.rooms, dir) || test && (slices.Contains(d.rooms, "tests") || slices.Contains(d.rooms, "tests of "+dir)) {
			return ""
		}
		return fmt.Sprintf("%s imports %s: only %v may (%s)", dir, imported, d.rooms, d.why)
	}
	first, _, _ := strings.Cut(imported, "/")
	if strings.Contains(first, ".") {
		return fmt.Sprintf("%s imports %s: %s has no door; name its importers and the reason in imports_test.go", dir, imported, imported)
	}
	return ""
}

// room is the folder of an import path of this module.
func room(imported string) (dir string, ok bool) {
	if imported == "assay" {
		return ".", true
	}
	return strings.CutPrefix(imported, "assay/")
}

// suite reports whether a folder holds a test suite, such as store/storetest.
func suite(dir string) bool {
	parent, base := path.Split(dir)
	return parent != "" && strings.HasSuffix(base, "test")
}

func floorOf(dir string) (int, bool) {
	if suite(dir) {
		_, ok := floorOf(path.Dir(dir))
		return suiteFloor, ok
	}
	for _, name := range []string{dir, path.Dir(dir) + "/*"} { // a folder's own line comes first
		for _, f := range floors {
			if slices.Contains(f.rooms, name) {
				return f.floor, true
			}
		}
	}
	return 0, false
}
