package main

import (
	"assay/fault"
	"assay/source"

	"github.com/spf13/pflag"
)

// readingFlags override what would be detected.
type readingFlags struct {
	encoding, delimiter, quote, escape, comment string
	headerRows, skipRows                        int
	columns                                     []string
}

func (r *readingFlags) register(c *cli, f *pflag.FlagSet) {
	f.StringVar(&r.encoding, "encoding", "", c.say("cli.flag.encoding"))
	f.StringVar(&r.delimiter, "delimiter", "", c.say("cli.flag.delimiter"))
	f.IntVar(&r.headerRows, "header-rows", 0, c.say("cli.flag.header-rows"))
	f.IntVar(&r.skipRows, "skip-rows", 0, c.say("cli.flag.skip-rows"))
	f.StringSliceVar(&r.columns, "columns", nil, c.say("cli.flag.columns"))
	f.StringVar(&r.quote, "quote", "", c.say("cli.flag.quote"))
	f.StringVar(&r.escape, "escape", "", c.say("cli.flag.escape"))
	f.StringVar(&r.comment, "comment", "", c.say("cli.flag.comment"))
	under(f, "reading", "encoding", "delimiter", "header-rows", "skip-rows", "columns", "quote", "escape", "comment")
}

// under puts flags under a heading of the help.
func under(f *pflag.FlagSet, heading string, names ...string) {
	for _, name := range names {
		f.Lookup(name).Annotations = map[string][]string{group: {heading}}
	}
}

// options turns the flags that were given into options of a reader.
func (r *readingFlags) options(f *pflag.FlagSet) (source.Options, error) {
	o := source.Options{Encoding: r.encoding, Delimiter: unescape(r.delimiter), Comment: r.comment,
		SkipRows: r.skipRows, Columns: r.columns}
	var err error
	if f.Changed("quote") {
		if o.Quote, err = oneByte("quote", r.quote); err != nil {
			return o, err
		}
	}
	if f.Changed("escape") {
		if o.Escape, err = oneByte("escape", r.escape); err != nil {
			return o, err
		}
	}
	if f.Changed("header-rows") {
		o.HeaderRows = &r.headerRows
	}
	return o, nil
}

// oneByte reads a flag that is one ASCII character, or nothing for "none".
func oneByte(flag, s string) (*byte, error) {
	var b byte
	switch {
	case len(s) == 1 && s[0] < 0x80:
		b = s[0]
	case s != "":
		return nil, fault.New(fault.Invalid, "cli.one_byte", "flag", flag, "text", s)
	}
	return &b, nil
}

// unescape reads the ways to write a delimiter that a shell makes hard.
func unescape(s string) string {
	switch s {
	case `\t`, "tab":
		return "\t"
	case `\0`:
		return "\x00"
	case `\x01`, "^A":
		return "\x01"
	}
	return s
}
