package persistencetest

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// redisDatabases is how many databases the development stack's Redis has. Number 0
// only has the counter of databases given out.
const redisDatabases = 1024

// RedisURL returns where the tests' server is.
func RedisURL(t testing.TB) string {
	t.Helper()
	return Server(t, "EVENTRA_REDIS_URL")
}

// NewRedis returns the URL of an empty Redis database for this test alone,
// whatever other packages run at the same time.
func NewRedis(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(RedisURL(t))
	require.NoError(t, err)
	u.Path = "/0"
	counter := redisClient(t, u.String())
	taken, err := counter.Incr(context.Background(), "eventra:test:databases").Result()
	require.NoError(t, err)

	u.Path = fmt.Sprintf("/%d", 1+taken%(redisDatabases-1))
	database := redisClient(t, u.String())
	empty := func() { require.NoError(t, database.FlushDB(context.Background()).Err()) }
	empty()
	t.Cleanup(empty)
	return u.String()
}

func redisClient(t testing.TB, server string) *redis.Client {
	options, err := redis.ParseURL(server)
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}
