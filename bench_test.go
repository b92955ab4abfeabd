package eventra_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

// hall makes seats in sections of 50 rows of 20.
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

// BenchmarkSeatMap_Hold holds, commits and releases one seat after the other: two
// decisions and two applications an operation.
func BenchmarkSeatMap_Hold(b *testing.B) {
	for _, seats := range []int{1, 5_000, 100_000} {
		b.Run(fmt.Sprintf("seats=%d", seats), func(b *testing.B) {
			list := hall(seats)
			names := make([]string, seats)
			for i, s := range list {
				names[i] = s.Name()
			}
			f := newFixture(b, testTerms(), list)
			version, user := uint64(0), named("u1")
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				id := bookingNo(n)
				at := n * 7919 % seats // spread over the sections
				for _, cmd := range []eventra.Command{
					&eventra.HoldSeats{BookingID: id, UserID: user, Seats: names[at : at+1]},
					&eventra.ReleaseHold{BookingID: id, UserID: user},
				} {
					version++
					f.Apply(f.Decide(cmd, opening).Change, version, opening)
				}
			}
		})
	}
}

// BenchmarkSeatMap_RefuseHold refuses a seat that is taken.
func BenchmarkSeatMap_RefuseHold(b *testing.B) {
	f := newFixture(b, testTerms(), hall(5_000))
	f.do(b, hold("b1", "u1", "S0-1-1"))
	cmd := hold("b2", "u2", "S0-1-1")
	b.ReportAllocs()
	for b.Loop() {
		f.Decide(cmd, opening)
	}
}

// BenchmarkSeatMap_BestAvailable asks a seat map, from empty to sold out, for two
// seats in any section. The seats that are sold before were best available too:
// pairs first, then single seats once no pair is left.
func BenchmarkSeatMap_BestAvailable(b *testing.B) {
	for _, seats := range []int{5_000, 100_000} {
		for _, percent := range []int{0, 50, 90, 100} {
			b.Run(fmt.Sprintf("seats=%d/sold=%d%%", seats, percent), func(b *testing.B) {
				f := newFixture(b, testTerms(), hall(seats))
				sell(b, f, seats*percent/100)
				cmd := best("pair", 2, "")
				b.ReportAllocs()
				for b.Loop() {
					if d := f.Decide(cmd, opening); d.Verdict == eventra.Accept {
						f.Withdraw(d.Change)
					}
				}
			})
		}
	}
}

func sell(b *testing.B, f *fixture, seats int) {
	want := &eventra.BestAvailable{Quantity: 2}
	for n, sold := 0, 0; sold < seats; n++ {
		d := f.decide(&eventra.HoldSeats{BookingID: bookingNo(n), UserID: named("u1"), Best: want})
		if d.Verdict == eventra.Accept {
			sold += want.Quantity
			f.commit()
			continue
		}
		require.Equal(b, 2, want.Quantity)
		want = &eventra.BestAvailable{Quantity: 1}
	}
}

// BenchmarkNewSeatMap loads an event of 100,000 seats and reports its memory,
// including the snapshot's seats.
func BenchmarkNewSeatMap(b *testing.B) {
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

// BenchmarkOrphanRule decides about picks of one seat in a hall of 100,000 and withdraws
// them: the first seat of a row, which leaves nobody alone; the second one, which does; and
// one of a row's last two, where every row has only two and the search finds nothing.
func BenchmarkOrphanRule(b *testing.B) {
	list := hall(100_000)
	full := newFixture(b, testTerms(), list)
	fillRows(b, full, list)
	open := newFixture(b, testTerms(), list)
	for _, pick := range []struct {
		name  string
		house *fixture
		seat  int
	}{{"clean", open, 0}, {"orphan", open, 1}, {"last", full, 0}} {
		for _, rule := range []eventra.OrphanRule{eventra.OrphanOff, eventra.OrphanWarn, eventra.OrphanStrict} {
			b.Run(fmt.Sprintf("pick=%s/rule=%s", pick.name, rule), func(b *testing.B) {
				pick.house.SetOrphanRule(rule)
				hold := &eventra.HoldSeats{BookingID: bookingNo(1 << 40), UserID: named("u1"), Seats: []string{list[50_000+pick.seat].Name()}}
				b.ReportAllocs()
				for b.Loop() {
					if d := pick.house.Decide(hold, opening); d.Verdict == eventra.Accept {
						pick.house.Withdraw(d.Change)
					}
				}
			})
		}
	}
}

// fillRows takes all but the first two seats of each row.
func fillRows(b *testing.B, f *fixture, list []eventra.Seat) {
	for first := 0; first < len(list); first += 20 {
		for from := first + 2; from < first+20; from += 6 {
			cmd := &eventra.HoldSeats{BookingID: bookingNo(from), UserID: named("u9")}
			for _, seat := range list[from : from+6] {
				cmd.Seats = append(cmd.Seats, seat.Name())
			}
			d := f.Decide(cmd, opening)
			require.Equal(b, eventra.Accept, d.Verdict, "%v", d.Err)
			f.Apply(d.Change, f.Version()+1, opening)
		}
	}
}
