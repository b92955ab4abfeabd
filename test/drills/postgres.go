package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/wait"
)

var (
	foreignLock = postgresDrill{
		name: "foreign-lock", title: "somebody locks the row of a hot event for 30 s: the others sell on",
		lasts: 30 * time.Second, begin: lockEvent, othersSell: true,
	}
	terminated = postgresDrill{
		name: "terminated", title: "pg_terminate_backend of everything, twice a second for 5 s",
		lasts: 5 * time.Second, begin: terminateAll, repeated: true,
	}
	exhausted = postgresDrill{
		name: "exhausted", title: "others take all connections of PostgreSQL, and the instances lose theirs, for 10 s",
		lasts: 10 * time.Second, begin: exhaust,
	}
	readOnly = postgresDrill{
		name: "read-only", title: "the database accepts no writes for 10 s",
		lasts: 10 * time.Second, begin: makeReadOnly,
	}
)

// postgresDrill does something to PostgreSQL in a rush, and undoes it.
type postgresDrill struct {
	name, title string
	lasts       time.Duration
	repeated    bool // twice a second, as long as it lasts
	othersSell  bool // only the first event is hit
	begin       func(ctx context.Context, c *harness.Cluster, event string) (end func(context.Context) error, err error)
}

func (d postgresDrill) scenario() harness.Scenario {
	return harness.Scenario{Name: d.name, Title: d.title, Run: d.run}
}

func (d postgresDrill) run(ctx context.Context, s *harness.Settings, r *harness.Report) error {
	c, err := harness.New(ctx, s, r, 2)
	if err != nil {
		return err
	}
	return sellDuring(ctx, c, func(rush *rush) error { return d.play(ctx, c, rush) })
}

// play does it to PostgreSQL, and tells how the sale went meanwhile and goes on afterwards.
func (d postgresDrill) play(ctx context.Context, c *harness.Cluster, rush *rush) error {
	if err := wait.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	began := time.Now()
	if err := d.hit(ctx, c, rush.sales[0].ID); err != nil {
		return err
	}
	ended := time.Now()
	gap, err := firstHold(ctx, c, ended)
	if err != nil {
		return err
	}
	if err := wait.Sleep(ctx, 3*time.Second); err != nil {
		return err
	}
	rush.stop()
	during := c.Operations().Between(began, ended)
	c.Figure("while it lasted", "%s; slowest answer %.1f s", during.Tally(), during.Slowest().Seconds())
	if d.othersSell {
		c.Figure("meanwhile the other events", "%s; slowest answer %.1f s", during.About(rush.sales[1].ID).Tally(), during.About(rush.sales[1].ID).Slowest().Seconds())
	}
	hot := c.Operations().About(rush.sales[0].ID).Of(client.Hold)
	took, found := hot.FirstSuccess(ended)
	if !found {
		c.Fail("the hot event sells no more")
	}
	c.Within("first hold afterwards", max(gap, took), failoverMax)
	c.SayFailures(c.Operations(), began)
	return nil
}

// hit does it, for as long as it lasts.
func (d postgresDrill) hit(ctx context.Context, c *harness.Cluster, event string) error {
	pause := d.lasts
	if d.repeated {
		pause = 500 * time.Millisecond
	}
	for until := time.Now().Add(d.lasts); time.Now().Before(until); {
		end, err := d.begin(ctx, c, event)
		if err != nil {
			return err
		}
		if err := errors.Join(wait.Sleep(ctx, pause), end(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func connect(ctx context.Context, c *harness.Cluster) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(c.Stores.PostgresURL)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = "drill"
	return pgx.ConnectConfig(ctx, config)
}

func lockEvent(ctx context.Context, c *harness.Cluster, event string) (func(context.Context) error, error) {
	conn, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "BEGIN; SELECT FROM events WHERE id = '"+event+"' FOR UPDATE")
	return conn.Close, err
}

const terminateSQL = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'drill'`

func terminateAll(ctx context.Context, c *harness.Cluster, _ string) (func(context.Context) error, error) {
	conn, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, terminateSQL)
	return conn.Close, err
}

func exhaust(ctx context.Context, c *harness.Cluster, _ string) (end func(context.Context) error, err error) {
	var taken connections
	if err := taken.takeAll(ctx, c); err != nil {
		return taken.close, err
	}
	c.Say("%d connections taken", len(taken))
	if _, err := taken[0].Exec(ctx, terminateSQL); err != nil {
		return taken.close, err
	}
	return taken.close, taken.takeAll(ctx, c) // those of the instances, before they come back
}

type connections []*pgx.Conn

// takeAll connects until the server has no connection left.
func (taken *connections) takeAll(ctx context.Context, c *harness.Cluster) error {
	for {
		conn, err := connect(ctx, c)
		if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "53300" {
			return nil
		}
		if err != nil {
			return err
		}
		*taken = append(*taken, conn)
	}
}

func (taken *connections) close(ctx context.Context) (err error) {
	for _, conn := range *taken {
		err = errors.Join(err, conn.Close(ctx))
	}
	return err
}

func makeReadOnly(ctx context.Context, c *harness.Cluster, _ string) (func(context.Context) error, error) {
	conn, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	database := pgx.Identifier{conn.Config().Database}.Sanitize()
	_, err = conn.Exec(ctx, "ALTER DATABASE "+database+" SET default_transaction_read_only = on")
	if err == nil {
		_, err = conn.Exec(ctx, terminateSQL)
	}
	return func(ctx context.Context) error {
		_, err := conn.Exec(ctx, "SET default_transaction_read_only = off; ALTER DATABASE "+database+" RESET default_transaction_read_only")
		return errors.Join(err, conn.Close(ctx))
	}, err
}
