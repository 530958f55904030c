package main

import (
	"os"
	"strings"

	"assay/fault"
	"assay/internal/message"
)

// flagLanguage finds --lang before the command line is parsed, because help and the
// complaints about the command line are in that language too.
func flagLanguage(args []string) string {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if want, ok := strings.CutPrefix(arg, "--lang="); ok {
			return want
		}
		if arg == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// language is the one asked for, else the environment's, else English.
func (c *cli) language() message.Lang {
	want := c.lang
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if want == "" {
			want = os.Getenv(name)
		}
	}
	if want == "" {
		want = systemLanguage()
	}
	if strings.HasPrefix(strings.ToLower(want), "zh") {
		return message.ZH
	}
	return message.EN
}

// checkLanguage refuses a --lang that would be taken for English in silence.
func checkLanguage(want string) error {
	low := strings.ToLower(want)
	if want == "" || strings.HasPrefix(low, "zh") || strings.HasPrefix(low, "en") {
		return nil
	}
	return fault.New(fault.Invalid, "cli.language", "text", want)
}
