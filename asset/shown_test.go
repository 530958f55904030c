package asset

import (
	"testing"

	"pgregory.net/rapid"
)

// What was masked comes back masked, and no plain value can pretend to be.
func TestShownRoundTrip(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.Just(""), rapid.Just("\x1a"), rapid.Just("\x1am"), rapid.Just("\x1amsecret"), rapid.Just("\x1ap\x1am"))
	rapid.Check(t, func(t *rapid.T) {
		text, masked := texts.Draw(t, "text"), rapid.Bool().Draw(t, "masked")
		s := Plain(text)
		if masked {
			s = Masked(text)
		}
		if s.Text() != text || s.IsMasked() != masked || s.IsZero() != (text == "" && !masked) {
			t.Errorf("%q masked %v: %q %v %v", text, masked, s.Text(), s.IsMasked(), s.IsZero())
		}
		stored, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Shown
		if err := back.UnmarshalText(stored); err != nil || back != s {
			t.Errorf("%q masked %v, stored as %q, came back as %q masked %v, %v", text, masked, stored, back.Text(), back.IsMasked(), err)
		}
	})
}

func FuzzShown(f *testing.F) {
	f.Add([]byte("plain"))
	f.Add([]byte("\x1amasked"))
	f.Add([]byte("\x1a"))
	f.Fuzz(func(t *testing.T, stored []byte) {
		var s Shown
		if err := s.UnmarshalText(stored); err != nil {
			t.Skip()
		}
		again, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Shown
		if err := back.UnmarshalText(again); err != nil || back != s {
			t.Errorf("%q: %q masked %v, then %q masked %v", stored, s.Text(), s.IsMasked(), back.Text(), back.IsMasked())
		}
	})
}
