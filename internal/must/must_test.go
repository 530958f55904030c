package must

import (
	"strings"
	"testing"
)

// recorder is a testing.TB that notes how a test ended.
type recorder struct {
	testing.TB
	skipped, failed bool
	said            string
}

func (r *recorder) Helper() {}
func (r *recorder) Skipf(format string, args ...any) {
	r.skipped, r.said = true, format
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failed, r.said = true, format
	panic(r) // as FailNow ends the goroutine
}

func run(t *testing.T, value, list string) (r *recorder, got string) {
	t.Helper()
	t.Setenv("ASSAY_THING", value)
	t.Setenv("ASSAY_MUST", list)
	r = &recorder{TB: t}
	defer func() {
		if p := recover(); p != nil && p != r {
			panic(p)
		}
	}()
	got = Have(r, "ASSAY_THING")
	return r, got
}

func TestHave(t *testing.T) {
	for _, c := range []struct {
		value, list     string
		skipped, failed bool
	}{
		{"/x", "", false, false},
		{"/x", "thing", false, false},
		{"", "", true, false},
		{"", "other", true, false},
		{"", "thingy,nothing", true, false},
		{"", "thing", false, true},
		{"", "other, thing", false, true},
		{"", "ASSAY_THING", false, true},
	} {
		r, got := run(t, c.value, c.list)
		if r.skipped != c.skipped || r.failed != c.failed || got != c.value {
			t.Errorf("value %q, ASSAY_MUST=%q: skipped %v, failed %v, got %q", c.value, c.list, r.skipped, r.failed, got)
		}
		if (r.skipped || r.failed) && !strings.HasPrefix(r.said, "SKIPPED: %s") && !strings.HasPrefix(r.said, "%s is not set") {
			t.Errorf("the message %q does not begin with the variable", r.said)
		}
	}
}
