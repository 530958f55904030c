package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"assay"
	"assay/fault"
	"assay/internal/message"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit statuses. They are part of the contract; `assay help exit` prints them.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2 // the command line, or the input it names, is wrong
	exitIncomplete  = 3 // done, but something was skipped, rejected whole or read in part
	exitNotFound    = 4
	exitDenied      = 5
	exitUnavailable = 6 // a disk, a lock; trying again may help
	exitConflict    = 7
	exitCanceled    = 130
)

type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// cli is what all commands share: the global flags and where to write.
type cli struct {
	stdio
	home    string
	account string
	lang    string
	memory  string
	workers int
	verbose bool
}

// errIncomplete ends a command that did its work but has to say that some of it could
// not be done; what and why has been printed.
var errIncomplete = errors.New("incomplete")

// run runs one command line and returns its exit status.
func run(args []string, std stdio) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &cli{stdio: std}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	}
	c.complain(err)
	return status(err)
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "assay",
		Short:         c.say("cli.short"),
		Long:          c.say("cli.long"),
		Example:       "  assay demo\n  assay scan ./data registers.xlsx app.sqlite\n  assay show registers\n  assay report registers -o registers.html",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       strings.TrimPrefix(assay.Version(), "assay "),
	}
	f := root.PersistentFlags()
	f.StringVar(&c.home, "home", "", c.say("cli.flag.home"))
	f.StringVar(&c.account, "as", "", c.say("cli.flag.as"))
	f.StringVar(&c.lang, "lang", "", c.say("cli.flag.lang"))
	f.StringVar(&c.memory, "memory", "512MiB", c.say("cli.flag.memory"))
	f.IntVar(&c.workers, "workers", 0, c.say("cli.flag.workers"))
	f.BoolVarP(&c.verbose, "verbose", "v", false, c.say("cli.flag.verbose"))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fault.New(fault.Invalid, "cli.usage", "problem", err.Error(), "command", cmd.CommandPath())
	})
	root.AddCommand(c.scanCommand(), c.lsCommand(), c.showCommand(), c.reportCommand(), c.catCommand(),
		c.demoCommand(), c.backupCommand(), c.restoreCommand(), c.checkCommand(), exitCommand(c))
	return root
}

// exitCommand is `assay help exit`: a topic without an action.
func exitCommand(c *cli) *cobra.Command {
	return &cobra.Command{Use: "exit", Short: c.say("cli.exit.short"), Long: c.say("cli.exit.long")}
}

// open opens the home that the flags name.
func (c *cli) open(ctx context.Context) (*assay.Assay, error) {
	memory, err := parseSize(c.memory)
	if err != nil {
		return nil, err
	}
	level := slog.LevelWarn
	if c.verbose {
		level = slog.LevelDebug
	}
	return assay.Open(ctx, assay.Config{
		Home: c.home, Account: c.account, Workers: c.workers, Memory: memory,
		Log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level})),
	})
}

// with opens the home for one command.
func (c *cli) with(ctx context.Context, do func(*assay.Assay) error) (err error) {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

// language is the one asked for, else the environment's, else English.
func (c *cli) language() message.Lang {
	want := c.lang
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if want == "" {
			want = os.Getenv(name)
		}
	}
	if strings.HasPrefix(strings.ToLower(want), "zh") {
		return message.ZH
	}
	return message.EN
}

func (c *cli) say(code string, kv ...string) string {
	return message.Text(c.language(), code, message.P(kv...))
}

// complain prints an error: what happened, and what to do next on a line of its own.
func (c *cli) complain(err error) {
	lang := c.language()
	e := fault.As(err)
	if e == nil {
		if fault.KindOf(err) == fault.Canceled {
			fmt.Fprintln(c.err, "assay: "+c.say("cli.canceled"))
			return
		}
		fmt.Fprintln(c.err, "assay: "+err.Error())
		return
	}
	fmt.Fprintln(c.err, "assay: "+e.Text(lang))
	if e.Cause != nil && (c.verbose || e.Kind == fault.Internal || e.Kind == fault.Unavailable) {
		fmt.Fprintln(c.err, "  "+e.Cause.Error())
	}
	if h := e.Hint(lang); h != "" {
		fmt.Fprintln(c.err, c.say("cli.hint", "text", h))
	}
}

func status(err error) int {
	if e := fault.As(err); e == nil && fault.KindOf(err) != fault.Canceled {
		return exitUsage // cobra's own complaints: unknown command, missing argument
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Unsupported:
		return exitUsage
	case fault.NotFound:
		return exitNotFound
	case fault.Denied:
		return exitDenied
	case fault.Unavailable, fault.Exhausted:
		return exitUnavailable
	case fault.Conflict:
		return exitConflict
	case fault.Canceled:
		return exitCanceled
	}
	return exitInternal
}

// terminal returns the width of w when it is a terminal.
func terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 20
}

// colour reports whether w takes colour (https://no-color.org).
func colour(w io.Writer) bool {
	_, ok := terminal(w)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
