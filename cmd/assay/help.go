package main

import (
	"fmt"
	"strings"

	"assay/fault"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// group is the annotation of a flag that names the heading it stands under.
const group = "assay-group"

// groups are the headings of flags, in the order of help.
var groups = [...]string{"", "files", "reading"}

// verbs are the commands in the order in which a person meets them; cobra would sort
// them by the alphabet.
var verbs = [...]string{"demo", "scan", "ls", "show", "report", "cat", "relate", "value", "backup", "restore", "fsck", "completion", "version", "exit", "help"}

// help prints the help of a command: what it does, how it is called, examples, flags
// (those of this command first), exit statuses.
func (c *cli) help(cmd *cobra.Command) {
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	c.paragraph(about)
	if !cmd.Runnable() && !cmd.HasSubCommands() {
		c.statuses()
		return
	}
	c.heading("usage")
	use := cmd.CommandPath()
	if cmd.HasSubCommands() {
		use += " " + c.say("cli.help.command")
	} else if _, args, ok := strings.Cut(cmd.Use, " "); ok {
		use += " " + args + " " + c.say("cli.help.flag")
	} else {
		use += " " + c.say("cli.help.flag")
	}
	fmt.Fprintln(c.out, "  "+use)
	if cmd.HasSubCommands() {
		c.commands(cmd)
	}
	if cmd.Example != "" {
		c.heading("examples")
		fmt.Fprintln(c.out, cmd.Example)
	}
	c.flags(cmd)
	fmt.Fprintln(c.out)
	if cmd.HasSubCommands() {
		c.paragraph(c.say("cli.help.more"))
	}
	c.paragraph(c.say("cli.help.exit"))
}

func (c *cli) heading(name string) {
	fmt.Fprintln(c.out, "\n"+c.say("cli.help."+name))
}

func (c *cli) commands(cmd *cobra.Command) {
	c.heading("commands")
	var rows [][2]string
	for _, name := range verbs {
		for _, sub := range cmd.Commands() {
			if sub.Name() == name {
				rows = append(rows, [2]string{"  " + name, sub.Short})
			}
		}
	}
	c.columns(rows)
}

func (c *cli) flags(cmd *cobra.Command) {
	own := map[string][][2]string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || cmd.Root().PersistentFlags().Lookup(f.Name) != nil {
			return
		}
		heading := ""
		if at := f.Annotations[group]; len(at) > 0 {
			heading = at[0]
		}
		own[heading] = append(own[heading], flagRow(f))
	})
	for _, name := range groups {
		if len(own[name]) > 0 {
			c.heading(strings.TrimSuffix("flags."+name, "."))
			c.columns(own[name])
		}
	}
	var global [][2]string
	cmd.Root().PersistentFlags().VisitAll(func(f *pflag.Flag) { global = append(global, flagRow(f)) })
	c.heading("flags.global")
	c.columns(global)
}

// flagRow is a flag and what it does. The word in backquotes is the name of its value.
func flagRow(f *pflag.Flag) [2]string {
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	value, usage := pflag.UnquoteUsage(f)
	if f.Value.Type() != "bool" {
		name += " " + value
	}
	return [2]string{name, usage}
}

// columns prints rows of a term and its explanation, the explanations in one column
// that is wrapped to the terminal.
func (c *cli) columns(rows [][2]string) {
	left := 0
	for _, r := range rows {
		left = max(left, text.StringWidth(r[0]))
	}
	left += 2
	width := max(c.width()-left, 20)
	for _, r := range rows {
		for i, line := range wrap(r[1], width) {
			if i == 0 {
				fmt.Fprintln(c.out, r[0]+strings.Repeat(" ", left-text.StringWidth(r[0]))+line)
				continue
			}
			fmt.Fprintln(c.out, strings.Repeat(" ", left)+line)
		}
	}
}

func (c *cli) paragraph(s string) {
	for _, line := range wrap(s, c.width()) {
		fmt.Fprintln(c.out, line)
	}
}

// width is how wide text may be: the terminal's width, at most 100, else 80.
func (c *cli) width() int {
	if w, ok := terminal(c.out); ok {
		return min(w, 100)
	}
	return 80
}

// wrap breaks s into lines of a display width: between words, and in Chinese between
// any two characters except before a mark that may not begin a line.
func wrap(s string, width int) []string {
	const stay = "，。；：、！？）”’》,.;:!?)"
	var lines []string
	var line, word strings.Builder
	flush := func() {
		if text.StringWidth(line.String())+text.StringWidth(strings.TrimRight(word.String(), " ")) > width && line.Len() > 0 {
			lines = append(lines, strings.TrimRight(line.String(), " "))
			line.Reset()
		}
		line.WriteString(word.String())
		word.Reset()
	}
	last := ' '
	for _, r := range s {
		// A new word begins after a space, before a wide character and after one.
		wide := text.RuneWidth(r) == 2 || text.RuneWidth(last) == 2
		if (last == ' ' && r != ' ') || (wide && r != ' ' && !strings.ContainsRune(stay, r) && !strings.ContainsRune("“（《", last)) {
			flush()
		}
		word.WriteRune(r)
		last = r
	}
	flush()
	return append(lines, strings.TrimRight(line.String(), " "))
}

// helpCommand is `assay help COMMAND`.
func (c *cli) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [" + c.say("cli.help.name") + "]",
		Short: c.say("cli.help.short"),
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, sub := range cmd.Root().Commands() {
				if strings.HasPrefix(sub.Name(), begun) {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || (len(rest) > 0 && about == cmd.Root()) {
				return unknownCommand(cmd.Root(), args[0])
			}
			c.help(about)
			return nil
		},
	}
}

// exitCommand is `assay help exit`: a topic without an action.
func (c *cli) exitCommand() *cobra.Command {
	return &cobra.Command{Use: "exit", Short: c.say("cli.exit.short"), Long: c.say("cli.exit.long")}
}

// statuses lists what a script can learn from the exit status.
func (c *cli) statuses() {
	fmt.Fprintln(c.out)
	var rows [][2]string
	for _, n := range []int{exitOK, exitInternal, exitUsage, exitIncomplete, exitNotFound, exitDenied, exitUnavailable, exitConflict, exitCanceled} {
		rows = append(rows, [2]string{fmt.Sprintf("  %3d", n), c.say(fmt.Sprintf("cli.exit.%d", n))})
	}
	c.columns(rows)
}

// completionCommand writes the completion script of a shell.
func (c *cli) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     c.say("cli.completion.short"),
		Long:      c.say("cli.completion.long"),
		Example:   "  source <(assay completion bash)\n  assay completion zsh > \"${fpath[1]}/_assay\"\n  assay completion fish > ~/.config/fish/completions/assay.fish",
		Args:      takes(1, 1, "cli.need.shell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return cmd.Root().GenBashCompletionV2(c.out, true)
			case "zsh":
				return cmd.Root().GenZshCompletion(c.out)
			case "fish":
				return cmd.Root().GenFishCompletion(c.out, true)
			case "powershell":
				return cmd.Root().GenPowerShellCompletionWithDesc(c.out)
			}
			return fault.New(fault.Invalid, "cli.need.shell", "command", cmd.CommandPath())
		},
	}
}
