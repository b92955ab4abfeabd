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

func want(booking eventra.ID, seats ...eventra.SeatNo) eventra.LockRequest {
	return eventra.LockRequest{BookingID: booking, Seats: seats}
}

// in are wants of an event's seats.
func in(event eventra.ID, wants []eventra.LockRequest) []eventra.LockRequest {
	wants = slices.Clone(wants)
	for i := range wants {
		wants[i].EventID = event
	}
	return wants
}

func TestLockGivesABookingAllSeatsOrNone(t *testing.T) {
	t.Parallel()
	a, b := newID(), newID()
	for name, test := range map[string]struct {
		before, wants []eventra.LockRequest
		refused       []bool
		free          []eventra.SeatNo // afterwards
	}{
		"free seats":                 {nil, []eventra.LockRequest{want(a, 1, 2), want(b, 3)}, []bool{false, false}, []eventra.SeatNo{4}},
		"one of several is taken":    {[]eventra.LockRequest{want(a, 2)}, []eventra.LockRequest{want(b, 1, 2, 3)}, []bool{true}, []eventra.SeatNo{1, 3}},
		"others in the batch go on":  {[]eventra.LockRequest{want(a, 2)}, []eventra.LockRequest{want(b, 2), want(newID(), 3)}, []bool{true, false}, nil},
		"two in one batch":           {nil, []eventra.LockRequest{want(a, 1, 2), want(b, 2, 3)}, []bool{false, true}, []eventra.SeatNo{3}},
		"its own lock counts":        {[]eventra.LockRequest{want(a, 1)}, []eventra.LockRequest{want(a, 1, 2)}, []bool{false}, nil},
		"nothing wanted":             {nil, nil, nil, []eventra.SeatNo{1}},
		"a booking that wants none":  {nil, []eventra.LockRequest{want(a), want(b, 1)}, []bool{false, false}, nil},
		"refused ones take no seats": {[]eventra.LockRequest{want(a, 1)}, []eventra.LockRequest{want(b, 1, 2), want(newID(), 2)}, []bool{true, false}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			locks, event := redis.NewLocks(open(t)), newID()
			_, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, test.before))
			require.NoError(t, err)

			refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, test.wants))
			require.NoError(t, err)
			require.Equal(t, test.refused, refused)
			if len(test.free) > 0 {
				refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(newID(), test.free...)}))
				require.NoError(t, err)
				require.Equal(t, []bool{false}, refused, "these are free")
			}
			refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, in(newID(), test.wants))
			require.NoError(t, err)
			require.NotContains(t, refused[:min(1, len(refused))], true, "another event's seats are others")
		})
	}
}

func TestOneOfManyGetsTheLock(t *testing.T) {
	t.Parallel()
	locks, event := redis.NewLocks(open(t)), newID()
	var got atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(newID(), 7, 8)}))
			if err == nil && !refused[0] {
				got.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, got.Load())
}

func TestLocksEndByThemselves(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	_, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(newID(), 1)}))
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
	_, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(owner, 1, 2)}))
	require.NoError(t, err)

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Unlock: in(event, []eventra.LockRequest{want(other, 1, 2)})}))
	refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(other, 1)}))
	require.NoError(t, err)
	require.Equal(t, []bool{true}, refused, "somebody else's unlock freed nothing")

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Unlock: in(event, []eventra.LockRequest{want(owner, 1, 2)})}))
	refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(other, 1, 2)}))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, refused)
}

func TestLockSettlesWhatEndedBefore(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	before, next := newID(), newID()
	_, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(before, 1)}))
	require.NoError(t, err)

	ended := eventra.LockRelease{
		Unlock: in(event, []eventra.LockRequest{want(before, 1)}),
		Held:   []eventra.HoldKey{{HoldRef: eventra.HoldRef{EventID: event, BookingID: before}, TTL: time.Minute}},
	}
	refused, err := locks.Lock(t.Context(), ended, in(event, []eventra.LockRequest{want(next, 1)}))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, refused, "the seat was given back on the way")
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
	require.Zero(t, client.Exists(t.Context(), key(late)).Val(), "a deadline that is past needs no key")

	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Ended: []eventra.HoldRef{hold(held), hold(late)}}))
	require.Zero(t, client.Exists(t.Context(), key(held)).Val())
	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{}), "nothing to do")
}

// A server that started anew knows no scripts. The command is global, so this
// test also makes its neighbours meet such a server.
func TestScriptsAreTaughtAgain(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	locks, event, client := redis.NewLocks(openURL(t, url)), newID(), peek(t, url)
	a, b := newID(), newID()
	for range 3 {
		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(a, 1)}))
		require.NoError(t, err)
		require.Equal(t, []bool{false}, refused)

		require.NoError(t, client.ScriptFlush(t.Context()).Err())
		require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{
			Unlock: in(event, []eventra.LockRequest{want(a, 1)}),
			Held:   []eventra.HoldKey{{HoldRef: eventra.HoldRef{EventID: event, BookingID: a}, TTL: time.Minute}},
		}))
		require.EqualValues(t, 1, client.DBSize(t.Context()).Val(), "the hold's key alone")
		a, b = b, a
		require.NoError(t, client.FlushDB(t.Context()).Err())
	}
}

func TestALargeBatchIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	locks, event := redis.NewLocks(open(t)), newID()
	var wants []eventra.LockRequest
	for i := range eventra.SeatNo(1000) {
		w := want(newID())
		for j := range eventra.SeatNo(10) {
			w.Seats = append(w.Seats, 10*i+j)
		}
		wants = append(wants, w)
	}
	refused, err := locks.Lock(t.Context(), eventra.LockRelease{}, in(event, wants))
	require.NoError(t, err)
	require.NotContains(t, refused, true)
	require.NoError(t, locks.Release(t.Context(), eventra.LockRelease{Unlock: in(event, wants)}))
	refused, err = locks.Lock(t.Context(), eventra.LockRelease{}, in(event, []eventra.LockRequest{want(newID(), 0, 9999)}))
	require.NoError(t, err)
	require.Equal(t, []bool{false}, refused)
}
