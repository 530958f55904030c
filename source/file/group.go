package file

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"assay/asset"
	"assay/internal/delimited"
	"assay/internal/message"
	"assay/source"
)

// Which files make one dataset
//
// 1. Files below folders named key=value, of one format, with the same keys and the
//    same shape: the dataset is the folder above. Values become columns.
// 2. Files of one folder and one format, of the same shape, whose names differ in
//    numbers only, when there are two or more; Parquet files whatever their names,
//    where the folder says that it was written as one table.
//
// The shape is the first line of text, the names in the first record of JSON, the
// schema of Parquet. Where shapes differ the most common one makes the dataset and the
// other files stand alone.

// unit is what will be a dataset, or several when it is a container.
type unit struct {
	format  string
	parts   []*found
	partsAt string              // folder that the parts' names are relative to; "" = single
	locator string              // "" = the path of the single part
	fixed   []map[string]string // by part; nil where no folder says key=value
	note    []asset.Observation
	stem    string
}

func single(f *found) unit {
	u := unit{format: f.kind.format, parts: []*found{f}, stem: stemOf(f)}
	if _, fixed := hiveSplit(f); fixed != nil {
		u.fixed = []map[string]string{fixed}
	}
	return u
}

// stemOf is the name of a file without extensions that say what it is.
func stemOf(f *found) string {
	name := f.base()
	if f.kind.packed {
		name = unpackedName(name)
	}
	if stem := strings.TrimSuffix(name, filepath.Ext(name)); stem != "" {
		return stem
	}
	return name
}

func (u *unit) dataset() source.Dataset {
	d := source.Dataset{Locator: u.locator, Format: u.format, Note: u.note}
	if d.Locator == "" {
		d.Locator = u.parts[0].path
	}
	for i, f := range u.parts {
		name := ""
		if u.partsAt != "" {
			if rel, err := filepath.Rel(u.partsAt, f.path); err == nil {
				name = filepath.ToSlash(rel)
			}
		}
		p := f.part(name)
		if u.fixed != nil {
			p.Fixed = u.fixed[i]
		}
		d.Parts = append(d.Parts, p)
		d.Bytes += p.Size
	}
	return d
}

// groupKey is equal for files that may belong together.
type groupKey struct {
	root         int
	dir          string
	format       string
	pattern      string // of the names; "" where they do not matter
	keys         string // of a hive folder
	packed, hive bool
}

// group makes units of files, in the order of each unit's first file.
func group(files []found, marks map[string]folderMark) []unit {
	members := map[groupKey][]int{}
	var keys []groupKey
	for i := range files {
		k, ok := keyOf(&files[i], marks)
		if !ok {
			k = groupKey{root: files[i].root, dir: files[i].path} // alone
		}
		if members[k] == nil {
			keys = append(keys, k)
		}
		members[k] = append(members[k], i)
	}
	type placed struct {
		at int
		u  unit
	}
	var all []placed
	for _, k := range keys {
		for _, u := range split(files, k, members[k]) {
			first := slices.IndexFunc(files, func(f found) bool { return f.path == u.parts[0].path })
			all = append(all, placed{first, u})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	units := make([]unit, len(all))
	for i := range all {
		units[i] = all[i].u
		if d := marks[units[i].dir()]; d.delta {
			units[i].note = append(units[i].note, asset.Observation{Code: "source.delta"})
		}
	}
	return units
}

func (u *unit) dir() string {
	if u.partsAt != "" {
		return u.partsAt
	}
	return u.parts[0].dir()
}

func keyOf(f *found, marks map[string]folderMark) (groupKey, bool) {
	k := groupKey{root: f.root, dir: f.dir(), format: f.kind.format, packed: f.kind.packed}
	if k.format == "xlsx" || k.format == "sqlite" {
		return k, false
	}
	if base, fixed := hiveSplit(f); fixed != nil {
		k.dir, k.hive, k.packed = base, true, false
		k.keys = strings.Join(slices.Sorted(maps.Keys(fixed)), "\x00")
		return k, true
	}
	if k.format == "parquet" && marks[k.dir].oneTable {
		return k, true
	}
	k.pattern = patternOf(f.base())
	return k, k.pattern != f.base() && (k.format == "parquet" || f.kind.shape != nil)
}

// varying are the pieces of names that tell part files apart: identifiers that writers
// make up, and numbers, dates among them.
var varying = regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9]+([-_.]?[0-9]+)*`)

// patternOf puts an asterisk for what varies. A single digit that hangs on a Latin
// letter is part of a name more often than a number: p0 and p1 are two quantities, not
// two parts of one.
func patternOf(name string) string {
	var b strings.Builder
	done := 0
	for _, m := range varying.FindAllStringIndex(name, -1) {
		if m[1]-m[0] == 1 && m[0] > 0 && (name[m[0]-1]|0x20 >= 'a' && name[m[0]-1]|0x20 <= 'z') {
			continue
		}
		b.WriteString(name[done:m[0]] + "*")
		done = m[1]
	}
	return b.String() + name[done:]
}

// hiveSplit takes the folders key=value off the end of a file's folder below its root
// and returns what stands before them, as a path, and the values. nil = there are none.
func hiveSplit(f *found) (base string, fixed map[string]string) {
	base = f.dir()
	for dir := path.Dir(f.rel); dir != "."; dir = path.Dir(dir) {
		key, value, ok := strings.Cut(path.Base(dir), "=")
		if !ok || key == "" {
			break
		}
		if fixed == nil {
			fixed = map[string]string{}
		}
		if _, twice := fixed[hiveText(key)]; !twice {
			fixed[hiveText(key)] = hiveText(value)
		}
		base = filepath.Dir(base)
	}
	return base, fixed
}

// hiveText undoes the escapes of Hive: a percent sign and two hexadecimal digits.
func hiveText(s string) string {
	if t, err := url.PathUnescape(s); err == nil {
		return t
	}
	return s
}

// split makes units of files with one key, by their shapes.
func split(files []found, k groupKey, members []int) []unit {
	if len(members) == 1 && !k.hive {
		return []unit{single(&files[members[0]])}
	}
	shapes := map[string][]int{}
	var best string
	for _, i := range members {
		s := shapeOf(&files[i])
		shapes[s] = append(shapes[s], i)
		if s != "" && (best == "" || len(shapes[s]) > len(shapes[best])) {
			best = s
		}
	}
	same := shapes[best]
	if best == "" || len(same) < 2 && !k.hive || isText(k.format) && !hasHeader(&files[same[0]]) {
		same = nil
	}
	var units []unit
	if same != nil {
		units = append(units, joined(files, k, same, len(members)-len(same)))
	}
	for _, i := range members {
		if !slices.Contains(same, i) {
			units = append(units, single(&files[i]))
		}
	}
	return units
}

func isText(format string) bool { return format == "csv" || format == "tsv" }

// shapeOf is what parts of one dataset have in common, "" = not known.
func shapeOf(f *found) string {
	if f.kind.format != "parquet" {
		if f.kind.shape == nil {
			return ""
		}
		return string(f.kind.shape[:])
	}
	p := pqPart{Part: f.part("")}
	footer, err := p.readFooter(pqDefaultMemory)
	if err != nil {
		return "" // opening it will say what is wrong
	}
	leaves, err := pqLeaves(footer.schema)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for i := range leaves {
		b.WriteString(strconv.Quote(leaves[i].path) + leaves[i].declared + strconv.FormatBool(leaves[i].maxRep > 0) + "\n")
	}
	return b.String()
}

// hasHeader reports whether the first line names columns. Without a header, an equal
// first line is chance.
func hasHeader(f *found) bool {
	in, err := openStream(f.part(""))
	if err != nil {
		return false
	}
	defer in.Close() // only read from
	head, whole, err := readHead(in)
	if err != nil && len(head) == 0 {
		return false
	}
	return delimited.Detect(decodeSample(head), whole, delimited.Override{}).HeaderRows > 0
}

// joined makes one unit of files of one shape; others counts the files beside them
// that have another.
func joined(files []found, k groupKey, members []int, others int) unit {
	u := unit{format: k.format, partsAt: k.dir, locator: k.dir, stem: filepath.Base(k.dir)}
	for _, i := range members {
		u.parts = append(u.parts, &files[i])
	}
	slices.SortFunc(u.parts, func(a, b *found) int { return strings.Compare(a.path, b.path) })
	code := "source.parts"
	switch {
	case k.hive:
		code = "source.partitioned"
		for _, f := range u.parts {
			_, fixed := hiveSplit(f)
			u.fixed = append(u.fixed, fixed)
		}
	case k.pattern != "":
		u.locator = filepath.Join(k.dir, k.pattern)
		stem := k.pattern
		if k.packed {
			stem = unpackedName(stem)
		}
		stem = strings.Trim(strings.ReplaceAll(strings.TrimSuffix(stem, filepath.Ext(stem)), "*", ""), "-_. ")
		if stem != "" && stem != "part" {
			u.stem = stem
		}
	}
	if u.stem == "." || u.stem == string(filepath.Separator) {
		u.stem = stemOf(u.parts[0])
	}
	u.note = []asset.Observation{{Code: code, Params: message.P("count", strconv.Itoa(len(members)))}}
	if others > 0 {
		u.note = append(u.note, asset.Observation{Code: "source.parts_differ", Params: message.P("count", strconv.Itoa(others))})
	}
	return u
}

// nameChoice has the names that a dataset may have, the shortest first.
type nameChoice []string

// names are the stem, the file's name, and both with more and more folders in front.
// inside is the table or sheet of a container.
func (u *unit) names(inside string) nameChoice {
	dir, base := u.parts[0].dir(), u.parts[0].base()
	if u.locator != "" {
		dir, base = filepath.Dir(u.locator), filepath.Base(u.locator)
	}
	dir = strings.Trim(strings.TrimPrefix(filepath.ToSlash(dir), filepath.ToSlash(filepath.VolumeName(dir))), "/")
	suffix := ""
	if inside != "" {
		suffix = "/" + inside
	}
	c := nameChoice{u.stem + suffix, base + suffix}
	front := ""
	for dir != "" && dir != "." {
		front = path.Join(path.Base(dir), front)
		c = append(c, path.Join(front, u.stem)+suffix, path.Join(front, base)+suffix)
		if dir = path.Dir(dir); dir == ".." || strings.HasSuffix(dir, "/..") {
			break
		}
	}
	return c
}

// uniqueNames gives every dataset the first of its names that nobody else wants; those
// that agree in all are numbered.
func uniqueNames(choices []nameChoice) []string {
	names := make([]string, len(choices))
	taken := map[string]bool{}
	for level, open := 0, true; open; level++ {
		open = false
		want := map[string]int{}
		for i, c := range choices {
			if names[i] == "" && level < len(c) {
				want[c[level]]++
				open = true
			}
		}
		for i, c := range choices {
			if names[i] == "" && level < len(c) && want[c[level]] == 1 && !taken[c[level]] {
				names[i] = c[level]
			}
		}
		for _, n := range names {
			taken[n] = true
		}
	}
	for i, c := range choices {
		for n := 2; names[i] == ""; n++ {
			if name := c[len(c)-1] + " (" + strconv.Itoa(n) + ")"; !taken[name] {
				names[i], taken[name] = name, true
			}
		}
	}
	return names
}
