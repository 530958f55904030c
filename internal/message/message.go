// Package message holds every sentence that assay says to a person, in Chinese and
// English, keyed by a code. Rooms produce codes and parameters; only this package
// knows words.
//
// Start at [Text]. The sentences stand in catalog/*.txt, one file per area:
//
//	source.encrypted
//	  zh 文件“{locator}”有密码，无法读取
//	  en file "{locator}" is protected by a password
//	  zh.hint 请先另存为不加密的副本
//	  en.hint save a copy without a password first
//
// Invariants, held by tests: every code has both languages, and both use the same
// parameters.
//
// Not here: the choice of language (the caller's), numbers and dates (formatted by
// the caller before they become parameters).
package message

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
)

// Lang is a language of the catalogue.
type Lang string

// The two languages; both are complete.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// Params are the named values of a sentence. They never hold raw data values.
type Params map[string]string

// P builds Params from key, value pairs. It panics on an odd count, which is a bug
// in the caller.
func P(kv ...string) Params {
	if len(kv)%2 != 0 {
		panic("message.P: odd number of arguments")
	}
	p := make(Params, len(kv)/2)
	for i := 0; i < len(kv); i += 2 {
		p[kv[i]] = kv[i+1]
	}
	return p
}

type entry struct {
	text, hint map[Lang]string
}

//go:embed catalog/*.txt
var files embed.FS

var load = sync.OnceValues(func() (map[string]entry, error) { return parse(files) })

// Text returns the sentence of code in lang with its parameters filled in. An
// unknown code comes back as itself, so that nothing a person should see is lost.
func Text(lang Lang, code string, p Params) string {
	e, ok := lookup(code)
	if !ok {
		return unknown(code, p)
	}
	return fill(e.text[lang], p)
}

// Hint returns what a person can do next, or "" where the code has no hint.
func Hint(lang Lang, code string, p Params) string {
	e, ok := lookup(code)
	if !ok {
		return ""
	}
	return fill(e.hint[lang], p)
}

// Has reports whether the catalogue knows code.
func Has(code string) bool { _, ok := lookup(code); return ok }

func lookup(code string) (entry, bool) {
	m, err := load()
	if err != nil {
		panic(err) // the catalogue is part of the binary and a test parses it
	}
	e, ok := m[code]
	return e, ok
}

func unknown(code string, p Params) string {
	keys := make([]string, 0, len(p))
	for k := range p {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	b.WriteString(code)
	for _, k := range keys {
		fmt.Fprintf(&b, " %s=%s", k, p[k])
	}
	return b.String()
}

func fill(s string, p Params) string {
	if !strings.Contains(s, "{") {
		return s
	}
	pairs := make([]string, 0, 2*len(p))
	for k, v := range p {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

func parse(fsys fs.FS) (map[string]entry, error) {
	all := map[string]entry{}
	names, err := fs.Glob(fsys, "catalog/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := fsys.Open(name)
		if err != nil {
			return nil, err
		}
		if err := parseFile(bufio.NewScanner(f), name, all); err != nil {
			return nil, err
		}
		f.Close()
	}
	return all, nil
}

func parseFile(sc *bufio.Scanner, name string, all map[string]entry) error {
	var cur entry
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), " \t\r")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, " "):
			if _, dup := all[line]; dup {
				return fmt.Errorf("%s:%d: code %s is there twice", name, n, line)
			}
			cur = entry{text: map[Lang]string{}, hint: map[Lang]string{}}
			all[line] = cur
		default:
			key, text, ok := strings.Cut(strings.TrimSpace(line), " ")
			if !ok || cur.text == nil {
				return fmt.Errorf("%s:%d: want 'zh TEXT'", name, n)
			}
			switch key {
			case "zh", "en":
				cur.text[Lang(key)] = text
			case "zh.hint", "en.hint":
				cur.hint[Lang(key[:2])] = text
			default:
				return fmt.Errorf("%s:%d: unknown key %q", name, n, key)
			}
		}
	}
	return sc.Err()
}
