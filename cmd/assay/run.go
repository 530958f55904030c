package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"assay"
	"assay/fault"
	"assay/internal/message"

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
	// The first Ctrl-C asks; once it was heard, the next one kills.
	defer context.AfterFunc(ctx, stop)()
	out := &sink{w: std.out}
	c := &cli{stdio: stdio{in: std.in, out: out, err: std.err}, lang: flagLanguage(args)}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(out)
	root.SetErr(std.err)
	err := root.ExecuteContext(ctx)
	if out.err != nil && fault.KindOf(err) != fault.Canceled {
		err = out.fault()
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	case errors.Is(err, syscall.EPIPE):
		return exitUnavailable // whoever read has enough: nothing to say
	}
	c.complain(err)
	return status(err)
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

func (c *cli) say(code string, kv ...string) string {
	return message.Text(c.language(), code, message.P(kv...))
}

// complain prints an error: what happened, and what to do next on a line of its own.
func (c *cli) complain(err error) {
	lang := c.language()
	e := fault.As(err)
	if e == nil {
		if fault.KindOf(err) == fault.Canceled {
			e = fault.New(fault.Canceled, "cli.canceled")
		} else {
			e = fault.Wrap(err, fault.Internal, "cli.internal")
		}
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
	if s, is := w.(*sink); is {
		w = s.w
	}
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
