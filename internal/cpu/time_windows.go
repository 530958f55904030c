package cpu

import (
	"syscall"
	"time"
)

// Time is the user and kernel time of this process so far.
func Time() time.Duration {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0
	}
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(self, &created, &exited, &kernel, &user); err != nil {
		return 0
	}
	return time.Duration(ticks(kernel)+ticks(user)) * 100
}

// ticks is a length of time in units of 100 ns; Filetime.Nanoseconds would subtract
// an epoch.
func ticks(f syscall.Filetime) int64 { return int64(f.HighDateTime)<<32 + int64(f.LowDateTime) }
