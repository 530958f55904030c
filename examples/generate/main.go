// Command generate writes the zone in miniature: the data under examples/zone and, as
// flaws.json and truth.json, what was planted in it and what a reader must count.
//
//	go run ./examples/generate -out examples
//
// Words: a table is one dataset held in memory, in the order of its records; a part is
// one file of it; a record is a row or, when it is written so that it cannot be read
// as one, a broken record; a flaw is something planted, with the rows it stands in.
//
// Invariants: the output depends on the seed alone. Every dataset has a random stream
// of its own, so that changing one leaves the others as they were; every float is
// rounded to a decimal before it is written, so that processors that fuse multiply and
// add write the same digits; compressors come from go.mod and not from the Go release.
// The truth is counted from the tables in memory and shares no code with assay.
//
// Start at zone.go (what there is), then table.go (how truth and flaws are kept) and
// the file of a subject: register.go, service.go, heat.go, robot.go, space.go, hub.go.
//
// Not here: data that others published (examples/zone/open, copied unchanged).
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "examples", "folder that holds zone/, flaws.json, truth.json and README.md")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := write(*out); err != nil {
		fmt.Fprintln(stderr, "generate:", err)
		return 1
	}
	return 0
}

// write makes everything below dir. A README.md that is there gets its table of flaws
// rewritten between the markers.
func write(dir string) error {
	files, err := zone()
	if err != nil {
		return err
	}
	readme := filepath.Join(dir, "README.md")
	if old, err := os.ReadFile(readme); err == nil {
		if files["README.md"], err = withFlawTable(old, files["flaws.json"]); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(files) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
