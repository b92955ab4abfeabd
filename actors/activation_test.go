package actors

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
	"github.com/eventra/eventra/groupcommit"
)

// stage is an environment in which time stands still and answers are kept.
type stage struct {
	environment
	serves bool
	said   []*reply
}

func (s *stage) serving() bool            { return s.serves }
func (s *stage) Now() time.Time           { return time.Time{} }
func (s *stage) send(_ replyTo, r *reply) { s.said = append(s.said, r) }
func (s *stage) Run(func())               {} // a batch completes when a test says so
func (s *stage) arm(*arm)                 {}

func (s *stage) last(t *testing.T) *reply {
	require.NotEmpty(t, s.said)
	return s.said[len(s.said)-1]
}

// houseOf is one row of so many seats, on sale.
func houseOf(t *testing.T, seats int) *eventra.SeatMap {
	house := &eventra.Snapshot{States: make([]eventra.StoredState, seats),
		Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: 60, MaxSeatsPerBooking: 1}}
	for i := range seats {
		house.Seats = append(house.Seats, eventra.Seat{Section: "A", Row: "1", Number: i + 1})
	}
	m, err := eventra.NewSeatMap(house)
	require.NoError(t, err)
	return m
}

// TestWhoMayNotServeShowsNothing: what it knows may have been sold by the next
// owner. Only its own instance is told what it knew last.
func TestWhoMayNotServeShowsNothing(t *testing.T) {
	t.Parallel()
	for phase, serves := range map[phase]bool{loading: true, active: true, down: true, moving: false, retired: false} {
		for _, lease := range []bool{true, false} {
			t.Run(fmt.Sprint(activationStates[phase], lease), func(t *testing.T) {
				s := &stage{serves: lease}
				a := &activation{shared: &shared{Dependencies: &Dependencies{}}, environment: s, id: eventra.ID(uuid.New()), phase: phase, seats: houseOf(t, 1)}
				a.nextLoad = a.Now().Add(time.Hour)
				anyone := actor.NewPID("elsewhere", "anyone")
				for name, question := range map[string]any{
					"seats": &readSeats{}, "counters": &readAvailability{},
					"seats, from another member":    &wire.Envelope{Event: a.id[:], Body: &wire.Envelope_ReadSeats{ReadSeats: &wire.ReadSeats{}}},
					"counters, from another member": &wire.Envelope{Event: a.id[:], Body: &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}},
				} {
					a.handle(anyone, question)
					if serves && lease {
						require.NoError(t, s.last(t).err, name)
					} else {
						require.ErrorIs(t, s.last(t).err, cluster.ErrMoved, name)
					}
				}
				a.handle(anyone, &readLastKnown{})
				require.NotNil(t, s.last(t).seats)
				require.NotNil(t, s.last(t).availability)
			})
		}
	}
}

// TestWhoComesLaterIsServedLater, however many come: while more wait than a
// batch holds, those who come after it has left must not fill the next one.
func TestWhoComesLaterIsServedLater(t *testing.T) {
	t.Parallel()
	const all = 5 * groupcommit.BatchChangesMax
	s := &stage{serves: true}
	a := &activation{shared: newShared(&Dependencies{QueueMax: all}, s, nil),
		environment: s, phase: active, seats: houseOf(t, all), filling: &batch{}, stats: &statistics{}}
	asked := 0
	ask := func(more int) {
		for range more {
			asked++
			a.handle(actor.NewPID("here", "buyer"), &request{deadline: a.Now().Add(time.Second), command: &eventra.HoldSeats{
				BookingID: eventra.ID(uuid.New()), UserID: eventra.ID(uuid.New()), Seats: []string{"A-1-" + strconv.Itoa(asked)}}})
		}
	}
	ask(2*groupcommit.BatchChangesMax + 2*groupcommit.BatchChangesMax/3)
	for a.inFlight != nil {
		a.handle(nil, &completed{a.inFlight})
		ask(min(groupcommit.BatchChangesMax/3, all-asked))
	}
	require.Len(t, s.said, all)
	for i, r := range s.said {
		require.NoError(t, r.err)
		require.Equal(t, i+1, r.booking.Seats[0].Number)
	}
}
