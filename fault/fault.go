// Package fault is assay's one error type: a kind for programs, a code and
// parameters for people, a cause for the log.
//
// The kind is decided where the meaning is known and mapped once to exit statuses
// (cmd/assay) and once to HTTP statuses (server). The sentence comes from the
// catalogue of internal/message, in Chinese or English, with a hint that says what
// to do next. Parameters and causes never hold data values, only names and places.
package fault

import (
	"context"
	"errors"

	"assay/internal/message"
)

// Kind says what a program should do about an error.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody classified is our bug.
const (
	Internal    Kind = iota // a bug or a broken promise of the machine
	Invalid                 // the input or the request is wrong
	NotFound                // the thing named does not exist
	Conflict                // somebody else changed it, or it exists already
	Denied                  // the actor or the operating system may not
	Unavailable             // a disk, server or lock is not there now; trying again may help
	Unsupported             // understood, but not something assay does
	Exhausted               // a budget of memory, disk, time or rows ran out
	Canceled                // the caller stopped it
)

var kindNames = [...]string{"internal", "invalid", "not-found", "conflict", "denied",
	"unavailable", "unsupported", "exhausted", "canceled"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Error is an error with a kind and a sentence in the catalogue.
type Error struct {
	Kind   Kind
	Code   string // key of internal/message
	Params message.Params
	Cause  error // may be nil
}

// New returns an error of kind with the sentence code; kv are the parameters, as
// key, value pairs.
func New(kind Kind, code string, kv ...string) *Error {
	return &Error{Kind: kind, Code: code, Params: message.P(kv...)}
}

// Wrap is New with a cause. A nil cause is allowed.
func Wrap(cause error, kind Kind, code string, kv ...string) *Error {
	return &Error{Kind: kind, Code: code, Params: message.P(kv...), Cause: cause}
}

// Error is the English sentence and the cause: the form for logs. Doors that speak
// to people use Text and Hint.
func (e *Error) Error() string {
	s := e.Text(message.EN)
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Text is the sentence in lang, without the cause.
func (e *Error) Text(lang message.Lang) string { return message.Text(lang, e.Code, e.Params) }

// Hint is what to do next, or "".
func (e *Error) Hint(lang message.Lang) string { return message.Hint(lang, e.Code, e.Params) }

// As returns the outermost *Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf returns the kind of the outermost *Error in err's chain. Context
// cancellation is Canceled wherever it comes from; anything else is Internal.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Canceled
	}
	return Internal
}
