// Package instance runs Eventra as processes of their own, which a test can
// stop, kill, freeze and start again.
package instance

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/eventra/eventra/test/process"
)

// Spec says how an instance is started, and started again.
type Spec struct {
	Name        string // for people, and for the log's file name
	Binary      string
	Environment []string // on top of the runner's own
	HTTPAddress string
	Cluster     string   // the address that its peers reach it at
	Within      []string // a command that runs it elsewhere, such as ip netns exec NAME
	LogFolder   string
}

// Instance is one place in the cluster: its address stays, its process changes.
type Instance struct {
	Spec

	mu      sync.Mutex
	process *life
	starts  int
}

// life is one process of an instance.
type life struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
	code   int           // valid then; -1 if a signal ended it
}

// New makes an instance that does not run yet.
func New(spec Spec) *Instance { return &Instance{Spec: spec} }

// Start starts the process. It does not wait until it is ready.
func (i *Instance) Start() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.process != nil && !i.process.ended() {
		return fmt.Errorf("%s runs already", i.Name)
	}
	log, err := os.OpenFile(i.LogPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	i.starts++
	fmt.Fprintf(log, "——— start %d at %s\n", i.starts, time.Now().Format(time.RFC3339Nano))

	line := append(append([]string{}, i.Within...), i.Binary, "serve")
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), i.Environment...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := process.Start(cmd); err != nil {
		return fmt.Errorf("start %s: %w", i.Name, err)
	}
	i.process = &life{cmd: cmd, exited: make(chan struct{})}
	go i.process.wait()
	return nil
}

func (p *life) wait() {
	_ = p.cmd.Wait() // its state says more
	p.code = p.cmd.ProcessState.ExitCode()
	close(p.exited)
}

func (p *life) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// LogPath is the file of what all lives of the instance said.
func (i *Instance) LogPath() string { return filepath.Join(i.LogFolder, i.Name+".log") }

// PID is the process's id, 0 if none runs.
func (i *Instance) PID() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.process == nil || i.process.ended() {
		return 0
	}
	return i.process.cmd.Process.Pid
}

// Running reports whether the process lives; a frozen one does.
func (i *Instance) Running() bool { return i.PID() != 0 }

var errNotRunning = errors.New("the instance does not run")

func (i *Instance) signal(s syscall.Signal) (*life, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.process == nil || i.process.ended() {
		return nil, fmt.Errorf("%s: %w", i.Name, errNotRunning)
	}
	return i.process, i.process.cmd.Process.Signal(s)
}
