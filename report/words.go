package report

import (
	"strings"

	"assay/asset"
	"assay/internal/message"
	"assay/profile"
)

// words writes sentences in one language.
type words struct{ lang message.Lang }

// say returns a sentence of the catalogue.
func (w words) say(code string, kv ...string) string {
	return visible(message.Text(w.lang, code, message.P(kv...)))
}

// text is say for codes and parameters of others, who may know codes that the
// catalogue does not have.
func (w words) text(code string, p message.Params) string {
	return visible(message.Text(w.lang, code, p))
}

// plural is say with a number, which has a form of its own for 1 where a language
// needs it.
func (w words) plural(code string, n int64) string {
	if n == 1 && message.Has(code+".one") {
		code += ".one"
	}
	return w.say(code, "n", count(n))
}

// params makes parameters of others fit to read: counts are grouped, and foreign
// names lose what would mislead a terminal.
func (w words) params(p message.Params) message.Params {
	out := make(message.Params, len(p))
	for k, v := range p {
		if k == "count" && v != "" && len(v) < 19 && digitsOnly(v) {
			v = group(v)
		}
		if k == "delimiter" {
			v = w.char(v)
		}
		out[k] = visible(v)
	}
	return out
}

func (w words) typeName(t asset.Type) string { return w.say("report.type." + t.String()) }

func (w words) nullWords(all []profile.WordCount) string {
	parts := make([]string, len(all))
	for i, n := range all {
		parts[i] = visible(n.Word) + " " + count(n.Count)
	}
	return strings.Join(parts, w.comma())
}

// comma stands between the things of a list.
func (w words) comma() string { return w.say("report.comma") + w.gap() }

// semicolon stands between sentences that belong together.
func (w words) semicolon() string { return w.say("report.semicolon") + w.gap() }

// gap follows a mark: Chinese marks carry their own space.
func (w words) gap() string {
	if w.lang == message.EN {
		return " "
	}
	return ""
}
