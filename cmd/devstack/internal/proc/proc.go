// Package proc starts processes that do not outlive the program that started them.
//
// Three lines hold that promise. Stop ends a process in good order. Where the kernel offers it (Linux), a process gets a
// signal when the launcher dies, however that happens. And every process leaves a pid file, by which the next start
// finds and ends what is left (EndOrphans).
package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A Spec says what to start.
type Spec struct {
	Name string // names the pid file and error messages
	Path string
	Args []string // without the program's name
	Env  []string
	Dir  string

	Stdin          *os.File // files only: nothing that a goroutine would have to copy
	Stdout, Stderr *os.File

	// StopSignal asks the process to end in good order; zero means SIGTERM.
	StopSignal syscall.Signal

	// DeathSignal is what it gets when the launcher is killed (Linux only); zero means StopSignal.
	DeathSignal syscall.Signal

	// User is whom it runs as; nil means the launcher's own user.
	User *User

	// ShareTerminal leaves the process in the launcher's process group, so that it can read from the terminal. Everything
	// else gets a group of its own: Ctrl-C must reach the launcher alone, which knows the order to stop things in.
	ShareTerminal bool
}

// A User is an unprivileged account.
type User struct {
	Name     string
	UID, GID uint32

	// IgnoreFileModes lets its processes pass folders that are closed to the account (Linux only, launcher must be root).
	IgnoreFileModes bool
}

// A Process is a started child. Its methods may be called from any goroutine.
type Process struct {
	spec    Spec
	cmd     *exec.Cmd
	pidFile string
	done    chan struct{}
	exit    int
}

// Start starts a child and notes it in pidFolder.
func Start(spec Spec, pidFolder string) (*Process, error) {
	if spec.StopSignal == 0 {
		spec.StopSignal = syscall.SIGTERM
	}
	if spec.DeathSignal == 0 {
		spec.DeathSignal = spec.StopSignal
	}

	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	if spec.Stdin != nil {
		cmd.Stdin = spec.Stdin
	}
	if spec.Stdout != nil {
		cmd.Stdout = spec.Stdout
	}
	if spec.Stderr != nil {
		cmd.Stderr = spec.Stderr
	}
	cmd.SysProcAttr = sysProcAttr(spec)

	if err := startOnLastingThread(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}

	p := &Process{
		spec:    spec,
		cmd:     cmd,
		pidFile: filepath.Join(pidFolder, spec.Name+pidFileSuffix),
		done:    make(chan struct{}),
	}
	if err := writePIDFile(p.pidFile, cmd.Process.Pid, spec); err != nil {
		go p.wait()
		p.Kill()
		return nil, fmt.Errorf("note the process id of %s: %w", spec.Name, err)
	}

	go p.wait()
	return p, nil
}

func (p *Process) wait() {
	err := p.cmd.Wait()
	p.exit = exitCode(p.cmd.ProcessState, err)

	if !p.spec.ShareTerminal {
		// What the child itself started must not stay behind either.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	_ = os.Remove(p.pidFile)
	close(p.done)
}

// exitCode follows the shells: 128 plus the signal's number for a process that died of a signal.
func exitCode(state *os.ProcessState, err error) int {
	if state == nil {
		return 1
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	if code := state.ExitCode(); code != 0 || err == nil {
		return code
	}
	return 1
}

// Name is the name it was started under.
func (p *Process) Name() string { return p.spec.Name }

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed once the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode waits for the end and tells its exit code, or 128 plus the number of the signal it died of.
func (p *Process) ExitCode() int {
	<-p.done
	return p.exit
}

// Signal passes a signal on. A process that has ended is no error.
func (p *Process) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.spec.Name, err)
	}
	return nil
}

// Stop asks the process to end and kills it when it has not ended within patience. Afterwards it is gone.
func (p *Process) Stop(patience time.Duration) {
	_ = p.Signal(p.spec.StopSignal)

	select {
	case <-p.done:
	case <-time.After(patience):
		p.Kill()
	}
}

// Kill ends the process and its group at once.
func (p *Process) Kill() {
	if !p.spec.ShareTerminal {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}
