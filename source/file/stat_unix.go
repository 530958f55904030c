//go:build unix

package file

import (
	"io/fs"
	"os"
	"syscall"

	"assay/source"
)

func statOf(info fs.FileInfo) source.Stat {
	s := source.Stat{Size: info.Size(), ModNano: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.Inode = uint64(sys.Ino)
	}
	return s
}

// openNonBlocking opens a file without waiting for a writer, should a pipe have taken
// its place.
func openNonBlocking(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
