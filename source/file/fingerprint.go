package file

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"

	"assay/asset"
	"assay/fault"
	"assay/source"
)

// StatOf identifies the state of a file without reading it. A link is followed.
func StatOf(path string) (source.Stat, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source.Stat{}, openFault(err, path)
	}
	return statOf(info), nil
}

// Same reports whether a dataset's parts are what they were: names, sizes, times and
// inodes. That lets a scan assume that nothing changed; only the bytes prove it.
func Same(a, b []source.Part) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Stat != b[i].Stat || a[i].Stat == (source.Stat{}) {
			return false
		}
	}
	return true
}

// Fingerprint reads the bytes of all parts, as they are stored, and returns the
// dataset's fingerprint: docs/formats/fingerprint.md. It uses workers goroutines (0 =
// GOMAXPROCS) and 1 MiB of memory for each. progress, when not nil, is told the number
// of bytes read so far, from one goroutine.
//
// A part whose size is not the one that was listed, or that changes meanwhile, gives a
// fault with the code "source.changed": the hash would be of no state that ever was.
func Fingerprint(ctx context.Context, parts []source.Part, workers int, progress func(n int64)) (asset.Fingerprint, error) {
	each, err := Fingerprints(ctx, parts, workers, progress)
	if err != nil {
		return asset.Fingerprint{}, err
	}
	return asset.JoinFingerprints(each), nil
}

// Fingerprints is [Fingerprint] for every part by itself.
func Fingerprints(ctx context.Context, parts []source.Part, workers int, progress func(n int64)) ([]asset.Part, error) {
	if len(parts) == 0 {
		return nil, fault.New(fault.Invalid, "source.no_parts", "locator", "")
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	h := &hashing{ctx: ctx, stop: cancel, work: make(chan *leaf), order: make(chan *leaf, 2*workers)}
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for range workers {
		running.Go(h.hash)
	}
	running.Go(func() { h.cut(parts) })
	return h.collect(parts, progress)
}

// hashing is one Fingerprints under way: cut makes leaves in order, hash computes them
// in any order, collect takes them in order again.
type hashing struct {
	ctx   context.Context // of one call
	stop  func()
	work  chan *leaf
	order chan *leaf
}

// leaf is a chunk of a part, or the end of a part.
type leaf struct {
	part *openPart
	off  int64
	size int
	last bool // no chunk: the part's end
	sum  [32]byte
	err  error
	done chan struct{}
}

// openPart is a part being hashed.
type openPart struct {
	source.Part
	f     *os.File
	begun source.Stat
}

// cut opens part after part and hands out its chunks. Every leaf that is in order will
// be done: hash sees to that until work is closed.
func (h *hashing) cut(parts []source.Part) {
	defer close(h.order)
	defer close(h.work)
	for _, p := range parts {
		if h.ctx.Err() != nil {
			return
		}
		o, err := beginPart(p)
		if err != nil {
			h.give(&leaf{err: err})
			return
		}
		for off := int64(0); off < o.begun.Size; off += asset.ChunkSize {
			if !h.give(&leaf{part: o, off: off, size: int(min(asset.ChunkSize, o.begun.Size-off))}) {
				h.give(&leaf{part: o, last: true})
				return
			}
		}
		if !h.give(&leaf{part: o, last: true}) {
			return
		}
	}
}

// give hands out a leaf, first to collect, so that it is closed in the end, and then
// to be hashed.
func (h *hashing) give(l *leaf) bool {
	l.done = make(chan struct{})
	hashed := l.err == nil && !l.last
	if !hashed {
		close(l.done)
	}
	h.order <- l
	if !hashed {
		return l.err == nil
	}
	select {
	case h.work <- l:
		return true
	case <-h.ctx.Done():
		l.err = h.ctx.Err()
		close(l.done)
		return false
	}
}

func (h *hashing) hash() {
	var buf []byte // as large as the largest leaf: most files are small
	for l := range h.work {
		if len(buf) < l.size {
			buf = make([]byte, l.size)
		}
		n, err := l.part.f.ReadAt(buf[:l.size], l.off)
		switch {
		case h.ctx.Err() != nil:
			l.err = h.ctx.Err()
		case n == l.size:
			l.sum = asset.LeafHash(buf[:n])
		case errors.Is(err, io.EOF):
			l.err = changedFault(l.part.Path)
		default:
			l.err = openFault(err, l.part.Path)
		}
		close(l.done)
	}
}

// collect adds up the leaves. It always empties order, so that every file is closed.
func (h *hashing) collect(parts []source.Part, progress func(n int64)) ([]asset.Part, error) {
	var out []asset.Part
	var tree asset.Tree
	var read int64
	var failed error
	for l := range h.order {
		<-l.done
		switch {
		case failed == nil && l.err != nil:
			failed = l.err
			h.stop()
		case l.last:
			err := l.part.end()
			if failed == nil && err != nil {
				failed = err
				h.stop()
			}
			out = append(out, asset.Part{Name: l.part.Name, Fingerprint: asset.Fingerprint{Version: asset.FingerprintBytes, Sum: tree.Root()}})
			tree = asset.Tree{}
		case failed == nil:
			tree.Add(l.sum)
			if read += int64(l.size); progress != nil {
				progress(read)
			}
		}
	}
	if failed == nil && len(out) < len(parts) {
		failed = h.ctx.Err()
	}
	if failed != nil {
		return nil, failed
	}
	return out, nil
}

func beginPart(p source.Part) (*openPart, error) {
	f, err := openRegular(p.Path)
	if err != nil {
		return nil, err
	}
	o := &openPart{Part: p, f: f}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(openFault(err, p.Path), f.Close())
	}
	o.begun = statOf(info)
	if (p.Stat != source.Stat{}) && p.Stat != o.begun {
		return nil, errors.Join(changedFault(p.Path), f.Close())
	}
	return o, nil
}

// end closes the part and looks whether it is still the one that was begun.
func (o *openPart) end() error {
	info, err := o.f.Stat()
	if closeErr := o.f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return openFault(err, o.Path)
	}
	if statOf(info) != o.begun {
		return changedFault(o.Path)
	}
	return nil
}

func changedFault(path string) error {
	return fault.New(fault.Conflict, "source.changed", "locator", path, "count", "1")
}
