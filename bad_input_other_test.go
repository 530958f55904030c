//go:build !unix

package assay_test

// strangeUnixNames are names that only Unix allows.
var strangeUnixNames []string
