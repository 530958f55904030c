package report

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
	"assay/source"

	"golang.org/x/net/html"
)

func dossierOf(t testing.TB, d Document, lang message.Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, d, Options{Lang: lang}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements walks the page as a browser's parser sees it.
func elements(t testing.TB, s string, visit func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

// hostile puts markup into everything that comes from a file.
func hostile(t testing.TB) Document {
	const x = `"><script>alert(1)</script><img src=x onerror=alert(2)>' onmouseover=alert(3) {{.}} </style></title><!--` + "\u202e\x00\x1b[2J"
	d := document(t)
	d.Tool = x
	d.Skipped = append(d.Skipped, source.Skipped{Locator: x, Code: "no.such.code" + x, Params: message.P("a", x)})
	e := &d.Entries[0]
	e.Dataset.Name, e.Dataset.Locator, e.Dataset.Format, e.Scan.Cost.HostClass = x, "javascript:alert(1)", x, x
	e.Facts.Method = x
	e.Facts.Description.Encoding, e.Facts.Description.Comment = x, x
	e.Facts.Description.Dialect.Delimiter, e.Facts.Description.Dialect.Quote = x, x
	e.Facts.Description.Evidence = []asset.Observation{{Code: "dialect.delimiter", Params: message.P("delimiter", x, "columns", x, "score", x)}}
	e.Facts.Rejects[0].Params = message.P("got", x, "want", x)
	e.Facts.Observations = []asset.Observation{{Column: x, Code: x}}
	for i := range e.Facts.Columns {
		c := &e.Facts.Columns[i]
		c.Path, c.Label, c.Comment, c.Declared = fmt.Sprint(i, x), x, x, x
		c.Min, c.Max = asset.Plain(x), asset.Masked(x)
		c.NullWords = []profile.WordCount{{Word: x, Count: 1}}
		c.Top = append(c.Top, profile.TopValue{Value: asset.Plain(x), Count: 5})
		c.Examples = []asset.Shown{asset.Plain(x)}
		if c.Text != nil {
			c.Text.Shapes = append([]profile.ShapeCount{{Shape: x, Count: 9}}, c.Text.Shapes...)
		}
	}
	return d
}

func TestForeignTextStaysText(t *testing.T) {
	want := map[string]int{}
	clean := dossierOf(t, document(t), message.EN)
	elements(t, clean, func(n *html.Node) { want[n.Data]++ })
	scripts, images := 0, 0
	dirty := dossierOf(t, hostile(t), message.EN)
	if i := strings.IndexAny(dirty, "\u202e\x00\x1b"); i >= 0 {
		t.Errorf("a mark that misleads the eye is on the page: …%q", dirty[max(0, i-80):i+4])
	}
	elements(t, dirty, func(n *html.Node) {
		switch n.Data {
		case "script":
			scripts++
		case "img", "iframe", "object", "embed", "form", "base", "link":
			images++
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || (a.Key == "href" && !strings.HasPrefix(a.Val, "#")) {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	})
	if scripts != want["script"] || scripts != 1 || images != 0 {
		t.Errorf("%d scripts (want 1) and %d foreign elements (want 0)", scripts, images)
	}
}

func TestPageFetchesNothing(t *testing.T) {
	s := dossierOf(t, document(t), message.ZH)
	if !strings.Contains(s, `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;`) && !strings.Contains(s, `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:`) {
		t.Error("no content policy")
	}
	for _, bad := range []string{"http://", "https://", "@import", "src=", "fetch(", "XMLHttp", "ZgotmplZ", "<no value>", "%!"} {
		if strings.Contains(s, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(s, -1) {
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("url(%s)", m[1])
		}
	}
}

// Ids are unique and every reference finds its id.
func TestReferencesHold(t *testing.T) {
	ids := map[string]bool{}
	var refs []string
	elements(t, dossierOf(t, document(t), message.ZH), func(n *html.Node) {
		for _, a := range n.Attr {
			// html/template takes data-on… for an event and writes a JavaScript string.
			if strings.HasPrefix(a.Val, `"`) {
				t.Errorf("%s=%q", a.Key, a.Val)
			}
			switch a.Key {
			case "id":
				if ids[a.Val] {
					t.Errorf("id %s is there twice", a.Val)
				}
				ids[a.Val] = true
			case "href":
				refs = append(refs, strings.TrimPrefix(a.Val, "#"))
			case "aria-controls", "aria-labelledby", "data-for":
				refs = append(refs, a.Val)
			}
		}
	})
	for _, r := range refs {
		if !ids[r] {
			t.Errorf("nothing has the id %s", r)
		}
	}
	if len(refs) < 20 {
		t.Errorf("%d references; the test looks at too little", len(refs))
	}
}

func TestLanguageOfThePage(t *testing.T) {
	for lang, want := range map[message.Lang]string{message.ZH: `<html lang="zh-CN">`, message.EN: `<html lang="en">`} {
		if s := dossierOf(t, document(t), lang); !strings.Contains(s, want) {
			t.Errorf("%s: no %s", lang, want)
		}
	}
	// An English page of English data has no Chinese word; masks and shapes use 汉.
	d := document(t)
	d.Entries = d.Entries[1:2]
	d.Skipped = nil
	body := dossierOf(t, d, message.EN)
	body = body[strings.Index(body, "<body"):strings.Index(body, "<script>")]
	for _, r := range strings.ReplaceAll(body, "汉", "") {
		if unicode.Is(unicode.Han, r) {
			t.Fatalf("%q on an English page", r)
		}
	}
}

// The markup has no words of its own: what is left without tags and calls of the
// catalogue is the name of the tool and marks.
func TestWordsComeFromTheCatalogue(t *testing.T) {
	s := dossierMarkup
	for _, cut := range []string{`(?s)<noscript>.*?</noscript>`, `(?s)\{\{.*?\}\}`, `(?s)<[^>]*>`, `\bassay\b`} {
		s = regexp.MustCompile(cut).ReplaceAllString(s, "")
	}
	if words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }); len(words) > 0 {
		t.Errorf("words outside the catalogue: %q", words)
	}
	for _, m := range regexp.MustCompile(`(?:placeholder|title|aria-label|alt)="([^"{]+)`).FindAllStringSubmatch(dossierMarkup, -1) {
		t.Errorf("attribute text outside the catalogue: %q", m[1])
	}
}

// Every code that the sources name is in the catalogue, and no code of report.txt is
// left that nothing names.
func TestCodesAreKnown(t *testing.T) {
	var text strings.Builder
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); !strings.HasSuffix(name, "_test.go") && (strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".html")) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
		}
	}
	src := text.String()
	for _, m := range regexp.MustCompile(`"(report\.[a-z_.0-9]+[a-z_0-9])"`).FindAllStringSubmatch(src, -1) {
		if !message.Has(m[1]) {
			t.Errorf("the catalogue has no %s", m[1])
		}
	}
	built := regexp.MustCompile(`^report\.(brief|note|tag|type|extent|chart|field)\.`)
	catalogue, err := os.ReadFile("../internal/message/catalog/report.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range regexp.MustCompile(`(?m)^report\.[a-z_.0-9]+`).FindAllString(string(catalogue), -1) {
		base := strings.TrimSuffix(code, ".one")
		last := base[strings.LastIndex(base, ".")+1:]
		named := strings.Contains(src, `"`+base+`"`) || built.MatchString(code) && strings.Contains(src, `"`+last+`"`) || strings.HasPrefix(code, "report.type.") || strings.HasPrefix(code, "report.extent.")
		if !named {
			t.Errorf("nothing names %s", code)
		}
	}
}

func TestLargeDocumentsAreQuick(t *testing.T) {
	base := document(t)
	wideOne := base.Entries[0]
	wideOne.Facts.Columns = nil
	for i := range 500 {
		c := base.Entries[0].Facts.Columns[i%13]
		c.Path, c.Position = fmt.Sprintf("%s_%d", c.Path, i), i
		wideOne.Facts.Columns = append(wideOne.Facts.Columns, c)
	}
	many := base
	many.Entries = nil
	for i := range 300 {
		many.Entries = append(many.Entries, base.Entries[i%3])
	}
	for name, d := range map[string]Document{"500 columns": {Entries: []Entry{wideOne}}, "300 datasets": many} {
		start := time.Now()
		n := len(dossierOf(t, d, message.ZH))
		took := time.Since(start)
		t.Logf("%s: %v, %d kB", name, took, n/1000)
		if took > 2*time.Second*raceFactor {
			t.Errorf("%s took %v, more than 2 s", name, took)
		}
	}
}

func TestSeal(t *testing.T) {
	// 36 bits: the first byte 1000 0000 lights the first cell alone; 0xff in the fifth
	// byte lights the four cells that it has there, the last of them at the right end.
	f := asset.Fingerprint{Version: 1}
	f.Sum[0], f.Sum[4] = 0x80, 0xff
	s := string(sealSVG(f))
	if got := strings.Count(s, `class="d"`); got != 5 {
		t.Errorf("%d cells, want 5", got)
	}
	for _, cell := range []string{`x="4" y="4"`, `x="34" y="34"`, `x="16" y="34"`} {
		if !strings.Contains(s, cell) {
			t.Errorf("no cell at %s", cell)
		}
	}
	if sealSVG(asset.Fingerprint{}) != "" {
		t.Error("a seal of nothing")
	}
}
