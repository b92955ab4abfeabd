//go:build !race

package actors_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
)

// lineage is a store whose commits a test can lose.
type lineage struct {
	is    atomic.Pointer[eventra.Lineage]
	looks atomic.Int32
}

func (l *lineage) Lineage(context.Context) (eventra.Lineage, error) {
	defer l.looks.Add(1)
	return *l.is.Load(), nil
}

// watch lets a member notice lost commits until the test ends.
func (l *lineage) watch(t *testing.T, m member) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		actors.WatchLineage(ctx, l, m.events, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

func (s *sale) exec(sql string) {
	s.t.Helper()
	require.NoError(s.t, s.db.WithConn(s.t.Context(), 10*time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, sql)
		return err
	}))
}

// A fail-over loses the last commits of an event, to which nobody writes any more. The
// owner and the members that read from it must not show them for ever.
func TestWatchLineage_ShowsNoLostCommits(t *testing.T) {
	t.Parallel()
	s := newSale(t, 1, 3, 600)
	owner, other := s.pair()
	started := time.Now()
	l := &lineage{}
	l.is.Store(&eventra.Lineage{Server: started, Position: 1000})
	l.watch(t, owner)
	l.watch(t, other)
	hold := func(seat string) {
		_, err := s.hold(owner.office, seat)
		require.NoError(t, err)
	}
	statuses := func(m member) (all []eventra.SeatStatus, version uint64, stale bool) {
		view, stale, err := m.events.Seats(testContext(t), s.event)
		require.NoError(t, err)
		return view.Status, view.Version, stale
	}
	require.Eventually(t, func() bool { return l.looks.Load() >= 2 }, 10*time.Second, time.Millisecond)
	hold("A-1-1")
	s.exec(`CREATE TABLE s AS SELECT * FROM seats; CREATE TABLE b AS SELECT * FROM bookings; CREATE TABLE l AS SELECT * FROM booking_seats`)
	lose := func() {
		s.exec(`DELETE FROM booking_seats; DELETE FROM bookings; DELETE FROM seats;
			INSERT INTO seats SELECT * FROM s; INSERT INTO bookings SELECT * FROM b; INSERT INTO booking_seats SELECT * FROM l`)
	}
	for _, now := range []eventra.Lineage{
		{Server: started.Add(time.Hour), Position: 2000}, // another server
		{Server: started.Add(time.Hour), Position: 1500}, // a shorter log
	} {
		hold("A-1-2")
		seen := uint64(0)
		for _, m := range []member{owner, other} {
			all, version, stale := statuses(m)
			require.False(t, stale)
			require.Equal(t, []eventra.SeatStatus{eventra.SeatHeld, eventra.SeatHeld, eventra.SeatAvailable}, all)
			seen = version
		}
		lose()
		l.is.Store(&now)
		for _, m := range []member{owner, other} {
			require.Eventually(t, func() bool {
				all, version, stale := statuses(m)
				return !stale && all[0] == eventra.SeatHeld && all[1] == eventra.SeatAvailable && version > seen
			}, 10*time.Second, 10*time.Millisecond)
		}
	}
}
