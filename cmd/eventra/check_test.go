package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/postgres"
)

// runCheck runs the subcommand in a process of its own, with the address of
// PostgreSQL as its only setting.
func runCheck(t *testing.T, postgresURL string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"check"}, args...)...)
	cmd.Env = []string{asProgram + "=1"}
	if postgresURL != "" {
		cmd.Env = append(cmd.Env, "EVENTRA_POSTGRES_URL="+postgresURL)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if failed := (&exec.ExitError{}); errors.As(err, &failed) {
		return failed.ExitCode(), out.String(), errs.String()
	}
	require.NoError(t, err)
	return 0, out.String(), errs.String()
}

// TestCheckCommand_ChecksWhatTheProgramDid checks bookings of every state and
// payments of every outcome that a running program made, and then breaks one.
func TestCheckCommand_ChecksWhatTheProgramDid(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(3, 10, object{"holdSeconds": 5})
	token, email := p.user()
	held := func(seats ...string) string {
		a := p.hold(token, event, seats...)
		require.Equal(t, 201, a.status, a)
		return a.text("id")
	}
	pay := func(status int, booking, card string) {
		p.must(status, "POST", "/bookings/"+booking+"/payments", token, object{"method": "mock", "token": card})
	}
	expiring := held("A-1-1", "A-1-2")
	confirmed := held("A-2-1", "A-2-2")
	pay(402, confirmed, "tok_declined")
	pay(503, confirmed, "tok_error")
	pay(201, confirmed, "tok_ok")
	p.must(200, "DELETE", "/bookings/"+held("A-2-3"), token, nil)
	refunded := held("A-2-4")
	pay(201, refunded, "tok_ok")
	// A ticket that is refunded first is not mailed.
	eventually(t, 20*time.Second, "the mails", func() bool { return len(mailsTo(t, email)) == 2 })
	p.must(200, "POST", "/bookings/"+refunded+"/refund", p.admin, nil)
	eventually(t, 10*time.Second, "the hold to expire", func() bool {
		return p.must(200, "GET", "/bookings/"+expiring, token, nil).text("status") == "EXPIRED"
	})
	held("A-1-1", "A-3-1")

	history := filepath.Join(t.TempDir(), "history.json")
	code, out, errs := runCheck(t, p.cfg.PostgresURL, "--save", history)
	require.Equal(t, 0, code, out+errs)
	require.Contains(t, out, "0 violated, 0 warnings")
	code, out, errs = runCheck(t, p.cfg.PostgresURL, "--since", history)
	require.Equal(t, 0, code, out+errs)
	require.Contains(t, out, "epochs_never_go_back")

	conn, err := pgx.Connect(t.Context(), p.cfg.PostgresURL)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `UPDATE bookings SET amount = amount + 1 WHERE id = $1`, expiring)
	require.NoError(t, err)
	code, out, errs = runCheck(t, p.cfg.PostgresURL, "--json")
	require.Equal(t, 1, code, errs)
	require.Regexp(t, `1 of \d+ invariants violated`, errs)
	var report postgres.CheckReport
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.WithinDuration(t, time.Now(), report.At, time.Minute)
	for _, f := range report.Findings {
		if f.Name != "booking_amount_is_the_sum" {
			require.Equal(t, postgres.CheckOK, f.Outcome, f)
			require.Empty(t, f.Rows)
			continue
		}
		require.Equal(t, postgres.CheckViolated, f.Outcome)
		require.EqualValues(t, 1, f.Count)
		require.Contains(t, f.Rows[0], expiring)
	}
	code, out, _ = runCheck(t, p.cfg.PostgresURL)
	require.Equal(t, 1, code)
	require.Regexp(t, `VIOLATED +booking_amount_is_the_sum +1 .*\n.*its amount.*\n +- booking `+expiring, out)
}

func TestCheckCommand_SaysWhenItCannotCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url, says string
		args      []string
	}{
		"no address":    {"", "EVENTRA_POSTGRES_URL", nil},
		"no server":     {"postgres://" + freeAddr(t) + "/eventra", "connect", nil},
		"no history":    {"postgres://127.0.0.1:1/eventra", "no such file", []string{"--since", filepath.Join(t.TempDir(), "none")}},
		"faulty option": {"postgres://127.0.0.1:1/eventra?sslmode=perhaps", "sslmode", nil},
	} {
		code, out, errs := runCheck(t, c.url, c.args...)
		require.Equal(t, 2, code, name)
		require.Empty(t, out, name)
		require.Contains(t, errs, c.says, name)
	}
}
