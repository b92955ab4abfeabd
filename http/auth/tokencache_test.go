package auth

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokenCache_Forgets(t *testing.T) {
	t.Parallel()
	var c tokenCache
	now := time.Now()
	caller := &Caller{Expires: now.Add(time.Minute)}
	require.Nil(t, c.get("a", now))
	c.put("a", caller)
	require.Same(t, caller, c.get("a", now))
	require.Nil(t, c.get("a", now.Add(time.Minute)), "an expired token is not known any longer")
	for i := range tokenCacheMax {
		c.put(strconv.Itoa(i), caller)
	}
	require.Same(t, caller, c.get("a", now), "still in the old generation, and young again")
	for i := range 2 * tokenCacheMax {
		c.put("x"+strconv.Itoa(i), caller)
	}
	require.Nil(t, c.get("a", now))
	require.LessOrEqual(t, len(c.young)+len(c.old), 2*tokenCacheMax)
}
