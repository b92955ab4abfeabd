package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// postgresTool finds one of PostgreSQL's programs, in the folder of the newest release if it is not in the path.
func postgresTool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	require.NoError(t, err)
	require.NotEmpty(t, found, name)
	return slices.Max(found)
}

func runTool(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, postgresTool(t, name), args...).CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
}

// backedUp is a program that sold, was backed up, and went on.
type backedUp struct {
	*program
	file          string
	event         string
	token, email  string
	before, since string // paid bookings
	returned      string // one of before, whose money went back since
	reduced       string // one of before, of which a part went back since
}

// sellAndBackUp backs the database up while buyers are busy.
func sellAndBackUp(t *testing.T) *backedUp {
	b := &backedUp{program: start(t), file: filepath.Join(t.TempDir(), "backup")}
	b.event = b.program.event(10, 20, object{"holdSeconds": 5})
	b.token, b.email = b.user()
	b.before, b.returned, b.reduced = b.buy("A-1-1", "A-1-2"), b.buy("A-1-4"), b.buy("A-1-6", "A-1-7")

	busy, stop := context.WithCancel(t.Context())
	var buyers sync.WaitGroup
	held := make(chan struct{}, 1)
	for _, token := range b.users(4) {
		buyers.Go(func() {
			for busy.Err() == nil {
				a := b.call("POST", "/bookings", token, object{"eventId": b.event, "bestAvailable": object{"quantity": 2}})
				if a.status != 201 && a.status != 409 {
					t.Errorf("unexpected: %v", a)
					return
				}
				select {
				case held <- struct{}{}:
				default:
				}
			}
		})
	}
	select {
	case <-held:
	case <-time.After(20 * time.Second):
		t.Error("nothing is sold")
	}
	runTool(t, "pg_dump", "--format=custom", "--file="+b.file, "--dbname="+b.cfg.PostgresURL)
	stop()
	buyers.Wait()
	return b
}

func (b *backedUp) buy(seats ...string) (id string) {
	b.t.Helper()
	held := b.hold(b.token, b.event, seats...)
	require.Equal(b.t, 201, held.status, held)
	b.must(201, "POST", "/bookings/"+held.text("id")+"/payments", b.token, object{"method": "mock", "token": "tok_ok"})
	return held.text("id")
}

// restore stops the program, and lets the next start use the database of the backup. The
// gateway, whose books are in the same database here, is not restored.
func (b *backedUp) restore() {
	b.t.Helper()
	b.stop()
	books := b.file + ".books"
	runTool(b.t, "pg_dump", "--format=custom", "--data-only", "--table=mock_*", "--file="+books, "--dbname="+b.cfg.PostgresURL)
	b.cfg.PostgresURL = persistencetest.NewEmptyDatabase(b.t)
	runTool(b.t, "pg_restore", "--no-owner", "--dbname="+b.cfg.PostgresURL, b.file)
	b.exec("TRUNCATE mock_charges, mock_refunds")
	runTool(b.t, "pg_restore", "--no-owner", "--dbname="+b.cfg.PostgresURL, books)
}

func runRestored(t *testing.T, cfg *app.Config, args ...string) (code int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"restored"}, args...)...)
	cmd.Env = environment(cfg, "127.0.0.1:0")
	var all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &all, &all
	_ = cmd.Run() // the code tells
	return cmd.ProcessState.ExitCode(), all.String()
}

func TestRestored_MakesABackupSafe(t *testing.T) {
	t.Parallel()
	b := sellAndBackUp(t)
	known := b.seatMapVersion()
	b.since = b.buy("A-9-1")
	told := b.reference(b.since)
	made := b.program.event(1, 5, nil)
	key := b.must(201, "POST", "/admin/api-keys", b.admin, object{"name": "a shop", "scopes": []string{"bookings:read"}}).text("id")
	b.must(200, "POST", "/bookings/"+b.returned+"/refund", b.admin, nil)
	b.must(201, "POST", "/bookings/"+b.reduced+"/refunds", b.admin, object{"items": []int{1}, "reason": "ill"})
	session := b.must(200, "POST", "/auth/login", "", object{"email": b.email, "password": "correct horse"})

	code, out := runRestored(t, b.cfg)
	require.NotZero(t, code, "instances run: %s", out)
	require.Contains(t, out, "stop them first")

	b.restore()
	code, out = runRestored(t, b.cfg, "--dry-run")
	require.Zero(t, code, out)
	require.Contains(t, out, "nothing is changed")
	code, again := runRestored(t, b.cfg)
	require.Zero(t, code, again)
	withoutTimes := func(text string) []string {
		return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
			return strings.Contains(line, "DRY RUN") || strings.Contains(line, "last change")
		})
	}
	require.Equal(t, withoutTimes(out), withoutTimes(again), "a dry run says what is done")
	for _, text := range []string{"1 events: epochs and versions raised", adminEmail, made + " A show", "0 API keys are good",
		"1 charges have no payment here", "1 bookings were confirmed here", "booking " + b.returned, "1 refunds in part", "booking " + b.reduced} {
		require.Contains(t, again, text)
	}
	require.NotContains(t, again, key)

	b.boot()
	b.must(401, "POST", "/auth/refresh", "", object{"refreshToken": session.text("refreshToken")})
	b.must(401, "GET", "/bookings/"+b.before, b.token, nil)
	b.token, b.admin = b.login(b.email, "correct horse"), b.login(adminEmail, adminPassword)
	require.Equal(t, "CONFIRMED", b.must(200, "GET", "/bookings/"+b.before, b.token, nil).text("status"))
	b.must(404, "GET", "/bookings/"+b.since, b.token, nil)
	require.Equal(t, "AVAILABLE", b.seatStatus(b.event)["A-9-1"])
	require.Greater(t, b.seatMapVersion(), known, "no version means two states")
	require.Greater(t, b.reference(b.buy("A-9-1")), told+1e6, "no reference means two bookings")
	require.Equal(t, "REFUNDED", b.must(200, "GET", "/bookings/"+b.returned, b.token, nil).text("status"))
	require.Equal(t, "AVAILABLE", b.seatStatus(b.event)["A-1-4"])
	require.EqualValues(t, object{"amount": 2500.0, "currency": "EUR"}, b.must(200, "GET", "/bookings/"+b.reduced, b.token, nil).body["refunded"])
	b.must(201, "POST", "/bookings/"+b.reduced+"/refunds", b.admin, object{"items": []int{2}, "reason": "ill, too"})
	eventually(t, 20*time.Second, "the event that was made since", func() bool {
		return b.call("GET", "/events/"+made+"/availability", "", nil).status == 200
	})
	eventually(t, 30*time.Second, "the holds of then to end", func() bool {
		code, out, _ = runCheck(t, b.cfg.PostgresURL)
		return code == 0
	})
}

// TestRestored_SaysWhatIsLeft: a charge that the gateway does not take back keeps the stores from nothing, and is
// taken back when the command is repeated. What both sides know is not called unknown.
func TestRestored_SaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 5, nil)
	token, _ := p.user()
	p.must(201, "POST", "/bookings/"+p.buys(token, event, "A-1-1", "A-1-2")+"/refunds", p.admin, object{"items": []int{1}, "reason": "ill"})
	p.stop()
	p.exec(`INSERT INTO mock_charges (payment_id, amount, currency, event_id, status) VALUES (gen_random_uuid(), 4200, 'EUR', $1, 'CHARGED')`, event)
	p.exec(`CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the account is closed'; END $$`)
	p.exec(`CREATE TRIGGER closed BEFORE UPDATE ON mock_charges FOR EACH ROW EXECUTE FUNCTION closed()`)

	for _, args := range [][]string{{"--dry-run"}, nil} {
		code, out := runRestored(t, p.cfg, args...)
		require.Equal(t, args == nil, code != 0, out)
		for _, text := range []string{"1 charges have no payment here", "0 refunds in part", "Redis", "MongoDB"} {
			require.Contains(t, out, text)
		}
		if args == nil {
			require.Contains(t, out, "the account is closed")
			require.Contains(t, out, "--since="+time.Now().UTC().Format("2006-"))
		}
	}
	p.exec(`DROP TRIGGER closed ON mock_charges`)
	for _, charges := range []string{"1", "0"} {
		code, out := runRestored(t, p.cfg)
		require.Zero(t, code, out)
		require.Contains(t, out, charges+" charges have no payment here")
	}
	require.Zero(t, p.count(`SELECT count(*) FROM mock_charges WHERE amount = 4200 AND status <> 'REFUNDED'`))
	p.boot()
	code, report, _ := runCheck(t, p.cfg.PostgresURL)
	require.Zero(t, code, report)
}

// reference returns the number of a booking.
func (b *backedUp) reference(id string) eventra.Reference {
	b.t.Helper()
	number, err := eventra.ParseReference(b.must(200, "GET", "/bookings/"+id, b.token, nil).text("reference"))
	require.NoError(b.t, err)
	return number
}

// seatMapVersion returns the version of the event's seat map.
func (b *backedUp) seatMapVersion() float64 {
	b.t.Helper()
	return b.must(200, "GET", "/events/"+b.event+"/seats", "", nil).body["version"].(float64)
}
