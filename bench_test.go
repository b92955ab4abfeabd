package eventra_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

// hall makes a house of sections of 50 rows of 20 seats.
func hall(seats int) []eventra.Seat {
	list := make([]eventra.Seat, seats)
	for i := range list {
		list[i] = eventra.Seat{Section: "S" + strconv.Itoa(i/1000), Row: strconv.Itoa(i/20%50 + 1), Number: i%20 + 1,
			Price: eventra.Money{Amount: 1000, Currency: "EUR"}}
	}
	return list
}

// bookingNo makes distinct ids cheaply.
func bookingNo(n int) (id eventra.ID) {
	for i := range 8 {
		id[i] = byte(n >> (8 * i))
	}
	id[15] = 1
	return id
}

// BenchmarkDecideHold holds, commits and releases one seat after the other:
// two decisions and two applications an op.
func BenchmarkDecideHold(b *testing.B) {
	for _, seats := range []int{1, 5_000, 100_000} {
		b.Run(fmt.Sprintf("seats=%d", seats), func(b *testing.B) {
			list := hall(seats)
			names := make([]string, seats)
			for i, s := range list {
				names[i] = s.Name()
			}
			h := newHouse(b, testTerms(), list)
			version, user := uint64(0), named("u1")
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				id := bookingNo(n)
				at := n * 7919 % seats // spread over the house
				for _, cmd := range []eventra.Command{
					&eventra.HoldSeats{BookingID: id, UserID: user, Seats: names[at : at+1]},
					&eventra.ReleaseHold{BookingID: id, UserID: user},
				} {
					version++
					h.Apply(h.Decide(cmd, opening).Change, version, opening)
				}
			}
		})
	}
}

// BenchmarkRefuseHold refuses a seat that is taken.
func BenchmarkRefuseHold(b *testing.B) {
	h := newHouse(b, testTerms(), hall(5_000))
	h.do(b, hold("b1", "u1", "S0-1-1"))
	cmd := hold("b2", "u2", "S0-1-1")
	b.ReportAllocs()
	for b.Loop() {
		h.Decide(cmd, opening)
	}
}

// BenchmarkBestAvailable asks a house, from empty to full, for two seats
// anywhere. What is sold is sold by best available itself, in pairs, and in
// single seats once no pair is left.
func BenchmarkBestAvailable(b *testing.B) {
	for _, seats := range []int{5_000, 100_000} {
		for _, percent := range []int{0, 50, 90, 100} {
			b.Run(fmt.Sprintf("seats=%d/sold=%d%%", seats, percent), func(b *testing.B) {
				h := newHouse(b, testTerms(), hall(seats))
				sell(b, h, seats*percent/100)
				cmd := best("pair", 2, "")
				b.ReportAllocs()
				for b.Loop() {
					if d := h.Decide(cmd, opening); d.Verdict == eventra.Accept {
						h.Withdraw(d.Change)
					}
				}
			})
		}
	}
}

func sell(b *testing.B, h *house, seats int) {
	want := &eventra.BestAvailable{Quantity: 2}
	for n, sold := 0, 0; sold < seats; n++ {
		d := h.decide(&eventra.HoldSeats{BookingID: bookingNo(n), UserID: named("u1"), Best: want})
		if d.Verdict == eventra.Accept {
			sold += want.Quantity
			h.commit()
			continue
		}
		require.Equal(b, 2, want.Quantity)
		want = &eventra.BestAvailable{Quantity: 1}
	}
}

// BenchmarkNewSeatMap100k loads a large house and reports what it weighs, the
// snapshot's seats included.
func BenchmarkNewSeatMap100k(b *testing.B) {
	const seats = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept, err := eventra.NewSeatMap(empty(testTerms(), hall(seats)))
	require.NoError(b, err)
	runtime.GC()
	runtime.ReadMemStats(&after)
	for b.Loop() {
		b.StopTimer()
		snapshot := empty(testTerms(), hall(seats))
		b.StartTimer()
		if _, err := eventra.NewSeatMap(snapshot); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/seats, "B/seat")
	runtime.KeepAlive(kept)
}
