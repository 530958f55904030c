package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"assay/fault"
	"assay/source"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// readStream opens content as a part and reads it to its end.
func readStream(t testing.TB, content string) (string, error) {
	t.Helper()
	p := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openStream(source.Part{Path: p})
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(s)
	if closeErr := s.Close(); closeErr != nil {
		t.Errorf("Close: %v", closeErr)
	}
	return string(b), err
}

func TestOpenStream(t *testing.T) {
	text := manyLines(4000)
	tests := []struct{ name, content, want, code string }{
		{"plain", text, text, ""}, {"empty", "", "", ""}, {"one byte", "i", "i", ""},
		{"gzip", zip1(t, text), text, ""}, {"gzip, two members", zip1(t, text) + zip1(t, "more"), text + "more", ""}, {"gzip of nothing", zip1(t, ""), "", ""},
		{"zstd", zst1(t, text), text, ""}, {"zstd, two frames", zst1(t, text) + zst1(t, "more"), text + "more", ""},
		{"zstd, skippable frame first", "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + zst1(t, text), text, ""},
		{"gzip cut in the data", cut(zip1(t, text), 100), "", "source.truncated"}, {"gzip cut in the checksum", cut(zip1(t, text), 3), text, "source.truncated"},
		{"zstd cut", cut(zst1(t, text), 100), "", "source.truncated"}, {"gzip, wrong checksum", flip(zip1(t, text), 6), text, "source.damaged"},
		{"zstd, wrong checksum", flip(zst1(t, text), 1), "", "source.damaged"}, {"gzip header cut", "\x1f\x8b\x08", "", "source.truncated"},
		{"zstd window of 2 GiB", "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", "", "source.window"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readStream(t, tt.content)
			code := ""
			if e := fault.As(err); e != nil {
				code = e.Code
			} else if err != nil {
				t.Errorf("%v is no fault", err)
			}
			if code != tt.code {
				t.Errorf("code %q (%v), want %q", code, err, tt.code)
			}
			if !strings.HasPrefix(text+"more", got) || len(got) < len(tt.want) {
				t.Errorf("%d bytes, want at least %d of the text", len(got), len(tt.want))
			}
		})
	}
}

func cut(s string, n int) string { return s[:len(s)-n] }

func flip(s string, fromEnd int) string {
	b := []byte(s)
	b[len(b)-fromEnd] ^= 0x55
	return string(b)
}

// What was read before a stream broke off is kept, and the dataset says that it is
// partial.
func TestBrokenStreamIsPartial(t *testing.T) {
	dir := t.TempDir()
	whole := manyLines(40_000)
	writeFiles(t, dir, map[string]string{"a.csv.gz": cut(zip1(t, whole), 50)})
	var out bytes.Buffer
	rep := catFile(t, filepath.Join(dir, "a.csv.gz"), "csv", &out)
	if rep.Partial != "source.truncated" || rep.Rows < 1000 || rep.Rows >= 40_000 {
		t.Errorf("%d rows, partial %q", rep.Rows, rep.Partial)
	}
}

// A bomb costs time and no memory: 4 GiB of zeros come from 4 MiB.
func TestBombStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: unpacks a gigabyte")
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	const blocks = 1 << 10
	for range blocks {
		if _, err := z.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), "bomb.gz")
	if err := os.WriteFile(p, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openStream(source.Part{Path: p})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, s)
	runtime.ReadMemStats(&after)
	if n != blocks<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(zip1(f, table)))
	f.Add([]byte(zst1(f, table)))
	f.Add([]byte("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"))
	f.Add([]byte("plain"))
	p := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := openStream(source.Part{Path: p})
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%v is no fault", err)
			}
			return
		}
		defer s.Close()
		if _, err := io.Copy(io.Discard, io.LimitReader(s, 1<<24)); err != nil && fault.As(err) == nil {
			t.Errorf("%v is no fault", err)
		}
		if !compressed(s) {
			return
		}
		// The standard library and the zstd package, asked directly, agree.
		var want []byte
		var wantErr error
		if compressionOf(content) == gzipped {
			z, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			want, wantErr = io.ReadAll(io.LimitReader(z, 1<<20))
		} else {
			z, err := zstd.NewReader(bytes.NewReader(content), zstd.WithDecoderMaxMemory(zstdMemory))
			if err != nil {
				return
			}
			defer z.Close()
			want, wantErr = io.ReadAll(io.LimitReader(z, 1<<20))
		}
		again, err := openStream(source.Part{Path: p})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		got, gotErr := io.ReadAll(io.LimitReader(again, 1<<20))
		if (gotErr == nil) != (wantErr == nil) || gotErr == nil && !bytes.Equal(got, want) {
			t.Errorf("%d bytes %v, want %d bytes %v", len(got), gotErr, len(want), wantErr)
		}
		if errors.Is(gotErr, context.Canceled) {
			t.Error("nobody canceled")
		}
	})
}
