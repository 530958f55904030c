package relation

import (
	"context"
	"hash/maphash"
	"testing"

	"assay/source"

	"github.com/google/go-cmp/cmp"
)

// Values whose hashes collide stay different values.
func TestDictionaryCollision(t *testing.T) {
	d := newDictionary(maphash.MakeSeed())
	d.code([]byte("a"))
	d.hashes[0] = maphash.Bytes(d.seed, []byte("b"))
	d.grow()
	if c := d.code([]byte("b")); c != 1 || string(d.value(c)) != "b" || string(d.value(0)) != "a" {
		t.Errorf("b has code %d, value %q", c, d.value(c))
	}
	if d.has(maphash.Bytes(d.seed, []byte("b")), []byte("c")) {
		t.Error("a value is found by its hash alone")
	}
}

// late is a reader that finds a column after the first batch, as JSON does, and has a
// repeated column and dictionaries with an unused and a repeated entry.
type late struct {
	memory
	seen int
}

func (l *late) Columns() []source.Column { return l.columns[:l.seen] }

func (l *late) Next(ctx context.Context) (source.Block, error) {
	_, err := l.memory.Next(ctx)
	return l, err
}

func (l *late) Decode(_ context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	l.seen = 2
	first := chunkOf([][]string{{"x"}, {"y"}}, 0)
	tags := chunkOf([][]string{{"", "p"}, {"", "q"}, {"", "r"}}, 1)
	tags.RowEnds = []uint32{2, 3}
	if err := emit(&source.Batch{Rows: 2, Chunks: []source.Chunk{first, tags}}); err != nil {
		return source.Stats{}, err
	}
	l.seen = 3
	coded := chunkOf([][]string{{"y"}, {"unused"}, {"y"}, {"z"}}, 0)
	coded.N, coded.Codes = 4, []int32{0, 2, 3}
	coded.SetNull(1, 4)
	coded.Nulls = 1
	second := chunkOf([][]string{{"", "", "1"}, {"", "", null}, {"", "", "2"}, {"", "", "1"}}, 2)
	second.Column = 2
	if err := emit(&source.Batch{FirstRow: 2, Rows: 4, Chunks: []source.Chunk{coded, second}}); err != nil {
		return source.Stats{}, err
	}
	// A new dictionary: its first entry is not the last one's first.
	coded = chunkOf([][]string{{"q"}}, 0)
	coded.Codes = []int32{0}
	return source.Stats{Rows: 7, Rejected: 3}, emit(&source.Batch{FirstRow: 6, Rows: 1, Chunks: []source.Chunk{coded, chunkOf([][]string{{"", "", "1"}}, 2)}})
}

func TestLoadLateColumnsAndDictionaries(t *testing.T) {
	l := &late{memory: memory{columns: []source.Column{{Path: "a"}, {Path: "tags", Repeated: true}, {Path: "b"}}}}
	table, err := NewLoader(LoadOptions{}).Load(context.Background(), "t", l)
	if err != nil {
		t.Fatal(err)
	}
	// a: x y | y null y z | q; b: absent twice, then 1 null 2 1 | 1.
	if d := cmp.Diff([]uint32{0, 1, 1, none, 1, 2, 3}, table.Columns[0].codes); d != "" {
		t.Errorf("a (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]uint32{none, none, 0, none, 1, 0, 0}, table.Columns[1].codes); d != "" {
		t.Errorf("b (-want +got):\n%s", d)
	}
	got := []any{table.Names(), table.Repeated, table.Rows, table.Rejected, table.Columns[0].Distinct(), table.Columns[1].Nulls()}
	if d := cmp.Diff([]any{[]string{"a", "b"}, []string{"tags"}, 7, int64(3), 4, 3}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestReleaseGivesMemoryBack(t *testing.T) {
	l := NewLoader(LoadOptions{Memory: 1 << 20})
	table := load(t, l, "t", []string{"a"}, [][]string{{"x"}, {"y"}})
	if table.Bytes() <= 0 || l.o.Memory != 1<<20-table.Bytes() {
		t.Errorf("%d bytes taken, %d left", table.Bytes(), l.o.Memory)
	}
	if l.Release(table); l.o.Memory != 1<<20 {
		t.Errorf("%d bytes left after Release", l.o.Memory)
	}
}

// Values of typed sources as a CSV file would hold them.
func TestValuesAsText(t *testing.T) {
	for _, c := range []struct {
		v    source.Values
		want string
	}{
		{source.Values{Kind: source.Int64, Ints: []int64{-9223372036854775808}}, "-9223372036854775808"},
		{source.Values{Kind: source.Decimal, Ints: []int64{-5}, Scale: 2}, "-0.05"},
		{source.Values{Kind: source.Decimal, Ints: []int64{1234}, Scale: 2}, "12.34"},
		{source.Values{Kind: source.Decimal, Ints: []int64{12}, Scale: -2}, "1200"},
		{source.Values{Kind: source.Decimal, Ints: []int64{-9223372036854775808}, Scale: 19}, "-0.9223372036854775808"},
		{source.Values{Kind: source.Float64, Floats: []float64{7}}, "7"},
		{source.Values{Kind: source.Float64, Floats: []float64{0.1}}, "0.1"},
		{source.Values{Kind: source.Float64, Floats: []float64{1e300}}, "1e+300"},
		{source.Values{Kind: source.Bool, Ints: []int64{1}}, "true"},
		{source.Values{Kind: source.Date, Ints: []int64{-1}}, "1969-12-31"},
		{source.Values{Kind: source.Time, Ints: []int64{3723_500_000}}, "01:02:03.5"},
		{source.Values{Kind: source.Timestamp, Ints: []int64{1_000_000}}, "1970-01-01 00:00:01"},
	} {
		if got := string(appendValue(nil, &c.v, 0)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.v, got, c.want)
		}
	}
}
