package main

import (
	"fmt"
	"io"

	"assay"
	"assay/fault"
	"assay/report"

	"github.com/spf13/cobra"
)

func (c *cli) lsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "ls [" + c.say("cli.help.text") + "]",
		Short:   c.say("cli.ls.short"),
		Long:    c.say("cli.ls.long"),
		Example: "  assay ls\n  assay ls registers\n  assay ls --json > datasets.json",
		Args:    takes(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				match := ""
				if len(args) > 0 {
					match = args[0]
				}
				doc, err := a.Datasets(cmd.Context(), a.Actor(), match)
				if err != nil {
					return err
				}
				return c.list(a, doc, match, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json"))
	return cmd
}

func (c *cli) list(a *assay.Assay, doc report.Document, match string, asJSON bool) error {
	switch {
	case asJSON:
		return report.WriteJSON(c.out, doc)
	case len(doc.Entries) > 0:
		return report.WriteTable(c.out, doc, c.look())
	case match != "":
		fmt.Fprintln(c.out, c.say("cli.ls.no_match", "text", match))
	default:
		fmt.Fprintln(c.out, c.say("cli.ls.empty", "home", a.Home()))
	}
	return nil
}

func (c *cli) showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show " + c.say("cli.help.name"),
		Short:             c.say("cli.show.short"),
		Long:              c.say("cli.show.long"),
		Example:           "  assay show registers\n  assay show ./data/registers.csv\n  assay show --json registers > registers.json",
		Args:              takes(1, 1, "cli.need.name"),
		ValidArgsFunction: c.completeDataset,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				doc, err := c.dataset(cmd.Context(), a, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return report.WriteJSON(c.out, doc)
				}
				if err := report.WriteColumns(c.out, doc.Entries[0], c.look()); err != nil {
					return err
				}
				if _, ok := terminal(c.out); ok {
					name := doc.Entries[0].Dataset.Name
					fmt.Fprintln(c.out, "\n"+c.say("cli.show.next", "report", c.again("report"), "name", shellWord(name), "file", shellWord(fileFor(name, ".html"))))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json"))
	return cmd
}

func (c *cli) reportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:               "report [" + c.say("cli.help.name") + "]",
		Short:             c.say("cli.report.short"),
		Long:              c.say("cli.report.long"),
		Example:           "  assay report registers -o registers.html\n  assay report -o all.html --lang zh",
		Args:              takes(0, 1, ""),
		ValidArgsFunction: c.completeDataset,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				doc, err := c.reported(cmd, a, args)
				if err != nil {
					return err
				}
				if err := c.notOnTerminal(out, c.again("report")+wordsOf(args), reportFile(doc, args)); err != nil {
					return err
				}
				return c.writeDossier(doc, out)
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", c.say("cli.flag.output"))
	return cmd
}

// reported is what the dossier is about: one dataset, or all there are.
func (c *cli) reported(cmd *cobra.Command, a *assay.Assay, args []string) (report.Document, error) {
	if len(args) > 0 {
		return c.dataset(cmd.Context(), a, args[0])
	}
	doc, err := a.Datasets(cmd.Context(), a.Actor(), "")
	if err == nil && len(doc.Entries) == 0 {
		err = fault.New(fault.NotFound, "cli.report.empty", "home", a.Home())
	}
	return doc, err
}

func (c *cli) writeDossier(doc report.Document, out string) error {
	err := c.toFile(out, func(w io.Writer) error {
		return report.WriteHTML(w, doc, report.Options{Lang: c.language()})
	})
	if err == nil && out != "" && out != "-" {
		fmt.Fprintln(c.out, c.say("cli.report.done", "path", out))
	}
	return err
}

// notOnTerminal refuses to pour a file into a terminal, and says how to keep it.
func (c *cli) notOnTerminal(out, command, file string) error {
	if _, ok := terminal(c.out); !ok || out != "" {
		return nil
	}
	return fault.New(fault.Invalid, "cli.terminal", "command", command, "file", shellWord(file))
}

func wordsOf(args []string) string {
	s := ""
	for _, arg := range args {
		s += " " + shellWord(arg)
	}
	return s
}

func reportFile(doc report.Document, args []string) string {
	if len(args) == 0 {
		return "assay.html"
	}
	return fileFor(doc.Entries[0].Dataset.Name, ".html")
}
