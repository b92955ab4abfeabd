package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

// startAttempts allows for failures that pass: a port that was free can be taken before the server opens it, and the last
// backends of a killed PostgreSQL may still be running.
const startAttempts = 3

// A server is a program of its own that listens on a port.
type server struct {
	name     string
	patience time.Duration // the time until the server must be ready
	spec     func(port int) proc.Spec
	ready    func(ctx context.Context, port int) error // asks once; an error means that it is not ready yet
}

// start starts the server on a free port and waits until it is ready.
func (s server) start(ctx context.Context, folder *Folder) (*proc.Process, int, error) {
	log, err := folder.OpenLog(s.name)
	if err != nil {
		return nil, 0, err
	}
	defer log.Close() // the server has its own descriptor

	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, fmt.Errorf("not ready after %v", s.patience))
	defer cancel()

	var failure error
	preferred := folder.port(s.name)
	for range startAttempts {
		port, err := freePort(preferred)
		if err != nil {
			return nil, 0, err
		}
		preferred = 0

		spec := s.spec(port)
		spec.Name, spec.Stdout, spec.Stderr = s.name, log, log
		process, err := proc.Start(spec, folder.PIDs())
		if err != nil {
			return nil, 0, err
		}
		if failure = s.await(ctx, process, port); failure == nil {
			folder.keepPort(s.name, port)
			return process, port, nil
		}
		process.Kill()
		if ctx.Err() != nil {
			break
		}
	}
	return nil, 0, withLog(fmt.Errorf("%s does not start: %w", s.name, failure), log.Name())
}

func (s server) await(ctx context.Context, process *proc.Process, port int) error {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()

	for {
		lastErr := s.ready(ctx, port)
		if lastErr == nil {
			return nil
		}
		select {
		case <-process.Done():
			return fmt.Errorf("it ended at once with exit code %d", process.ExitCode())
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), lastErr)
		case <-pause.C:
		}
	}
}

// service makes a running server a part of the stack.
func (s server) service(folder *Folder, process *proc.Process, stopPatience time.Duration, env ...string) *service {
	return &service{
		name: s.name,
		env:  env,
		done: process.Done(),
		why: func() error {
			return withLog(fmt.Errorf("%s ended by itself with exit code %d", s.name, process.ExitCode()), logPath(folder, s.name))
		},
		stop: func() { process.Stop(stopPatience) },
	}
}

// serverEnv is the environment of a server: enough to run, and nothing that makes it behave differently on another machine.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "LC_ALL=C", "TZ=UTC"}
}

// freePort returns a free port of the loopback interface: the preferred one, if it is free.
func freePort(preferred int) (int, error) {
	listener, err := listen(preferred)
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// listen listens on the loopback interface: on the preferred port, or on any free one if that is taken.
func listen(preferred int) (net.Listener, error) {
	if preferred != 0 {
		if listener, err := net.Listen("tcp", address(preferred)); err == nil {
			return listener, nil
		}
	}
	listener, err := net.Listen("tcp", address(0))
	if err != nil {
		return nil, fmt.Errorf("find a free port on the loopback interface: %w", err)
	}
	return listener, nil
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// OpenLog opens a new log for a server or step, and keeps that of the run before as .1.
func (f *Folder) OpenLog(name string) (*os.File, error) {
	path := logPath(f, name)
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

func logPath(folder *Folder, name string) string { return folder.sub("log", name+".log") }

// withLog adds the last lines of a server's log to an error.
func withLog(err error, path string) error {
	const lines, bytes = 15, 16 << 10

	content, readErr := os.ReadFile(path)
	if readErr != nil || len(content) == 0 {
		return fmt.Errorf("%w (its log, %s, is empty)", err, path)
	}
	content = content[max(0, len(content)-bytes):]
	last := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	last = last[max(0, len(last)-lines):]
	return fmt.Errorf("%w. The end of its log (%s):\n  %s", err, path, strings.Join(last, "\n  "))
}
