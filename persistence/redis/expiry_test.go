package redis_test

import (
	"context"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

// listener records the expiries that Listen announces.
type listener struct {
	mu    sync.Mutex
	heard map[eventra.ID]eventra.ID // event by booking
}

func listen(t *testing.T, db *redis.DB) *listener {
	l := &listener{heard: map[eventra.ID]eventra.ID{}}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		assert.NoError(t, redis.NewHoldExpiries(db).Listen(ctx, func(eventID, bookingID eventra.ID) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.heard[bookingID] = eventID
		}))
	})
	t.Cleanup(func() { stop(); running.Wait() })
	return l
}

func (l *listener) eventOf(booking eventra.ID) eventra.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard[booking]
}

// requireHears lets holds expire until the listener hears of one: a listener that
// is not connected yet misses expiries.
func requireHears(t *testing.T, l *listener, server string) {
	t.Helper()
	db := openURL(t, server)
	locks, client, event := redis.NewLocks(db), peek(t, server), newID()
	require.Eventually(t, func() bool {
		booking := newID()
		held := eventra.LockRelease{Held: []eventra.HoldKey{{HoldRef: eventra.HoldRef{EventID: event, BookingID: booking}, TTL: time.Millisecond}}}
		if locks.Release(t.Context(), held) != nil {
			return false
		}
		for deadline := time.Now().Add(200 * time.Millisecond); time.Now().Before(deadline); {
			client.Exists(t.Context(), "eventra:hold:{"+event.String()+"}:"+booking.String()) // reading the key makes it expire now
			if l.eventOf(booking) == event {
				return true
			}
		}
		return false
	}, soon, tick)
}

func TestHoldExpiries_Listen(t *testing.T) {
	t.Parallel()
	server := persistencetest.NewRedis(t)
	l := listen(t, openURL(t, server))
	requireHears(t, l, server)
}

func TestHoldExpiries_ListenReconnects(t *testing.T) {
	t.Parallel()
	server := persistencetest.NewRedis(t)
	proxy, through := persistencetest.ProxyTo(t, server)
	proxy.Cut()
	l := listen(t, openURL(t, through))
	for range 2 {
		proxy.Restore()
		requireHears(t, l, server)
		proxy.Cut()
	}
}

func TestHoldExpiries_ListenWithoutPermissionToConfigure(t *testing.T) {
	t.Parallel()
	server := persistencetest.NewRedis(t)
	requireHears(t, listen(t, openURL(t, server)), server) // configures the server

	admin, name := peek(t, server), "restricted-"+newID().String()
	require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", name, "on", ">secret", "~*", "&*", "+@all", "-config").Err())
	t.Cleanup(func() { require.NoError(t, admin.Do(context.Background(), "ACL", "DELUSER", name).Err()) })
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.User = url.UserPassword(name, "secret")
	requireHears(t, listen(t, openURL(t, u.String())), server)
}
