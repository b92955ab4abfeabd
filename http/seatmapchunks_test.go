package http

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// house makes a view of rows of 100 seats in sections of ten rows.
func house(seats int) *eventra.SeatsView {
	plan := make([]eventra.Seat, seats)
	for i := range plan {
		plan[i] = eventra.Seat{Section: fmt.Sprint("Block ", i/1000), Row: fmt.Sprint(i / 100 % 10), Number: i%100 + 1,
			Price: eventra.Money{Amount: int64(i/1000)*100 + 4500, Currency: "EUR"}}
	}
	return &eventra.SeatsView{EventID: newID(), Version: 1, Layout: eventra.NewLayout(plan), LayoutVersion: 1,
		Status: make([]eventra.SeatStatus, seats), Changed: make([]uint64, seats)}
}

// changed returns the next version, with other states of some seats.
func changed(view *eventra.SeatsView, seats ...int) *eventra.SeatsView {
	next := *view
	next.Version++
	next.Status, next.Changed = slices.Clone(view.Status), slices.Clone(view.Changed)
	for _, no := range seats {
		next.Status[no], next.Changed[no] = (next.Status[no]+1)%3, next.Version
	}
	return &next
}

// Whatever changes from version to version, an encoding that takes over chunks is that of
// its version.
func TestEncodeChunks_TakeOverWhatIsTheSame(t *testing.T) {
	t.Parallel()
	for _, coding := range []string{"", codingGzip, codingBrotli} {
		for _, section := range []string{"", "Block 1"} {
			t.Run(coding+section, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(1, 2))
				part := seatPart{section: section, bySection: section != ""}
				view := house(3000)
				var before *encodedSeatMap
				for range 40 {
					m := encodeChunks(view, part, coding, before)
					require.Equal(t, string(appendSeatMap(nil, view, part)), unpacked(t, coding, string(m.body)))
					require.LessOrEqual(t, cap(m.body), len(m.body)*5/4+chunkSeats*140)
					seats := make([]int, random.IntN(1<<random.IntN(12)))
					for i := range seats {
						seats[i] = random.IntN(len(view.Status))
					}
					before = m
					if view = changed(view, seats...); random.IntN(8) == 0 { // seats are added
						more := house(len(view.Status) + random.IntN(700))
						view.Layout, view.LayoutVersion = more.Layout, view.Version
						view.Status = append(view.Status, more.Status[len(view.Status):]...)
						view.Changed = append(view.Changed, more.Changed[len(view.Changed):]...)
					}
				}
			})
		}
	}
}

func TestEncodeChunks_EncodeWhatHasChangedAlone(t *testing.T) {
	t.Parallel()
	view := house(5000)
	before := encodeChunks(view, seatPart{}, codingGzip, nil)
	next := changed(view, 600)
	for i := range before.chunks {
		require.Equal(t, i != 600/chunkSeats, before.has(i, next), i)
	}
	other := *next
	other.Layout = house(5000).Layout
	require.False(t, before.has(0, &other), "another layout may have other names")
}

func FuzzEncodeChunks(f *testing.F) {
	f.Add("A", "1", "EUR", uint16(1025), []byte{1, 2, 3})
	f.Add(`"`, "hello hello hello", "\n", uint16(600), []byte{0, 255})
	f.Fuzz(func(t *testing.T, section, row, currency string, n uint16, seats []byte) {
		view := seatView(section, row, currency, 1+int(n)%4096)
		next := changed(view)
		for i, by := range seats {
			if no := i*257 + int(by); no < len(next.Status) {
				next.Status[no], next.Changed[no] = eventra.SeatStatus(by%3), next.Version
			}
		}
		for _, coding := range []string{"", codingGzip, codingBrotli} {
			for _, part := range []seatPart{{}, {section: view.Layout.Seats[0].Section, bySection: true}} {
				m := encodeChunks(next, part, coding, encodeChunks(view, part, coding, nil))
				require.Equal(t, string(appendSeatMap(nil, next, part)), unpacked(t, coding, string(m.body)))
			}
		}
	})
}

// BenchmarkEncodeChunks measures the encoding of 100,000 seats: all of them, after one has
// changed, and after 1,000 that stand anywhere.
func BenchmarkEncodeChunks(b *testing.B) {
	view := house(eventra.SeatsPerEventMax)
	scattered := make([]int, 1000)
	for i := range scattered {
		scattered[i] = i * 99
	}
	for _, coding := range []string{"", codingGzip, codingBrotli} {
		before := encodeChunks(view, seatPart{}, coding, nil)
		for name, next := range map[string]*eventra.SeatsView{"one": changed(view, 5), "scattered": changed(view, scattered...), "all": house(eventra.SeatsPerEventMax)} {
			b.Run("coding="+coding+"/changed="+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					b.ReportMetric(float64(len(encodeChunks(next, seatPart{}, coding, before).body)), "bytes")
				}
			})
		}
		b.Run("coding="+coding+"/at once", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.ReportMetric(float64(len(encodeSoon(coding, appendSeatMap(nil, view, seatPart{})))), "bytes")
			}
		})
	}
}
