package stack

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A commit that the standby has not got is not acknowledged, and one that it has got is
// there.
func TestStandby_CommitsWaitForIt(t *testing.T) {
	t.Parallel()
	folder, err := TempFolder()
	if err != nil {
		t.Fatal(err)
	}
	folder.Standby, folder.Volatile = true, true
	stack := startStack(t, folder)
	t.Cleanup(func() {
		stack.Stop()
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	db := connectPostgres(t, stack)
	var state string
	if err := db.QueryRow(t.Context(), "SELECT sync_state FROM pg_stat_replication").Scan(&state); err != nil || state != "sync" {
		t.Fatalf("the standby is %q, %v", state, err)
	}
	execute(t, db, "CREATE TABLE copied AS SELECT 42 AS answer")
	awaitTrue(t, setting(t, stack, StandbyURLKey), "SELECT to_regclass('copied') IS NOT NULL") // it replays a moment later

	for _, service := range stack.services {
		if service.name == standbyName {
			service.stop()
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	committed := make(chan error, 1)
	go func() {
		_, err := db.Exec(ctx, "INSERT INTO copied VALUES (43)")
		committed <- err
	}()
	awaitTrue(t, setting(t, stack, "EVENTRA_POSTGRES_URL"), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')")
	cancel()
	if err := <-committed; err == nil {
		t.Error("a commit does not wait for the standby")
	}
}

// awaitTrue repeats a query on a connection of its own until it is true.
func awaitTrue(t *testing.T, url, query string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startPatience)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for answer := false; !answer; {
		if err := conn.QueryRow(ctx, query).Scan(&answer); err != nil {
			t.Fatal(query, err)
		}
		select {
		case <-ctx.Done():
			t.Fatal(query, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
