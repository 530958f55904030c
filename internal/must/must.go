// Package must makes skipped tests loud. A test that needs something of the machine,
// named by an environment variable, asks [Have]: without it the test skips and says
// which variable to set; when ASSAY_MUST names it, as .ci/run does, the skip fails.
//
// Words: a need is a variable such as ASSAY_CHROMIUM; its short name is "chromium".
//
// Start at [Have]. Not here: anything the product uses; only tests import this.
package must

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Have returns the value of the environment variable name. Where it is not set the
// test is skipped, or fails when ASSAY_MUST, a list separated by commas, holds name or
// its short name.
func Have(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value != "" {
		return value
	}
	if required(os.Getenv("ASSAY_MUST"), name) {
		t.Fatalf("%s is not set, and ASSAY_MUST=%s requires it", name, os.Getenv("ASSAY_MUST"))
	}
	t.Skipf("SKIPPED: %s is not set (docs/testdata.md says what it names)", name)
	return ""
}

// required reports whether list names the variable, in full or in short.
func required(list, name string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if slices.Contains([]string{name, Short(name)}, strings.TrimSpace(item)) {
			return true
		}
	}
	return false
}

// Short is the short name of a need: "chromium" for ASSAY_CHROMIUM.
func Short(name string) string { return strings.ToLower(strings.TrimPrefix(name, "ASSAY_")) }
