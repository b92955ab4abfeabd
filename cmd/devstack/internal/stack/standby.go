package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

// StandbyURLKey names the variable with the URL of the standby, which accepts reads.
const StandbyURLKey = "EVENTRA_DEV_STANDBY_URL"

// standbyName is how the primary knows the standby.
const standbyName = "standby"

// primarySettings returns what a PostgreSQL with a standby needs: enough of its log for a
// standby that was detached for a while.
func primarySettings(folder *Folder) []string {
	if !folder.Standby {
		return nil
	}
	return []string{"wal_keep_size=2GB"}
}

// startStandby copies a running PostgreSQL, and lets the copy follow it. From then on each
// commit waits until the standby has it on its disk.
func startStandby(ctx context.Context, folder *Folder) (*service, error) {
	primary := postgresURL(folder, folder.port("postgres"), postgresDatabase)
	data := folder.sub(standbyName)
	bin, err := findPostgres(folder.sub("postgres"))
	if err != nil {
		return nil, err
	}
	user, err := postgresUser(folder)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.RemoveAll(data), os.Mkdir(data, 0o700)); err != nil {
		return nil, err
	}
	if user != nil {
		if err := os.Chown(data, int(user.UID), int(user.GID)); err != nil {
			return nil, err
		}
	}
	if err := runTool(ctx, folder, "pg_basebackup", proc.Spec{
		Path: filepath.Join(bin, "pg_basebackup"), Env: serverEnv(), Dir: "/", User: user,
		Args: []string{"--pgdata", data, "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync",
			"--dbname", primary + "&application_name=" + standbyName},
	}); err != nil {
		return nil, err
	}

	standby := postgresServer(standbyName, folder, bin, user, data, nil, func(ctx context.Context, port int) error {
		return follows(ctx, postgresURL(folder, port, postgresDatabase))
	})
	process, port, err := standby.start(ctx, folder)
	if err != nil {
		return nil, err
	}
	if err := waitForStandby(ctx, primary); err != nil {
		process.Kill()
		return nil, err
	}
	return standby.service(folder, process, 20*time.Second, StandbyURLKey+"="+postgresURL(folder, port, postgresDatabase)), nil
}

// follows returns an error unless the server answers as a standby.
func follows(ctx context.Context, url string) error {
	var recovers bool
	if err := askPostgres(ctx, url, "SELECT pg_is_in_recovery()", &recovers); err != nil || recovers {
		return err
	}
	return errors.New("the standby does not follow")
}

// waitForStandby makes commits of the primary wait for the standby, and waits until they do.
func waitForStandby(ctx context.Context, primary string) error {
	const patience, pause = 20 * time.Second, 10 * time.Millisecond

	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the standby does not follow after %v", patience))
	defer cancel()
	conn, err := pgx.Connect(ctx, primary)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '" + standbyName + "'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	for {
		var synchronous bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming')").Scan(&synchronous)
		if err != nil || synchronous {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// askPostgres reads one value.
func askPostgres(ctx context.Context, url, query string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return conn.QueryRow(ctx, query).Scan(into)
}
