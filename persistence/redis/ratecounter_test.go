package redis_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

func counters(t *testing.T, url string) *redis.RateCounters {
	r := redis.NewRateCounters(openURL(t, url))
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return r
}

func TestRateCounters_TakeCountsPerClassSubjectAndWindow(t *testing.T) {
	t.Parallel()
	r := redis.NewRateCounters(open(t))
	now := time.Date(2027, 1, 1, 12, 0, 30, 0, time.UTC)
	take := func(class, subject string, at time.Time, n int) int {
		return r.Take(class, subject, time.Minute, at, n)
	}

	require.Equal(t, 0, take("a", "x", now, 0), "it only reads")
	require.Equal(t, 1, take("a", "x", now, 1))
	require.Equal(t, 3, take("a", "x", now.Add(29*time.Second), 2))
	require.Equal(t, 1, take("b", "x", now, 1), "another class")
	require.Equal(t, 1, take("a", "y", now, 1), "another subject")
	require.Equal(t, 1, r.Take("a", "x", time.Hour, now, 1), "another window's length")
	require.Equal(t, 1, take("a", "x", now.Add(30*time.Second), 1), "the next window")
	require.Equal(t, 2, take("a", "x", now, 1), "a clock that lags counts in the present window")
}

func TestRateCounters_InstancesShareOneBudget(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	a, b := counters(t, url), counters(t, url)
	now := time.Now()
	take := func(r *redis.RateCounters, n int) int { return r.Take("bookings", "user", time.Hour, now, n) }

	require.Equal(t, 10, take(a, 10))
	require.Equal(t, 5, take(b, 5))
	require.Eventually(t, func() bool { return take(b, 0) == 15 && take(a, 0) == 15 }, soon, tick)

	require.Equal(t, 16, take(a, 1))
	require.Eventually(t, func() bool { return take(b, 0) == 16 }, soon, tick)
	require.Equal(t, 0, a.Take("bookings", "other", time.Hour, now, 0))
}

func TestRateCounters_RunSyncsTheLastCountsAtItsEnd(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	a, now := redis.NewRateCounters(openURL(t, url)), time.Now()
	a.Take("c", "s", time.Hour, now, 7)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	a.Run(ctx)

	b := counters(t, url)
	require.Eventually(t, func() bool { return b.Take("c", "s", time.Hour, now, 0) == 7 }, soon, tick)
}

func TestRateCounters_WithoutAServerEachInstanceCountsAlone(t *testing.T) {
	t.Parallel()
	server := persistencetest.NewRedis(t)
	proxy, url := persistencetest.ProxyTo(t, server)
	a, b, now := counters(t, url), counters(t, server), time.Now()
	take := func(r *redis.RateCounters, n int) int { return r.Take("c", "s", time.Hour, now, n) }
	take(b, 2)
	require.Eventually(t, func() bool { return take(a, 0) == 2 }, soon, tick)

	proxy.Cut()
	require.Equal(t, 3, take(a, 1))
	take(b, 1)
	started := time.Now()
	for range 10_000 {
		take(a, 1)
	}
	require.Less(t, time.Since(started), 5*time.Second, "taking does no I/O")

	proxy.Restore()
	require.Eventually(t, func() bool { return take(a, 0) == 10_004 && take(b, 0) == 10_004 }, soon, tick,
		"the counts of the meantime are added: %d, %d", take(a, 0), take(b, 0))
}

func TestRateCounters_TakeLosesNothingBetweenGoroutines(t *testing.T) {
	t.Parallel()
	r, now := counters(t, persistencetest.NewRedis(t)), time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 10_000 {
				r.Take("c", fmt.Sprint(i%7), time.Hour, now, 1)
			}
		})
	}
	all.Wait()
	total := 0
	for i := range 7 {
		total += r.Take("c", fmt.Sprint(i), time.Hour, now, 0)
	}
	require.Equal(t, 80_000, total)
}

func TestRateCounters_BoundSubjectsAndDropPastWindows(t *testing.T) {
	t.Parallel()
	r, now := redis.NewRateCounters(open(t)), time.Now()
	for i := range 600_000 {
		r.Take("c", fmt.Sprint(i), time.Hour, now, 1)
	}
	require.LessOrEqual(t, r.Subjects(), 64*8192)
	require.Greater(t, r.Subjects(), 500_000)

	past := counters(t, persistencetest.NewRedis(t))
	for i := range 1000 {
		past.Take("c", fmt.Sprint(i), time.Millisecond, now, 1)
	}
	require.Eventually(t, func() bool { return past.Subjects() == 0 }, soon, tick)
}

func BenchmarkRateCounters_Take(b *testing.B) {
	r, now := redis.NewRateCounters(open(b)), time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Take("bookings", "user", time.Second, now, 1)
		}
	})
}
