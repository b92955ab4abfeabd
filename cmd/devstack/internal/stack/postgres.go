package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

// The role and the database. The role is a superuser, so that tests can create databases of their own.
const (
	postgresRole     = "eventra"
	postgresDatabase = "eventra"
)

func startPostgres(ctx context.Context, folder *Folder) (*service, error) {
	data := folder.sub("postgres")
	bin, err := findPostgres(data)
	if err != nil {
		return nil, err
	}
	user, err := postgresUser(folder)
	if err != nil {
		return nil, err
	}
	if err := initPostgres(ctx, folder, bin, user, data); err != nil {
		return nil, err
	}

	postgres := postgresServer("postgres", folder, bin, user, data, primarySettings(folder),
		func(ctx context.Context, port int) error { return preparePostgres(ctx, folder, port) })
	process, port, err := postgres.start(ctx, folder)
	if err != nil {
		return nil, err
	}
	return postgres.service(folder, process, 20*time.Second,
		"EVENTRA_POSTGRES_URL="+postgresURL(folder, port, postgresDatabase)), nil
}

// postgresServer returns a server of PostgreSQL on the data in a folder.
func postgresServer(name string, folder *Folder, bin string, user *proc.User, data string, settings []string,
	ready func(ctx context.Context, port int) error) server {
	return server{
		name:     name,
		patience: time.Minute, // after a crash it first replays its log
		ready:    ready,
		spec: func(port int) proc.Spec {
			stop := syscall.SIGINT // "fast": ends the sessions and writes a checkpoint
			if folder.Ephemeral {
				stop = syscall.SIGQUIT // "immediate": this data is not read again
			}
			return proc.Spec{
				Path:       filepath.Join(bin, "postgres"),
				Args:       append([]string{"-D", data}, postgresArguments(port, folder.Volatile, settings)...),
				Env:        serverEnv(),
				Dir:        "/", // the server's user may not be allowed to enter the launcher's folder
				StopSignal: stop,
				User:       user,
			}
		},
	}
}

func postgresArguments(port int, volatile bool, more []string) []string {
	settings := append([]string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // the path of a socket has at most 107 bytes, and that of the data folder may have more
		"max_connections=400",      // concurrent test packages have a pool each
		"shared_buffers=256MB",
		"timezone=UTC",
		"log_timezone=UTC",
	}, more...)
	if volatile {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	var args []string
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// initPostgres makes the database cluster, unless there is one. It does so in another folder and renames that, because initdb
// does not continue after an interruption.
func initPostgres(ctx context.Context, folder *Folder, bin string, user *proc.User, data string) error {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	next := data + ".next"
	if err := errors.Join(os.RemoveAll(next), os.RemoveAll(data)); err != nil {
		return err
	}
	if err := os.Mkdir(next, 0o700); err != nil {
		return err
	}
	passwordFile := folder.sub("postgres.password")
	if err := os.WriteFile(passwordFile, []byte(folder.state.PostgresPassword), 0o600); err != nil {
		return err
	}
	defer os.Remove(passwordFile)
	if user != nil {
		for _, path := range []string{next, passwordFile} {
			if err := os.Chown(path, int(user.UID), int(user.GID)); err != nil {
				return err
			}
		}
	}

	args := []string{
		"--pgdata", next, "--encoding", "UTF8", "--locale", "C", // sorts the same on every machine
		"--username", postgresRole, "--pwfile", passwordFile, "--auth", "scram-sha-256", "--no-instructions",
	}
	if folder.Ephemeral {
		args = append(args, "--no-sync")
	}
	if err := runTool(ctx, folder, "initdb", proc.Spec{
		Path: filepath.Join(bin, "initdb"), Args: args, Env: serverEnv(), Dir: "/", User: user,
	}); err != nil {
		return err
	}
	return os.Rename(next, data)
}

// runTool runs one of PostgreSQL's programs that end by themselves.
func runTool(ctx context.Context, folder *Folder, name string, spec proc.Spec) error {
	const patience = time.Minute

	log, err := folder.OpenLog(name)
	if err != nil {
		return err
	}
	defer log.Close()
	spec.Name, spec.Stdout, spec.Stderr = name, log, log
	process, err := proc.Start(spec, folder.PIDs())
	if err != nil {
		return err
	}

	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("not ready after %v", patience))
	defer cancel()
	select {
	case <-process.Done():
		if code := process.ExitCode(); code != 0 {
			return withLog(fmt.Errorf("%s fails with exit code %d", name, code), log.Name())
		}
		return nil
	case <-ctx.Done():
		process.Kill()
		return withLog(fmt.Errorf("%s: %w", name, context.Cause(ctx)), log.Name())
	}
}

// preparePostgres connects, and creates the database unless it exists.
func preparePostgres(ctx context.Context, folder *Folder, port int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	conn, err := pgx.Connect(ctx, postgresURL(folder, port, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))

	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", postgresDatabase).Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{postgresDatabase}.Sanitize())
	return err
}

func postgresURL(folder *Folder, port int, database string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", postgresRole, folder.state.PostgresPassword, address(port), database)
}

// findPostgres returns the folder of PostgreSQL's programs. Only the same major version can read the data of an earlier run.
func findPostgres(data string) (string, error) {
	needed, _ := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	major := strings.TrimSpace(string(needed))

	var others []string
	for _, dir := range postgresFolders() {
		version, err := postgresVersion(dir)
		if err != nil {
			continue
		}
		if major == "" || version == major {
			return dir, nil
		}
		others = append(others, version)
	}
	if len(others) > 0 {
		return "", fmt.Errorf("the data folder was made by PostgreSQL %s, but only %s is installed; install that version again, "+
			"or delete the data with `make reset`", major, strings.Join(others, ", "))
	}
	return "", missing("postgres")
}

// postgresVersion returns the major version of the programs in dir, such as "17".
func postgresVersion(dir string) (string, error) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return "", err
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output() // postgres (PostgreSQL) 17.2 (Debian …)
	if err != nil {
		return "", err
	}
	words := strings.Fields(string(out))
	if len(words) < 3 {
		return "", fmt.Errorf("postgres --version says %q", out)
	}
	major, _, _ := strings.Cut(words[2], ".")
	return major, nil
}
