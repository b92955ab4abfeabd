// Package proc starts processes that do not outlive the program that started them.
//
// Three things ensure that. Stop ends a process in good order. On Linux, the kernel signals a process when the launcher dies,
// whatever the cause. And every process has a pid file, by which the next start finds and ends it (EndOrphans).
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

// A Spec describes a process to start.
type Spec struct {
	Name string // names the pid file and error messages
	Path string
	Args []string // without the program's name
	Env  []string
	Dir  string

	Stdin          *os.File // files only, so that no goroutine has to copy
	Stdout, Stderr *os.File

	// StopSignal asks the process to end in good order; zero means SIGTERM.
	StopSignal syscall.Signal

	// DeathSignal is the signal that the process gets when the launcher is killed (Linux only); zero means StopSignal.
	DeathSignal syscall.Signal

	// User is the account that the process runs as; nil means the launcher's own.
	User *User

	// ShareTerminal leaves the process in the launcher's process group, so that it can read from the terminal. Other processes
	// get a group of their own: Ctrl-C must reach only the launcher, which stops things in order.
	ShareTerminal bool
}

// A User is an unprivileged account.
type User struct {
	Name     string
	UID, GID uint32

	// IgnoreFileModes lets the account's processes enter folders that are closed to it (Linux only; the launcher must be root).
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

// Start starts a child and writes its pid file to pidFolder.
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
		// The child's own children must not outlive it either.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	_ = os.Remove(p.pidFile)
	close(p.done)
}

// exitCode is the exit code by the convention of shells: 128 plus the signal's number if a signal ended the process.
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

// Name returns the name in the Spec.
func (p *Process) Name() string { return p.spec.Name }

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done returns a channel that is closed once the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode waits for the process to end. It returns the exit code, or 128 plus the number of the signal that ended the process.
func (p *Process) ExitCode() int {
	<-p.done
	return p.exit
}

// Signal sends a signal. It is no error if the process has ended.
func (p *Process) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.spec.Name, err)
	}
	return nil
}

// Stop asks the process to end, and kills it if it has not ended within patience. When Stop returns, the process is gone.
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
