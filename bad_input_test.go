package assay_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/asset"
	"assay/report"
)

// skippedAs returns the code under which a path was skipped, "" when it was not.
func skippedAs(d report.Document, path string) string {
	for _, s := range d.Skipped {
		if s.Locator == path || strings.HasPrefix(s.Locator, path+"#") {
			return s.Code
		}
	}
	return ""
}

// shownAsWhole reports whether a dataset looks as if all of it had been read as it is.
func shownAsWhole(e *report.Entry) bool {
	changed := func(o asset.Observation) bool { return o.Code == "source.changed" }
	return e.Scan.Partial == "" && e.Facts.Description.Partial == "" &&
		!slices.ContainsFunc(e.Facts.Observations, changed) && !slices.ContainsFunc(e.Facts.Description.Evidence, changed)
}

// mayNotBeWhole wants every dataset of a path skipped, or marked as not whole.
func mayNotBeWhole(t *testing.T, res *assay.ScanResult, path string) {
	t.Helper()
	n := 0
	for i := range res.Document.Entries {
		if e := &res.Document.Entries[i]; strings.HasPrefix(e.Dataset.Locator, path) {
			n++
			if shownAsWhole(e) {
				t.Errorf("%s is shown as whole, with %d rows", e.Dataset.Locator, e.Facts.Rows)
			}
		}
	}
	if n == 0 && skippedAs(res.Document, path) == "" {
		t.Errorf("nothing is said of %s; skipped: %v", path, res.Document.Skipped)
	}
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Files of the zone that break off are never taken for whole, wherever they break.
func TestTruncatedFilesAreNotWhole(t *testing.T) {
	for _, name := range []string{
		"service/hotline/12345热线_2024-01.csv.gz", "registers/permits.ndjson.gz", "robot/arm07_joint_log_20240618.csv.zst",
		"heat/telemetry/cabinet=HS01/month=2024-01/part-0.parquet", "registers/年报2023.xlsx", "service/service.sqlite",
		"space/scene_index.json",
	} {
		b, err := os.ReadFile(filepath.Join("examples/zone", name))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for _, percent := range []int{1, 30, 60, 90, 99} {
			writeFile(t, dir, fmt.Sprintf("%d/%s", percent, filepath.Base(name)), b[:len(b)*percent/100])
		}
		writeFile(t, dir, "last/"+filepath.Base(name), b[:len(b)-1])
		res := scanPaths(t, openHome(t), dir)
		for _, sub := range []string{"1", "30", "60", "90", "99", "last"} {
			path := filepath.Join(dir, sub, filepath.Base(name))
			if sub == "last" && strings.HasSuffix(name, ".json") {
				continue // a line end behind the last bracket: nothing is missing
			}
			t.Run(filepath.Base(name)+" "+sub, func(t *testing.T) { mayNotBeWhole(t, res, path) })
		}
	}
}

// noise is bytes that no format has; it depends on seed alone.
func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 9))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// What is no table, whatever its name says, is skipped with a reason, or at least
// shown with no row and nothing of it.
func TestFilesThatAreNotWhatTheirNamesSay(t *testing.T) {
	dir := t.TempDir()
	// Encrypted workbooks are OLE containers (MS-OFFCRYPTO 2.3.4).
	ole := append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 4096)...)
	copy(ole[1024:], utf16le("EncryptedPackage"))
	copy(ole[1152:], utf16le("EncryptionInfo"))
	paths := map[string]string{}
	for name, text := range map[string][]byte{
		"empty.csv": nil, "empty.parquet": nil, "empty.xlsx": nil, "empty.sqlite": nil, "empty.json": nil,
		"empty.csv.gz": gzipped(t, nil),
		"noise.csv":    noise(1, 50_000), "noise.parquet": noise(2, 5_000), "noise.xlsx": noise(3, 5_000), "noise.sqlite": noise(4, 5_000),
		"noise.json": noise(5, 5_000), "noise.csv.gz": noise(6, 5_000), "noise.csv.zst": noise(7, 5_000), "inner.csv.gz": gzipped(t, noise(8, 50_000)),
		"zeros.csv": make([]byte, 100_000), "locked.xlsx": ole,
		"magic.parquet": []byte("PAR1PAR1"), "magic.sqlite": []byte("SQLite format 3\x00"), "magic.xlsx": []byte("PK\x03\x04"),
		"magic.csv.gz": {0x1f, 0x8b}, "magic.csv.zst": {0x28, 0xb5, 0x2f, 0xfd},
	} {
		paths[name] = writeFile(t, dir, name, text)
	}
	res := scanPaths(t, openHome(t), dir)
	for name, path := range paths {
		code := skippedAs(res.Document, path)
		t.Logf("%s: %s", name, code)
		if code == "" {
			t.Errorf("%s was not skipped", name)
		}
	}
	if code := skippedAs(res.Document, paths["locked.xlsx"]); !strings.Contains(code, "encrypted") && !strings.Contains(code, "password") {
		t.Errorf("a workbook with a password is skipped as %q, which does not say so", code)
	}
}

func utf16le(s string) []byte {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return b
}

// Content decides, not the extension.
func TestWrongExtensions(t *testing.T) {
	dir := t.TempDir()
	csv := []byte("name,n\nab,1\ncd,2\nef,3\n")
	for name, want := range map[string]string{
		"text.parquet": "csv", "text.xlsx": "csv", "text.json": "json", "text.csv.gz": "csv", "lines.csv": "ndjson", "packed.csv": "csv",
	} {
		text := csv
		switch name {
		case "lines.csv":
			text = []byte("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n")
		case "packed.csv":
			text = gzipped(t, csv)
		}
		path := writeFile(t, dir, name, text)
		res := scanPaths(t, openHome(t), path)
		if len(res.Document.Entries) != 1 {
			t.Errorf("%s: skipped: %v", name, res.Document.Skipped)
			continue
		}
		if e := res.Document.Entries[0]; want == "json" { // the name promises JSON: every line that is none is told
			if e.Dataset.Format != want || e.Facts.Rejected == 0 {
				t.Errorf("%s: %s with %d rows, %d rejected; want rejects", name, e.Dataset.Format, e.Facts.Rows, e.Facts.Rejected)
			}
		} else if e.Dataset.Format != want || e.Facts.Rows != 3 || e.Facts.Rejected != 0 {
			t.Errorf("%s: %s with %d rows, %d rejected; want %s with 3", name, e.Dataset.Format, e.Facts.Rows, e.Facts.Rejected, want)
		}
	}
}

// A file that changes between listing and the end of its scan is never shown as a
// whole that it never was.
func TestFilesThatChangeDuringTheScan(t *testing.T) {
	text := manyRows(100_000)
	changes := map[string]func(path string) error{
		"grows": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("7,x,1.00,k1,2024-01-01 00:00:00,n,1\n")
			return closing(f, err)
		},
		"shrinks":  func(path string) error { return os.Truncate(path, int64(len(text)/2)) },
		"vanishes": os.Remove,
		"other bytes, same size": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("9"), int64(len(text)-2)) // the last digit
			return closing(f, err)
		},
		"is replaced": func(path string) error {
			if err := os.WriteFile(path+".new", text[:len(text)/3], 0o644); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
	}
	for what, change := range changes {
		for _, phase := range []assay.Phase{assay.PhaseRead, assay.PhaseFingerprint} {
			t.Run(what+" before "+string(phase), func(t *testing.T) {
				path := writeFile(t, t.TempDir(), "t.csv", text)
				touch(t, path, time.Now().Add(-time.Hour))
				res := scanWith(t, openHome(t), assay.ScanRequest{Paths: []string{path}, Watch: func(e assay.ScanEvent) {
					if e.Phase == phase {
						if err := change(path); err != nil {
							t.Error(err)
						}
					}
				}})
				mayNotBeWhole(t, res, path)
			})
		}
	}
}

func closing(c io.Closer, err error) error {
	if cerr := c.Close(); err == nil {
		err = cerr
	}
	return err
}

// One goroutine writes all the while.
func TestFileThatGrowsWhileItIsRead(t *testing.T) {
	path := writeFile(t, t.TempDir(), "t.csv", manyRows(100_000))
	stop, stopped := make(chan struct{}), make(chan error, 1)
	res := scanWith(t, openHome(t), assay.ScanRequest{Paths: []string{path}, Watch: func(e assay.ScanEvent) {
		switch e.Phase {
		case assay.PhaseRead:
			begun := make(chan struct{})
			go func() { stopped <- appendUntil(path, begun, stop) }()
			<-begun
		case assay.PhaseFingerprint:
			close(stop)
			if err := <-stopped; err != nil {
				t.Error(err)
			}
		}
	}})
	mayNotBeWhole(t, res, path)
}

func appendUntil(path string, begun, stop chan struct{}) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		close(begun)
		return err
	}
	for i := 0; ; i++ {
		if _, err := f.WriteString("7,x,1.00,k1,2024-01-01 00:00:00,n,1\n"); err != nil {
			return closing(f, err)
		}
		if i == 0 {
			close(begun)
		}
		select {
		case <-stop:
			return f.Close()
		default:
		}
	}
}

// Names are data too.
func TestStrangeNames(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("长", 80) // 240 bytes; most file systems take 255
	names := []string{"中文 名.csv", "emoji 🚀.csv", "quo'te.csv", "per%cent.csv", "a#b.csv", "semi;colon.csv", "-dash.csv", long + ".csv"}
	names = append(names, strangeUnixNames...)
	a := openHome(t)
	made := 0
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "a%d,b\n1,2\n3,4\n", i), 0o644); err != nil {
			t.Logf("%q cannot be made here: %v", name, err)
			continue
		}
		made++
	}
	first := scanPaths(t, a, dir)
	if len(first.Document.Entries) != made || len(first.Document.Skipped) != 0 {
		t.Errorf("%d datasets of %d files, skipped %v", len(first.Document.Entries), made, first.Document.Skipped)
	}
	short := map[string]bool{}
	for _, e := range first.Document.Entries {
		if e.Facts.Rows != 2 || len(e.Facts.Columns) != 2 || short[e.Dataset.Name] {
			t.Errorf("%q (named %q): %d rows, %d columns, name taken: %v", e.Dataset.Locator, e.Dataset.Name, e.Facts.Rows, len(e.Facts.Columns), short[e.Dataset.Name])
		}
		short[e.Dataset.Name] = true
	}
	if !json.Valid(documentBytes(t, first.Document)) {
		t.Error("the document is not JSON")
	}
	if second := scanPaths(t, a, dir); second.Unchanged != made {
		t.Errorf("second scan: %d unchanged, want %d: a name was not found again", second.Unchanged, made)
	}
}

// The time is told, not judged; that every file is there is.
func TestManySmallFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: 5,000 files take some time")
	}
	const files = 5_000
	dir := t.TempDir()
	for i := range files {
		// Other columns in every file, so that they are not one dataset.
		writeFile(t, dir, fmt.Sprintf("%02d/%x.csv", i%50, noise(uint64(i), 4)), fmt.Appendf(nil, "id%d,name%d\n1,a\n2,b\n", i, i*7))
	}
	a := openHome(t)
	begun := time.Now()
	res := scanPaths(t, a, dir)
	first := time.Since(begun)
	var rows int64
	for _, e := range res.Document.Entries {
		rows += e.Facts.Rows
	}
	if rows != 2*files || len(res.Document.Entries) != files || len(res.Document.Skipped) != 0 {
		t.Errorf("%d datasets, %d rows, %d skipped; want %d, %d, 0", len(res.Document.Entries), rows, len(res.Document.Skipped), files, 2*files)
	}
	begun = time.Now()
	if again := scanPaths(t, a, dir); again.Unchanged != files {
		t.Errorf("%d unchanged, want %d", again.Unchanged, files)
	}
	t.Logf("%d files: %v, and %v unchanged", files, first.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
}

// A file that cannot be read does not stop the others.
func TestOneBadFileDoesNotStopTheOthers(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "a.csv", []byte("a,b\n1,2\n"))
	bad := writeFile(t, dir, "b.parquet", []byte("PAR1 and nothing more PAR1"))
	writeFile(t, dir, "c.csv", []byte("c,d\n1,2\n"))
	gone := filepath.Join(dir, "gone.csv")
	a := openHome(t)
	res := scanPaths(t, a, dir, gone)
	if len(res.Document.Entries) != 2 || skippedAs(res.Document, bad) == "" || skippedAs(res.Document, gone) == "" {
		t.Errorf("%d datasets, skipped %v; want 2, and both others named", len(res.Document.Entries), res.Document.Skipped)
	}
}
