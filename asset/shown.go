package asset

// Shown is a value that may be stored, printed and logged. Only the constructors of
// this file make one, so a raw value cannot reach the store by accident: the store
// and the reports take Shown and nothing else.
type Shown struct {
	text   string
	masked bool
}

// Plain shows a value that tells nothing about a person: a number, a date, a
// frequent category. The caller has decided so; see profile's mask for the rule.
func Plain(text string) Shown { return Shown{text: text} }

// Masked shows the outcome of a mask, in which the value can no longer be read.
func Masked(text string) Shown { return Shown{text: text, masked: true} }

// Text returns the form to print.
func (s Shown) Text() string { return s.text }

// IsMasked reports whether a mask stands where the value was.
func (s Shown) IsMasked() bool { return s.masked }

// IsZero reports whether there is nothing to show.
func (s Shown) IsZero() bool { return s == Shown{} }

// The stored form of a value that is masked, or that begins with the mark itself, is
// the mark, 'm' or 'p', and the text; any other plain value is stored as it is.
const mark = '\x1a'

// MarshalText writes the stored form.
func (s Shown) MarshalText() ([]byte, error) {
	switch {
	case s.masked:
		return append([]byte{mark, 'm'}, s.text...), nil
	case s.text != "" && s.text[0] == mark:
		return append([]byte{mark, 'p'}, s.text...), nil
	}
	return []byte(s.text), nil
}

// UnmarshalText reads the stored form.
func (s *Shown) UnmarshalText(b []byte) error {
	if len(b) < 2 || b[0] != mark {
		*s = Shown{text: string(b)}
		return nil
	}
	*s = Shown{text: string(b[2:]), masked: b[1] == 'm'}
	return nil
}
