package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/eventra/eventra/test/process"
)

// Server is a store's process. After a kill it can be restarted with the same
// program, arguments, environment, folder and user.
type Server struct {
	pid   int
	args  []string
	spec  exec.Cmd      // everything else to restart it with
	ended chan struct{} // closed when it has ended; nil if the launcher started it
}

// Servers are the servers that the fault runner kills and restarts. They are
// found once, before any of them is killed.
type Servers struct {
	Postgres *Postgres
	Redis    *Redis
}

// FindServers finds the processes of the servers behind the URLs.
func FindServers(ctx context.Context, s Stores) (*Servers, error) {
	postgres, err := FindPostgres(ctx, s.PostgresURL)
	if err != nil {
		return nil, err
	}
	redis, err := FindRedis(s.RedisURL)
	return &Servers{postgres, redis}, err
}

// Close stops the servers that were restarted.
func (s *Servers) Close() {
	s.Postgres.stop(syscall.SIGQUIT) // immediate shutdown: nobody reads this data again
	s.Redis.stop(syscall.SIGTERM)
}

// findServer reads from /proc how a process was started.
func findServer(pid int) (*Server, error) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	path, err1 := os.Readlink(filepath.Join(proc, "exe"))
	folder, err2 := os.Readlink(filepath.Join(proc, "cwd"))
	line, err3 := os.ReadFile(filepath.Join(proc, "cmdline"))
	environment, err4 := os.ReadFile(filepath.Join(proc, "environ"))
	status, err5 := os.ReadFile(filepath.Join(proc, "status"))
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	if len(line) == 0 { // the environment is unknown then, too
		return nil, fmt.Errorf("process %d has no command line: it has only just begun, or ended", pid)
	}
	s := &Server{pid: pid, args: splitNul(line)}
	s.spec = exec.Cmd{Path: path, Dir: folder, Env: splitNul(environment), SysProcAttr: credentials(status)}
	return s, nil
}

// splitNul splits a list of NUL-terminated strings.
func splitNul(content []byte) []string {
	return strings.Split(string(bytes.TrimRight(content, "\x00")), "\x00")
}

// credentials returns the process's user and ambient capabilities, if it runs as
// another user.
func credentials(status []byte) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	id := func(name string) uint32 {
		n, _ := strconv.ParseUint(field(status, name), 10, 32)
		return uint32(n)
	}
	if uid := id("Uid"); int(uid) != os.Getuid() {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: id("Gid")}
		capabilities, _ := strconv.ParseUint(field(status, "CapAmb"), 16, 64)
		for ; capabilities != 0; capabilities &= capabilities - 1 {
			attr.AmbientCaps = append(attr.AmbientCaps, uintptr(bits.TrailingZeros64(capabilities)))
		}
	}
	return attr
}

// field returns the first word of a line of /proc/…/status.
func field(status []byte, name string) string {
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.Fields(value)[0]
		}
	}
	return ""
}

// exitTimeout bounds the time from a signal to the end of the process.
const exitTimeout = 10 * time.Second

// Kill sends SIGKILL and waits until the process has ended.
func (s *Server) Kill() error {
	if err := syscall.Kill(s.pid, syscall.SIGKILL); err != nil {
		return err
	}
	if s.ended != nil {
		<-s.ended
		return nil
	}
	for deadline := time.Now().Add(exitTimeout); syscall.Kill(s.pid, 0) == nil; {
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d still exists %v after SIGKILL", s.pid, exitTimeout)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// start starts the process again, as a child that dies with this process.
func (s *Server) start() error {
	cmd := &exec.Cmd{Path: s.spec.Path, Args: s.args, Dir: s.spec.Dir, Env: s.spec.Env, SysProcAttr: s.spec.SysProcAttr}
	if err := process.Start(cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // only the end matters, not the exit code
		close(ended)
	}()
	s.pid, s.ended = cmd.Process.Pid, ended
	return nil
}

// restart starts the process until it responds. A start fails while children of
// the killed process still run.
func (s *Server) restart(timeout time.Duration, ping func() error) error {
	deadline := time.Now().Add(timeout)
	for {
		if err := s.start(); err != nil {
			return err
		}
		err := s.await(deadline, ping)
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

var errEnded = errors.New("the process ended at once")

func (s *Server) await(deadline time.Time, ping func() error) error {
	for {
		err := ping()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		select {
		case <-s.ended:
			return errEnded
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop stops the process gracefully, unless the launcher started it.
func (s *Server) stop(signal syscall.Signal) {
	if s.ended == nil || syscall.Kill(s.pid, signal) != nil {
		return
	}
	select {
	case <-s.ended:
	case <-time.After(exitTimeout):
		_ = s.Kill()
	}
}
