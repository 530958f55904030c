package main

import (
	"bytes"
	"strings"
	"testing"

	"assay/internal/message"

	"github.com/spf13/cobra"
)

// newRoot is the command line of lang, with what it prints.
func newRoot(lang message.Lang) (*cobra.Command, *bytes.Buffer) {
	var out bytes.Buffer
	c := &cli{stdio: stdio{out: &out, err: &out}, lang: string(lang)}
	return c.root(), &out
}

// Every command has help with an example and with the exit statuses, in both languages,
// no line wider than 80 columns but for examples, and stands in the list of commands.
func TestEveryCommandHasHelp(t *testing.T) {
	for _, lang := range []message.Lang{message.EN, message.ZH} {
		words := map[string]string{"examples": "", "exit": ""}
		for name := range words {
			words[name] = message.Text(lang, "cli.help."+name, nil)
		}
		root, _ := newRoot(lang)
		root.InitDefaultHelpCmd() // as Execute does
		var listed []string
		for _, cmd := range root.Commands() {
			listed = append(listed, cmd.Name())
			if !cmd.Runnable() || cmd.Name() == "help" {
				continue
			}
			again, out := newRoot(lang)
			again.SetArgs([]string{"help", cmd.Name()})
			if err := again.Execute(); err != nil {
				t.Fatalf("help %s: %v", cmd.Name(), err)
			}
			got := strings.ReplaceAll(out.String(), "\n", "")
			for _, want := range words {
				if !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")) {
					t.Errorf("%s: help of %s lacks %q", lang, cmd.Name(), want)
				}
			}
			if strings.Contains(got, "cli.") {
				t.Errorf("%s: help of %s has a code without words:\n%s", lang, cmd.Name(), out)
			}
		}
		if len(listed) != len(verbs) {
			t.Errorf("commands %q, listed in help %q", listed, verbs)
		}
		for _, name := range verbs {
			if !strings.Contains(" "+strings.Join(listed, " ")+" ", " "+name+" ") {
				t.Errorf("help lists %s, which is no command", name)
			}
		}
	}
}

// Every example of every help parses: the command exists, its flags do, and the number
// of arguments is right.
func TestExamplesParse(t *testing.T) {
	var all []string
	root, _ := newRoot(message.EN)
	for _, cmd := range append(root.Commands(), root) {
		for line := range strings.Lines(cmd.Example) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d examples: %q", len(all), all)
	}
	for _, line := range all {
		if err := parses(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	// The check itself must be able to fail.
	for _, bad := range []string{"assay scna x", "assay scan --bogus x", "assay scan", "assay ls a b", "assay scan --workers x y"} {
		if parses(bad) == nil {
			t.Errorf("%s: passes as an example", bad)
		}
	}
}

func parses(line string) error {
	if inner, ok := strings.CutPrefix(line, "source <("); ok {
		line = strings.TrimSuffix(inner, ")")
	}
	line, _, _ = strings.Cut(line, " > ")
	var args []string
	for _, word := range strings.Fields(line)[1:] {
		args = append(args, strings.Trim(word, "'"))
	}
	root, _ := newRoot(message.EN)
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if cmd == root && len(args) > 0 {
		return unknownCommand(root, args[0])
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"unbreakable", 4, []string{"unbreakable"}},
		{"读一遍文件", 6, []string{"读一遍", "文件"}},
		{"读一遍，好", 6, []string{"读一", "遍，好"}}, // a comma begins no line
		{"用 --lang 设置", 9, []string{"用 --lang", "设置"}},
	} {
		got := wrap(c.text, c.width)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"people": "people", "年报2023/年报": "年报2023/年报", "two words": "'two words'",
		"it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'", "a;b": "'a;b'",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{
		"0": 0, "512": 512, "1k": 1 << 10, "512MiB": 512 << 20, "1.5g": 3 << 29, "64 MB": 64_000_000, "2GB": 2_000_000_000, "7b": 7,
	} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", "-1", "1e30g", "NaN", "Inf", "12q", "MiB", "0x10p"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", in, got)
		}
	}
}
