package http

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestTokenCacheForgets(t *testing.T) {
	t.Parallel()
	var c tokenCache
	now := time.Now()
	who := &caller{Expires: now.Add(time.Minute)}
	require.Nil(t, c.get("a", now))
	c.put("a", who)
	require.Same(t, who, c.get("a", now))
	require.Nil(t, c.get("a", now.Add(time.Minute)), "what is over is not known any more")
	for i := range tokenCacheMax {
		c.put(strconv.Itoa(i), who)
	}
	require.Same(t, who, c.get("a", now), "still in the old generation, and young again")
	for i := range 2 * tokenCacheMax {
		c.put("x"+strconv.Itoa(i), who)
	}
	require.Nil(t, c.get("a", now))
	require.LessOrEqual(t, len(c.young)+len(c.old), 2*tokenCacheMax)
}

func TestAVerifiedTokenEndsAllTheSame(t *testing.T) {
	t.Parallel()
	i := newTokenIssuer([]byte(testSecret))
	issued := time.Now().Add(-accessTokenLife + time.Second)
	token, err := i.issue(&eventra.User{ID: newID(), Role: eventra.RoleUser}, newID(), issued)
	require.NoError(t, err)
	who, err := i.verify(token)
	require.NoError(t, err)
	again, err := i.verify(token)
	require.NoError(t, err)
	require.Same(t, who, again)
	require.Eventually(t, func() bool { _, err := i.verify(token); return err != nil }, 3*time.Second, 10*time.Millisecond)
}
