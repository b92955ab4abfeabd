package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The programs under test: this one and a stand-in for Eventra.
var devstackBinary, eventraBinary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "devstack-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		devstackBinary = filepath.Join(folder, "devstack")
		eventraBinary = filepath.Join(folder, "eventra")
		for binary, source := range map[string]string{devstackBinary: ".", eventraBinary: "./testdata/eventra"} {
			if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "build %s: %v\n%s", source, err, out)
				return 1
			}
		}
		return m.Run()
	}())
}

// startPatience is far more than a second start takes on an idle machine (less than a second), and less than the waits of the
// launcher that a fault might run into.
const startPatience = 20 * time.Second

func TestRun_StartsAndStopsInOrder(t *testing.T) {
	t.Parallel()
	data, addr := newData(t), freeAddr(t)

	run := start(t, "run", "--data", data, "--addr", addr, "--", eventraBinary)
	run.await("Eventra is ready")
	for _, want := range []string{
		"http://" + addr + "/api-docs", demoUser.email, demoUser.password, demoAdmin.email, demoAdmin.password,
		"/api/v1/auth/login", "make reset",
	} {
		if !strings.Contains(run.output(), want) {
			t.Errorf("the banner lacks %q", want)
		}
	}
	mailURL := regexp.MustCompile(`Mails it sends +(http://\S+)`).FindStringSubmatch(run.output())
	if mailURL == nil {
		t.Fatalf("no page of the mails in\n%s", run.output())
	}
	response, err := http.Get(mailURL[1])
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()

	run.signal(os.Interrupt)
	if code := run.wait(); code != 0 {
		t.Errorf("exit code %d after an interrupt", code)
	}
	migrate, seed, stopped := run.index("Migrating the database: "), run.index("Loading the demo data: "), run.index("stopped in good order")
	if strings.Contains(run.output(), "fake eventra migrate") {
		t.Error("what a step says belongs into its log")
	}
	if migrate >= seed || seed >= stopped {
		t.Errorf("wrong order:\n%s", run.output())
	}
	assertFree(t, addr)
}

func TestRun_StartsAgainAfterAKill(t *testing.T) {
	t.Parallel()
	data, addr := newData(t), freeAddr(t)
	first := start(t, "run", "--data", data, "--addr", addr, eventraBinary)
	first.await("Eventra is ready")
	first.signal(os.Kill)
	first.wait()

	started := time.Now()
	second := start(t, "run", "--data", data, "--addr", addr, eventraBinary)
	second.await("Eventra is ready")
	if took := time.Since(started); took > startPatience {
		t.Errorf("it took %v", took)
	}
	second.signal(syscall.SIGTERM)
	if code := second.wait(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, second.output())
	}
}

func TestRun_RefusesATakenPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	run := start(t, "run", "--data", newData(t), "--addr", listener.Addr().String(), eventraBinary)
	if code := run.wait(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{listener.Addr().String(), "address already in use", "make run ADDR="} {
		if !strings.Contains(run.output(), want) {
			t.Errorf("the output lacks %q:\n%s", want, run.output())
		}
	}
}

func TestRun_RefusesAMissingProgram(t *testing.T) {
	t.Parallel()
	run := start(t, "run", "--data", newData(t), "--addr", freeAddr(t), "./no/such/program")
	if code := run.wait(); code != 1 || !strings.Contains(run.output(), "make build") {
		t.Errorf("exit code %d:\n%s", code, run.output())
	}
}

func TestRun_PassesOnExitCodes(t *testing.T) {
	t.Parallel()
	t.Run("of migrate", func(t *testing.T) {
		t.Parallel()
		run := startWith(t, []string{"FAKE_FAIL=migrate"}, "run", "--data", newData(t), "--addr", freeAddr(t), eventraBinary)
		code := run.wait()
		if code != 3 || strings.Contains(run.output(), "Loading") || !strings.Contains(run.output(), "migrate.log):\nfake eventra migrate\n") {
			t.Errorf("exit code %d:\n%s", code, run.output())
		}
	})
	t.Run("of serve, at once", func(t *testing.T) {
		t.Parallel()
		run := startWith(t, []string{"FAKE_FAIL=serve"}, "run", "--data", newData(t), "--addr", freeAddr(t), eventraBinary)
		if code := run.wait(); code != 3 || !strings.Contains(run.output(), "before it was ready") {
			t.Errorf("exit code %d:\n%s", code, run.output())
		}
	})
	t.Run("of serve, later", func(t *testing.T) {
		t.Parallel()
		data, addr := newData(t), freeAddr(t)
		run := start(t, "run", "--data", data, "--addr", addr, eventraBinary)
		run.await("Eventra is ready")
		if response, err := http.Post("http://"+addr+"/die", "", nil); err == nil {
			response.Body.Close()
		}
		if code := run.wait(); code != 5 {
			t.Errorf("exit code %d:\n%s", code, run.output())
		}
		if notes, _ := filepath.Glob(filepath.Join(data, "run", "*")); len(notes) > 0 {
			t.Errorf("still running: %v", notes)
		}
	})
}

func TestRun_HasItsDataFolderToItself(t *testing.T) {
	t.Parallel()
	data, addr := newData(t), freeAddr(t)
	run := start(t, "run", "--data", data, "--addr", addr, eventraBinary)
	run.await("Eventra is ready")

	second := start(t, "run", "--data", data, "--addr", freeAddr(t), eventraBinary)
	if code := second.wait(); code != 1 || !strings.Contains(second.output(), "in use") {
		t.Errorf("a second run: exit code %d:\n%s", code, second.output())
	}
	early := start(t, "reset", "--data", data)
	if code := early.wait(); code != 1 || !strings.Contains(early.output(), fmt.Sprint(run.command.Process.Pid)) {
		t.Errorf("a reset under a run: exit code %d:\n%s", code, early.output())
	}

	run.signal(os.Kill)
	run.wait()
	for range 2 { // the second time there is nothing to delete
		reset := start(t, "reset", "--data", data)
		if code := reset.wait(); code != 0 {
			t.Errorf("reset: exit code %d:\n%s", code, reset.output())
		}
		if _, err := os.Stat(data); !os.IsNotExist(err) {
			t.Errorf("the data is still there: %v", err)
		}
	}
}

func TestExec_RunsACommandOnItsOwnStack(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	run := startWith(t, []string{"TMPDIR=" + temp, "EVENTRA_POSTGRES_URL=postgres://production"},
		"exec", "--", "sh", "-c", `env | grep ^EVENTRA_; exit 7`)
	if code := run.wait(); code != 7 {
		t.Errorf("exit code %d", code)
	}
	for _, pattern := range []string{
		`EVENTRA_POSTGRES_URL=postgres://eventra:\w+@127\.0\.0\.1:\d+/eventra\?sslmode=disable\n`,
		`EVENTRA_REDIS_URL=redis://127\.0\.0\.1:\d+/0\n`,
		`EVENTRA_MONGO_URL=mongodb://127\.0\.0\.1:\d+/eventra\n`,
		`EVENTRA_SMTP_URL=smtp://127\.0\.0\.1:\d+\n`,
		`EVENTRA_DEV_MAIL_URL=http://127\.0\.0\.1:\d+\n`,
		`EVENTRA_MAIL_FROM=Eventra <tickets@eventra\.test>\n`,
		`EVENTRA_PAYMENT_GATEWAY=mock\n`,
		`EVENTRA_JWT_SECRET=\w{64}\n`,
	} {
		if !regexp.MustCompile(pattern).MatchString(run.output()) {
			t.Errorf("no %s in\n%s", pattern, run.output())
		}
	}
	if strings.Contains(run.output(), "production") {
		t.Error("the settings of the developer's shell are visible")
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestExec_ReportsACommandItCannotRun(t *testing.T) {
	t.Parallel()
	if run := start(t, "exec", "--", "no-such-command"); run.wait() != 127 || !strings.Contains(run.output(), "no-such-command") {
		t.Errorf("\n%s", run.output())
	}
	if run := start(t, "exec"); run.wait() == 0 {
		t.Error("no command is no error")
	}
}

func TestExec_PassesOnSignals(t *testing.T) {
	t.Parallel()
	run := start(t, "exec", "--", "sh", "-c", `trap 'echo in good order; exit 9' TERM; echo started; while :; do sleep 0.01; done`)
	run.await("started")
	run.signal(syscall.SIGTERM)
	if code := run.wait(); code != 9 || !strings.Contains(run.output(), "in good order") {
		t.Errorf("exit code %d:\n%s", code, run.output())
	}
}

func TestExec_CleansUpAfterAKilledRun(t *testing.T) {
	t.Parallel()
	temp := "TMPDIR=" + t.TempDir()
	killed := startWith(t, []string{temp}, "exec", "--", "sh", "-c", `echo $EVENTRA_POSTGRES_URL started; exec sleep 1000`)
	killed.await("started")
	killed.signal(os.Kill)
	killed.wait()
	ageLocks(t, strings.TrimPrefix(temp, "TMPDIR="))

	next := startWith(t, []string{temp}, "exec", "--", "true")
	if code := next.wait(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, next.output())
	}
	if left, _ := os.ReadDir(strings.TrimPrefix(temp, "TMPDIR=")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(killed.output())
	assertFree(t, address)
}

func TestUsage_RefusesWrongArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"dance"}, {"run"}, {"run", "--addr", "nonsense", "--data", newData(t), eventraBinary}} {
		if run := start(t, args...); run.wait() == 0 {
			t.Errorf("devstack %v is accepted", args)
		}
	}
}

// ageLocks makes the stacks in a folder look old: a launcher spares young ones, because they may be starting just now.
func ageLocks(t *testing.T, temp string) {
	t.Helper()
	locks, err := filepath.Glob(filepath.Join(temp, "*", "devstack.lock"))
	if err != nil || len(locks) != 1 {
		t.Fatalf("locks: %v, %v", locks, err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(locks[0], old, old); err != nil {
		t.Fatal(err)
	}
}

// A devstack is a run of the program under test.
type devstack struct {
	t       *testing.T
	command *exec.Cmd
	ended   chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func start(t *testing.T, args ...string) *devstack {
	t.Helper()
	return startWith(t, nil, args...)
}

func startWith(t *testing.T, env []string, args ...string) *devstack {
	t.Helper()
	d := &devstack{t: t, command: exec.CommandContext(context.Background(), devstackBinary, args...), ended: make(chan struct{})}
	d.command.Env = append(os.Environ(), env...)
	d.command.Stdout, d.command.Stderr = d, d
	d.command.WaitDelay = 10 * time.Second // grandchildren share the pipe
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.command.Wait()
	}()
	t.Cleanup(func() {
		_ = d.command.Process.Signal(syscall.SIGTERM)
		d.wait()
	})
	return d
}

func (d *devstack) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out.Write(b)
}

func (d *devstack) output() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.out.String()
}

// index returns the position of text in the output.
func (d *devstack) index(text string) int {
	d.t.Helper()
	i := strings.Index(d.output(), text)
	if i < 0 {
		d.t.Errorf("no %q in\n%s", text, d.output())
	}
	return i
}

func (d *devstack) await(text string) {
	d.t.Helper()
	deadline := time.After(time.Minute)
	for !strings.Contains(d.output(), text) {
		select {
		case <-d.ended:
			if !strings.Contains(d.output(), text) {
				d.t.Fatalf("it ended without %q:\n%s", text, d.output())
			}
		case <-deadline:
			d.t.Fatalf("waited in vain for %q:\n%s", text, d.output())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (d *devstack) signal(sig os.Signal) {
	d.t.Helper()
	if err := d.command.Process.Signal(sig); err != nil {
		d.t.Fatal(err)
	}
}

// wait returns the exit code.
func (d *devstack) wait() int {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(time.Minute):
		_ = d.command.Process.Kill()
		d.t.Fatalf("it does not end:\n%s", d.output())
	}
	return d.command.ProcessState.ExitCode()
}

// newData returns the path of a data folder that does not exist yet. It is deleted after all processes of the test have ended.
func newData(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data")
}

func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func assertFree(t *testing.T, addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Errorf("something still holds %s: %v", addr, err)
		return
	}
	listener.Close()
}
