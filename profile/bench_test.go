package profile

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"assay/source"
)

// lineBlock is a block of a table like TPC-H's lineitem, as text.
func lineBlock(rng *rand.Rand, block, rows int) *source.Batch {
	b := &source.Batch{Rows: rows}
	modes := []string{"AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"}
	instr := []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	words := []string{"furiously", "final", "deposits", "carefully", "ironic", "packages", "sleep", "quickly", "about", "the"}
	cells := make([][]string, 16)
	for i := range rows {
		date := func() string {
			return fmt.Sprintf("%d-%02d-%02d", 1992+rng.IntN(7), 1+rng.IntN(12), 1+rng.IntN(28))
		}
		comment := words[rng.IntN(10)] + " " + words[rng.IntN(10)] + " " + words[rng.IntN(10)] + fmt.Sprint(rng.IntN(100000))
		row := []string{fmt.Sprint((block*rows + i) / 4), fmt.Sprint(1 + rng.IntN(200000)), fmt.Sprint(1 + rng.IntN(10000)),
			fmt.Sprint(1 + i%4), fmt.Sprintf("%d.00", 1+rng.IntN(50)), fmt.Sprintf("%d.%02d", 900+rng.IntN(100000), rng.IntN(100)),
			fmt.Sprintf("0.%02d", rng.IntN(11)), fmt.Sprintf("0.%02d", rng.IntN(9)), []string{"A", "N", "R"}[rng.IntN(3)],
			[]string{"F", "O"}[rng.IntN(2)], date(), date(), date(), instr[rng.IntN(4)], modes[rng.IntN(7)], comment}
		for c := range row {
			cells[c] = append(cells[c], row[c])
		}
	}
	for c := range cells {
		ch := source.Chunk{Column: c, N: rows}
		for _, s := range cells[c] {
			putText(&ch.Values, s)
		}
		b.Chunks = append(b.Chunks, ch)
	}
	return b
}

// replay is a reader that gives the same few batches again and again.
type replay struct {
	batches []*source.Batch
	n, end  int
}

func (r *replay) Columns() []source.Column {
	out := make([]source.Column, len(r.batches[0].Chunks))
	for i := range out {
		out[i].Path = fmt.Sprint("c", i)
	}
	return out
}
func (r *replay) Expect() int64                { return int64(r.end * r.batches[0].Rows) }
func (r *replay) Describe() source.Description { return source.Description{} }
func (r *replay) Close() error                 { return nil }
func (r *replay) Next(context.Context) (source.Block, error) {
	if r.n == r.end {
		return nil, io.EOF
	}
	r.n++
	return replayBlock{r.batches[(r.n-1)%len(r.batches)], r.n - 1}, nil
}

type replayBlock struct {
	b *source.Batch
	n int
}

func (b replayBlock) Group() int  { return b.n }
func (b replayBlock) Size() int64 { return 0 }
func (b replayBlock) Decode(_ context.Context, emit func(*source.Batch) error) (source.Stats, error) {
	const step = 4096
	for at := 0; at < b.b.Rows; at += step {
		n := min(step, b.b.Rows-at)
		out := source.Batch{FirstRow: at, Rows: n}
		for _, c := range b.b.Chunks {
			v := c.Values
			v.Spans = v.Spans[at : at+n]
			out.Chunks = append(out.Chunks, source.Chunk{Column: c.Column, N: n, Values: v})
		}
		if err := emit(&out); err != nil {
			return source.Stats{}, err
		}
	}
	return source.Stats{Rows: int64(b.b.Rows)}, nil
}

// BenchmarkText measures the kernel alone on text, per cell.
func BenchmarkText(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var batches []*source.Batch
	for i := range 20 {
		batches = append(batches, lineBlock(rng, i, 32768))
	}
	cells := 20 * 32768 * 16
	b.ResetTimer()
	for range b.N {
		if _, err := Run(context.Background(), &replay{batches: batches, end: 20}, Options{Workers: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(cells), "ns/cell")
}
