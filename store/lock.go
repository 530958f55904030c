package store

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"time"

	"assay/fault"
)

var lockNames = regexp.MustCompile(`^[a-z][a-zA-Z0-9-]{0,63}$`)

// holder is what a lock file says about who holds it: for people only. What counts
// is the operating system's lock on the file, which ends with the process, so a
// dead process's lock is free at once.
type holder struct {
	PID   int    `json:"pid"`
	Host  string `json:"host"`
	Since string `json:"since"`
}

// Lock takes the home's advisory lock of that name, for example "scan", so that two
// processes, or two parts of one, do not do the same thing at the same time. While
// another holds it, Lock tries again until ctx is done; at a deadline it returns
// Unavailable and says who holds it. A ctx without end waits without end.
func (s *Store) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if !lockNames.MatchString(name) {
		return nil, fault.New(fault.Invalid, "store.lock_name", "name", name)
	}
	if s.readOnly {
		return nil, fault.New(fault.Denied, "store.opened_read_only", "home", s.home)
	}
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		f, err := s.tryLock(name)
		if err != nil {
			return nil, err
		}
		if f != nil {
			return func() { release(f) }, nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, s.lockedBy(name)
		case <-time.After(wait):
		}
	}
}

// tryLock returns the locked file, or nil when another holds the lock.
func (s *Store) tryLock(name string) (*os.File, error) {
	path := s.file(lockName, name)
	if err := os.MkdirAll(s.file(lockName), 0o700); err != nil {
		return nil, s.fileFault(err, s.file(lockName))
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, s.fileFault(err, path)
	}
	ok, err := flock(f)
	if err != nil || !ok {
		if cerr := f.Close(); err != nil || cerr != nil {
			return nil, s.fileFault(errors.Join(err, cerr), path)
		}
		return nil, nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "?" // only told to people
	}
	text, err := json.Marshal(holder{os.Getpid(), host, stamp(s.now())})
	if err == nil {
		err = errors.Join(f.Truncate(0), writeAt(f, append(text, '\n')))
	}
	if err != nil {
		return nil, errors.Join(s.fileFault(err, path), f.Close())
	}
	return f, nil
}

func writeAt(f *os.File, text []byte) error {
	_, err := f.WriteAt(text, 0)
	return err
}

// release empties the file and lets go. The file stays: were it removed, a process
// that waits on the old file and one that makes a new file would both hold a lock.
func release(f *os.File) {
	// Best effort: closing frees the lock whatever the text says.
	_ = f.Truncate(0)
	_ = f.Close()
}

func (s *Store) lockedBy(name string) error {
	pid, host := "?", "?"
	if f, err := os.Open(s.file(lockName, name)); err == nil {
		var h holder
		if json.NewDecoder(io.LimitReader(f, 4096)).Decode(&h) == nil {
			pid, host = itoa(int64(h.PID)), h.Host
		}
		_ = f.Close() // read only
	}
	return fault.New(fault.Unavailable, "store.locked", "name", name, "pid", pid, "host", host)
}
