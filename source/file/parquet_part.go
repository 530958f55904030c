package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"assay/fault"
	"assay/source"
)

// match finds the part's leaf for every column.
func (p *pqPart) match(columns map[string]int, r *pqReader, unsigned []bool, f *pqFooter) error {
	p.of = make([]int, len(columns))
	for i := range p.of {
		p.of[i] = -1
	}
	var differ []string
	for i := range p.leaves {
		l := &p.leaves[i]
		c, ok := columns[l.path]
		if !ok || r.columns[c].Declared != l.declared || r.columns[c].Repeated != (l.maxRep > 0) {
			differ = append(differ, l.path)
			if ok {
				p.of[c] = i
			}
			continue
		}
		p.of[c] = i
		if l.conv == pqUint64 {
			unsigned[c] = unsigned[c] || !f.fits(i)
		}
	}
	for c, i := range p.of {
		if i < 0 {
			differ = append(differ, r.columns[c].Path)
		}
	}
	if len(differ) > 0 {
		return fault.New(fault.Invalid, "parquet.schema_differs", "locator", p.locator(r.dataset),
			"first", r.dataset.Parts[0].Name, "columns", pqNames(differ))
	}
	return nil
}

// pqNames joins a few names and says how many more there are.
func pqNames(names []string) string {
	const most = 8
	s := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		s += " +" + strconv.Itoa(more)
	}
	return s
}

// fits reports whether the footer promises that leaf i, a UINT_64, is below 2^63
// everywhere.
func (f *pqFooter) fits(i int) bool {
	for g := range f.groups {
		if c := &f.groups[g].chunks[i]; f.groups[g].rows > 0 && (!c.hasMax || c.max>>63 != 0) {
			return false
		}
	}
	return true
}

// checkAgainst holds what reading chunks relies on.
func (f *pqFooter) checkAgainst(leaves []pqLeaf) error {
	if f.encrypted {
		return errPqEncrypted
	}
	for i := range f.groups {
		g := &f.groups[i]
		if len(g.chunks) != len(leaves) {
			return errors.New("row groups with more or fewer column chunks than columns")
		}
		for j := range g.chunks {
			if g.chunks[j].external {
				return errPqExternal
			}
			if leaves[j].maxRep == 0 && g.chunks[j].values != g.rows {
				return errors.New("a column chunk with more or fewer values than rows")
			}
		}
	}
	return nil
}

var (
	errPqExternal = errors.New("column chunks in other files")
	errPqChanged  = errors.New("the file's size changed")
	errPqEmpty    = errors.New("an empty file")
)

// locator names the part to a person.
func (p *pqPart) locator(d source.Dataset) string {
	if len(d.Parts) == 1 {
		return d.Locator
	}
	return d.Locator + "/" + p.Name
}

func (p *pqPart) open() (*os.File, error) {
	f, err := os.Open(p.Path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() != p.size {
		err = errPqChanged
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (p *pqPart) readFooter(limit int64) (*pqFooter, error) {
	f, err := os.Open(p.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errPqMagic
	}
	if st.Size() == 0 {
		return nil, errPqEmpty
	}
	if p.size != 0 && st.Size() != p.size {
		return nil, errPqChanged
	}
	p.size = st.Size()
	return pqReadFooter(f, p.size, limit)
}

// end is where the pages of a chunk end at the latest. The size in the footer is not
// used: old writers left the dictionary page's header out of it (PARQUET-816), and the
// number of values tells as well.
func (p *pqPart) end() int64 { return p.size - 8 }

func (p *pqPart) enter() {
	p.mu.Lock()
	p.left++
	p.mu.Unlock()
}

// leave closes the file when no block needs it any more.
func (p *pqPart) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left--; p.left <= 0 && p.file != nil {
		p.file.Close() // it was only read
		p.file = nil
	}
}

// acquire opens the file for a block that entered.
func (p *pqPart) acquire() (io.ReaderAt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left <= 0 {
		return nil, fs.ErrClosed
	}
	if p.file == nil {
		f, err := p.open()
		if err != nil {
			return nil, err
		}
		p.file = f
	}
	return p.file, nil
}

// pqFault gives an error of a part its sentence.
func pqFault(err error, locator string) error {
	wrap := func(k fault.Kind, code string) error { return fault.Wrap(err, k, code, "locator", locator) }
	switch {
	case fault.As(err) != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, errPqMagic):
		return wrap(fault.Invalid, "parquet.not_parquet")
	case errors.Is(err, errPqEmpty):
		return wrap(fault.Invalid, "source.empty")
	case errors.Is(err, errPqCutOff):
		return wrap(fault.Invalid, "parquet.truncated")
	case errors.Is(err, errPqEncrypted):
		return wrap(fault.Unsupported, "parquet.encrypted")
	case errors.Is(err, errPqExternal):
		return wrap(fault.Unsupported, "parquet.external")
	case errors.Is(err, errPqLarge):
		return wrap(fault.Exhausted, "parquet.large")
	case errors.Is(err, errPqChanged):
		return wrap(fault.Unavailable, "parquet.changed")
	case errors.Is(err, fs.ErrNotExist):
		return wrap(fault.NotFound, "source.not_found")
	case errors.Is(err, fs.ErrPermission):
		return wrap(fault.Denied, "parquet.denied")
	case errors.Is(err, fs.ErrClosed):
		return wrap(fault.Canceled, "parquet.closed")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return wrap(fault.Unavailable, "parquet.unreadable")
	}
	return wrap(fault.Invalid, "parquet.damaged")
}

// chunkFault gives an error of a column chunk its sentence.
func (r *pqReader) chunkFault(err error, p *pqPart, column, group int) error {
	kv := []string{"locator", p.locator(r.dataset), "column", r.columns[column].Path, "group", strconv.Itoa(group + 1)}
	switch {
	case errors.Is(err, errPqLarge):
		return fault.Wrap(err, fault.Exhausted, "parquet.large_page", append(kv, "limit", strconv.FormatInt(r.limit>>20, 10))...)
	case errors.Is(err, errPqCodec), errors.Is(err, errPqEncoding):
		return fault.Wrap(err, fault.Unsupported, "parquet.unknown_coding", kv...)
	}
	err = pqFault(err, p.locator(r.dataset))
	if f := fault.As(err); f != nil && f.Code == "parquet.damaged" {
		return fault.Wrap(f.Cause, fault.Invalid, "parquet.damaged_chunk", kv...)
	}
	return err
}
