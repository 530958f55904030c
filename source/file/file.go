package file

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// Options say which files of the folders count. The zero value takes all but hidden
// ones and links.
type Options struct {
	// Include, when not empty, has the patterns of which a file below a root must
	// match one. A file that is a root itself is always taken.
	Include []string
	// Exclude has patterns of files and folders to leave out. An absolute path leaves
	// out that file or folder itself, however it is reached.
	Exclude     []string
	FollowLinks bool // follow symbolic links below a root; a root is followed anyway
	Hidden      bool // take files and folders whose name begins with a dot
	MaxDepth    int  // folders below a root, 0 = any number
	NoGroup     bool // one dataset a file, also where names and headers say they belong together
}

// Source lists and opens datasets in files. It is safe for concurrent use.
type Source struct {
	roots []string
	o     Options
	match matcher

	mu sync.Mutex
	// Under mu: fingerprints of files that hold several datasets.
	prints map[string]asset.Part
}

// Open makes a source of the files and folders that paths name. It fails when a
// pattern is malformed or when none of the paths exists; one of several that does not
// is skipped by List.
func Open(paths []string, o Options) (*Source, error) {
	if len(paths) == 0 {
		return nil, fault.New(fault.Invalid, "source.no_paths")
	}
	m, err := newMatcher(o)
	if err != nil {
		return nil, err
	}
	s := &Source{o: o, match: m, prints: map[string]asset.Part{}}
	var missing error
	for _, p := range paths {
		p = filepath.Clean(p)
		s.roots = append(s.roots, p)
		if _, err := os.Lstat(p); err != nil && missing == nil {
			missing = openFault(err, p)
		} else if err == nil {
			paths = nil
		}
	}
	if paths != nil {
		return nil, missing
	}
	return s, nil
}

// List walks the roots in the order given, each folder in the order of its names.
func (s *Source) List(ctx context.Context) (source.Listing, error) {
	w := &walker{ctx: ctx, o: s.o, match: s.match, seen: map[string]bool{}, marked: map[string]folderMark{}}
	for i, root := range s.roots {
		if err := w.root(i, root); err != nil {
			return source.Listing{}, err
		}
	}
	units := []unit{}
	if s.o.NoGroup {
		for i := range w.found {
			units = append(units, single(&w.found[i]))
		}
	} else {
		units = group(w.found, w.marked)
	}
	return w.listing(units)
}

// listing makes datasets of units and looks into containers.
func (w *walker) listing(units []unit) (source.Listing, error) {
	var l source.Listing
	var names []nameChoice
	for i := range units {
		if err := w.ctx.Err(); err != nil {
			return l, err
		}
		u := &units[i]
		if u.format != "xlsx" && u.format != "sqlite" {
			l.Datasets = append(l.Datasets, u.dataset())
			names = append(names, u.names(""))
			continue
		}
		inside, skipped, err := w.inside(u)
		if err != nil {
			if fault.KindOf(err) == fault.Canceled {
				return l, err
			}
			w.skipFault(u.parts[0].path, err)
		}
		w.skipped = append(w.skipped, skipped...)
		for _, d := range inside {
			l.Datasets = append(l.Datasets, d)
			names = append(names, u.names(d.Locator[len(u.parts[0].path)+1:]))
		}
	}
	for i, n := range uniqueNames(names) {
		l.Datasets[i].Name = n
	}
	w.skipHidden()
	l.Skipped = w.skipped
	return l, nil
}

// inside lists the datasets of a container.
func (w *walker) inside(u *unit) ([]source.Dataset, []source.Skipped, error) {
	p := u.parts[0].part("")
	if u.format == "xlsx" {
		return listExcel(w.ctx, p)
	}
	return listSQLite(w.ctx, p)
}

// Open begins to read a dataset that List returned. The reader notices when a part
// changes meanwhile: its description then has the observation "source.changed".
func (s *Source) Open(ctx context.Context, d source.Dataset, o source.Options) (source.Reader, error) {
	if len(d.Parts) == 0 {
		return nil, fault.New(fault.Invalid, "source.no_parts", "locator", d.Locator)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// A file that is gone is said to be gone, whatever its reader would make of it.
	if _, err := StatOf(d.Parts[0].Path); err != nil {
		return nil, err
	}
	r, err := openFormat(ctx, d, o)
	if err != nil {
		return nil, err
	}
	return &watched{Reader: r, parts: d.Parts}, nil
}

func openFormat(ctx context.Context, d source.Dataset, o source.Options) (source.Reader, error) {
	switch d.Format {
	case "csv", "tsv":
		return openDelimited(ctx, d, o)
	case "json", "ndjson":
		return openJSON(ctx, d, o)
	case "parquet":
		return openParquet(ctx, d, o)
	case "xlsx":
		return openExcel(ctx, d, o)
	case "sqlite":
		return openSQLite(ctx, d, o)
	}
	return nil, fault.New(fault.Unsupported, "source.format", "locator", d.Locator, "format", d.Format)
}

// Close forgets what was listed.
func (s *Source) Close() error { return nil }

// Fingerprint is the package's [Fingerprint], except that the file of a container is
// read once for all its datasets, as long as its size, time and inode stay the same.
func (s *Source) Fingerprint(ctx context.Context, d source.Dataset, workers int, progress func(n int64)) (asset.Fingerprint, error) {
	if d.Format != "xlsx" && d.Format != "sqlite" {
		return Fingerprint(ctx, d.Parts, workers, progress)
	}
	p := d.Parts[0]
	now, err := StatOf(p.Path)
	if err != nil {
		return asset.Fingerprint{}, err
	}
	key := p.Path + "\x00" + strconv.FormatInt(now.Size, 10) + "." + strconv.FormatInt(now.ModNano, 10) + "." + strconv.FormatUint(now.Inode, 10)
	s.mu.Lock()
	known, ok := s.prints[key]
	s.mu.Unlock()
	if ok && (p.Stat == source.Stat{} || p.Stat == now) {
		return known.Fingerprint, nil
	}
	fp, err := Fingerprint(ctx, d.Parts, workers, progress)
	if err == nil {
		s.mu.Lock()
		s.prints[key] = asset.Part{Name: p.Name, Fingerprint: fp}
		s.mu.Unlock()
	}
	return fp, err
}

// Harmless reports whether something that was skipped is nothing that a person who
// pointed at the folder would miss: hidden files, documents, pictures, a program's
// own side files. What could not be read, or holds data of a format not understood,
// is not harmless.
func Harmless(k source.Skipped) bool {
	return slices.Contains([]string{"source.hidden", "source.side_file", "source.text", "source.no_table", "source.picture",
		"source.document", "source.program", "source.media", "source.web_page", "source.link",
		"sqlite.shadow", "excel.chart_sheet", "excel.empty_sheet"}, k.Code)
}

// watched is a reader whose parts are looked at again when it has come to its end.
type watched struct {
	source.Reader
	parts []source.Part

	mu      sync.Mutex
	checked bool
	changed []string // names of parts that are not what they were when listed
}

// Next returns the next block; at the end it looks at the parts.
func (w *watched) Next(ctx context.Context) (source.Block, error) {
	b, err := w.Reader.Next(ctx)
	if err != nil && fault.KindOf(err) != fault.Canceled {
		w.check()
		if !errors.Is(err, io.EOF) && fault.As(err) == nil {
			err = fault.Wrap(err, fault.Unavailable, "source.unreadable", "locator", w.parts[0].Path)
		}
	}
	return b, err
}

func (w *watched) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.checked {
		return
	}
	w.checked = true
	for _, p := range w.parts {
		if (p.Stat == source.Stat{}) {
			continue
		}
		if now, err := StatOf(p.Path); err != nil || now != p.Stat {
			w.changed = append(w.changed, p.Name)
		}
	}
}

// Describe adds what changed while reading.
func (w *watched) Describe() source.Description {
	d := w.Reader.Describe()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.changed) > 0 {
		d.Evidence = append(slices.Clip(d.Evidence), asset.Observation{Code: "source.changed",
			Params: message.P("locator", w.changed[0], "count", strconv.Itoa(len(w.changed)))})
	}
	return d
}
