package redis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

func TestCache_KeepsValuesUntilInvalidated(t *testing.T) {
	t.Parallel()
	cache := redis.NewCache(open(t), time.Minute)
	value, generation, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.Nil(t, value)
	require.NotEmpty(t, generation)

	require.NoError(t, cache.Write(t.Context(), "s", "k", generation, []byte("v\x00\xff")))
	value, same, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.Equal(t, generation, same)
	require.Equal(t, []byte("v\x00\xff"), value)

	require.NoError(t, cache.Invalidate(t.Context(), "another"))
	value, _, err = cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.NotNil(t, value)

	require.NoError(t, cache.Invalidate(t.Context(), "s"))
	value, next, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.Nil(t, value)
	require.NotEqual(t, generation, next)
}

func TestCache_SlowReaderNeverOverwritesNewerData(t *testing.T) {
	t.Parallel()
	cache := redis.NewCache(open(t), time.Minute)
	_, before, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.NoError(t, cache.Invalidate(t.Context(), "s"))
	require.NoError(t, cache.Write(t.Context(), "s", "k", before, []byte("old")))

	value, _, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.Nil(t, value)
}

func TestCache_EvictedGenerationRestoresNothing(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	cache, client := redis.NewCache(openURL(t, url), time.Minute), peek(t, url)
	_, generation, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.NoError(t, cache.Write(t.Context(), "s", "k", generation, []byte("v")))
	ttl := client.PTTL(t.Context(), "eventra:cache:{s}:k").Val()
	require.InDelta(t, 60, ttl.Seconds(), 30)

	require.EqualValues(t, 1, client.Del(t.Context(), "eventra:cache:{s}").Val())
	value, _, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.Nil(t, value)
}

func TestCache_WithoutAServer(t *testing.T) {
	t.Parallel()
	proxy, url := persistencetest.ProxyTo(t, persistencetest.NewRedis(t))
	proxy.Cut()
	cache := redis.NewCache(openURL(t, url), time.Minute)
	_, _, err := cache.Read(t.Context(), "s", "k")
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(cache.Write(t.Context(), "s", "k", "g", []byte("v"))))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(cache.Invalidate(t.Context(), "s")))
}
