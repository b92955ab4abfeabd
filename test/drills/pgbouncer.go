package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/process"
	"github.com/eventra/eventra/test/wait"
)

var pgbouncer = harness.Scenario{
	Name:  "pgbouncer",
	Title: "PgBouncer in front of PostgreSQL: an instance says so at its start, and ends",
	Run:   runPgBouncer,
}

func runPgBouncer(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	const ignoring = "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout,tcp_keepalives_idle," +
		"tcp_keepalives_interval,tcp_keepalives_count,plan_cache_mode,enable_seqscan,jit"
	for _, c := range []struct{ what, config string }{
		{"as it is installed", "pool_mode = transaction"},
		{"ignoring the settings", "pool_mode = transaction\n" + ignoring},
		{"by session, ignoring the settings", "pool_mode = session\n" + ignoring},
	} {
		if err := startBehind(ctx, s, r, c.what, c.config); err != nil {
			return err
		}
	}
	return nil
}

// startBehind starts an instance behind PgBouncer, which has to end at once.
func startBehind(ctx context.Context, s *harness.Settings, r *harness.Report, what, config string) error {
	address, stop, err := startPgBouncer(ctx, s.Stores.PostgresURL, config)
	if err != nil {
		return err
	}
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	stores := s.Stores
	stores.PostgresURL = address
	command := exec.CommandContext(ctx, s.Binary, "serve")
	command.Env = append(append(os.Environ(), stores.Environment()...), "EVENTRA_HTTP_ADDR=127.0.0.1:0",
		"EVENTRA_JWT_SECRET=a-secret-of-the-drill-of-32-bytes-or-more", "EVENTRA_PAYMENT_GATEWAY=mock", "EVENTRA_LOG_FORMAT=text")
	began := time.Now()
	out, err := command.CombinedOutput()
	if err == nil || ctx.Err() != nil || !strings.Contains(string(out), "PgBouncer") {
		r.Fail("%s: %v: %s", what, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	r.Figure(what, "ends after %.1f s", time.Since(began).Seconds())
	r.Say("   %s", lines[len(lines)-1])
	return nil
}

// startPgBouncer returns the address of the same database behind PgBouncer.
func startPgBouncer(ctx context.Context, postgres, config string) (address string, stop func(), err error) {
	u, err := url.Parse(postgres)
	if err != nil {
		return "", nil, err
	}
	free, err := instance.FreeAddresses(1)
	if err != nil {
		return "", nil, err
	}
	folder, err := os.MkdirTemp("", "pgbouncer-")
	if err != nil {
		return "", nil, err
	}
	password, _ := u.User.Password()
	_, port, _ := net.SplitHostPort(free[0])
	host, serverPort, _ := net.SplitHostPort(u.Host)
	file, users := filepath.Join(folder, "pgbouncer.ini"), filepath.Join(folder, "users.txt")
	err = errors.Join(os.Chmod(folder, 0o755), os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", u.User.Username(), password), 0o644),
		os.WriteFile(file, fmt.Appendf(nil, "[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\n"+
			"unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = %s\nuser = nobody\n%s\n", host, serverPort, port, users, config), 0o644))
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command("pgbouncer", file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(cmd); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(folder)
	}
	if err := wait.Listening(ctx, 10*time.Second, free[0]); err != nil {
		stop()
		return "", nil, err
	}
	u.Host = free[0]
	return u.String(), stop, nil
}
