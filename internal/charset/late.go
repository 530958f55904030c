package charset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// lateWindow is how much is looked at where the first byte beyond ASCII stands.
const lateWindow = 1 << 16

// NewLateReader reads text whose beginning was plain ASCII. It goes on as UTF-8 to the
// first byte beyond ASCII; there it looks at the text again, at most 64 KiB of it,
// and tells decided what that shows and how the rest reads; what decided returns is
// read. decided is called at most once, from Read.
func NewLateReader(r io.Reader, decided func(Guess, io.Reader) io.Reader) io.Reader {
	return &lateReader{r: r, tell: decided}
}

type lateReader struct {
	r       io.Reader
	tell    func(Guess, io.Reader) io.Reader
	rest    []byte // begins with the first byte beyond ASCII
	decided io.Reader
}

func (l *lateReader) Read(p []byte) (int, error) {
	if l.decided != nil {
		return l.decided.Read(p)
	}
	if len(l.rest) > 0 {
		if err := l.decide(); err != nil {
			return 0, err
		}
		return l.decided.Read(p)
	}
	n, err := l.r.Read(p)
	if k := firstBeyondASCII(p[:n]); k < n {
		l.rest = bytes.Clone(p[k:n])
		n = k
		if err != nil {
			l.r = &failed{err}
		}
		if n == 0 {
			return l.Read(p)
		}
		return n, nil
	}
	return n, err
}

// failed gives an error that came along with the last bytes.
type failed struct{ err error }

func (f *failed) Read([]byte) (int, error) { return 0, f.err }

func (l *lateReader) decide() error {
	if have := len(l.rest); have < lateWindow {
		l.rest = append(l.rest, make([]byte, lateWindow-have)...)
		n, err := io.ReadFull(l.r, l.rest[have:])
		l.rest = l.rest[:have+n]
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			l.r = &failed{err} // io.EOF too: it comes again
		}
	}
	g := narrow(l.rest)
	e, name, err := Lookup(g.Name)
	if err != nil {
		return err
	}
	g.Name = name
	rest := io.MultiReader(bytes.NewReader(l.rest), l.r)
	if e != nil {
		rest = transform.NewReader(rest, e.NewDecoder())
	}
	l.decided = l.tell(g, rest)
	return nil
}

// firstBeyondASCII is the place of the first byte that is not ASCII, len(b) without one.
func firstBeyondASCII(b []byte) int {
	i := 0
	for ; i+32 <= len(b); i += 32 {
		w := (*[32]byte)(b[i:])
		if (binary.LittleEndian.Uint64(w[:])|binary.LittleEndian.Uint64(w[8:])|
			binary.LittleEndian.Uint64(w[16:])|binary.LittleEndian.Uint64(w[24:]))&0x8080808080808080 != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

// Replaced counts the places in r's text where a decoder put U+FFFD for what it could
// not decode. Use it for decoded text only: in UTF-8 nothing is replaced.
type Replaced struct {
	R     io.Reader
	Count int64
	tail  []byte // the last bytes, at most two
}

func (c *Replaced) Read(p []byte) (int, error) {
	n, err := c.R.Read(p)
	mark := []byte("\ufffd")
	c.Count += int64(bytes.Count(p[:n], mark))
	// One may stand across two reads.
	across := append(c.tail, p[:min(n, 2)]...)
	c.Count += int64(bytes.Count(across, mark))
	if n >= 2 {
		c.tail = append(c.tail[:0], p[n-2:n]...)
	} else {
		c.tail = append(c.tail[:0], across[max(0, len(across)-2):]...)
	}
	return n, err
}
