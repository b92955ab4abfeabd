package proc

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the launcher that a test kills: it starts a process, prints its id, and waits.
func TestMain(m *testing.M) {
	if folder := os.Getenv("PROC_TEST_LAUNCHER"); folder != "" {
		child, err := Start(Spec{Name: "child", Path: "/bin/sleep", Args: []string{"1000"}}, folder)
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString(strconv.Itoa(child.PID()) + "\n")
		<-child.Done()
		return
	}
	os.Exit(m.Run())
}

func TestProcess_ExitCode(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{
		"exit 0":        0,
		"exit 7":        7,
		"kill -TERM $$": 128 + int(syscall.SIGTERM),
	} {
		if got := shell(t, script).ExitCode(); got != want {
			t.Errorf("%s: exit code %d, want %d", script, got, want)
		}
	}
}

func TestStart_FailsWithoutAProgram(t *testing.T) {
	t.Parallel()
	if _, err := Start(Spec{Name: "nothing", Path: "/does/not/exist"}, t.TempDir()); err == nil {
		t.Error("no error")
	}
}

func TestProcess_StopWaitsForItsEnd(t *testing.T) {
	t.Parallel()
	p := shellReady(t, `trap 'sleep 0.1; exit 42' TERM; touch ready; while :; do sleep 0.01; done`)
	p.Stop(10 * time.Second)
	if code := p.ExitCode(); code != 42 {
		t.Errorf("exit code %d: it had no time to end by itself", code)
	}
}

func TestProcess_StopKillsIfTheSignalIsIgnored(t *testing.T) {
	t.Parallel()
	p := shellReady(t, `trap '' TERM; touch ready; while :; do sleep 0.01; done`)
	p.Stop(100 * time.Millisecond)
	if code := p.ExitCode(); code != 128+int(syscall.SIGKILL) {
		t.Errorf("exit code %d", code)
	}
}

func TestProcess_EndsItsOwnChildren(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p, err := Start(Spec{Name: "sh", Path: "/bin/sh", Dir: folder,
		Args: []string{"-c", `sleep 1000 & echo $! > pid.next; mv pid.next pid`}}, folder)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, filepath.Join(folder, "pid"))))
	if err != nil {
		t.Fatal(err)
	}
	awaitGone(t, pid)
}

func TestProcess_PIDFileLivesAsLongAsItDoes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p, err := Start(Spec{Name: "sleeper", Path: "/bin/sleep", Args: []string{"1000"}}, folder)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "sleeper.pid")
	read(t, file)
	p.Kill()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the pid file is still there: %v", err)
	}
}

// Processes live on when the thread ends on which a goroutine started them.
func TestProcess_OutlivesTheThreadThatStartedIt(t *testing.T) {
	t.Parallel()
	started := make(chan *Process)
	go func() {
		runtime.LockOSThread() // without an unlock, the thread ends with the goroutine
		p, err := Start(Spec{Name: "sleeper", Path: "/bin/sleep", Args: []string{"1000"}}, t.TempDir())
		if err != nil {
			t.Error(err)
		}
		started <- p
	}()
	p := <-started
	t.Cleanup(p.Kill)
	select {
	case <-p.Done():
		t.Errorf("it ended with exit code %d", p.ExitCode())
	case <-time.After(200 * time.Millisecond):
	}
}

func TestProcess_EndsWithAKilledLauncher(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	launcher := exec.Command(os.Args[0])
	launcher.Env = append(os.Environ(), "PROC_TEST_LAUNCHER="+folder)
	out, err := launcher.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := launcher.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 20)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(line[:n])))
	if err != nil {
		t.Fatal(err)
	}

	if err := launcher.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = launcher.Wait()
	if runtime.GOOS != "linux" { // elsewhere the next start ends it
		if _, err := EndOrphans(folder); err != nil {
			t.Fatal(err)
		}
	}
	awaitGone(t, pid)
}

func TestEndOrphans_EndsWhatIsLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	obedient := orphan(t, folder, "obedient", `exec sleep 1000`)
	quick := orphan(t, folder, "quick", `exit 0`)
	if err := quick.Wait(); err != nil {
		t.Fatal(err)
	}
	// A launcher that is killed while it writes leaves such a file.
	write(t, filepath.Join(folder, "damaged.pid"), `{"Name":"dam`)

	ended, err := EndOrphans(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(ended) != 1 || ended[0] != "obedient" {
		t.Errorf("ended %v", ended)
	}
	awaitGone(t, obedient.Process.Pid)
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// After a reboot, or sooner on a busy machine, another process has the id.
func TestEndOrphans_SparesOtherProcesses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	stranger := orphan(t, folder, "stranger", `exec sleep 1000`)
	path := filepath.Join(folder, "stranger.pid")
	mark, err := startMark(stranger.Process.Pid)
	if err != nil || mark == "" {
		t.Fatal(mark, err)
	}
	write(t, path, strings.Replace(read(t, path), mark, "another time", 1))

	if ended, err := EndOrphans(folder); err != nil || len(ended) > 0 {
		t.Errorf("ended %v, %v", ended, err)
	}
	if mark, err := startMark(stranger.Process.Pid); err != nil || mark == "" {
		t.Errorf("the stranger is dead: %v", err)
	}
}

// orphan starts a process with a pid file but without a Process, as if another launcher had started it.
func orphan(t *testing.T, folder, name, script string) *exec.Cmd {
	t.Helper()
	command := exec.Command("/bin/sh", "-c", script)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	spec := Spec{Name: name, StopSignal: syscall.SIGTERM}
	if err := writePIDFile(filepath.Join(folder, name+pidFileSuffix), command.Process.Pid, spec); err != nil {
		t.Fatal(err)
	}
	return command
}

func shell(t *testing.T, script string) *Process {
	t.Helper()
	folder := t.TempDir()
	p, err := Start(Spec{Name: "sh", Path: "/bin/sh", Args: []string{"-c", script}, Dir: folder}, folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// shellReady waits until the script has made the file "ready".
func shellReady(t *testing.T, script string) *Process {
	t.Helper()
	p := shell(t, script)
	await(t, "the script to be ready", func() bool {
		_, err := os.Stat(filepath.Join(p.spec.Dir, "ready"))
		return err == nil
	})
	return p
}

func awaitGone(t *testing.T, pid int) {
	t.Helper()
	await(t, "process "+strconv.Itoa(pid)+" to end", func() bool {
		mark, err := startMark(pid)
		if err != nil {
			t.Fatal(err)
		}
		return mark == ""
	})
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
