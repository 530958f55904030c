package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"assay/fault"
	"assay/internal/message"
	"assay/source"
)

// found is a file that holds data.
type found struct {
	root int    // index of the root
	path string // as the operating system knows it, from the root as given
	rel  string // below the root, with slashes; the base name where the file is a root
	stat source.Stat
	kind kind
}

func (f *found) dir() string  { return filepath.Dir(f.path) }
func (f *found) base() string { return filepath.Base(f.path) }

// part makes a part of the file; name "" is the base name.
func (f *found) part(name string) source.Part {
	if name == "" {
		name = f.base()
	}
	return source.Part{Path: f.path, Name: name, Size: f.stat.Size, Stat: f.stat}
}

// folderMark says what a folder's side files tell about it.
type folderMark struct {
	oneTable bool // _SUCCESS, _metadata: its Parquet files were written as one table
	delta    bool // _delta_log: a Delta table, whose log says which files count
}

// walker collects the files below the roots.
type walker struct {
	ctx     context.Context // of one List; a walker lives no longer
	o       Options
	match   matcher
	found   []found
	skipped []source.Skipped
	seen    map[string]bool // absolute paths of files and, when links are followed, real paths of folders
	marked  map[string]folderMark
	hidden  []hiddenCount
}

type hiddenCount struct {
	root  string
	count int
}

func (w *walker) skip(locator, code string, kv ...string) {
	p := message.P(kv...)
	p["locator"] = locator
	w.skipped = append(w.skipped, source.Skipped{Locator: locator, Code: code, Params: p})
}

func (w *walker) skipFault(locator string, err error) {
	e := fault.As(err)
	if e == nil {
		e = fault.Wrap(err, fault.Unavailable, "source.unreadable", "locator", locator)
	}
	w.skipped = append(w.skipped, source.Skipped{Locator: locator, Code: e.Code, Params: e.Params})
}

// skipHidden says how much was passed over because its name begins with a dot.
func (w *walker) skipHidden() {
	for _, h := range w.hidden {
		if h.count > 0 {
			w.skip(h.root, "source.hidden", "count", strconv.Itoa(h.count))
		}
	}
}

// root walks a path that a person named: links are followed and patterns of files do
// not apply to it.
func (w *walker) root(i int, p string) error {
	info, err := os.Stat(p)
	if err != nil {
		w.skipFault(p, openFault(err, p))
		return nil
	}
	if !info.IsDir() {
		return w.file(i, p, filepath.Base(p), info, true)
	}
	w.hidden = append(w.hidden, hiddenCount{root: p})
	return w.folder(i, p, "", []fs.FileInfo{info})
}

// folder walks a folder. above are the folders from the root to it, itself included:
// a folder that is its own ancestor, by a link or a mount, ends the walk there.
func (w *walker) folder(root int, dir, rel string, above []fs.FileInfo) error {
	if w.o.FollowLinks {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			if w.seen[real] {
				w.skip(dir, "source.link_again")
				return nil
			}
			w.seen[real] = true
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.skipFault(dir, openFault(err, dir)) // and go on with the entries that were read
	}
	w.mark(dir, entries)
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.entry(root, dir, path.Join(rel, e.Name()), e, above); err != nil {
			return err
		}
	}
	return nil
}

// mark notes what side files tell about a folder.
func (w *walker) mark(dir string, entries []fs.DirEntry) {
	var m folderMark
	for _, e := range entries {
		switch e.Name() {
		case "_SUCCESS", "_metadata", "_common_metadata":
			m.oneTable = true
		case "_delta_log":
			m.delta = e.IsDir()
		}
	}
	m.oneTable = m.oneTable || m.delta || strings.EqualFold(filepath.Ext(dir), ".parquet")
	if m != (folderMark{}) {
		w.marked[dir] = m
	}
}

func (w *walker) entry(root int, dir, rel string, e fs.DirEntry, above []fs.FileInfo) error {
	name := e.Name()
	p := filepath.Join(dir, name)
	if !w.o.Hidden && strings.HasPrefix(name, ".") {
		w.hidden[len(w.hidden)-1].count++
		return nil
	}
	info, err := e.Info()
	if err != nil {
		w.skipFault(p, openFault(err, p))
		return nil
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if !w.o.FollowLinks {
			if !w.match.excluded(rel, info) {
				w.skip(p, "source.link")
			}
			return nil
		}
		if info, err = os.Stat(p); err != nil {
			w.skipFault(p, openFault(err, p))
			return nil
		}
	}
	if w.match.excluded(rel, info) {
		return nil
	}
	if !info.IsDir() {
		if !w.match.included(rel) {
			return nil
		}
		return w.file(root, p, rel, info, false)
	}
	if name == "_delta_log" {
		w.skip(p, "source.side_file")
		return nil
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
		w.skip(p, "source.loop")
		return nil
	}
	if w.o.MaxDepth > 0 && len(above) > w.o.MaxDepth {
		w.skip(p, "source.deep", "depth", strconv.Itoa(w.o.MaxDepth))
		return nil
	}
	return w.folder(root, p, rel, append(slices.Clip(above), info))
}

// file looks at one file. A pipe, socket or device is never opened: it may block for
// ever, or do something.
func (w *walker) file(root int, p, rel string, info fs.FileInfo, given bool) error {
	if abs, err := filepath.Abs(p); err == nil {
		if w.seen[abs] {
			return nil // reached from two roots: it is listed once
		}
		w.seen[abs] = true
	}
	switch {
	case !info.Mode().IsRegular():
		w.skip(p, "source.special", "kind", specialKind(info.Mode()))
		return nil
	case isSideFile(filepath.Base(p)):
		w.skip(p, "source.side_file")
		return nil
	case info.Size() == 0:
		w.skip(p, "source.empty")
		return nil
	}
	k, err := sniffFile(p, given)
	switch {
	case err != nil:
		w.skipFault(p, err)
	case k.code != "":
		w.skip(p, k.code, k.params...)
	default:
		w.found = append(w.found, found{root: root, path: p, rel: rel, stat: statOf(info), kind: k})
	}
	return nil
}

func specialKind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "FIFO"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return m.Type().String()
}

// isSideFile knows the files that programs put beside data and that are no data.
func isSideFile(name string) bool {
	switch name {
	case "_SUCCESS", "_metadata", "_common_metadata", "_committed", "_started", "Thumbs.db", "desktop.ini", ".DS_Store":
		return true
	}
	lower := strings.ToLower(name)
	switch path.Ext(lower) {
	case ".crc":
		return strings.HasPrefix(name, ".")
	case ".part", ".crdownload", ".tmp", ".lock", ".lck":
		return true
	}
	for _, end := range []string{"-wal", "-shm", "-journal"} {
		base, ok := strings.CutSuffix(lower, end)
		if ok && slices.Contains(databaseExts, path.Ext(base)) {
			return true
		}
	}
	return strings.HasPrefix(name, "~$") // an open workbook's owner file
}

// matcher decides by Options.Include and Exclude.
type matcher struct {
	include, exclude []string
	itself           []fs.FileInfo // of absolute paths in Exclude
}

func newMatcher(o Options) (matcher, error) {
	m := matcher{include: o.Include}
	for _, p := range o.Exclude {
		if !filepath.IsAbs(p) {
			m.exclude = append(m.exclude, p)
			continue
		}
		info, err := os.Stat(p)
		switch {
		case err == nil:
			m.itself = append(m.itself, info)
		case !errors.Is(err, fs.ErrNotExist): // what is not there cannot be met
			return m, openFault(err, p)
		}
	}
	for _, p := range slices.Concat(m.include, m.exclude) {
		for _, step := range strings.Split(filepath.ToSlash(p), "/") {
			if _, err := path.Match(step, ""); err != nil {
				return m, fault.Wrap(err, fault.Invalid, "source.pattern", "pattern", p)
			}
		}
	}
	return m, nil
}

func (m *matcher) included(rel string) bool {
	return len(m.include) == 0 || slices.ContainsFunc(m.include, func(p string) bool { return matchPattern(p, rel) })
}

func (m *matcher) excluded(rel string, info fs.FileInfo) bool {
	return slices.ContainsFunc(m.exclude, func(p string) bool { return matchPattern(p, rel) }) ||
		slices.ContainsFunc(m.itself, func(i fs.FileInfo) bool { return os.SameFile(i, info) })
}

// matchPattern matches a pattern without a slash against the last step of rel, and
// one with slashes against the whole. "**" stands for any number of steps, none
// included; within a step the rules are those of path.Match.
func matchPattern(pattern, rel string) bool {
	pattern = strings.Trim(filepath.ToSlash(pattern), "/")
	if !strings.Contains(pattern, "/") {
		ok, err := path.Match(pattern, path.Base(rel))
		return ok && err == nil
	}
	return matchSteps(strings.Split(pattern, "/"), strings.Split(rel, "/"))
}

func matchSteps(pattern, steps []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(steps) + 1 {
				if matchSteps(pattern[1:], steps[i:]) {
					return true
				}
			}
			return false
		}
		if len(steps) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], steps[0]); !ok || err != nil {
			return false
		}
		pattern, steps = pattern[1:], steps[1:]
	}
	return len(steps) == 0
}
