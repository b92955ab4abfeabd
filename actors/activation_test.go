package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
	"github.com/eventra/eventra/groupcommit"
)

// stillEnvironment is an environment in which time stands still. It keeps replies.
type stillEnvironment struct {
	environment
	serves  bool
	replies []*reply
}

func (s *stillEnvironment) serving() bool            { return s.serves }
func (s *stillEnvironment) Now() time.Time           { return time.Time{} }
func (s *stillEnvironment) send(_ replyTo, r *reply) { s.replies = append(s.replies, r) }
func (s *stillEnvironment) Run(func())               {} // a batch completes when a test says so
func (s *stillEnvironment) arm(*arm)                 {}
func (s *stillEnvironment) CPUs() int                { return 1 }

func (s *stillEnvironment) last(t *testing.T) *reply {
	require.NotEmpty(t, s.replies)
	return s.replies[len(s.replies)-1]
}

// seatMapOf is one row of seats on sale.
func seatMapOf(t *testing.T, seats int) *eventra.SeatMap {
	snapshot := &eventra.Snapshot{States: make([]eventra.StoredState, seats),
		Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: 60, MaxSeatsPerBooking: 1}}
	for i := range seats {
		snapshot.Seats = append(snapshot.Seats, eventra.Seat{Section: "A", Row: "1", Number: i + 1})
	}
	m, err := eventra.NewSeatMap(snapshot)
	require.NoError(t, err)
	return m
}

// TestActivation_Read: an activation that must not serve shows nothing, because the
// next owner may have sold seats since. Only its own instance learns what it last
// knew.
func TestActivation_Read(t *testing.T) {
	t.Parallel()
	for phase, serves := range map[phase]bool{loading: true, active: true, down: true, moving: false, retired: false} {
		for _, lease := range []bool{true, false} {
			t.Run(fmt.Sprint(activationStates[phase], lease), func(t *testing.T) {
				s := &stillEnvironment{serves: lease}
				a := &activation{shared: &shared{Dependencies: &Dependencies{}}, environment: s, id: eventra.ID(uuid.New()), phase: phase, seats: seatMapOf(t, 1)}
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

// TestActivation_ReadersWaitForTheLoad: a reader gets the load's outcome, whatever it is,
// and only a bounded number of readers waits.
func TestActivation_ReadersWaitForTheLoad(t *testing.T) {
	t.Parallel()
	snapshot := &eventra.Snapshot{Epoch: 1, Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: 60, MaxSeatsPerBooking: 1}}
	for name, end := range map[string]struct {
		act  func(*activation)
		want eventra.Code
	}{
		"loaded":      {func(a *activation) { a.handle(nil, &loaded{snapshot: snapshot}) }, ""},
		"missing":     {func(a *activation) { a.handle(nil, &loaded{err: eventra.Errorf(eventra.CodeEventNotFound, "gone")}) }, eventra.CodeEventNotFound},
		"store away":  {func(a *activation) { a.handle(nil, &loaded{err: eventra.ErrNotCommitted}) }, eventra.CodeUnavailable},
		"handed over": {(*activation).handOver, eventra.CodeInternal},
		"stopped":     {(*activation).stop, eventra.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &loadEnvironment{stillEnvironment: stillEnvironment{serves: true}}
			a := newActivation(newShared(&Dependencies{QueueMax: 2, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry())}, s, nil), s, eventra.ID{}, &statistics{})
			for range 2 {
				a.handle(nil, &readSeats{})
			}
			require.Empty(t, s.replies)
			a.handle(nil, &readAvailability{})
			require.ErrorIs(t, s.last(t).err, errLoading, "one too many asks again")
			end.act(a)
			require.Len(t, s.replies, 3)
			for _, r := range s.replies[1:] {
				require.Equal(t, end.want, eventra.CodeOf(r.err), "%v", r.err)
				require.Equal(t, end.want == eventra.CodeInternal, errors.Is(r.err, cluster.ErrMoved))
			}
		})
	}
}

// TestActivation_SaysThatItIsOutdated: once an administrator has changed the event, what an
// activation shows is stale until it has read the event again.
func TestActivation_SaysThatItIsOutdated(t *testing.T) {
	t.Parallel()
	snapshot := &eventra.Snapshot{Epoch: 1, Terms: eventra.Terms{Status: eventra.EventPublished, HoldSeconds: 60, MaxSeatsPerBooking: 1}}
	s := &loadEnvironment{stillEnvironment: stillEnvironment{serves: true}}
	a := newActivation(newShared(&Dependencies{QueueMax: 2, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry())}, s, nil), s, eventra.ID{}, &statistics{})
	requireStale := func(want bool) {
		t.Helper()
		for _, question := range []any{&readSeats{}, &readAvailability{}} {
			a.handle(nil, question)
			require.NoError(t, s.last(t).err)
			require.Equal(t, want, s.last(t).stale)
		}
		there, err := decodeReply(a.id, encodeReply(&wire.Envelope{Event: a.id[:]}, s.last(t)))
		require.NoError(t, err)
		require.Equal(t, want, there.stale, "other members are told")
	}
	a.handle(nil, &wake{})
	a.handle(nil, &loaded{snapshot: snapshot})
	requireStale(false)
	a.handle(nil, &reload{})
	requireStale(true)
	a.handle(nil, &loaded{err: eventra.ErrNotCommitted})
	requireStale(true)
	a.handle(nil, &reload{})
	a.handle(nil, &reload{}) // the load may have begun before
	a.handle(nil, &loaded{snapshot: snapshot})
	requireStale(true)
	a.handle(nil, &loaded{snapshot: snapshot})
	requireStale(false)
}

// TestActivation_DecidesInOrder: while more requests wait than a batch holds, later
// requests do not fill the next one before them.
func TestActivation_DecidesInOrder(t *testing.T) {
	t.Parallel()
	const all = 5 * groupcommit.BatchChangesMax
	s := &stillEnvironment{serves: true}
	a := &activation{shared: newShared(&Dependencies{QueueMax: all}, s, nil),
		environment: s, phase: active, seats: seatMapOf(t, all), next: newNext(), stats: &statistics{}}
	asked := 0
	ask := func(more int) {
		for range more {
			asked++
			a.handle(actor.NewPID("here", "buyer"), &request{deadline: a.Now().Add(time.Second), command: &eventra.HoldSeats{
				BookingID: eventra.ID(uuid.New()), UserID: eventra.ID(uuid.New()), Seats: []string{"A-1-" + strconv.Itoa(asked)}}})
		}
	}
	ask(2*groupcommit.BatchChangesMax + 2*groupcommit.BatchChangesMax/3)
	for a.inFlight != nil || a.next.preparing != nil {
		if b := a.next.preparing; b != nil {
			a.handle(nil, &prepared{b})
		}
		a.handle(nil, &completed{a.inFlight})
		ask(min(groupcommit.BatchChangesMax/3, all-asked))
	}
	require.Len(t, s.replies, all)
	for i, r := range s.replies {
		require.NoError(t, r.err)
		require.Equal(t, i+1, r.booking.Items[0].Number)
	}
}

// loadStore counts epochs.
type loadStore struct {
	EventStore
	epochs atomic.Int32
}

func (s *loadStore) Activate(context.Context, eventra.ID) (*eventra.Snapshot, error) {
	s.epochs.Add(1)
	return nil, eventra.Unavailable("postgres", nil)
}

// loadEnvironment keeps concurrent work for the test to run.
type loadEnvironment struct {
	stillEnvironment
	work []func()
}

func (s *loadEnvironment) Run(f func())            { s.work = append(s.work, f) }
func (s *loadEnvironment) tell(any)                {}
func (s *loadEnvironment) forget()                 {}
func (s *loadEnvironment) wakeNextOwner()          {}
func (s *loadEnvironment) stopAfter(time.Duration) {}

// TestActivation_LoadTakesNoEpochAfterItsEnd: a load that waited for its slot while
// the activation retired must not fence off the event's new owner.
func TestActivation_LoadTakesNoEpochAfterItsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*activation){"in use": nil, "retired": (*activation).retire, "stopped": (*activation).stop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, s := &loadStore{}, &loadEnvironment{}
			a := newActivation(newShared(&Dependencies{Store: store}, s, nil), s, eventra.ID{1}, &statistics{})
			a.load()
			if end != nil {
				end(a)
			}
			for _, work := range s.work {
				work()
			}
			require.Equal(t, end == nil, store.epochs.Load() == 1)
			require.Empty(t, a.loads, "the slot is free again")
		})
	}
}
