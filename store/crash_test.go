package store_test

import (
	"bufio"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/asset"
	"assay/fault"
	"assay/internal/message"
	"assay/store"
	"assay/store/storetest"
)

// The test binary is also the child that is killed or starved.
const (
	childRole = "ASSAY_STORE_CHILD"
	childHome = "ASSAY_STORE_CHILD_HOME"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(child(role, os.Getenv(childHome)))
	}
	os.Exit(m.Run())
}

// child writes scans until it is killed. It prints the locator of each scan that was
// reported as recorded.
func child(role, home string) int {
	ctx := context.Background()
	if role == "starve" {
		limitFileSize(400_000)
	}
	s, err := store.Open(ctx, store.Options{Home: home, ReadOnly: role == "read"})
	if err != nil {
		return complain(err)
	}
	switch role {
	case "open":
		fmt.Println("opened")
		return 0
	case "read":
		page, _, err := s.Datasets(ctx, store.Filter{})
		if err != nil {
			return complain(err)
		}
		fmt.Println(len(page), "datasets")
		return 0
	}
	actor, err := s.EnsureLocalActor(ctx, "child")
	if err != nil {
		return complain(err)
	}
	if role == "lock" {
		if _, err := s.Lock(ctx, "scan"); err != nil {
			return complain(err)
		}
		fmt.Println("locked")
		select {}
	}
	run, err := s.BeginRun(ctx, actor, []string{"/data"})
	if err != nil {
		return complain(err)
	}
	fmt.Println("begun")
	for i := 0; ; i++ {
		r := storetest.Record(uint64(os.Getpid()*1000+i), fmt.Sprintf("%d-%d.csv", os.Getpid(), i%7), 1+i%30)
		r.Run = run
		if i%10 == 9 {
			if _, err := s.Prune(ctx, actor, store.Policy{Keep: 1}); err != nil {
				return complain(err)
			}
		}
		out, err := s.PutScan(ctx, actor, r)
		if err != nil {
			return complain(err)
		}
		fmt.Println(out.Scan.ID)
	}
}

func complain(err error) int {
	code := ""
	if e := fault.As(err); e != nil {
		code = e.Code
	}
	fmt.Println("error", code)
	return 3
}

func childCommand(role, home string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childHome+"="+home)
	cmd.Stderr = os.Stderr
	return cmd
}

func startChild(t *testing.T, role, home string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	out := &strings.Builder{} // to be read after Wait
	cmd := childCommand(role, home)
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

func TestKillAtAnyMoment(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	recorded := 0
	for round := range rounds {
		cmd, out := startChild(t, "write", home)
		time.Sleep(time.Duration(r.IntN(150)) * time.Millisecond) // the moment of death is the test's input
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // the error says that it was killed
		s := open(t, store.Options{Home: home})
		sound(t, s)
		if run, ok, err := s.LastRun(t.Context()); err != nil || ok && run.Status != store.RunInterrupted {
			t.Errorf("seed %d, round %d: last run is %q, %v; want interrupted", seed, round, run.Status, err)
		}
		// What was reported is there, killed or not: the sync came before the report.
		lines := strings.Split(out.String(), "\n")
		for _, line := range lines[:len(lines)-1] { // the last may be cut
			if line == "begun" {
				continue
			}
			var id asset.ScanID
			if err := id.UnmarshalText([]byte(line)); err != nil {
				t.Fatalf("seed %d, round %d: the child says %q", seed, round, line)
			}
			recorded++
			if _, _, err := s.Facts(t.Context(), id); err != nil && fault.As(err).Code != "store.scan_pruned" {
				t.Errorf("seed %d, round %d: reported scan: %v", seed, round, err)
			}
		}
		closeStore(t, s)
	}
	t.Logf("%d scans were reported in %d lives", recorded, rounds)
	if recorded == 0 {
		t.Error("no life was long enough to record a scan: the test tests nothing")
	}
}

func TestKillDuringFirstOpen(t *testing.T) {
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for round := range 20 {
		home := filepath.Join(t.TempDir(), "home")
		cmd, _ := startChild(t, "write", home)
		time.Sleep(time.Duration(r.IntN(30_000)) * time.Microsecond) // the moment of death is the test's input
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // the error says that it was killed
		s := open(t, store.Options{Home: home})
		putOne(t, s, "a.csv")
		sound(t, s)
		closeStore(t, s)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}

func TestTwoProcessesMakeOneHome(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := store.Open(t.Context(), store.Options{Home: home})
			if err != nil {
				t.Errorf("opener %d: %v", i, err)
				return
			}
			if _, err := s.EnsureLocalActor(t.Context(), "steward"); err != nil {
				t.Errorf("opener %d: %v", i, err)
			}
			closeStore(t, s)
		})
	}
	wg.Wait()
	s := open(t, store.Options{Home: home})
	sound(t, s)
	closeStore(t, s)
}

func TestRunOfALivingProcessIsLeftAlone(t *testing.T) {
	home := t.TempDir()
	a := open(t, store.Options{Home: home})
	actor := actorOf(t, a)
	run, err := a.BeginRun(t.Context(), actor, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, store.Options{Home: home})
	if got, _, err := b.LastRun(t.Context()); err != nil || got.Status != store.RunRunning {
		t.Errorf("while it runs: %q, %v", got.Status, err)
	}
	closeStore(t, a)
	c := open(t, store.Options{Home: home})
	if got, _, err := c.LastRun(t.Context()); err != nil || got.Status != store.RunInterrupted || got.ID != run {
		t.Errorf("after it went: %q, %v", got.Status, err)
	}
	closeStore(t, b)
	closeStore(t, c)
}

func TestLockOfADeadProcessIsFree(t *testing.T) {
	home := t.TempDir()
	cmd := childCommand("lock", home)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	s := open(t, store.Options{Home: home})
	defer closeStore(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = s.Lock(ctx, "scan")
	e := fault.As(err)
	if e == nil || e.Kind != fault.Unavailable || e.Params["pid"] != strconv.Itoa(cmd.Process.Pid) {
		t.Errorf("while the child lives: %v; want store.locked by pid %d", err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // the error says that it was killed
	unlock, err := s.Lock(t.Context(), "scan")
	if err != nil {
		t.Fatalf("after the child's death: %v", err)
	}
	unlock()
	if _, err := s.Lock(t.Context(), "../key"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a lock called ../key: %v, want Invalid", err)
	}
}

func TestDiskFull(t *testing.T) {
	home := t.TempDir()
	s := open(t, store.Options{Home: home})
	defer closeStore(t, s)
	actor := actorOf(t, s)
	s.DB().SetMaxOpenConns(1) // so that the limit holds for every statement
	var pages int
	if err := s.DB().QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	full := 0
	for limit := pages; limit < pages+120; limit += 3 {
		if _, err := s.DB().Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, limit)); err != nil {
			t.Fatal(err)
		}
		locator := fmt.Sprintf("%d.csv", limit)
		_, err := s.PutScan(t.Context(), actor, storetest.Record(uint64(limit), locator, 1+limit%40))
		_, ok, lerr := s.LastScan(t.Context(), store.Address{Source: store.FilesSource, Locator: locator})
		if lerr != nil || ok != (err == nil) {
			t.Errorf("limit %d: put %v, found %v, %v", limit, err, ok, lerr)
		}
		if err == nil {
			continue
		}
		full++
		if e := fault.As(err); e == nil || e.Code != "store.full" || e.Kind != fault.Exhausted {
			t.Errorf("limit %d: %v, want store.full", limit, err)
		}
	}
	if full < 5 {
		t.Errorf("the limit was met only %d times", full)
	}
	sound(t, s)
}

func TestFileSizeLimit(t *testing.T) {
	home := t.TempDir()
	closeStore(t, open(t, store.Options{Home: home}))
	cmd, out := startChild(t, "starve", home)
	err := cmd.Wait()
	if !fileSizeLimits {
		t.Skip("SKIPPED: this system has no RLIMIT_FSIZE")
	}
	if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(out.String(), "error store.") ||
		strings.Contains(out.String(), "store.internal") {
		t.Errorf("the starved child ended with %v and said %q; want an error store.full or store.io", err, out)
	}
	s := open(t, store.Options{Home: home})
	sound(t, s)
	closeStore(t, s)
}

// TestFailureAtEachCall breaks each call to the driver in turn, in two ways: it
// fails, or it takes hold and fails nevertheless.
func TestFailureAtEachCall(t *testing.T) {
	for _, persisted := range []bool{false, true} {
		t.Run(fmt.Sprintf("persisted=%v", persisted), func(t *testing.T) {
			home := t.TempDir()
			faulty := &faults{persisted: persisted}
			s := open(t, store.Options{Home: home}.Wrapped(faulty.wrap))
			actor := actorOf(t, s)
			n := 1
			for ; ; n++ {
				r := storetest.Record(uint64(n), fmt.Sprintf("%d.csv", n), 3)
				faulty.arm(n)
				_, err := s.PutScan(t.Context(), actor, r)
				if !faulty.disarm() {
					if err != nil {
						t.Fatalf("nothing failed, and yet: %v", err)
					}
					break
				}
				if err == nil {
					t.Errorf("call %d failed unnoticed", n)
				}
				k, ok, lerr := s.LastScan(t.Context(), r.Address)
				if lerr != nil {
					t.Fatalf("call %d: %v", n, lerr)
				}
				if ok && !(persisted && faulty.commit) && err != nil {
					t.Errorf("call %d failed, but scan %d is visible", n, k.Last.Number)
				}
				if ok {
					if _, _, err := s.Facts(t.Context(), k.Last.ID); err != nil {
						t.Errorf("call %d: visible, but %v", n, err)
					}
				}
				if _, err := s.PutScan(t.Context(), actor, r); err != nil {
					t.Errorf("call %d: trying again: %v", n, err)
				}
			}
			if n < 15 {
				t.Errorf("only %d calls were broken", n)
			}
			sound(t, s)
			closeStore(t, s)
		})
	}
}

// faults lets the n-th call of a connection fail.
type faults struct {
	persisted bool

	left   int // calls until the failure; 0 = none to come
	hit    bool
	commit bool // what failed was a commit
}

var errInjected = errors.New("injected")

func (f *faults) arm(n int) { f.left, f.hit, f.commit = n, false, false }

func (f *faults) disarm() (hit bool) { f.left = 0; return f.hit }

// call runs do, or not, and fails if it is the n-th.
func (f *faults) call(do func() error) error {
	if !f.failsNow() {
		return do()
	}
	if f.persisted {
		return errors.Join(errInjected, do())
	}
	return errInjected
}

func (f *faults) failsNow() bool {
	if f.left == 0 {
		return false
	}
	f.left--
	f.hit = f.left == 0
	return f.hit
}

func (f *faults) wrap(c driver.Connector) driver.Connector { return faultyConnector{c, f} }

type faultyConnector struct {
	driver.Connector
	f *faults
}

func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return &faultyConn{conn, c.f}, err
}

type faultyConn struct {
	driver.Conn
	f *faults
}

func (c *faultyConn) BeginTx(ctx context.Context, o driver.TxOptions) (tx driver.Tx, err error) {
	if c.f.failsNow() {
		return nil, errInjected // a transaction nobody knows of would block the connection
	}
	tx, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return &faultyTx{tx, c.f}, err
}

func (c *faultyConn) ExecContext(ctx context.Context, q string, a []driver.NamedValue) (r driver.Result, err error) {
	err = c.f.call(func() error { r, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, q, a); return err })
	return r, err
}

func (c *faultyConn) QueryContext(ctx context.Context, q string, a []driver.NamedValue) (driver.Rows, error) {
	if c.f.failsNow() {
		return nil, errInjected // an answer that nobody would close
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, q, a)
}

func (c *faultyConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	st, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, q)
	return &faultyStmt{st, c.f}, err
}

type faultyStmt struct {
	driver.Stmt
	f *faults
}

func (s *faultyStmt) ExecContext(ctx context.Context, a []driver.NamedValue) (r driver.Result, err error) {
	err = s.f.call(func() error { r, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, a); return err })
	return r, err
}

type faultyTx struct {
	driver.Tx
	f *faults
}

func (t *faultyTx) Commit() error {
	err := t.f.call(t.Tx.Commit)
	if errors.Is(err, errInjected) {
		t.f.commit = true
		if !t.f.persisted {
			return errors.Join(err, t.Tx.Rollback()) // as the driver does after a failed commit
		}
	}
	return err
}

func sound(t *testing.T, s *store.Store) {
	t.Helper()
	problems, err := s.Check(t.Context())
	if err != nil {
		t.Errorf("Check: %v", err)
	}
	for _, p := range problems {
		t.Errorf("Check: %s", message.Text(message.EN, p.Code, p.Params))
	}
}

func actorOf(t testing.TB, s *store.Store) asset.Actor {
	t.Helper()
	a, err := s.EnsureLocalActor(context.Background(), "steward")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func closeStore(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
