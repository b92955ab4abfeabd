package actors

import (
	"fmt"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// stage is a world in which time stands still and answers are kept.
type stage struct {
	world
	serves bool
	said   []*reply
}

func (s *stage) serving() bool            { return s.serves }
func (s *stage) now() time.Time           { return time.Time{} }
func (s *stage) answer(_ asker, r *reply) { s.said = append(s.said, r) }

func (s *stage) last(t *testing.T) *reply {
	require.NotEmpty(t, s.said)
	return s.said[len(s.said)-1]
}

// oneSeat is a house of one seat.
func oneSeat(t *testing.T) *eventra.SeatMap {
	seats, err := eventra.NewSeatMap(&eventra.Snapshot{Seats: []eventra.Seat{{Section: "A", Row: "1", Number: 1}}, States: make([]eventra.StoredState, 1)})
	require.NoError(t, err)
	return seats
}

// TestWhoMayNotServeShowsNothing: what it knows may have been sold by the next
// owner. Only its own instance is told what it knew last.
func TestWhoMayNotServeShowsNothing(t *testing.T) {
	t.Parallel()
	for phase, serves := range map[phase]bool{loading: true, active: true, down: true, moving: false, over: false} {
		for _, lease := range []bool{true, false} {
			t.Run(fmt.Sprint(activationStates[phase], lease), func(t *testing.T) {
				s := &stage{serves: lease}
				a := &activation{Dependencies: &Dependencies{}, world: s, id: eventra.ID(uuid.New()), phase: phase, seats: oneSeat(t)}
				a.nextTry = a.now().Add(time.Hour)
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
				a.handle(anyone, &readLast{})
				require.NotNil(t, s.last(t).seats)
				require.NotNil(t, s.last(t).availability)
			})
		}
	}
}
