//go:build !unix

package file

import (
	"io/fs"
	"os"

	"assay/source"
)

// statOf has no inode here: the system does not give it with the rest.
func statOf(info fs.FileInfo) source.Stat {
	return source.Stat{Size: info.Size(), ModNano: info.ModTime().UnixNano()}
}

func openNonBlocking(path string) (*os.File, error) { return os.Open(path) }
