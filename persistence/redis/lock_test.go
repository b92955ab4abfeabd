package redis_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

func request(booking eventra.ID, seats ...eventra.SeatNo) eventra.LockRequest {
	return eventra.LockRequest{BookingID: booking, Seats: seats}
}

// of returns the requests for seats of an event.
func of(event eventra.ID, requests []eventra.LockRequest) []eventra.LockRequest {
	requests = slices.Clone(requests)
	for i := range requests {
		requests[i].EventID = event
	}
	return requests
}

func TestLocks_LockTakesAllSeatsOrNone(t *testing.T) {
	t.Parallel()
	a, b := newID(), newID()
	for name, test := range map[string]struct {
		before, requests []eventra.LockRequest
		refused          []bool
		free             []eventra.SeatNo // afterwards
	}{
		"free seats":                 {nil, []eventra.LockRequest{request(a, 1, 2), request(b, 3)}, []bool{false, false}, []eventra.SeatNo{4}},
		"one of several is taken":    {[]eventra.LockRequest{request(a, 2)}, []eventra.LockRequest{request(b, 1, 2, 3)}, []bool{true}, []eventra.SeatNo{1, 3}},
		"others in the batch go on":  {[]eventra.LockRequest{request(a, 2)}, []eventra.LockRequest{request(b, 2), request(newID(), 3)}, []bool{true, false}, nil},
		"two in one batch":           {nil, []eventra.LockRequest{request(a, 1, 2), request(b, 2, 3)}, []bool{false, true}, []eventra.SeatNo{3}},
		"its own lock counts":        {[]eventra.LockRequest{request(a, 1)}, []eventra.LockRequest{request(a, 1, 2)}, []bool{false}, nil},
		"no requests":                {nil, nil, nil, []eventra.SeatNo{1}},
		"a booking without seats":    {nil, []eventra.LockRequest{request(a), request(b, 1)}, []bool{false, false}, nil},
		"refused ones take no seats": {[]eventra.LockRequest{request(a, 1)}, []eventra.LockRequest{request(b, 1, 2), request(newID(), 2)}, []bool{true, false}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			locks, event := redis.NewLocks(open(t)), newID()
			_, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, test.before))
			require.NoError(t, err)

			refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, test.requests))
			require.NoError(t, err)
			require.Equal(t, test.refused, refused)
			if len(test.free) > 0 {
				refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(newID(), test.free...)}))
				require.NoError(t, err)
				require.Equal(t, []bool{false}, refused, "these seats are free")
			}
			refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, of(newID(), test.requests))
			require.NoError(t, err)
			require.NotContains(t, refused[:min(1, len(refused))], true, "seats of another event are free")
		})
	}
}

func TestLocks_LockIsTakenByOneOfMany(t *testing.T) {
	t.Parallel()
	locks, event := redis.NewLocks(open(t)), newID()
	var got atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(newID(), 7, 8)}))
			if err == nil && !refused[0] {
				got.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, got.Load())
}

func TestLocks_EndByThemselves(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	_, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(newID(), 1)}))
	require.NoError(t, err)

	key := "eventra:lock:{" + event.String() + "}:1"
	ttl, err := client.PTTL(t.Context(), key).Result()
	require.NoError(t, err)
	require.Greater(t, ttl, time.Duration(0))
	require.LessOrEqual(t, ttl, 5*time.Second)
}

func TestLocks_ReleaseDropsOnlyTheBookingsOwnLocks(t *testing.T) {
	t.Parallel()
	locks, event := redis.NewLocks(open(t)), newID()
	owner, other := newID(), newID()
	_, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(owner, 1, 2)}))
	require.NoError(t, err)

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Unlock: of(event, []eventra.LockRequest{request(other, 1, 2)})}))
	refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(other, 1)}))
	require.NoError(t, err)
	require.Equal(t, []bool{true}, refused, "another booking's release frees nothing")

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Unlock: of(event, []eventra.LockRequest{request(owner, 1, 2)})}))
	refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(other, 1, 2)}))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, refused)
}

func TestLocks_LockReleasesFirst(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	before, next := newID(), newID()
	_, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(before, 1)}))
	require.NoError(t, err)

	ended := eventra.LockRelease{
		Unlock: of(event, []eventra.LockRequest{request(before, 1)}),
		Held:   []eventra.HoldKey{{HoldRef: eventra.HoldRef{EventID: event, BookingID: before}, TTL: time.Minute}},
	}
	refused, err := locks.Lock(t.Context(), ended, of(event, []eventra.LockRequest{request(next, 1)}))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, refused, "the seat was released before")
	require.EqualValues(t, 2, client.DBSize(t.Context()).Val(), "the new lock, and the key of the hold")
}

func TestLocks_ReleaseKeepsHoldKeys(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	held, late := newID(), newID()
	hold := func(booking eventra.ID) eventra.HoldRef { return eventra.HoldRef{EventID: event, BookingID: booking} }
	key := func(booking eventra.ID) string { return "eventra:hold:{" + event.String() + "}:" + booking.String() }

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Held: []eventra.HoldKey{
		{HoldRef: hold(held), TTL: time.Minute}, {HoldRef: hold(late), TTL: -time.Second}, {HoldRef: hold(late)},
	}}))
	ttl, err := client.PTTL(t.Context(), key(held)).Result()
	require.NoError(t, err)
	require.InDelta(t, time.Minute.Seconds(), ttl.Seconds(), 30)
	require.Zero(t, client.Exists(t.Context(), key(late)).Val(), "a past deadline needs no key")

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Ended: []eventra.HoldRef{hold(held), hold(late)}}))
	require.Zero(t, client.Exists(t.Context(), key(held)).Val())
	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{}), "nothing to do")
}

// A restarted server knows no scripts. The command is global, so tests that run at
// the same time meet such a server, too.
func TestLocks_SendScriptsAgainToARestartedServer(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	a, b := newID(), newID()
	for range 3 {
		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(a, 1)}))
		require.NoError(t, err)
		require.Equal(t, []bool{false}, refused)

		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{
			Unlock: of(event, []eventra.LockRequest{request(a, 1)}),
			Held:   []eventra.HoldKey{{HoldRef: eventra.HoldRef{EventID: event, BookingID: a}, TTL: time.Minute}},
		}))
		require.EqualValues(t, 1, client.DBSize(t.Context()).Val(), "the hold's key alone")
		a, b = b, a
		require.NoError(t, client.FlushDB(t.Context()).Err())
	}
}

func TestLocks_LockTakesALargeBatch(t *testing.T) {
	t.Parallel()
	locks, event := redis.NewLocks(open(t)), newID()
	var requests []eventra.LockRequest
	for i := range eventra.SeatNo(1000) {
		r := request(newID())
		for j := range eventra.SeatNo(10) {
			r.Seats = append(r.Seats, 10*i+j)
		}
		requests = append(requests, r)
	}
	var refused []bool
	var err error
	require.Eventually(t, func() bool { // a busy machine may take longer than the client's timeout
		refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, of(event, requests))
		return err == nil
	}, soon, tick)
	require.NotContains(t, refused, true)
	require.Eventually(t, func() bool {
		return locks.Release(t.Context(), eventra.LockRelease{Unlock: of(event, requests)}) == nil
	}, soon, tick)
	refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, of(event, []eventra.LockRequest{request(newID(), 0, 999, 1000, 5555, 9999)}))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, refused)
}
