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

// Postgres is the server's processes.
type Postgres struct {
	*Server // the postmaster
	url     string
	frozen  []int
}

// FindPostgres finds the processes of the server behind a URL, which has to
// run on this machine.
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

// recoverWithin is for replaying the log of a busy minute.
const recoverWithin = time.Minute

// Start starts the server after it was killed, and waits until it answers: it
// replays its log first.
func (p *Postgres) Start(ctx context.Context) error {
	return p.startAgain(recoverWithin, func() error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, p.url)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
}

// Freeze stops all processes, the postmaster first, so that none is born
// meanwhile.
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

// Thaw lets all go on; without a freeze it does nothing.
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
			continue // ended meanwhile
		}
		// pid (name) state parent …; the name may hold anything.
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
