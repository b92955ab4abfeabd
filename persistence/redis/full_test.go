package redis_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

// A full Redis that evicts nothing keeps no more pages and takes no more jobs, which wait
// in the outbox. What is outdated is still invalidated, and once there is room again, the
// queue goes on.
func TestRedis_Full(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewSmallRedis(t, "8mb")
	client := peek(t, url)
	cache, q, p := redis.NewCache(openURL(t, url), time.Minute), queue(t, url), newRecorder()
	_, generation, err := cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.NoError(t, cache.Write(t.Context(), "s", "k", generation, []byte("old")))

	fill(t, client)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(cache.Write(t.Context(), "s", "other", generation, []byte("v"))))
	mail := eventra.Tickets(newID())
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(q.Enqueue(t.Context(), []eventra.MailRef{mail})))
	require.NoError(t, cache.Invalidate(t.Context(), "s"))
	value, _, _ := cache.Read(t.Context(), "s", "k")
	require.Nil(t, value)

	require.NoError(t, client.Del(t.Context(), client.Keys(t.Context(), "filling:*").Val()...).Err())
	require.Eventually(t, func() bool { return q.Enqueue(t.Context(), []eventra.MailRef{mail}) == nil }, soon, tick)
	work(t, q, p)
	require.Eventually(t, func() bool { return p.triesOf(mail) == 1 }, soon, tick)
	value, _, err = cache.Read(t.Context(), "s", "k")
	require.NoError(t, err)
	require.Nil(t, value, "the old page does not come back")
}

// fill writes until nothing fits in, in ever smaller pieces.
func fill(t *testing.T, client *goredis.Client) {
	t.Helper()
	no := 0
	for size := 1 << 20; size >= 1; size /= 4 {
		for {
			no++
			err := client.Set(t.Context(), "filling:"+strconv.Itoa(no), strings.Repeat("x", size), 0).Err()
			if goredis.IsOOMError(err) {
				break
			}
			require.NoError(t, err)
		}
	}
}
