package redis_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	soon = 20 * time.Second // enough for anything awaited, on the slowest machine
	tick = 5 * time.Millisecond
)

func open(t testing.TB) *redis.DB { return openURL(t, persistencetest.NewRedis(t)) }

func openURL(t testing.TB, url string) *redis.DB {
	t.Helper()
	db, err := redis.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// peek opens a client to look at the keys.
func peek(t testing.TB, url string) *goredis.Client {
	t.Helper()
	options, err := goredis.ParseURL(url)
	require.NoError(t, err)
	client := goredis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func newID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }
