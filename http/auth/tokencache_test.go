package auth

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokenCache_Get(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTokenCache(tokenCacheMaxBytes)
		caller := &Caller{Expires: time.Now().Add(time.Minute)}
		require.Nil(t, c.get("a"))
		c.put("a", caller)
		require.Same(t, caller, c.get("a"))
		time.Sleep(time.Minute - time.Nanosecond) //nolint:forbidigo // fake time
		require.Same(t, caller, c.get("a"))
		time.Sleep(time.Nanosecond) //nolint:forbidigo // fake time
		require.Nil(t, c.get("a"), "the token has expired")
		c.put("a", caller)
		time.Sleep(time.Nanosecond) //nolint:forbidigo // fake time
		require.Nil(t, c.get("a"), "the token had expired before it was put")
	})
}

func TestTokenCache_IsBounded(t *testing.T) {
	t.Parallel()
	const maxBytes = 1 << 20
	c := newTokenCache(maxBytes)
	caller := &Caller{Expires: time.Now().Add(time.Hour)}
	text := strings.Repeat("x", 400)
	c.put("used", caller)
	for i := range 2 * maxBytes / len(text) {
		c.put(text+strconv.Itoa(i), caller)
		if i%100 == 0 {
			require.Same(t, caller, c.get("used"), "tokens that are used are kept")
		}
	}
	c.callers.CleanUp()
	require.LessOrEqual(t, c.callers.WeightedSize(), uint64(maxBytes))
	require.Greater(t, c.callers.EstimatedSize(), maxBytes/2/(len(text)+tokenOverheadBytes))
}
