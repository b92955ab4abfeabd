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

// Server is a store's process, which can be killed and started again just as
// it was: the same program, arguments, environment, folder and user.
type Server struct {
	pid   int
	line  []string
	spec  exec.Cmd      // what else is to be the same
	ended chan struct{} // closed when it has; nil if it is not the runner's own
}

// Servers are those that a runner kills and starts again. They are found once,
// before the first of them is.
type Servers struct {
	Postgres *Postgres
	Redis    *Redis
}

// FindServers finds the processes of the servers behind the addresses.
func FindServers(ctx context.Context, s Stores) (*Servers, error) {
	postgres, err := FindPostgres(ctx, s.PostgresURL)
	if err != nil {
		return nil, err
	}
	redis, err := FindRedis(s.RedisURL)
	return &Servers{postgres, redis}, err
}

// Close ends those that the runner started.
func (s *Servers) Close() {
	s.Postgres.end(syscall.SIGQUIT) // at once: nobody reads this data again
	s.Redis.end(syscall.SIGTERM)
}

// findServer learns from the system how a process was started.
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
	if len(line) == 0 { // and none of the environment either, then
		return nil, fmt.Errorf("process %d has no command line: it has only just begun, or ended", pid)
	}
	s := &Server{pid: pid, line: list(line)}
	s.spec = exec.Cmd{Path: path, Dir: folder, Env: list(environment), SysProcAttr: user(status)}
	return s, nil
}

// list splits what ends with a zero byte each.
func list(content []byte) []string {
	return strings.Split(string(bytes.TrimRight(content, "\x00")), "\x00")
}

// user is whom the process runs as, and what it may do beyond that.
func user(status []byte) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	id := func(name string) uint32 {
		n, _ := strconv.ParseUint(field(status, name), 10, 32)
		return uint32(n)
	}
	if uid := id("Uid"); int(uid) != os.Getuid() {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: id("Gid")}
		abilities, _ := strconv.ParseUint(field(status, "CapAmb"), 16, 64)
		for ; abilities != 0; abilities &= abilities - 1 {
			attr.AmbientCaps = append(attr.AmbientCaps, uintptr(bits.TrailingZeros64(abilities)))
		}
	}
	return attr
}

// field is the first word of a line of /proc/…/status.
func field(status []byte, name string) string {
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.Fields(value)[0]
		}
	}
	return ""
}

// goneWithin is how long a killed process may still be seen.
const goneWithin = 10 * time.Second

// Kill ends the process as a crash does, and waits until it is gone.
func (s *Server) Kill() error {
	if err := syscall.Kill(s.pid, syscall.SIGKILL); err != nil {
		return err
	}
	if s.ended != nil {
		<-s.ended
		return nil
	}
	for deadline := time.Now().Add(goneWithin); syscall.Kill(s.pid, 0) == nil; {
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d is still there %v after it was killed", s.pid, goneWithin)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// start starts the process again. It ends with the runner.
func (s *Server) start() error {
	cmd := &exec.Cmd{Path: s.spec.Path, Args: s.line, Dir: s.spec.Dir, Env: s.spec.Env, SysProcAttr: s.spec.SysProcAttr}
	if err := process.Start(cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // however it ends, it is gone
		close(ended)
	}()
	s.pid, s.ended = cmd.Process.Pid, ended
	return nil
}

// startAgain starts the process until it answers: it may find that what was
// left of the last one is still going.
func (s *Server) startAgain(within time.Duration, answers func() error) error {
	deadline := time.Now().Add(within)
	for {
		if err := s.start(); err != nil {
			return err
		}
		err := s.await(deadline, answers)
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

var errEnded = errors.New("it ended at once")

func (s *Server) await(deadline time.Time, answers func() error) error {
	for {
		err := answers()
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

// end ends the process in good order, if the runner started it.
func (s *Server) end(signal syscall.Signal) {
	if s.ended == nil || syscall.Kill(s.pid, signal) != nil {
		return
	}
	select {
	case <-s.ended:
	case <-time.After(goneWithin):
		_ = s.Kill()
	}
}
