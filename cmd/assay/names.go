package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"assay"
	"assay/fault"
	"assay/report"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// dataset finds what a person means by ref: the name, id or locator; else the one name
// that is ref in another case, or begins with it, or has it after the last slash (a
// table of a database, a sheet of a workbook); else the file at that path.
func (c *cli) dataset(ctx context.Context, a *assay.Assay, ref string) (report.Document, error) {
	doc, err := a.Dataset(ctx, a.Actor(), ref)
	if fault.KindOf(err) != fault.NotFound || err == nil {
		return doc, err
	}
	names, listErr := a.Names(ctx, a.Actor(), ref)
	if listErr != nil {
		return doc, listErr
	}
	if name, ok := meant(ref, names); ok {
		return a.Dataset(ctx, a.Actor(), name)
	}
	if abs, absErr := filepath.Abs(ref); absErr == nil {
		if at, atErr := a.Dataset(ctx, a.Actor(), abs); atErr == nil {
			return at, nil
		}
	}
	return doc, err
}

// meant picks the one name that equals ref in another case, else the one that begins
// with it, else the one that has it after the last slash.
func meant(ref string, names []string) (string, bool) {
	for _, fits := range []func(string) bool{
		func(name string) bool { return strings.EqualFold(name, ref) },
		func(name string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(ref)) },
		func(name string) bool { return strings.EqualFold(name[strings.LastIndex(name, "/")+1:], ref) },
	} {
		var found []string
		for _, name := range names {
			if fits(name) {
				found = append(found, name)
			}
		}
		if len(found) > 0 {
			return found[0], len(found) == 1
		}
	}
	return "", false
}

// completeDataset offers the names of datasets to the shell. It never makes a home,
// and on an error it offers nothing: a shell has no place for words.
func (c *cli) completeDataset(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || !c.hasHome() {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []string
	err := c.with(cmd.Context(), func(a *assay.Assay) error {
		names, err := a.Names(cmd.Context(), a.Actor(), begun)
		for _, name := range names {
			if strings.HasPrefix(strings.ToLower(name), strings.ToLower(begun)) {
				found = append(found, name)
			}
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func (c *cli) hasHome() bool {
	home := c.home
	if home == "" {
		var err error
		if home, err = assay.DefaultHome(); err != nil {
			return false
		}
	}
	_, err := os.Stat(home)
	return err == nil
}

// completeFlags offers the values of flags that have few.
func (c *cli) completeFlags(root *cobra.Command) {
	values := map[string][]string{
		"lang":     {"zh", "en"},
		"memory":   {"256MiB", "512MiB", "1GiB", "2GiB"},
		"to":       {"csv", "ndjson", "parquet"},
		"encoding": {"utf-8", "gb18030", "gbk", "big5", "shift_jis", "euc-kr", "utf-16le", "utf-16be", "windows-1252"},
	}
	for _, cmd := range append(root.Commands(), root) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if v, ok := values[f.Name]; ok {
				// The only error is that the flag does not exist; it was just seen.
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(v, cobra.ShellCompDirectiveNoFileComp))
			}
		})
	}
}

// shellWord writes s so that a shell reads it as one word.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r > 0x7f || strings.ContainsRune("-_./+,:@%=", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// again is the beginning of a command line that works on the same home: "assay VERB",
// with the flags that were given to this one.
func (c *cli) again(verb string) string {
	if c.home == "" {
		return "assay " + verb
	}
	return "assay " + verb + " --home " + shellWord(c.home)
}

// fileFor is a name for a file about a dataset, whose name may hold slashes.
func fileFor(dataset, suffix string) string {
	return strings.NewReplacer("/", "-", `\`, "-").Replace(dataset) + suffix
}
