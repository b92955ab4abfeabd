// Package instance runs instances of Eventra as separate processes, which a test
// can stop, kill, freeze and restart.
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

// Spec is how an instance is started.
type Spec struct {
	Name           string // in reports; the log's file name
	Binary         string
	Environment    []string // added to this process's environment
	HTTPAddress    string
	ClusterAddress string   // where its peers reach it
	Wrapper        []string // a command that runs the binary, such as ip netns exec NAME
	LogFolder      string
}

// Instance keeps its addresses while its process changes.
type Instance struct {
	Spec

	mu      sync.Mutex
	current *run // nil before the first start
	starts  int
}

// run is one process of an instance.
type run struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
	code   int           // valid afterwards; -1 if a signal ended it
}

// New returns an instance that does not run yet.
func New(spec Spec) *Instance { return &Instance{Spec: spec} }

// Start starts the process without waiting until it is ready.
func (i *Instance) Start() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current != nil && !i.current.ended() {
		return fmt.Errorf("%s runs already", i.Name)
	}
	log, err := os.OpenFile(i.LogPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	i.starts++
	fmt.Fprintf(log, "——— start %d at %s\n", i.starts, time.Now().Format(time.RFC3339Nano))

	line := append(append([]string{}, i.Wrapper...), i.Binary, "serve")
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), i.Environment...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := process.Start(cmd); err != nil {
		return fmt.Errorf("start %s: %w", i.Name, err)
	}
	i.current = &run{cmd: cmd, exited: make(chan struct{})}
	go i.current.wait()
	return nil
}

func (r *run) wait() {
	_ = r.cmd.Wait() // the exit code says more than the error
	r.code = r.cmd.ProcessState.ExitCode()
	close(r.exited)
}

func (r *run) ended() bool {
	select {
	case <-r.exited:
		return true
	default:
		return false
	}
}

// LogPath returns the log file of all the instance's processes.
func (i *Instance) LogPath() string { return filepath.Join(i.LogFolder, i.Name+".log") }

// PID returns the process's id, 0 if none runs.
func (i *Instance) PID() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current == nil || i.current.ended() {
		return 0
	}
	return i.current.cmd.Process.Pid
}

// Running reports whether the process exists, frozen or not.
func (i *Instance) Running() bool { return i.PID() != 0 }

var errNotRunning = errors.New("the instance does not run")

func (i *Instance) signal(s syscall.Signal) (*run, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current == nil || i.current.ended() {
		return nil, fmt.Errorf("%s: %w", i.Name, errNotRunning)
	}
	return i.current, i.current.cmd.Process.Signal(s)
}
