package postgres_test

import (
	"fmt"
	"testing"
)

// BenchmarkCommitHolds holds two seats a booking over one connection. It begins a
// new event when one is sold out.
func BenchmarkCommitHolds(b *testing.B) { benchmarkHolds(b, false) }

// BenchmarkCommitKeyedHolds is the same with an idempotency key each.
func BenchmarkCommitKeyedHolds(b *testing.B) { benchmarkHolds(b, true) }

func benchmarkHolds(b *testing.B, keyed bool) {
	for _, size := range []int{1, 32, 200} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			db := open(b)
			var sale *sale
			holds := 0
			for b.Loop() {
				if sale == nil || sale.left() < 2*size {
					b.StopTimer()
					sale = newSale(b, db, 50_000)
					sale.keyed, sale.together = keyed, true
					b.StartTimer()
				}
				sale.hold(b, size)
				holds += size
			}
			b.ReportMetric(float64(holds)/b.Elapsed().Seconds(), "holds/s")
		})
	}
}
