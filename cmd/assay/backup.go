package main

import (
	"fmt"

	"assay"
	"assay/fault"
	"assay/internal/message"

	"github.com/spf13/cobra"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "backup FILE",
		Short:   c.say("cli.backup.short"),
		Long:    c.say("cli.backup.long"),
		Example: "  assay backup assay-2026-11-24.tar.zst",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				if err := a.Backup(cmd.Context(), a.Actor(), args[0]); err != nil {
					return err
				}
				fmt.Fprintln(c.out, c.say("cli.backup.done", "path", args[0]))
				return nil
			})
		},
	}
}

func (c *cli) restoreCommand() *cobra.Command {
	var replace bool
	cmd := &cobra.Command{
		Use:     "restore FILE",
		Short:   c.say("cli.restore.short"),
		Long:    c.say("cli.restore.long"),
		Example: "  assay restore assay-2026-11-24.tar.zst --home ./restored",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			home, aside, err := assay.Restore(cmd.Context(), args[0], c.home, replace)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.out, c.say("cli.restore.done", "home", home))
			if aside != "" {
				fmt.Fprintln(c.out, c.say("cli.restore.aside", "path", aside))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&replace, "replace", false, c.say("cli.flag.replace"))
	return cmd
}

func (c *cli) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "fsck",
		Short:   c.say("cli.fsck.short"),
		Example: "  assay fsck",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *assay.Assay) error {
				problems, err := a.Check(cmd.Context(), a.Actor())
				if err != nil {
					return err
				}
				for _, p := range problems {
					fmt.Fprintln(c.out, message.Text(c.language(), p.Code, p.Params))
				}
				if len(problems) > 0 {
					return fault.New(fault.Internal, "cli.fsck.broken", "n", fmt.Sprint(len(problems)))
				}
				fmt.Fprintln(c.out, c.say("cli.fsck.clean"))
				return nil
			})
		},
	}
}
