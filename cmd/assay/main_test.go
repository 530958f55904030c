package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be assay: scripts and the tests that kill it start
// the real command line in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": main})
}

// TestScript runs testdata/script, one file a verb. A script has an empty home and
// speaks English unless it says otherwise.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for _, kv := range [][2]string{
				{"HOME", "home"}, {"XDG_DATA_HOME", "data"}, {"XDG_CACHE_HOME", "cache"},
				{"LocalAppData", "data"}, {"ASSAY_HOME", "records"},
			} {
				env.Setenv(kv[0], filepath.Join(env.WorkDir, kv[1]))
			}
			for _, name := range []string{"LANG", "LC_ALL", "LC_MESSAGES"} {
				env.Setenv(name, "C")
			}
			// Files that no script can hold: in GB18030, made by iconv.
			here, err := filepath.Abs("testdata")
			env.Setenv("TESTDATA", here)
			return err
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit":  exitStatus,
			"lacks": lacks,
		},
	})
}

// exitStatus is `exit N COMMAND…`: the command ends with status N. Its output is for
// stdout and stderr, as after exec.
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit STATUS COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// lacks is `lacks FILE TEXT`: the file does not hold the text.
func lacks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lacks FILE TEXT")
	}
	if s := ts.ReadFile(args[0]); strings.Contains(s, args[1]) {
		ts.Fatalf("%s holds %q", args[0], args[1])
	}
}
