package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres controls the processes of a PostgreSQL server.
type Postgres struct {
	*Server // the postmaster
	url     string
	frozen  []int // process ids
}

// FindPostgres finds the server behind a URL, which must run on this machine.
func FindPostgres(ctx context.Context, address string) (*Postgres, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var folder string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&folder); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(folder, "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	pid, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		return nil, fmt.Errorf("postmaster.pid: %w", err)
	}
	server, err := findServer(pid)
	return &Postgres{Server: server, url: address}, err
}

// recoveryTimeout is enough to replay the log of a busy minute.
const recoveryTimeout = time.Minute

// Start restarts the killed server and waits until crash recovery is done.
func (p *Postgres) Start(ctx context.Context) error {
	return p.restart(recoveryTimeout, func() error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, p.url)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// Freeze sends SIGSTOP to all processes, first to the postmaster, so that it
// forks no more of them.
func (p *Postgres) Freeze() error {
	if err := syscall.Kill(p.pid, syscall.SIGSTOP); err != nil {
		return err
	}
	p.frozen = append(p.frozen, p.pid)
	children, err := childrenOf(p.pid)
	if err != nil {
		return err
	}
	for _, pid := range children {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		p.frozen = append(p.frozen, pid)
	}
	return nil
}

// Thaw sends SIGCONT to all frozen processes. Without a freeze it does nothing.
func (p *Postgres) Thaw() (err error) {
	slices.Reverse(p.frozen)
	for _, pid := range p.frozen {
		if e := syscall.Kill(pid, syscall.SIGCONT); e != nil && !errors.Is(e, syscall.ESRCH) {
			err = errors.Join(err, e)
		}
	}
	p.frozen = nil
	return err
}

func childrenOf(parent int) (pids []int, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // the process has ended
		}
		// pid (name) state parent …; the name may contain any character.
		fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
		if ppid, _ := strconv.Atoi(string(fields[1])); ppid != parent {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}
