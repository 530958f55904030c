//go:build unix

package file

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"assay/source"
)

// BenchmarkParquetDecode decodes every column of the files named in ASSAY_BENCH_PARQUET
// (comma-separated) and counts codes, the least that a kernel does. It reports
// CPU-seconds beside wall time, since machines are shared.
func BenchmarkParquetDecode(b *testing.B) {
	names := os.Getenv("ASSAY_BENCH_PARQUET")
	if names == "" {
		b.Skip("ASSAY_BENCH_PARQUET is not set: it names large Parquet files to measure with")
	}
	for name := range strings.SplitSeq(names, ",") {
		for _, workers := range []int{1, 2} {
			b.Run(filepath.Base(name)+[]string{"", "/1worker", "/2workers"}[workers], func(b *testing.B) {
				start, rows := cpuTime(), int64(0)
				for b.Loop() {
					rows = decodeAndCount(b, name, workers)
				}
				b.ReportMetric((cpuTime()-start).Seconds()/float64(b.N), "cpu-s/op")
				b.ReportMetric(float64(rows), "rows")
				b.ReportAllocs()
			})
		}
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func decodeAndCount(b *testing.B, name string, workers int) int64 {
	ctx := context.Background()
	r, err := openParquet(ctx, source.Dataset{Locator: name, Parts: []source.Part{{Path: name, Name: name}}}, source.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	blocks := make(chan source.Block)
	var wg sync.WaitGroup
	var rows atomic.Int64
	for range workers {
		wg.Go(func() {
			var counts []int64
			for block := range blocks {
				st, err := block.Decode(ctx, func(batch *source.Batch) error {
					for i := range batch.Chunks {
						counts = countCodes(&batch.Chunks[i], counts)
					}
					return nil
				})
				if err != nil {
					b.Error(err)
				}
				rows.Add(st.Rows)
			}
		})
	}
	for {
		block, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		blocks <- block
	}
	close(blocks)
	wg.Wait()
	return rows.Load()
}

func countCodes(k *source.Chunk, counts []int64) []int64 {
	if k.Codes == nil {
		return counts
	}
	if n := k.Values.Len(); len(counts) < n {
		counts = make([]int64, n)
	}
	for _, c := range k.Codes {
		counts[c]++
	}
	return counts
}
