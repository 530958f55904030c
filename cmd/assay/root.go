package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"assay"
	"assay/fault"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// root is the whole command line. Every word that cobra would say in English is
// replaced: help, usage, complaints and completion speak the chosen language.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:               "assay",
		Short:             c.say("cli.short"),
		Long:              c.say("cli.long"),
		Example:           "  assay demo\n  assay scan ./data registers.xlsx app.sqlite\n  assay show registers\n  assay report registers -o registers.html",
		Args:              cobra.ArbitraryArgs,
		RunE:              c.start,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           release(),
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(*cobra.Command, []string) error { return c.checkGlobals() },
	}
	root.SetVersionTemplate("assay {{.Version}}\n")
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVar(&c.home, "home", "", c.say("cli.flag.home"))
	f.StringVar(&c.lang, "lang", c.lang, c.say("cli.flag.lang"))
	f.StringVar(&c.memory, "memory", "512MiB", c.say("cli.flag.memory"))
	f.IntVar(&c.workers, "workers", 0, c.say("cli.flag.workers"))
	f.StringVar(&c.account, "as", "", c.say("cli.flag.as"))
	f.BoolVarP(&c.verbose, "verbose", "v", false, c.say("cli.flag.verbose"))
	f.BoolP("help", "h", false, c.say("cli.flag.help"))
	root.Flags().Bool("version", false, c.say("cli.version.short"))
	root.SetFlagErrorFunc(flagFault)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { c.help(cmd) })
	root.AddCommand(c.demoCommand(), c.scanCommand(), c.lsCommand(), c.showCommand(), c.reportCommand(), c.catCommand(), c.relateCommand(), c.valueCommand(),
		c.backupCommand(), c.restoreCommand(), c.checkCommand(), c.versionCommand(), c.completionCommand(), c.exitCommand())
	root.SetHelpCommand(c.helpCommand())
	c.completeFlags(root)
	return root
}

func release() string { return strings.TrimPrefix(assay.Version(), "assay ") }

// start is `assay` with no command: what this is, and three ways to begin.
func (c *cli) start(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd.Root(), args[0])
	}
	fmt.Fprintln(c.out, "assay "+release()+"  "+c.say("cli.short"))
	fmt.Fprintln(c.out)
	rows := [][2]string{
		{"  assay demo", c.say("cli.start.demo")},
		{"  assay scan " + c.say("cli.start.path"), c.say("cli.start.scan")},
		{"  assay ls", c.say("cli.start.ls")},
	}
	c.columns(rows)
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, c.say("cli.start.more"))
	return nil
}

func unknownCommand(root *cobra.Command, name string) error {
	if _, err := os.Stat(name); err == nil {
		return fault.New(fault.Invalid, "cli.command_is_path", "name", name)
	}
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return fault.New(fault.Invalid, "cli.command_near", "name", name, "near", strings.Join(near, ", "))
	}
	return fault.New(fault.Invalid, "cli.command_unknown", "name", name)
}

func (c *cli) checkGlobals() error {
	if err := checkLanguage(c.lang); err != nil {
		return err
	}
	if c.workers < 0 {
		return fault.New(fault.Invalid, "cli.flag_value", "flag", "--workers", "text", fmt.Sprint(c.workers), "command", "assay")
	}
	_, err := parseSize(c.memory)
	return err
}

// flagFault says in our words what pflag found wrong.
func flagFault(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch command := cmd.CommandPath(); {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		return fault.Wrap(err, fault.Invalid, "cli.flag_unknown", "flag", name, "verb", cmd.Name(), "command", command)
	case errors.As(err, &value):
		return fault.Wrap(err, fault.Invalid, "cli.flag_value", "flag", "--"+value.GetFlag().Name, "text", value.GetValue(), "command", command)
	case errors.As(err, &missing):
		return fault.Wrap(err, fault.Invalid, "cli.flag_missing", "flag", "--"+missing.GetFlag().Name, "command", command)
	default:
		return fault.Wrap(err, fault.Invalid, "cli.usage", "problem", err.Error(), "command", command)
	}
}

// takes checks the number of arguments; need is the sentence for too few.
func takes(low, high int, need string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < low {
			return fault.New(fault.Invalid, need, "command", cmd.CommandPath())
		}
		if high >= 0 && len(args) > high {
			return fault.New(fault.Invalid, "cli.too_many", "verb", cmd.Name(), "command", cmd.CommandPath(), "text", args[high])
		}
		return nil
	}
}

func (c *cli) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   c.say("cli.version.short"),
		Example: "  assay version\n  assay version --json",
		Args:    takes(0, 0, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				return c.printJSON(struct {
					Version string `json:"version"`
				}{release()})
			}
			fmt.Fprintln(c.out, assay.Version())
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json_plain"))
	return cmd
}
