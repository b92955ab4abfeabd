package persistencetest

import (
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// floor adds a general-admission section to the event.
func (f *fixture) floor(capacity int) {
	f.t.Helper()
	floor := eventra.Floor{Name: "FLOOR", Capacity: capacity, Price: eventra.Money{Amount: 700, Currency: f.seats[0].Price.Currency}}
	total, err := f.store.AddFloors(f.t.Context(), f.event.ID, NewID(), nil, nil, []eventra.Floor{floor})
	require.NoError(f.t, err)
	require.Equal(f.t, len(f.seats)+capacity, total)
	f.activate()
}

// mixed is a booking of so many places besides seats.
func (f *fixture) mixed(places int, nos ...eventra.SeatNo) *eventra.Booking {
	b := f.booking(nos...)
	for range places {
		b.Items = append(b.Items, eventra.NewPlace(0, "FLOOR", 700))
		b.Total.Amount += 700
	}
	b.Total.Currency = f.seats[0].Price.Currency
	return b
}

// requireTaken requires so many places to be taken, at the version of the last batch that
// changed them.
func (f *fixture) requireTaken(taken int, version uint64) {
	f.t.Helper()
	floor := f.activate().Floors[0]
	require.Equal(f.t, taken, floor.Taken)
	require.Equal(f.t, version, floor.Version)
}

func placesHeld(f *fixture) {
	f.floor(5)
	mixed, places := f.mixed(2, 4), f.mixed(1)
	f.must(change(eventra.Held, mixed), change(eventra.Held, places))
	f.requireTaken(3, f.version)
	stored := f.requireStatus(mixed, eventra.BookingHeld)
	require.Equal(f.t, mixed.Items, stored.Items)

	again, other := f.mixed(1), f.mixed(2)
	again.ID = mixed.ID
	receipt, err := f.commit(change(eventra.Held, again), change(eventra.Held, other))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true, false}, receipt.Refused)
	f.requireTaken(5, f.version)

	tooMany := f.mixed(1, 6)
	_, err = f.commit(change(eventra.Held, tooMany))
	require.ErrorIs(f.t, err, eventra.ErrDiverged)
	f.requireGone(tooMany)
	f.requireSeat(6, eventra.SeatAvailable, nil)
}

func placesGivenBack(f *fixture) {
	f.floor(5)
	b := f.mixed(2, 1)
	f.must(change(eventra.Held, b))
	f.must(change(eventra.Released, b))
	f.requireTaken(0, f.version)
	requireReleased(f.t, b.Items, f.requireStatus(b, eventra.BookingCancelled).Items)

	early, bought := f.mixed(2), f.mixed(3)
	f.must(change(eventra.Held, early), change(eventra.Held, bought))
	receipt, err := f.commit(change(eventra.Expired, early))
	require.NoError(f.t, err)
	require.Equal(f.t, []bool{true}, receipt.Refused, "it is not due")
	p := f.pay(bought, grace)
	f.must(confirmed(bought, p))
	f.requireTaken(5, f.version)
	f.must(change(eventra.Refunded, bought))
	f.requireTaken(2, f.version)
}

func placesChanged(f *fixture) {
	f.floor(5)
	f.must(change(eventra.Held, f.mixed(3)))
	epoch := f.epoch
	few, most, blocked := 2, 4, 1
	_, err := f.store.ChangeFloor(f.t.Context(), f.event.ID, "FLOOR", &few, nil)
	require.Equal(f.t, eventra.CodeCapacityBelowTaken, eventra.CodeOf(err))
	_, err = f.store.ChangeFloor(f.t.Context(), f.event.ID, "ROOF", &few, nil)
	require.Equal(f.t, eventra.CodeNotFound, eventra.CodeOf(err))
	floor, err := f.store.ChangeFloor(f.t.Context(), f.event.ID, "FLOOR", &most, &blocked)
	require.NoError(f.t, err)
	require.Equal(f.t, 3, floor.Taken)
	_, err = f.commit(change(eventra.Held, f.mixed(1)))
	require.ErrorIs(f.t, err, eventra.ErrStaleEpoch)
	require.Greater(f.t, f.activate().Epoch, epoch)
	_, err = f.commit(change(eventra.Held, f.mixed(1)))
	require.ErrorIs(f.t, err, eventra.ErrDiverged, "the place is blocked")

	for _, name := range []string{"FLOOR", "floor", f.seats[0].Section} {
		_, err = f.store.AddFloors(f.t.Context(), f.event.ID, NewID(), nil, nil, []eventra.Floor{{Name: name, Capacity: 1, Price: f.seats[0].Price}})
		require.Equal(f.t, eventra.CodeSeatExists, eventra.CodeOf(err), name)
	}
	_, err = f.store.AddSeats(f.t.Context(), f.event.ID, NewID(), []eventra.Seat{{Section: "FLOOR", Row: "1", Number: 1, Price: f.seats[0].Price}})
	require.Equal(f.t, eventra.CodeSeatExists, eventra.CodeOf(err))
}
