// Command assay finds out what data an organisation has and what they are.
package main

import (
	"os"
	_ "time/tzdata" // the default zone must be there on machines without zone files
)

func main() {
	os.Exit(run(os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
