package main

import (
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

// Settings that a subcommand does not use are neither required nor checked, and it says
// what it did.
func TestSubcommands_NeedOnlyWhatTheyUse(t *testing.T) {
	t.Parallel()
	unused := []string{"EVENTRA_JWT_SECRET=short", "EVENTRA_MAIL_RATE=fast", "EVENTRA_SMTP_URL=nonsense", "EVENTRA_RATE_LIMITS=many",
		"EVENTRA_HTTP_ADDR=nowhere", "EVENTRA_CLUSTER_CERT=alone", "EVENTRA_OPS_ADDR=nowhere"}
	postgres := "EVENTRA_POSTGRES_URL=" + persistencetest.NewEmptyDatabase(t)
	mongo := "EVENTRA_MONGO_URL=" + persistencetest.NewMongo(t)
	redis := "EVENTRA_REDIS_URL=" + persistencetest.NewRedis(t)
	for _, step := range []struct {
		args, env []string
		input     string
		fails     bool
		says      []string
	}{
		{args: []string{"migrate", "--status"}, env: []string{postgres}, fails: true, says: []string{"00001_events.sql", "not yet", "run `eventra migrate`"}},
		{args: []string{"migrate"}, env: []string{postgres}, says: []string{"applied 00001_events.sql", "the schema is up to date"}},
		{args: []string{"migrate"}, env: []string{postgres}, says: []string{"the schema is up to date; 0 migrations applied"}},
		{args: []string{"migrate", "--status"}, env: []string{postgres}, says: []string{"00001_events.sql 20"}},
		{args: []string{"admin", "create", "Boss@example.org"}, env: []string{postgres}, input: "a long password\n", says: []string{"administrator boss@example.org: made"}},
		{args: []string{"admin", "create", "boss@example.org"}, env: []string{postgres, redis}, input: "another password\n", says: []string{"all sessions have ended"}},
		{args: []string{"seed"}, env: []string{postgres, mongo, redis}, says: []string{"user user@eventra.test: made", "360 seats: made", "publication: made"}},
		{args: []string{"seed"}, env: []string{postgres, mongo, redis}, says: []string{"user user@eventra.test: there already", "publication: there already"}},
		{args: []string{"check"}, env: []string{postgres}, says: []string{"0 violated"}},
		{args: []string{"customer", "erase", "01900000-0000-7000-8000-0000000000ff"}, env: []string{postgres}, fails: true, says: []string{"no shop's customer has that id"}},
		{args: []string{"mail", "dead"}, env: []string{redis}, says: []string{"no dead letters"}},
		{args: []string{"mail", "retry"}, env: []string{redis}, says: []string{"0 mails will be tried again"}},
	} {
		out, err := runWith(t, step.input, append(unused, step.env...), step.args...)
		require.Equal(t, step.fails, err != nil, "%v: %s", step.args, out)
		for _, text := range step.says {
			require.Contains(t, strings.Join(strings.Fields(out), " "), text, step.args) // columns are as wide as they need
		}
		for _, used := range step.env {
			name, _, _ := strings.Cut(used, "=")
			if name == "EVENTRA_REDIS_URL" && step.args[0] == "admin" {
				continue
			}
			out, err := runWith(t, step.input, append(unused, name+"="), step.args...)
			require.Error(t, err, step.args)
			require.Contains(t, out, name+": is required", step.args)
		}
	}
}

// A fault that only another configuration mends is not tried again.
func TestSubcommands_EndAtOnceIfPostgresRefusesThem(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	change := func(edit func(*url.URL)) string {
		u, err := url.Parse(cfg.PostgresURL)
		require.NoError(t, err)
		edit(u)
		return "EVENTRA_POSTGRES_URL=" + u.String()
	}
	for name, setting := range map[string]string{
		"password": change(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "wrong") }),
		"user":     change(func(u *url.URL) { u.User = url.UserPassword("nobody_there", "wrong") }),
		"database": change(func(u *url.URL) { u.Path = "/no_such_database" }),
		"option":   change(func(u *url.URL) { u.RawQuery += "&no_such_option=1" }),
		"port":     "EVENTRA_POSTGRES_URL=postgres://u:p@127.0.0.1:port/db",
	} {
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"migrate", "--status"}, {"check"}} {
			for _, migrate := range []string{"true", "false"} {
				begun := time.Now()
				out, err := run(t, append(environment(cfg, "127.0.0.1:0"), setting, "EVENTRA_MIGRATE="+migrate), args...)
				require.Error(t, err, "%s: %v", name, args)
				require.Less(t, time.Since(begun), 10*time.Second, "%s: %v: %s", name, args, out)
				require.NotContains(t, out, "wrong@", "no password")
			}
		}
	}
}

// A terminal that closes sends SIGHUP, sometimes twice.
func TestServe_DrainsAtAHangUp(t *testing.T) {
	t.Parallel()
	cmd, url := startLogging(t, testConfig(t), &logged{}, "EVENTRA_DRAIN_DELAY=2s")
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	eventually(t, 10*time.Second, "it to drain", func() bool { return statusOf(url+"/readyz") == http.StatusServiceUnavailable })
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	require.Equal(t, http.StatusOK, statusOf(url+"/healthz"), "it still serves")
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(30 * time.Second):
		require.FailNow(t, "it does not stop")
	}
}
