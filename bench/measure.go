package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// sample is one run of one process.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident at most
	out       []byte
	errs      []byte
	status    int
}

// runOnce runs cmd to its end. A status that is not in ok is an error.
func runOnce(cmd *exec.Cmd, ok ...int) (sample, error) {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	peak := watchPeak(cmd.Process.Pid)
	err := cmd.Wait()
	s := sample{wall: time.Since(start), out: out.Bytes(), errs: errs.Bytes(), status: cmd.ProcessState.ExitCode()}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.peak = peak()
	// ru_maxrss is exact, but a child begins with its parent's figure: it counts only
	// where it is larger than that. The polled VmHWM may miss the last milliseconds.
	if u, isRusage := cmd.ProcessState.SysUsage().(*syscall.Rusage); isRusage {
		if own := u.Maxrss * 1024; own > vmHWM("self") {
			s.peak = max(s.peak, own)
		}
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return s, err
	}
	if !slices.Contains(append(ok, 0), s.status) {
		return s, fmt.Errorf("%s: exit status %d: %s", filepath.Base(cmd.Path), s.status, tail(s.errs))
	}
	return s, nil
}

// watchPeak reads the high-water mark of a process until the returned function is
// called.
func watchPeak(pid int) (peak func() int64) {
	stop, result := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, vmHWM(strconv.Itoa(pid)))
			select {
			case <-stop:
				result <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 { close(stop); return <-result }
}

// vmHWM is the peak resident size of a process in bytes, 0 where /proc has none.
func vmHWM(pid string) int64 {
	b, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return n * 1024
			}
		}
	}
	return 0
}

func tail(b []byte) string {
	s := strings.TrimSpace(string(b))
	if len(s) > 400 {
		s = "…" + s[len(s)-400:]
	}
	return s
}

// median is the middle run by wall time, with the median of each figure.
type median struct {
	wall, cpu  time.Duration
	peak       int64
	best, wors time.Duration
	runs       int
}

func medianOf(all []sample) median {
	m := median{runs: len(all)}
	if len(all) == 0 {
		return m
	}
	var walls, cpus []time.Duration
	var peaks []int64
	for _, s := range all {
		walls, cpus, peaks = append(walls, s.wall), append(cpus, s.cpu), append(peaks, s.peak)
	}
	m.wall, m.cpu, m.peak = middle(walls), middle(cpus), middle(peaks)
	m.best, m.wors = slices.Min(walls), slices.Max(walls)
	return m
}

// middle is the median; of an even number, the mean of the two in the middle.
func middle[T ~int64](v []T) T {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return v[n/2-1] + (v[n/2]-v[n/2-1])/2
}
