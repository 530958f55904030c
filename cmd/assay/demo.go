package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"assay"
	"assay/examples"
	"assay/report"

	"github.com/spf13/cobra"
)

func (c *cli) demoCommand() *cobra.Command {
	var noServe, asJSON bool
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   c.say("cli.demo.short"),
		Long:    c.say("cli.demo.long"),
		Example: "  assay demo\n  assay demo --lang zh\n  assay demo --no-serve --json > demo.json",
		Args:    takes(0, 0, ""),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.demo(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&noServe, "no-serve", false, c.say("cli.flag.no-serve"))
	cmd.Flags().BoolVar(&asJSON, "json", false, c.say("cli.flag.json"))
	return cmd
}

// demo scans the zone in miniature and writes its dossier. It uses a home of its own,
// so that trying assay leaves no trace among real records.
func (c *cli) demo(ctx context.Context, asJSON bool) error {
	dir, err := demoFolder()
	if err != nil {
		return err
	}
	if c.home == "" {
		c.home = filepath.Join(dir, "home")
	}
	zone, err := demoZone(dir)
	if err != nil {
		return err
	}
	if !asJSON {
		fmt.Fprintln(c.out, c.say("cli.demo.scanning", "path", zone))
	}
	started := time.Now()
	res, err := c.demoScan(ctx, zone, asJSON)
	if err != nil {
		return err
	}
	if err := c.print(res, asJSON); err != nil {
		return err
	}
	dossier := filepath.Join(dir, "zone.html")
	err = c.toFile(dossier, func(w io.Writer) error {
		return report.WriteHTML(w, res.Document, report.Options{Lang: c.language()})
	})
	if err != nil || asJSON {
		return err
	}
	c.demoDone(res, dossier, time.Since(started))
	return nil
}

func (c *cli) demoScan(ctx context.Context, zone string, quiet bool) (res *assay.ScanResult, err error) {
	err = c.with(ctx, func(a *assay.Assay) error {
		meter := c.newMeter(quiet)
		defer meter.stop()
		var err error
		res, err = a.Scan(ctx, a.Actor(), assay.ScanRequest{Paths: []string{zone}, Watch: meter.watch})
		return err
	})
	return res, err
}

// demoDone says what there is now and what to try on it.
func (c *cli) demoDone(res *assay.ScanResult, dossier string, took time.Duration) {
	var rows int64
	for _, e := range res.Document.Entries {
		rows += e.Scan.Rows
	}
	code := "cli.demo.done"
	if res.Unchanged > 0 {
		code = "cli.demo.done_unchanged"
	}
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, c.say(code, "datasets", fmt.Sprint(len(res.Document.Entries)), "rows", fmt.Sprint(rows),
		"seconds", fmt.Sprintf("%.1f", took.Seconds()), "unchanged", fmt.Sprint(res.Unchanged)))
	fmt.Fprintln(c.out, c.say("cli.demo.dossier", "path", dossier))
	if len(res.Document.Entries) > 0 {
		fmt.Fprintln(c.out, c.say("cli.scan.next", "show", c.again("show"), "name", shellWord(remarkable(res.Document.Entries))))
	}
	fmt.Fprintln(c.out, c.say("cli.demo.next"))
}

// demoFolder is where the demo keeps its home and dossier.
func demoFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "assay", "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unwritable(err, dir)
	}
	return dir, nil
}

// demoZone is the folder of examples: a copy of what the binary carries, the same
// wherever the command is run. A copy that is whole stays as it is, so that a second
// demo finds it unchanged.
func demoZone(dir string) (string, error) {
	zone := filepath.Join(dir, "zone")
	if sameTree(os.DirFS(zone), examples.Zone()) {
		return zone, nil
	}
	if err := os.RemoveAll(zone); err != nil {
		return "", unwritable(err, zone)
	}
	if err := os.CopyFS(zone, examples.Zone()); err != nil {
		return "", unwritable(errors.Join(err, os.RemoveAll(zone)), zone)
	}
	return zone, nil
}

// sameTree reports whether two trees have the same files with the same bytes.
func sameTree(a, b fs.FS) bool {
	files := 0
	count := func(tree fs.FS, visit func(path string) error) error {
		return fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return visit(path)
		})
	}
	err := count(b, func(path string) error {
		files++
		want, err := fs.ReadFile(b, path)
		if err != nil {
			return err
		}
		if got, err := fs.ReadFile(a, path); err != nil || !bytes.Equal(got, want) {
			return errDiffers
		}
		return nil
	})
	if err != nil {
		return false
	}
	return count(a, func(string) error { files--; return nil }) == nil && files == 0
}

var errDiffers = errors.New("differs")
