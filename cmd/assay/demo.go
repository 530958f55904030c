package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"assay"
	"assay/examples"
	"assay/fault"
	"assay/report"

	"github.com/spf13/cobra"
)

func (c *cli) demoCommand() *cobra.Command {
	var noServe bool
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   c.say("cli.demo.short"),
		Long:    c.say("cli.demo.long"),
		Example: "  assay demo\n  assay demo --no-serve",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return c.demo(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&noServe, "no-serve", false, c.say("cli.flag.no-serve"))
	return cmd
}

// demo scans the zone in miniature and writes its dossier. It uses a home of its own,
// so that trying assay leaves no trace among real records.
func (c *cli) demo(ctx context.Context) error {
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
	fmt.Fprintln(c.out, c.say("cli.demo.scanning", "path", zone))
	var res *assay.ScanResult
	started := time.Now()
	err = c.with(ctx, func(a *assay.Assay) error {
		meter := c.newMeter(false)
		defer meter.stop()
		var err error
		res, err = a.Scan(ctx, a.Actor(), assay.ScanRequest{Paths: []string{zone}, Watch: meter.watch})
		return err
	})
	if err != nil {
		return err
	}
	if err := c.print(res, false); err != nil {
		return err
	}
	dossier := filepath.Join(dir, "zone.html")
	if err := c.toFile(dossier, func(w io.Writer) error {
		return report.WriteHTML(w, res.Document, report.Options{Lang: c.language()})
	}); err != nil {
		return err
	}
	var rows int64
	for _, e := range res.Document.Entries {
		rows += e.Scan.Rows
	}
	fmt.Fprintln(c.out, c.say("cli.demo.done", "datasets", fmt.Sprint(len(res.Document.Entries)), "rows", fmt.Sprint(rows),
		"seconds", fmt.Sprintf("%.1f", time.Since(started).Seconds()), "unchanged", fmt.Sprint(res.Unchanged)))
	fmt.Fprintln(c.out, c.say("cli.demo.dossier", "path", dossier))
	fmt.Fprintln(c.out, c.say("cli.demo.next", "home", c.home))
	return nil
}

// demoFolder is where the demo keeps its home and dossier.
func demoFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "assay", "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.Wrap(err, fault.Denied, "cli.write", "path", dir)
	}
	return dir, nil
}

// demoZone is the folder of examples: the repository's, or a copy of what the binary
// carries.
func demoZone(dir string) (string, error) {
	const here = "examples/zone"
	if info, err := os.Stat(here); err == nil && info.IsDir() {
		return here, nil
	}
	zone := filepath.Join(dir, "zone")
	if err := os.RemoveAll(zone); err != nil {
		return "", fault.Wrap(err, fault.Denied, "cli.write", "path", zone)
	}
	if err := os.CopyFS(zone, examples.Zone()); err != nil {
		return "", errors.Join(fault.Wrap(err, fault.Unavailable, "cli.write", "path", zone), os.RemoveAll(zone))
	}
	return zone, nil
}
