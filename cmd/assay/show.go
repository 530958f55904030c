package main

import (
	"errors"
	"io"
	"os"

	"assay"
	"assay/fault"
	"assay/report"

	"github.com/spf13/cobra"
)

func (c *cli) lsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "ls [TEXT]",
		Short:   c.say("cli.ls.short"),
		Example: "  assay ls\n  assay ls --json 登记",
		Args:    cobra.MaximumNArgs(1),
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
				if asJSON {
					return report.WriteJSON(c.out, doc)
				}
				return report.WriteTable(c.out, doc, c.look())
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json"))
	return cmd
}

func (c *cli) showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   c.say("cli.show.short"),
		Example: "  assay show registers\n  assay show --json 01JQZ0000000000000000000",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				doc, err := a.Dataset(cmd.Context(), a.Actor(), args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return report.WriteJSON(c.out, doc)
				}
				return report.WriteColumns(c.out, doc.Entries[0], c.look())
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json"))
	return cmd
}

func (c *cli) reportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "report [NAME]",
		Short:   c.say("cli.report.short"),
		Example: "  assay report registers -o registers.html\n  assay report -o all.html",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				var doc report.Document
				var err error
				if len(args) == 0 {
					doc, err = a.Datasets(cmd.Context(), a.Actor(), "")
				} else {
					doc, err = a.Dataset(cmd.Context(), a.Actor(), args[0])
				}
				if err != nil {
					return err
				}
				return c.toFile(out, func(w io.Writer) error {
					return report.WriteHTML(w, doc, report.Options{Lang: c.language()})
				})
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", c.say("cli.flag.output"))
	return cmd
}

// toFile writes to path, or to standard output when path is "" or "-". A file appears
// whole or not at all: it is written beside its place and renamed.
func (c *cli) toFile(path string, write func(io.Writer) error) (err error) {
	if path == "" || path == "-" {
		return write(c.out)
	}
	f, err := os.CreateTemp(dirOf(path), ".assay-*")
	if err != nil {
		return fault.Wrap(err, fault.Denied, "cli.write", "path", path)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err != nil {
		if fault.As(err) != nil {
			return err
		}
		return fault.Wrap(err, fault.Unavailable, "cli.write", "path", path)
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return fault.Wrap(err, fault.Denied, "cli.write", "path", path)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fault.Wrap(err, fault.Denied, "cli.write", "path", path)
	}
	return nil
}
