// Package span holds the one type that text readers and the kernel share: where a
// value lies in a buffer. Readers never copy values; they hand out spans.
package span

// Span is the half-open range [Off, Off+Len) of a buffer, in bytes.
type Span struct{ Off, Len uint32 }

// Of returns the bytes of s in data.
func (s Span) Of(data []byte) []byte { return data[s.Off : s.Off+s.Len : s.Off+s.Len] }
