package delimited

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/internal/must"
	"assay/internal/span"

	"github.com/google/go-cmp/cmp"
)

// nullMark stands for null.
const nullMark = "⟪null⟫"

func same(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

// reference reads text byte by byte after docs/formats/delimited.md and shares nothing
// with the parser but the fields of Dialect. A rejected record is a row of one "✗" and
// the reason.
type reference struct {
	d *Dialect
	t string
}

func (r *reference) read() (rows [][]string) {
	for i := 0; i < len(r.t); {
		next, row := r.record(i)
		if row != nil {
			rows = append(rows, row)
		}
		i = next
	}
	return rows
}

// newline returns the length of the line end at i.
func (r *reference) newline(i int) int {
	switch {
	case r.d.CR && strings.HasPrefix(r.t[i:], "\r"), !r.d.CR && strings.HasPrefix(r.t[i:], "\n"):
		return 1
	case !r.d.CR && strings.HasPrefix(r.t[i:], "\r\n"):
		return 2
	}
	return 0
}

func (r *reference) delimiter(i int) int {
	if !r.d.Runs {
		if strings.HasPrefix(r.t[i:], string(r.d.Delimiter)) {
			return len(r.d.Delimiter)
		}
		return 0
	}
	return len(r.t[i:]) - len(strings.TrimLeft(r.t[i:], " \t"))
}

func (r *reference) blanks(i int) int {
	for i < len(r.t) && (r.t[i] == ' ' || r.t[i] == '\t') && (r.d.Runs || r.t[i] != r.d.Delimiter[0]) {
		i++
	}
	return i
}

func (r *reference) lineAfter(i int) int {
	for i < len(r.t) {
		if n := r.newline(i); n > 0 {
			return i + n
		}
		i++
	}
	return len(r.t)
}

// record reads the record at i; row is nil for what is no record.
func (r *reference) record(i int) (next int, row []string) {
	if r.d.Runs {
		i = r.blanks(i)
		if i == len(r.t) {
			return i, nil
		}
	}
	if n := r.newline(i); n > 0 {
		return i + n, nil
	}
	if len(r.d.Comment) > 0 && strings.HasPrefix(r.t[i:], string(r.d.Comment)) {
		return r.lineAfter(i), nil
	}
	var fields []string
	quotedFirst := false
	for {
		value, quoted, end, damaged := r.field(i)
		if damaged > 0 {
			return damaged, []string{"✗", "quote"}
		}
		if value == "" && !quoted {
			value = nullMark
		}
		if fields = append(fields, value); len(fields) == 1 {
			quotedFirst = quoted
		}
		if end == len(r.t) {
			next = end
			break
		}
		if n := r.newline(end); n > 0 {
			next = end + n
			break
		}
		n := r.delimiter(end)
		if r.d.Runs && (end+n == len(r.t) || r.newline(end+n) > 0) { // blanks at the end divide nothing
			next = end + n
			if next < len(r.t) {
				next += r.newline(next)
			}
			break
		}
		i = end + n
	}
	if len(fields) == 1 && !quotedFirst && (fields[0] == nullMark || r.d.Columns > 1 && strings.Trim(fields[0], " \t") == "") {
		return next, nil
	}
	return next, r.judge(fields)
}

func (r *reference) judge(fields []string) []string {
	n := len(fields)
	for len(fields) > r.d.Columns && fields[len(fields)-1] == nullMark {
		fields = fields[:len(fields)-1]
	}
	switch {
	case len(fields) > r.d.Columns, len(fields) < r.d.Columns && !r.d.Padded:
		return []string{"✗", "count", strings.Repeat("|", n)}
	}
	for len(fields) < r.d.Columns {
		fields = append(fields, nullMark)
	}
	return fields
}

// field reads the field at i. end is where the delimiter or line end behind it stands.
// damaged, when not 0, is where to go on because a quote does not close.
func (r *reference) field(i int) (value string, quoted bool, end, damaged int) {
	if at := r.blanks(i); r.d.Quote != 0 && at < len(r.t) && r.t[at] == r.d.Quote {
		return r.quotedField(at)
	}
	end = i
	for end < len(r.t) && r.newline(end) == 0 && r.delimiter(end) == 0 {
		end++
	}
	value = r.t[i:end]
	if end == len(r.t) && !r.d.CR { // half a line end
		value = strings.TrimSuffix(value, "\r")
	}
	return value, false, end, 0
}

func (r *reference) quotedField(at int) (value string, quoted bool, end, damaged int) {
	d := r.d
	var v []byte
	strayed, lines := false, 0
	for k := at + 1; k < len(r.t); k++ {
		c := r.t[k]
		if c == '\n' && !d.CR || c == '\r' && d.CR {
			if strayed {
				break
			}
			lines++
		}
		switch {
		case d.Escape != d.Quote && d.Escape != 0 && c == d.Escape && k+1 < len(r.t):
			k++
			if n := r.t[k]; n != d.Quote && n != d.Escape && n != d.Delimiter[0] && n != '\n' && n != '\r' {
				v = append(v, c)
			}
			v = append(v, r.t[k])
			if strayed && (r.t[k] == '\n' && !d.CR || r.t[k] == '\r' && d.CR) {
				return "", false, 0, r.lineAfter(at)
			}
			if r.t[k] == '\n' && !d.CR || r.t[k] == '\r' && d.CR {
				lines++
			}
		case c == d.Quote && d.Escape == d.Quote && k+1 < len(r.t) && r.t[k+1] == d.Quote:
			v = append(v, c)
			k++
		case c == d.Quote:
			m := r.blanks(k + 1)
			if m == len(r.t) || r.newline(m) > 0 || r.delimiter(m) > 0 || d.Runs && m > k+1 {
				if d.Runs && m < len(r.t) && r.newline(m) == 0 {
					m = k + 1
				}
				return string(v), true, m, 0
			}
			if lines > 0 {
				return "", false, 0, r.lineAfter(at)
			}
			strayed = true
			v = append(v, c)
		default:
			v = append(v, c)
		}
	}
	return "", false, 0, r.lineAfter(at)
}

// merged puts rows and rejects of the parser in the order of the text.
type merged struct {
	b    []byte
	rows map[int][]string
	at   []int
}

func (m *merged) Row(fields []span.Span, at int) error {
	row := make([]string, len(fields))
	for i, f := range fields {
		if row[i] = nullMark; f != Null {
			row[i] = string(f.Of(m.b))
		}
	}
	m.rows[at], m.at = row, append(m.at, at)
	return nil
}

func (m *merged) Reject(r Rejection) {
	row := []string{"✗", "quote"}
	if r.Kind == WrongCount {
		row = []string{"✗", "count", strings.Repeat("|", r.Got)}
	}
	m.rows[r.At], m.at = row, append(m.at, r.At)
}

func inOrder(t testing.TB, d *Dialect, text []byte) [][]string {
	t.Helper()
	b := bytes.Clone(text)
	m := &merged{b: b, rows: map[int][]string{}}
	if err := d.Parse(b, m); err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for at := range len(b) + 1 {
		if row, ok := m.rows[at]; ok {
			out = append(out, row)
		}
	}
	if len(out) != len(m.at) {
		t.Fatalf("two records at one place: %v", m.at)
	}
	return out
}

func TestDirtyTextAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 20_000 {
		n := 1 + rng.IntN(60)
		if i%50 == 0 {
			n = 500 // several words of 64 bytes
		}
		text := dirty(rng, n)
		d := dialects[i%len(dialects)]
		got := inOrder(t, &d, text)
		want := (&reference{&d, string(text)}).read()
		if !same(got, want) {
			t.Fatalf("dialect %d, text %q:\n got %q\nwant %q", i%len(dialects), text, got, want)
		}
	}
}

// Nearly clean text keeps the fast reader going; one fault in it must cost one record.
func TestOneFaultAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range 4000 {
		d := dialects[i%len(dialects)]
		text := tidy(rng, &d, 30)
		at := rng.IntN(len(text))
		switch rng.IntN(3) {
		case 0:
			text[at] = `",;|' `[rng.IntN(6)]
		case 1:
			text = append(text[:at], text[at+1:]...)
		}
		got := inOrder(t, &d, text)
		want := (&reference{&d, string(text)}).read()
		if !same(got, want) {
			t.Fatalf("dialect %d, text %q:\n%s", i%len(dialects), text, cmp.Diff(want, got))
		}
	}
}

// Every file of the shared data reads as the reference reads it, record for record: rows
// and rejects together are the records.
func TestSharedFilesAgainstReference(t *testing.T) {
	root := must.Have(t, "ASSAY_TESTDATA")
	files, records := 0, 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || e.IsDir() || ext != ".csv" && ext != ".txt" {
			return err
		}
		text, err := os.ReadFile(path) // not decoded: UTF-16 is dirty text too
		if err != nil {
			return err
		}
		l := Detect(text, true, Override{})
		text = text[l.DataStart:]
		got := inOrder(t, &l.Dialect, text)
		want := (&reference{&l.Dialect, string(text)}).read()
		if !same(got, want) {
			t.Errorf("%s, dialect %+v: %d records, want %d", path, l.Dialect, len(got), len(want))
			for i := range min(len(got), len(want)) {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("first at record %d: %q, want %q", i, got[i], want[i])
					break
				}
			}
		}
		files, records = files+1, records+len(want)
		return nil
	})
	if err != nil || files < 200 || records < 100_000 {
		t.Errorf("%d files, %d records, %v", files, records, err)
	}
}

// tidy writes rows without a fault.
func tidy(rng *rand.Rand, d *Dialect, rows int) []byte {
	values := []string{"", "a", "12345678", "1.5", "长春", "x y", "some longer words in a cell"}
	nl := "\n"
	if d.CR {
		nl = "\r"
	} else if rng.IntN(2) == 0 {
		nl = "\r\n"
	}
	var b bytes.Buffer
	for range rows {
		for c := range d.Columns {
			if c > 0 {
				b.Write(d.Delimiter)
			}
			v := values[rng.IntN(len(values))]
			switch {
			case d.Quote == 0 || d.Runs && rng.IntN(3) > 0:
				v = strings.ReplaceAll("v"+v, " ", "")
			case rng.IntN(3) == 0 || d.Runs:
				if rng.IntN(2) == 0 {
					v += string(d.Escape) + string(d.Quote) + nl + string(d.Delimiter)
				}
				v = string(d.Quote) + v + string(d.Quote)
			}
			b.WriteString(v)
		}
		b.WriteString(nl)
	}
	return b.Bytes()
}
