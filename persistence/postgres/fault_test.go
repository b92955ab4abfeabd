package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

// faulty is a sale over one connection that can be broken, and a second way to the
// same database.
type faulty struct {
	*sale
	proxy  *persistencetest.Proxy
	direct *postgres.DB
	url    string
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	url := persistencetest.NewDatabase(t)
	proxy, through := persistencetest.ProxyTo(t, url)
	db, err := postgres.Open(t.Context(), through, postgres.Options{MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	f := &faulty{sale: newSale(t, db, 20), proxy: proxy, direct: openAt(t, url), url: url}
	f.hold(t, 1) // its statements are prepared from now on
	return f
}

// attempt sends a hold of one seat.
func (f *faulty) attempt(ctx context.Context) (*eventra.Booking, error) {
	b := f.nextBooking(persistencetest.NewID(), 1)
	f.batch.Version++
	f.batch.Changes = []*eventra.Change{{Kind: eventra.Held, Booking: b}}
	_, err := f.db.Commit(ctx, &f.batch)
	return b, err
}

func (f *faulty) stored(t *testing.T, b *eventra.Booking) bool {
	t.Helper()
	_, err := f.direct.Booking(context.WithoutCancel(t.Context()), b.ID)
	if eventra.CodeOf(err) == eventra.CodeNotFound {
		return false
	}
	require.NoError(t, err)
	return true
}

func (f *faulty) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// blocked locks the next seat's row until release is called.
func (f *faulty) blocked(t *testing.T) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), "BEGIN")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT FROM seats WHERE event_id = $1 AND seat_no = $2 FOR UPDATE", f.event, f.next)
	require.NoError(t, err)
	return func() {
		_, err := conn.Exec(t.Context(), "ROLLBACK")
		require.NoError(t, err)
	}
}

// awaitWaiting returns when n sessions of this database wait for a lock.
func (f *faulty) awaitWaiting(t *testing.T, n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	require.Eventually(t, func() bool {
		var waiting int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting == n
	}, 10*time.Second, time.Millisecond)
}

func TestCommit_IsUnknownWhenItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	f.proxy.SwallowReplies(nil)
	outcome := make(chan error, 1)
	var b *eventra.Booking
	go func() {
		var err error
		b, err = f.attempt(t.Context())
		outcome <- err
	}()
	// No answer reaches the client, and all is committed: a batch is one round trip.
	conn, err := pgx.Connect(t.Context(), f.url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	require.Eventually(t, func() bool {
		var bookings int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM bookings").Scan(&bookings)
		return err == nil && bookings == 2
	}, 10*time.Second, 5*time.Millisecond)
	f.proxy.Cut()
	require.ErrorIs(t, <-outcome, eventra.ErrOutcomeUnknown)
	require.True(t, f.stored(t, b))
}

func TestCommit_IsUnknownPastItsDeadline(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	f.proxy.SwallowReplies(nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := f.attempt(ctx)
	require.ErrorIs(t, err, eventra.ErrOutcomeUnknown)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestCommit_IsNotCommittedWhenItWasNeverSent(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	b, err := f.attempt(done)
	require.ErrorIs(t, err, eventra.ErrNotCommitted)
	require.False(t, f.stored(t, b))

	f.proxy.Cut()
	require.Eventually(t, func() bool {
		b, err = f.attempt(t.Context())
		return errors.Is(err, eventra.ErrNotCommitted)
	}, 10*time.Second, 10*time.Millisecond, "once each open connection has been found broken")
	require.False(t, f.stored(t, b))

	f.proxy.Restore()
	require.Eventually(t, func() bool { return f.db.Ping(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond, "it recovers by itself")
	_, err = f.attempt(t.Context())
	require.NoError(t, err)
}

func TestCommit_EndedByTheServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		function string
		want     error
	}{
		"cancelled: the transaction is aborted":    {"pg_cancel_backend", eventra.ErrNotCommitted},
		"terminated: it may have committed before": {"pg_terminate_backend", eventra.ErrOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t)
			release := f.blocked(t)
			outcome := make(chan error, 1)
			go func() {
				_, err := f.attempt(t.Context())
				outcome <- err
			}()
			f.awaitWaiting(t, 1)
			f.exec(t, "SELECT "+c.function+"(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
			require.ErrorIs(t, <-outcome, c.want)
			release()
		})
	}
}

func TestActivate_WaitsForABatchInFlight(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	release := f.blocked(t)
	outcome := make(chan error, 1)
	go func() {
		_, err := f.attempt(t.Context())
		outcome <- err
	}()
	f.awaitWaiting(t, 1)
	snapshot := make(chan *eventra.Snapshot, 1)
	go func() {
		s, err := f.direct.Activate(t.Context(), f.event)
		if err != nil {
			t.Error(err)
		}
		snapshot <- s
	}()
	f.awaitWaiting(t, 2)
	release()
	require.NoError(t, <-outcome)
	require.Len(t, (<-snapshot).Bookings, 2, "it has what was promised before the take-over")
	_, err := f.attempt(t.Context())
	require.ErrorIs(t, err, eventra.ErrStaleEpoch)
}

func TestDB_IsUnavailableWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	calls := map[string]func(context.Context) error{
		"Ping":     f.db.Ping,
		"Activate": func(ctx context.Context) error { _, err := f.db.Activate(ctx, f.event); return err },
		"PutTerms": func(ctx context.Context) error { return f.db.PutTerms(ctx, persistencetest.NewEvent()) },
		"Begin": func(ctx context.Context) error {
			_, err := f.db.Begin(ctx, &eventra.IdempotencyAttempt{Key: eventra.IdempotencyKey{Key: "k"}, ResourceID: persistencetest.NewID(), Lease: -time.Second})
			return err
		},
		"CreateUser":  func(ctx context.Context) error { return f.db.CreateUser(ctx, persistencetest.NewUser()) },
		"DeleteEvent": func(ctx context.Context) error { return f.db.DeleteEvent(ctx, persistencetest.NewID()) },
		"Due": func(ctx context.Context) error {
			_, err := f.db.Due(ctx, eventra.TicketBox, 1, time.Second)
			return err
		},
	}
	f.proxy.Cut()
	for name, call := range calls {
		begun := time.Now()
		require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(call(t.Context())), name)
		require.Less(t, time.Since(begun), 5*time.Second, name)
	}
	known := func() bool { return strings.Contains(fmt.Sprint(f.db.Ping(t.Context())), "postgres is away") }
	back := func() bool { return f.db.Ping(t.Context()) == nil }
	require.Eventually(t, known, 10*time.Second, 10*time.Millisecond)
	f.proxy.Restore()
	require.Eventually(t, back, 10*time.Second, 10*time.Millisecond)
	for name, call := range calls {
		require.NoError(t, call(t.Context()), name)
	}

	f.proxy.SwallowReplies(nil) // it accepts connections and answers nothing
	for name, call := range calls {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(call(ctx)), name)
		cancel()
		require.Less(t, time.Since(begun), 2*time.Second, name)
	}
	require.Eventually(t, known, 10*time.Second, 10*time.Millisecond, "callers no longer wait")
	f.proxy.Restore()
	require.Eventually(t, back, 10*time.Second, 10*time.Millisecond)
}
