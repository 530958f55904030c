package charset

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// BenchmarkReader decodes a register: half digits and commas, half characters.
func BenchmarkReader(b *testing.B) {
	for _, c := range []struct{ lang, name string }{{"zh-CN", "gb18030"}, {"zh-CN", "utf-16le"}, {"ja", "shift_jis"}, {"ko", "euc-kr"}, {"fr", "windows-1252"}, {"zh-CN", UTF8}} {
		b.Run(c.name, func(b *testing.B) {
			raw := []byte(strings.Repeat(texts[c.lang], 20_000))
			if e, _, err := Lookup(c.name); err != nil {
				b.Fatal(err)
			} else if e != nil {
				if raw, err = e.NewEncoder().Bytes(raw); err != nil {
					b.Fatal(err)
				}
			}
			buf := make([]byte, 1<<20)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(raw), c.name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
