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

// source is a DeniedSource in memory.
type source struct {
	mu     sync.Mutex
	tokens []eventra.Denial
	away   bool
}

func (s *source) deny(id eventra.ID, deniedAt, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, eventra.Denial{Subject: id, BelowVersion: eventra.AllVersions, DeniedAt: deniedAt, ExpiresAt: until})
}

func (s *source) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *source) DeniedSince(_ context.Context, after time.Time) (tokens []eventra.Denial, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errors.New("away")
	}
	for _, token := range s.tokens {
		if token.DeniedAt.After(after) {
			tokens = append(tokens, token)
		}
	}
	return tokens, nil
}

// session is a token of a session.
func session(id eventra.ID) *eventra.AccessTokenID {
	return &eventra.AccessTokenID{AccessID: newID(), SessionID: id, UserID: newID()}
}

func denialOf(subject eventra.ID, until time.Time) eventra.Denial {
	return eventra.Denial{Subject: subject, BelowVersion: eventra.AllVersions, ExpiresAt: until}
}

func TestDeniedTokens_EndByTokenSessionOrUser(t *testing.T) {
	t.Parallel()
	d := redis.NewDeniedTokens(open(t))
	token := eventra.AccessTokenID{AccessID: newID(), SessionID: newID(), UserID: newID(), Version: 3}
	require.False(t, d.Denied(&token))
	for name, subject := range map[string]eventra.ID{"token": token.AccessID, "session": token.SessionID} {
		own := redis.NewDeniedTokens(open(t))
		own.Deny(denialOf(subject, time.Now().Add(time.Minute)))
		require.True(t, own.Denied(&token), name)
	}
	below := func(version int) eventra.Denial {
		return eventra.Denial{Subject: token.UserID, BelowVersion: version, ExpiresAt: time.Now().Add(time.Minute)}
	}
	d.Deny(below(3))
	require.False(t, d.Denied(&token), "it was issued after the change")
	d.Deny(below(4))
	require.True(t, d.Denied(&token))
	d.Deny(below(3))
	require.True(t, d.Denied(&token), "the wider denial counts")
	other := token
	other.UserID = newID()
	require.False(t, d.Denied(&other))
}

func denied(t *testing.T, url string, source redis.DeniedSource) *redis.DeniedTokens {
	d := redis.NewDeniedTokens(openURL(t, url))
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx, source) })
	t.Cleanup(func() { stop(); running.Wait() })
	return d
}

func TestDeniedTokens_AreKnownHereAtOnceAndElsewhereSoon(t *testing.T) {
	t.Parallel()
	url, empty := persistencetest.NewRedis(t), &source{}
	here, there := denied(t, url, empty), denied(t, url, empty)
	require.Eventually(t, func() bool { // until both listen
		id := newID()
		here.Deny(denialOf(id, time.Now().Add(time.Minute)))
		require.True(t, here.Denied(session(id)))
		for deadline := time.Now().Add(100 * time.Millisecond); time.Now().Before(deadline); {
			if there.Denied(session(id)) {
				return true
			}
		}
		return false
	}, soon, tick)
	require.False(t, there.Denied(session(newID())))
}

func TestDeniedTokens_ReadsFromTheSourceWhatRedisLost(t *testing.T) {
	t.Parallel()
	proxy, url := persistencetest.ProxyTo(t, persistencetest.NewRedis(t))
	proxy.Cut()
	src, now := &source{}, time.Now()
	old, late, new := newID(), newID(), newID()
	src.deny(old, now.Add(-10*time.Minute), now.Add(time.Minute))

	d := denied(t, url, src)
	require.Eventually(t, d.Ready, soon, tick)
	require.True(t, d.Denied(session(old)), "it is ready, so it has all tokens that were denied before")

	src.deny(new, now, now.Add(time.Minute))
	require.Eventually(t, func() bool { return d.Denied(session(new)) }, soon, tick)
	src.deny(late, now.Add(-10*time.Second), now.Add(time.Minute))
	require.Eventually(t, func() bool { return d.Denied(session(late)) }, soon, tick, "a row that became visible after a later one")
}

func TestDeniedTokens_NotReadyBeforeTheSourceAnswered(t *testing.T) {
	t.Parallel()
	src := &source{away: true}
	id := newID()
	src.deny(id, time.Now(), time.Now().Add(time.Minute))
	d := denied(t, persistencetest.NewRedis(t), src)
	require.Never(t, d.Ready, 100*time.Millisecond, tick)

	src.setAway(false)
	require.Eventually(t, d.Ready, soon, tick)
	require.True(t, d.Denied(session(id)))

	src.setAway(true)
	require.True(t, d.Ready(), "it keeps the tokens that it has")
}

func TestDeniedTokens_EndWithTheToken(t *testing.T) {
	t.Parallel()
	d := redis.NewDeniedTokens(open(t))
	id := newID()
	d.Deny(denialOf(id, time.Now().Add(time.Hour)))
	d.Deny(denialOf(id, time.Now().Add(-time.Hour)))
	require.True(t, d.Denied(session(id)), "the later end counts")

	brief := newID()
	d.Deny(denialOf(brief, time.Now().Add(20*time.Millisecond)))
	require.Eventually(t, func() bool { return !d.Denied(session(brief)) }, soon, tick)
}

func TestDeniedTokens_IgnoresMalformedAnnouncements(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	d, client := denied(t, url, &source{}), peek(t, url)
	require.Eventually(t, func() bool {
		for _, message := range []string{"", "x", "x y", newID().String(), newID().String() + " soon", " 1", newID().String() + " 1 x"} {
			client.Publish(t.Context(), "eventra:denied", message)
		}
		id := newID()
		client.Publish(t.Context(), "eventra:denied", id.String()+" 99999999999999")
		for deadline := time.Now().Add(100 * time.Millisecond); time.Now().Before(deadline); {
			if d.Denied(session(id)) {
				return true
			}
		}
		return false
	}, soon, tick)
}
