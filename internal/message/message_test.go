package message

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var param = regexp.MustCompile(`\{[a-z_]+\}`)

func params(s string) string {
	found := param.FindAllString(s, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

func TestEveryCodeSpeaksBothLanguages(t *testing.T) {
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(m) == 0 {
		t.Fatal("the catalogue is empty")
	}
	for code, e := range m {
		if e.text[ZH] == "" || e.text[EN] == "" {
			t.Errorf("%s: zh %q, en %q: want both", code, e.text[ZH], e.text[EN])
		}
		if (e.hint[ZH] == "") != (e.hint[EN] == "") {
			t.Errorf("%s: a hint in one language only", code)
		}
		if zh, en := params(e.text[ZH]), params(e.text[EN]); zh != en {
			t.Errorf("%s: zh uses %s, en uses %s", code, zh, en)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, bad := range []string{
		"a.b\n  zh x\na.b\n  zh y\n", // twice
		"  zh x\n",                   // text before a code
		"a.b\n  fr x\n",              // unknown language
	} {
		fsys := fstest.MapFS{"catalog/x.txt": {Data: []byte(bad)}}
		if _, err := parse(fsys); err == nil {
			t.Errorf("parse(%q) succeeded, want an error", bad)
		}
	}
}

func TestUnknownCodeKeepsItsParameters(t *testing.T) {
	if got, want := Text(EN, "no.such", P("b", "2", "a", "1")), "no.such a=1 b=2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
