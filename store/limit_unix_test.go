//go:build linux || darwin

package store_test

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

const fileSizeLimits = true

// limitFileSize makes writes beyond n bytes fail with EFBIG, as a quota does.
func limitFileSize(n uint64) {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		panic(err)
	}
}

// asNobody takes root's rights from cmd.
func asNobody(cmd *exec.Cmd) bool {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return os.Geteuid() == 0 // another user's files are needed, and only root can lend them
}
