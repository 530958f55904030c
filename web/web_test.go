package web

import (
	"regexp"
	"strings"
	"testing"
)

func TestStylesAndScriptStayInTheirElements(t *testing.T) {
	for _, bad := range []string{"</", "<!--", "]]>", "@import", "http:", "https:"} {
		if strings.Contains(DossierCSS(), bad) || strings.Contains(DossierJS(), bad) {
			t.Errorf("%q would end the element or fetch something", bad)
		}
	}
}

// Only tokens.css and paper have literal colours.
func TestColoursAreTokens(t *testing.T) {
	screen, _, found := strings.Cut(dossierCSS, "@media print")
	if !found {
		t.Fatal("there are no print rules")
	}
	if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(`).FindAllString(screen, -1); m != nil {
		t.Errorf("literal colours: %q", m)
	}
	defined := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+):`).FindAllStringSubmatch(tokens, -1) {
		defined[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllStringSubmatch(dossierCSS, -1) {
		if !defined[m[1]] {
			t.Errorf("tokens.css has no %s", m[1])
		}
	}
}

// Both dark lists of tokens.css name the same tokens with the same colours.
func TestDarkListsAgree(t *testing.T) {
	lists := regexp.MustCompile(`(?s)color-scheme: dark;(.*?)\}`).FindAllStringSubmatch(tokens, -1)
	if len(lists) != 2 {
		t.Fatalf("%d dark lists, want 2", len(lists))
	}
	if a, b := strings.Fields(lists[0][1]), strings.Fields(lists[1][1]); strings.Join(a, " ") != strings.Join(b, " ") {
		t.Error("the two dark lists differ")
	}
}
