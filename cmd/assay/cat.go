package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"assay"
	"assay/internal/message"
	"assay/source/file"

	"github.com/spf13/cobra"
)

func (c *cli) catCommand() *cobra.Command {
	var to, out, name string
	var reading readingFlags
	cmd := &cobra.Command{
		Use:     "cat " + c.say("cli.help.file"),
		Short:   c.say("cli.cat.short"),
		Long:    c.say("cli.cat.long"),
		Example: "  assay cat messy.csv > clean.csv\n  assay cat -o clean.parquet messy.txt\n  assay cat --encoding gb18030 --delimiter '|' old.txt\n  assay cat --dataset 'book/Sheet2' book.xlsx",
		Args:    takes(1, 1, "cli.need.file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := reading.options(cmd.Flags())
			if err != nil {
				return err
			}
			if to == "" {
				to = formatOf(out)
			}
			if to == "parquet" { // a terminal can show the other formats
				if err := c.notOnTerminal(out, "assay cat "+shellWord(args[0]), "clean.parquet"); err != nil {
					return err
				}
			}
			var rep file.CatReport
			err = c.toFile(out, func(w io.Writer) error {
				var err error
				rep, err = assay.Cat(cmd.Context(), assay.CatRequest{Path: args[0], Dataset: name, Reading: o, To: to}, w)
				return err
			})
			if err != nil {
				return err
			}
			return c.catDone(rep)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&to, "to", "", c.say("cli.flag.to"))
	f.StringVarP(&out, "output", "o", "", c.say("cli.flag.output"))
	f.StringVar(&name, "dataset", "", c.say("cli.flag.dataset"))
	reading.register(c, f)
	return cmd
}

// formatOf guesses the wanted format from the name of the output.
func formatOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".parquet":
		return "parquet"
	case ".ndjson", ".jsonl", ".json":
		return "ndjson"
	}
	return "csv"
}

// catDone says on standard error what did not come through.
func (c *cli) catDone(rep file.CatReport) error {
	for _, r := range rep.Rejects {
		fmt.Fprintln(c.err, c.say("cli.cat.reject", "line", strconv.FormatInt(r.Line, 10),
			"reason", message.Text(c.language(), r.Code, r.Params)))
	}
	if rep.Rejected > 0 || rep.Partial != "" {
		fmt.Fprintln(c.err, c.say("cli.cat.done", "rows", strconv.FormatInt(rep.Rows, 10), "rejected", strconv.FormatInt(rep.Rejected, 10)))
		return errIncomplete
	}
	return nil
}
