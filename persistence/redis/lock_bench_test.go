package redis_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

// BenchmarkLocks_Lock takes the locks of one batch after the other. Each also tells
// what became of the one before.
func BenchmarkLocks_Lock(b *testing.B) {
	const bookings = 128
	for _, seats := range []int{1, 4} {
		b.Run(fmt.Sprintf("seats=%d", seats), func(b *testing.B) {
			url := persistencetest.NewRedis(b)
			locks, client := redis.NewLocks(openURL(b, url)), peek(b, url)
			before := serverTime(b, client)
			var released eventra.LockRelease
			event, done := newID(), 0
			for b.Loop() {
				var batch []eventra.LockRequest
				for range bookings {
					batch = append(batch, eventra.LockRequest{EventID: event, BookingID: newID()})
					for range seats {
						batch[len(batch)-1].Seats = append(batch[len(batch)-1].Seats, eventra.SeatNo(done%100_000))
						done++
					}
				}
				refused, err := locks.Lock(b.Context(), released, batch)
				require.NoError(b, err)
				require.NotContains(b, refused, true)
				released = eventra.LockRelease{Unlock: batch}
				for _, request := range batch {
					released.Held = append(released.Held, eventra.HoldKey{TTL: time.Minute,
						HoldRef: eventra.HoldRef{EventID: event, BookingID: request.BookingID}})
				}
			}
			b.ReportMetric(float64((serverTime(b, client)-before).Nanoseconds())/float64(done/seats), "redis-ns/booking")
		})
	}
}

var usedCPU = regexp.MustCompile(`used_cpu_(?:sys|user):([0-9.]+)`)

// serverTime is the CPU time of Redis.
func serverTime(b *testing.B, client *goredis.Client) (total time.Duration) {
	b.Helper()
	info, err := client.Info(b.Context(), "cpu").Result()
	require.NoError(b, err)
	for _, used := range usedCPU.FindAllStringSubmatch(info, -1) {
		seconds, err := strconv.ParseFloat(used[1], 64)
		require.NoError(b, err)
		total += time.Duration(seconds * float64(time.Second))
	}
	return total
}
