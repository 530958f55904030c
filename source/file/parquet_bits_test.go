package file

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"
)

// pqRuns draws values in which runs and noise alternate, as columns have them.
func pqRuns(t *rapid.T, width int) (values []int32) {
	for range rapid.IntRange(1, 12).Draw(t, "runs") {
		v := rapid.Int64Range(0, 1<<width-1).Draw(t, "value")
		n := rapid.IntRange(1, 90).Draw(t, "length")
		if rapid.Bool().Draw(t, "noise") {
			for range n {
				values = append(values, int32(rapid.Int64Range(0, 1<<width-1).Draw(t, "value")))
			}
			continue
		}
		values = append(values, slices.Repeat([]int32{int32(v)}, n)...)
	}
	return values
}

// Runs that parquet-go encodes are read back, wherever pieces are cut.
func TestPqHybridReadsInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 31).Draw(t, "width")
		values := pqRuns(t, width)
		encoded, err := (&rle.Encoding{BitWidth: width}).EncodeInt32(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		var h pqHybrid
		if err := h.init(pqPadded(encoded), uint(width)); err != nil {
			t.Fatal(err)
		}
		var got []int32
		for len(got) < len(values) {
			piece := make([]int32, min(rapid.IntRange(1, 40).Draw(t, "piece"), len(values)-len(got)))
			if err := h.read(piece); err != nil {
				t.Fatal(err)
			}
			got = append(got, piece...)
		}
		if d := cmp.Diff(values, got); d != "" {
			t.Fatalf("width %d (-want +got):\n%s", width, d)
		}
	})
}

func pqPadded(b []byte) []byte { return append(b, make([]byte, pqPad)...)[:len(b)] }

func TestPqHybridReadsBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := pqRuns(t, 1)
		encoded, err := (&rle.Encoding{BitWidth: 1}).EncodeInt32(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		var h pqHybrid
		if err := h.init(pqPadded(encoded), 1); err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(values); {
			n := min(rapid.IntRange(1, 200).Draw(t, "piece"), len(values)-at)
			if h.repeats(1, n) {
				if slices.Contains(values[at:at+n], 0) {
					t.Fatalf("piece at %d of %d is not all ones", at, n)
				}
				at += n
				continue
			}
			words := make([]uint64, (n+63)/64)
			if err := h.readBits(words, n); err != nil {
				t.Fatal(err)
			}
			ones := 0
			for i, v := range values[at : at+n] {
				if got := int32(words[i>>6] >> (i & 63) & 1); got != v {
					t.Fatalf("bit %d: %d, want %d", at+i, got, v)
				}
				ones += int(v)
			}
			if pqOnes(words) != ones {
				t.Fatalf("%d bits set beyond the piece", pqOnes(words)-ones)
			}
			at += n
		}
	})
}

func TestPqDeltasAgreeWithParquetGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-100, 100)), 0, 400).Draw(t, "values")
		encoded, err := (&delta.BinaryPackedEncoding{}).EncodeInt64(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		got, rest, err := pqDeltas(nil, append(encoded, 1, 2, 3), len(values))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, values) || !slices.Equal(rest, []byte{1, 2, 3}) {
			t.Fatalf("got %v and %v after them, want %v and 1 2 3", got, rest, values)
		}
		if len(values) > 0 {
			if _, _, err := pqDeltas(nil, encoded, len(values)-1); err == nil {
				t.Fatal("more values than allowed were accepted")
			}
		}
	})
}

// The rules and examples of parquet-format's LogicalTypes.md, "Lists" and "Maps".
func TestPqPathsOfLists(t *testing.T) {
	const req, opt, rep = int8(format.Required), int8(format.Optional), int8(format.Repeated)
	group := func(name string, r int8, children int32, logical int8) pqElement {
		return pqElement{name: name, repeat: r, children: children, logical: logical, converted: -1}
	}
	leaf := func(name string, r int8) pqElement {
		return pqElement{name: name, repeat: r, leaf: true, physical: format.Int32, converted: -1}
	}
	for _, c := range []struct {
		name string
		tree []pqElement
		want []string
	}{
		{"standard", []pqElement{group("my_list", opt, 1, pqListType), group("list", rep, 1, 0), leaf("element", opt)}, []string{"my_list[]"}},
		{"list of structs", []pqElement{group("l", opt, 1, pqListType), group("list", rep, 1, 0), group("element", opt, 2, 0), leaf("a", req), leaf("b", opt)}, []string{"l[].a", "l[].b"}},
		{"list of lists", []pqElement{group("l", opt, 1, pqListType), group("list", rep, 1, 0), group("element", opt, 1, pqListType), group("list", rep, 1, 0), leaf("element", req)}, []string{"l[][]"}},
		{"rule 1: repeated leaf", []pqElement{group("my_list", opt, 1, pqListType), leaf("element", rep)}, []string{"my_list[]"}},
		{"rule 2: several fields", []pqElement{group("my_list", opt, 1, pqListType), group("element", rep, 2, 0), leaf("str", req), leaf("num", req)}, []string{"my_list[].str", "my_list[].num"}},
		{"rule 3: one field, list<OneTuple>", []pqElement{group("my_list", opt, 1, pqListType), group("array", rep, 1, 0), leaf("str", req)}, []string{"my_list[].str"}},
		{"rule 4: _tuple", []pqElement{group("my_list", opt, 1, pqListType), group("my_list_tuple", rep, 1, 0), leaf("str", req)}, []string{"my_list[].str"}},
		{"map", []pqElement{group("my_map", req, 1, pqMapType), group("key_value", rep, 2, 0), leaf("key", req), leaf("value", opt)}, []string{"my_map[].key", "my_map[].value"}},
		{"map without values", []pqElement{group("m", opt, 1, pqMapType), group("map", rep, 1, 0), leaf("key", req)}, []string{"m[].key"}},
		{"unannotated leaf", []pqElement{leaf("n", rep)}, []string{"n[]"}},
		{"unannotated group", []pqElement{group("g", rep, 2, 0), leaf("a", req), leaf("b", rep)}, []string{"g[].a", "g[].b[]"}},
	} {
		leaves, err := pqLeaves(append([]pqElement{{children: int32(pqRoots(c.tree))}}, c.tree...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, l := range leaves {
			got = append(got, l.path)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// pqRoots counts the trees that a depth-first list of nodes holds.
func pqRoots(nodes []pqElement) (n int) {
	pending := int32(0)
	for _, e := range nodes {
		if pending == 0 {
			n++
			pending = 1
		}
		pending += e.children - 1
	}
	return n
}

// IEEE 754 binary16, table of examples as in the standard's usual presentation.
func TestPqHalfFloat(t *testing.T) {
	for h, want := range map[uint16]float64{0x0001: math.Ldexp(1, -24), 0x03ff: math.Ldexp(1023, -24), 0x0400: math.Ldexp(1, -14),
		0x3555: 0.333251953125, 0x3c00: 1, 0x7bff: 65504, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1), 0xc000: -2} {
		if got := pqHalfFloat(h); got != want {
			t.Errorf("%#04x: %v, want %v", h, got, want)
		}
	}
	if !math.IsNaN(pqHalfFloat(0x7e00)) || !math.Signbit(pqHalfFloat(0x8000)) {
		t.Error("NaN or negative zero lost")
	}
}

func TestPqTimesOutOfRangeAreClamped(t *testing.T) {
	l := pqLeaf{conv: pqInstant, unit: 1}
	buf := pqBuf{ints: []int64{math.MaxInt64, math.MinInt64, 5}}
	l.micros(&buf)
	const most = math.MaxInt64 / 1000 * 1000
	if !slices.Equal(buf.ints, []int64{most, -most, 5000}) || buf.inexact != 2 {
		t.Errorf("got %v, %d inexact; want the bounds, 5000 and 2", buf.ints, buf.inexact)
	}
	l.unit, buf = 3, pqBuf{ints: []int64{-1, -1000, 1999}}
	l.micros(&buf)
	if !slices.Equal(buf.ints, []int64{-1, -1, 1}) || buf.inexact != 2 {
		t.Errorf("got %v, %d inexact; want -1 -1 1 and 2", buf.ints, buf.inexact)
	}
}

func TestPqBigDecimals(t *testing.T) {
	var d pqBigDecimal
	for _, c := range []struct {
		b     []byte
		scale int
		want  string
	}{
		{nil, 2, "0.00"}, {[]byte{0xff}, 2, "-0.01"}, {[]byte{0x80}, 0, "-128"}, {[]byte{0, 0x80}, 1, "12.8"},
		{[]byte{0x80, 0, 0, 0, 0, 0, 0, 0, 0}, 3, "-2361183241434822606.848"},
	} {
		if got := string(d.append(nil, c.b, c.scale)); got != c.want {
			t.Errorf("%x: %s, want %s", c.b, got, c.want)
		}
	}
}

func TestPqLooksText(t *testing.T) {
	for text, want := range map[string]bool{"": true, "abc": true, "高新区": true, "a\tb\r\n": true,
		"\xff": false, "a\x00b": false, "\x01": false, "\x7f": false, "\xe9\xab": false} {
		k := textChunk("ok", text)
		if got := pqLooksText(&k.Values, 100); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
