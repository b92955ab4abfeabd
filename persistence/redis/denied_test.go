package redis_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

// authority is a source as the database's.
type authority struct {
	mu     sync.Mutex
	tokens []eventra.DeniedToken
	away   bool
}

func (a *authority) deny(id eventra.ID, deniedAt, until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = append(a.tokens, eventra.DeniedToken{AccessID: id, DeniedAt: deniedAt, ExpiresAt: until})
}

func (a *authority) setAway(away bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
}

func (a *authority) DeniedSince(_ context.Context, after time.Time) (tokens []eventra.DeniedToken, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.away {
		return nil, errors.New("away")
	}
	for _, token := range a.tokens {
		if token.DeniedAt.After(after) {
			tokens = append(tokens, token)
		}
	}
	return tokens, nil
}

func denied(t *testing.T, url string, source redis.DeniedSource) *redis.DeniedTokens {
	d := redis.NewDeniedTokens(openURL(t, url))
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx, source) })
	t.Cleanup(func() { stop(); running.Wait() })
	return d
}

func TestALoggedOutTokenIsKnownHereAtOnceAndThereSoon(t *testing.T) {
	t.Parallel()
	url, silent := persistencetest.NewRedis(t), &authority{}
	here, there := denied(t, url, silent), denied(t, url, silent)
	require.Eventually(t, func() bool { // until both listen
		id := newID()
		here.Deny(id, time.Now().Add(time.Minute))
		require.True(t, here.Denied(id))
		for deadline := time.Now().Add(100 * time.Millisecond); time.Now().Before(deadline); {
			if there.Denied(id) {
				return true
			}
		}
		return false
	}, soon, tick)
	require.False(t, there.Denied(newID()))
}

func TestTheAuthorityTellsWhatRedisLost(t *testing.T) {
	t.Parallel()
	proxy, url := persistencetest.ProxyTo(t, persistencetest.NewRedis(t))
	proxy.Cut()
	source, now := &authority{}, time.Now()
	old, late, new := newID(), newID(), newID()
	source.deny(old, now.Add(-10*time.Minute), now.Add(time.Minute))

	d := denied(t, url, source)
	require.Eventually(t, d.Ready, soon, tick)
	require.True(t, d.Denied(old), "whoever is ready knows all that was denied before")

	source.deny(new, now, now.Add(time.Minute))
	require.Eventually(t, func() bool { return d.Denied(new) }, soon, tick)
	source.deny(late, now.Add(-10*time.Second), now.Add(time.Minute))
	require.Eventually(t, func() bool { return d.Denied(late) }, soon, tick, "a row that came to be seen after a later one")
}

func TestNotReadyBeforeTheAuthorityAnswered(t *testing.T) {
	t.Parallel()
	source := &authority{away: true}
	id := newID()
	source.deny(id, time.Now(), time.Now().Add(time.Minute))
	d := denied(t, persistencetest.NewRedis(t), source)
	require.Never(t, d.Ready, 100*time.Millisecond, tick)

	source.setAway(false)
	require.Eventually(t, d.Ready, soon, tick)
	require.True(t, d.Denied(id))

	source.setAway(true)
	require.True(t, d.Ready(), "what is known is known")
}

func TestDenialsEndWithTheToken(t *testing.T) {
	t.Parallel()
	d := redis.NewDeniedTokens(open(t))
	id := newID()
	d.Deny(id, time.Now().Add(time.Hour))
	d.Deny(id, time.Now().Add(-time.Hour))
	require.True(t, d.Denied(id), "the later end counts")

	brief := newID()
	d.Deny(brief, time.Now().Add(20*time.Millisecond))
	require.Eventually(t, func() bool { return !d.Denied(brief) }, soon, tick)
}

func TestStrangeNewsAreIgnored(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	d, client := denied(t, url, &authority{}), peek(t, url)
	require.Eventually(t, func() bool {
		for _, message := range []string{"", "x", "x y", newID().String(), newID().String() + " soon", " 1"} {
			client.Publish(t.Context(), "eventra:denied", message)
		}
		id := newID()
		client.Publish(t.Context(), "eventra:denied", id.String()+" 99999999999999")
		for deadline := time.Now().Add(100 * time.Millisecond); time.Now().Before(deadline); {
			if d.Denied(id) {
				return true
			}
		}
		return false
	}, soon, tick)
}
