package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/quick"

	"assay/fault"
	"assay/internal/message"
)

// The sentence under test is one of the calendar's: it has both languages and a hint.
const code = "calendar.not_a_date"

func TestErrorSaysSentenceAndCause(t *testing.T) {
	plain := fault.New(fault.Invalid, code)
	if got, want := plain.Error(), message.Text(message.EN, code, nil); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	wrapped := fault.Wrap(io.ErrUnexpectedEOF, fault.Invalid, code)
	if got := wrapped.Error(); !strings.HasPrefix(got, plain.Error()+": ") || !strings.HasSuffix(got, io.ErrUnexpectedEOF.Error()) {
		t.Errorf("got %q, want the sentence and the cause", got)
	}
	// What a person reads leaves the cause out, and has a hint in the same language.
	for lang, part := range map[message.Lang]string{message.ZH: "日期", message.EN: "date"} {
		if got := wrapped.Text(lang); !strings.Contains(got, part) || strings.Contains(got, "EOF") {
			t.Errorf("%s: got %q", lang, got)
		}
		if got := wrapped.Hint(lang); !strings.Contains(got, "2026-06-24") {
			t.Errorf("%s: hint %q", lang, got)
		}
	}
	if got := fault.New(fault.Internal, "no.such.code", "path", "x").Error(); got != "no.such.code path=x" {
		t.Errorf("an unknown code is lost: %q", got)
	}
	if got := fault.Wrap(nil, fault.Invalid, code).Unwrap(); got != nil {
		t.Errorf("a nil cause became %v", got)
	}
}

// Wrapping by fmt.Errorf and errors.Join changes neither kind nor code; the outermost
// fault decides.
func TestKindSurvivesWrapping(t *testing.T) {
	inner := fault.Wrap(io.EOF, fault.NotFound, code)
	outer := fault.Wrap(inner, fault.Denied, code)
	for _, c := range []struct {
		err  error
		want fault.Kind
	}{
		{inner, fault.NotFound},
		{fmt.Errorf("scan x: %w", inner), fault.NotFound},
		{errors.Join(io.EOF, inner), fault.NotFound},
		{outer, fault.Denied},
		{fmt.Errorf("scan x: %w", outer), fault.Denied},
		{io.EOF, fault.Internal},
		{nil, fault.Internal},
		{context.Canceled, fault.Canceled},
		{fmt.Errorf("scan x: %w", context.DeadlineExceeded), fault.Canceled},
		{fault.Wrap(context.Canceled, fault.Unavailable, code), fault.Unavailable}, // the room knew better
	} {
		if got := fault.KindOf(c.err); got != c.want {
			t.Errorf("KindOf(%v) = %v, want %v", c.err, got, c.want)
		}
	}
	if !errors.Is(outer, io.EOF) {
		t.Error("the cause is not reachable")
	}
	if fault.As(fmt.Errorf("x: %w", outer)) != outer {
		t.Error("As does not find the outermost fault")
	}
	if fault.As(io.EOF) != nil || fault.As(nil) != nil {
		t.Error("As invents a fault")
	}
}

func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for k := fault.Internal; k <= fault.Canceled; k++ {
		if name := k.String(); name == "" || name == "unknown" || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		} else {
			seen[name] = true
		}
	}
	if err := quick.Check(func(k uint8) bool {
		name := fault.Kind(k).String()
		return seen[name] == (fault.Kind(k) <= fault.Canceled)
	}, nil); err != nil {
		t.Error(err)
	}
}
