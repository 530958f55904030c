package main

import (
	"fmt"

	"assay"
	"assay/fault"
	"assay/internal/message"
	"assay/store"

	"github.com/spf13/cobra"
)

func (c *cli) backupCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "backup " + c.say("cli.help.file"),
		Short:   c.say("cli.backup.short"),
		Long:    c.say("cli.backup.long"),
		Example: "  assay backup assay-2026-11-24.tar.zst",
		Args:    takes(1, 1, "cli.need.backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				if err := a.Backup(cmd.Context(), a.Actor(), args[0]); err != nil {
					return err
				}
				if asJSON {
					return c.printJSON(struct {
						Home string `json:"home"`
						Path string `json:"path"`
					}{a.Home(), args[0]})
				}
				fmt.Fprintln(c.out, c.say("cli.backup.done", "path", args[0]))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json_plain"))
	return cmd
}

func (c *cli) restoreCommand() *cobra.Command {
	var replace, asJSON bool
	cmd := &cobra.Command{
		Use:     "restore " + c.say("cli.help.file"),
		Short:   c.say("cli.restore.short"),
		Long:    c.say("cli.restore.long"),
		Example: "  assay restore assay-2026-11-24.tar.zst --home ./restored\n  assay restore --replace assay-2026-11-24.tar.zst",
		Args:    takes(1, 1, "cli.need.restore"),
		RunE: func(cmd *cobra.Command, args []string) error {
			home, aside, err := assay.Restore(cmd.Context(), args[0], c.home, replace)
			if e := fault.As(err); e != nil && e.Code == "store.home_not_empty" {
				// The store cannot know what the way out is called here.
				return fault.Wrap(err, e.Kind, "cli.restore.exists", "home", home)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return c.printJSON(struct {
					Home  string `json:"home"`
					Aside string `json:"aside,omitempty"`
				}{home, aside})
			}
			fmt.Fprintln(c.out, c.say("cli.restore.done", "home", home))
			if aside != "" {
				fmt.Fprintln(c.out, c.say("cli.restore.aside", "path", aside))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&replace, "replace", false, c.say("cli.flag.replace"))
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json_plain"))
	return cmd
}

func (c *cli) checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "fsck",
		Short:   c.say("cli.fsck.short"),
		Long:    c.say("cli.fsck.long"),
		Example: "  assay fsck\n  assay fsck --json --home ./restored",
		Args:    takes(0, 0, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				problems, err := a.Check(cmd.Context(), a.Actor())
				if err != nil {
					return err
				}
				if err := c.printProblems(a.Home(), problems, asJSON); err != nil {
					return err
				}
				if len(problems) > 0 {
					return fault.New(fault.Internal, "cli.fsck.broken", "n", fmt.Sprint(len(problems)))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json_plain"))
	return cmd
}

// problemJSON is a problem as a program reads it: the code and its parameters, and the
// sentence in the language of the command.
type problemJSON struct {
	Code   string         `json:"code"`
	Params message.Params `json:"params,omitempty"`
	Text   string         `json:"text"`
}

func (c *cli) printProblems(home string, problems []store.Problem, asJSON bool) error {
	all := []problemJSON{}
	for _, p := range problems {
		all = append(all, problemJSON{p.Code, p.Params, message.Text(c.language(), p.Code, p.Params)})
	}
	if asJSON {
		return c.printJSON(struct {
			Home     string        `json:"home"`
			Sound    bool          `json:"sound"`
			Problems []problemJSON `json:"problems"`
		}{home, len(all) == 0, all})
	}
	for _, p := range all {
		fmt.Fprintln(c.out, p.Text)
	}
	if len(all) == 0 {
		fmt.Fprintln(c.out, c.say("cli.fsck.clean", "home", home))
	}
	return nil
}
