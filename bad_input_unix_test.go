//go:build unix

package assay_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay"
)

// strangeUnixNames are names that only Unix allows.
var strangeUnixNames = []string{"new\nline.csv", `dou"ble.csv`, `back\slash.csv`, "star*.csv", "[set].csv", "tab\t.csv", "bad\xff\xfeutf8.csv", "esc\x1b[31m.csv"}

// A pipe would block whoever opens it; a link to its own parent never ends.
func TestPipesAndLoops(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "t.csv", []byte("a,b\n1,2\n"))
	pipe := filepath.Join(dir, "pipe.csv")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(dir, "sub", "loop")
	writeFile(t, dir, "sub/u.csv", []byte("c,d\n1,2\n"))
	if err := os.Symlink(dir, loop); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling.csv")); err != nil {
		t.Fatal(err)
	}
	for _, follow := range []bool{false, true} {
		req := assay.ScanRequest{Paths: []string{dir}}
		req.Files.FollowLinks = follow
		done := make(chan *assay.ScanResult, 1)
		a := openHome(t)
		go func() {
			res, err := a.Scan(t.Context(), a.Actor(), req)
			if err != nil {
				t.Error(err)
			}
			done <- res
		}()
		select {
		case res := <-done:
			if len(res.Document.Entries) != 2 {
				t.Errorf("links followed: %v: %d datasets, want 2", follow, len(res.Document.Entries))
			}
			for _, path := range []string{pipe, loop, filepath.Join(dir, "dangling.csv")} {
				if skippedAs(res.Document, path) == "" {
					t.Errorf("links followed: %v: nothing is said of %s: %v", follow, path, res.Document.Skipped)
				}
			}
		case <-time.After(time.Minute):
			t.Fatal("the scan hangs")
		}
	}
}

// unreadableChild names the folder that the test's child scans.
const unreadableChild = "ASSAY_TEST_UNREADABLE_CHILD"

// Permissions do not hold root back, so root becomes nobody in a child.
func TestUnreadableFilesAreSkipped(t *testing.T) {
	if dir := os.Getenv(unreadableChild); dir != "" {
		unreadableScan(t, dir)
		return
	}
	dir := t.TempDir()
	writeFile(t, dir, "t.csv", []byte("a,b\n1,2\n"))
	writeFile(t, dir, "closed/u.csv", []byte("c,d\n1,2\n"))
	secret := writeFile(t, dir, "secret.csv", []byte("e,f\n1,2\n"))
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) }) // or TempDir cannot be removed
	if os.Getuid() != 0 {
		unreadableScan(t, dir)
		return
	}
	runAsNobody(t, dir)
}

func unreadableScan(t *testing.T, dir string) {
	res := scanPaths(t, openHome(t), dir)
	if len(res.Document.Entries) != 1 {
		t.Errorf("%d datasets, want the one that may be read", len(res.Document.Entries))
	}
	for _, name := range []string{"secret.csv", "closed"} {
		if code := skippedAs(res.Document, filepath.Join(dir, name)); code == "" || strings.HasPrefix(code, "assay.") {
			t.Errorf("%s: skipped as %q: %v", name, code, res.Document.Skipped)
		}
	}
}

func runAsNobody(t *testing.T, dir string) {
	t.Helper()
	const nobody = 65534
	work := t.TempDir()
	if err := os.Chown(work, nobody, nobody); err != nil {
		t.Skipf("SKIPPED: root here may not give files away, so nobody's view was not tested: %v", err)
	}
	binary := filepath.Join(work, "child.test")
	if err := copyFile(binary, os.Args[0]); err != nil {
		t.Fatal(err)
	}
	for p := work; p != "/" && p != os.TempDir(); p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestUnreadableFilesAreSkipped$", "-test.v")
	cmd.Dir = work
	cmd.Env = []string{unreadableChild + "=" + dir, "TMPDIR=" + work, "HOME=" + work, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skipf("SKIPPED: no child can run as nobody here, so permissions were not tested: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestUnreadableFilesAreSkipped") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return closing(out, err)
}
