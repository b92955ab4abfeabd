// Package smalldisk runs a PostgreSQL server whose data, or whose log alone, is on a small disk of its own, which can be
// filled. The disk is in memory, and making one needs root.
package smalldisk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/process"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

const (
	role, password = "eventra", "of-the-drill"
	startTimeout   = time.Minute
	stopTimeout    = 20 * time.Second
	fillPause      = 20 * time.Millisecond
)

// Server is the server and its disk.
type Server struct {
	folder, disk, data, bin, address string

	system *syscall.Credential // that PostgreSQL runs as: it refuses root
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process has ended
}

// Config is what is on the disk.
type Config struct {
	Megabytes int
	LogAlone  bool     // and the data on another disk
	Settings  []string // lines of postgresql.conf
}

// Start makes the disk, and starts the server.
func Start(ctx context.Context, c Config) (s *Server, err error) {
	s = &Server{}
	if s.folder, err = os.MkdirTemp("", "drill-"); err != nil {
		return nil, err
	}
	s.disk = filepath.Join(s.folder, "disk")
	s.data = filepath.Join(s.disk, "data")
	if c.LogAlone {
		s.data = filepath.Join(s.folder, "data")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if s.bin, err = store.PostgresPrograms(); err != nil {
		return s, err
	}
	if err = errors.Join(os.Chmod(s.folder, 0o755), os.Mkdir(s.disk, 0o755)); err != nil {
		return s, err
	}
	if err = syscall.Mount("tmpfs", s.disk, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, fmt.Sprintf("size=%dm,mode=0755", c.Megabytes)); err != nil {
		return s, fmt.Errorf("a disk of %d MB, which only root can make: %w", c.Megabytes, err)
	}
	for _, folder := range []string{s.folder, s.disk} {
		if s.system, err = store.PostgresUser(folder); err != nil {
			return s, err
		}
	}
	if err = s.initialise(ctx, c); err != nil {
		return s, err
	}
	if err = s.Restart(); err != nil {
		return s, err
	}
	return s, s.WaitServing(ctx)
}

func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.system, Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (s *Server) initialise(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	addresses, err := instance.FreeAddresses(1)
	if err != nil {
		return err
	}
	s.address = addresses[0]
	secret := filepath.Join(s.folder, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
		return err
	}
	args := []string{"--pgdata", s.data, "--encoding", "UTF8", "--locale", "C", "--username", role, "--pwfile", secret,
		"--auth", "scram-sha-256", "--no-instructions"}
	if c.LogAlone {
		args = append(args, "--waldir", filepath.Join(s.disk, "log"))
	}
	out, err := s.command(ctx, "initdb", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	host, port, _ := strings.Cut(s.address, ":")
	config, err := os.OpenFile(filepath.Join(s.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(config, "\nlisten_addresses = '%s'\nport = %s\nunix_socket_directories = ''\nmax_connections = 200\n"+
		"shared_buffers = 64MB\ntimezone = UTC\n%s\n", host, port, strings.Join(c.Settings, "\n"))
	return errors.Join(err, config.Close())
}

// Restart starts the process, which has ended or never begun.
func (s *Server) Restart() error {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = s.command(context.Background(), "postgres", "-D", s.data)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := process.Start(s.cmd); err != nil {
		s.cmd = nil
		return err
	}
	cmd, ended := s.cmd, make(chan struct{})
	s.ended = ended
	go func() {
		_ = cmd.Wait() // only the end matters
		close(ended)
	}()
	return nil
}

// Ended reports whether the process has ended by itself.
func (s *Server) Ended() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// WaitServing waits until the server accepts connections. One that has ended is started again.
func (s *Server) WaitServing(ctx context.Context) error {
	var failed error
	err := wait.Until(ctx, startTimeout, "PostgreSQL to accept connections", func() bool {
		if s.Ended() {
			failed = s.Restart()
		}
		return failed != nil || s.serves(ctx)
	})
	return errors.Join(err, failed)
}

func (s *Server) serves(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return false
	}
	_ = conn.Close(ctx)
	return true
}

// URL returns the address of one database.
func (s *Server) URL(database string) string {
	return "postgres://" + role + ":" + password + "@" + s.address + "/" + database + "?sslmode=disable"
}

// Fill fills the disk, and keeps it full until free is called, also if the server deletes files.
func (s *Server) Fill() (free func() error, err error) {
	path := filepath.Join(s.disk, "ballast")
	ballast, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := fill(ballast); err != nil {
		return nil, errors.Join(err, ballast.Close(), os.Remove(path))
	}
	ctx, stop := context.WithCancel(context.Background())
	var filling sync.WaitGroup
	var failed error
	filling.Go(func() {
		for failed == nil && wait.Sleep(ctx, fillPause) == nil {
			failed = fill(ballast)
		}
	})
	return sync.OnceValue(func() error {
		stop()
		filling.Wait()
		return errors.Join(failed, ballast.Close(), os.Remove(path))
	}), nil
}

// fill writes until there is no room, not even for a page.
func fill(ballast *os.File) error {
	for size := 1 << 20; size >= 4<<10; {
		_, err := ballast.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			return err
		}
	}
	return nil
}

// Logged returns the lines of the server's log that have a text.
func (s *Server) Logged(text string) (lines []string, err error) {
	content, err := os.ReadFile(s.log())
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, text) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines, err
}

func (s *Server) log() string { return filepath.Join(s.folder, "postgres.log") }

// Stop ends the server, and removes the disk.
func (s *Server) Stop() error {
	if s.cmd != nil && !s.Ended() {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // nobody reads this data again
		select {
		case <-s.ended:
		case <-time.After(stopTimeout):
			_ = s.cmd.Process.Kill()
		}
	}
	var mounted error
	err := wait.Until(context.Background(), stopTimeout, "the disk to be unused", func() bool {
		mounted = syscall.Unmount(s.disk, 0)
		return !errors.Is(mounted, syscall.EBUSY)
	})
	if err != nil {
		return errors.Join(err, mounted) // and keep what is there
	}
	return os.RemoveAll(s.folder)
}
