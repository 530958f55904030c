//go:build !linux && !darwin

package store_test

import "os/exec"

const fileSizeLimits = false

func limitFileSize(uint64) {}

func asNobody(*exec.Cmd) bool { return false }
