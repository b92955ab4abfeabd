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

// placesCounted: an activation leaves out what has places alone once it is CONFIRMED. It is read when it is asked for.
func placesCounted(f *fixture) {
	f.floor(9)
	buy := func(b *eventra.Booking) *eventra.Booking {
		f.must(change(eventra.Held, b))
		p := f.pay(b, grace)
		f.must(confirmed(b, p))
		b.PaymentID = p.ID
		return b
	}
	held, seated, places, others := f.mixed(1), buy(f.mixed(1, 2)), buy(f.mixed(3)), buy(f.mixed(1))
	f.must(change(eventra.Held, held))
	part := f.refund(places, 1, 700, 2)
	f.must(part)
	f.must(f.ended(part.Refund, eventra.RefundSucceeded))

	snapshot := f.activate()
	require.True(f.t, snapshot.PlacesCounted)
	var read []eventra.ID
	for _, b := range snapshot.Bookings {
		read = append(read, b.ID)
		require.NotEmpty(f.t, b.Items)
	}
	require.ElementsMatch(f.t, []eventra.ID{held.ID, seated.ID}, read)
	m, err := eventra.NewSeatMap(snapshot)
	require.NoError(f.t, err)
	require.Equal(f.t, 5, m.View().Floors[0].Booked+m.View().Floors[0].Held)

	of := func(bookings, customers []eventra.ID) (found []eventra.ID) {
		all, err := f.store.ConfirmedOf(f.t.Context(), f.event.ID, bookings, customers)
		require.NoError(f.t, err)
		for _, b := range all {
			found = append(found, b.ID)
			if b.ID == places.ID {
				require.Equal(f.t, []bool{false, true, false}, []bool{b.Items[0].Released, b.Items[1].Released, b.Items[2].Released})
				require.Len(f.t, b.Refunds, 1)
				require.EqualValues(f.t, 700, b.Refunded)
				require.Equal(f.t, places.PaymentID, b.PaymentID)
			}
		}
		m.Ask()
		require.NoError(f.t, m.Learn(bookings, customers, all))
		return found
	}
	require.Empty(f.t, of([]eventra.ID{NewID(), held.ID}, []eventra.ID{NewID()}))
	require.ElementsMatch(f.t, []eventra.ID{places.ID}, of([]eventra.ID{places.ID}, nil))
	require.ElementsMatch(f.t, []eventra.ID{places.ID, others.ID, seated.ID}, of([]eventra.ID{places.ID}, []eventra.ID{places.UserID}))
	require.NotNil(f.t, m.Live(others.ID))
	require.NoError(f.t, m.CheckInvariants())
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

// floorPrices are those of adults and children in the categories of the seats and on the floor.
func (f *fixture) floorPrices(floor int64) *eventra.Pricing {
	var categories []string
	for _, c := range f.seatMap().View().Layout.Pricing.Categories {
		if c.Name != "FLOOR" {
			categories = append(categories, c.Name)
		}
	}
	p := familyPrices(categories...)
	p.Categories = append(p.Categories, eventra.Category{Name: "FLOOR"})
	p.Prices = append(p.Prices, eventra.Price{Category: "FLOOR", TicketType: "Adult", Amount: floor},
		eventra.Price{Category: "FLOOR", TicketType: "Child", Amount: floor / 2})
	return p
}

func placesPriced(f *fixture) {
	f.floor(9)
	derived := f.seatMap().View().Layout.Pricing
	require.Equal(f.t, 700, int(derived.Prices[derived.CategoryNamed("FLOOR")].Amount))
	layout, err := f.store.Layout(f.t.Context(), f.event.ID, len(f.seats))
	require.NoError(f.t, err)
	require.Equal(f.t, derived, layout.Pricing, "readers at other members see the same")

	before := f.holdItems(f.seatMap(), eventra.ItemRequest{Section: "FLOOR", Quantity: 1})
	_, err = f.store.PutPricing(f.t.Context(), f.event.ID, 0, familyPrices(derived.Categories[0].Name))
	require.Equal(f.t, eventra.CodeCategoryInUse, eventra.CodeOf(err))
	f.put(f.floorPrices(3000))
	m := f.seatMap()
	require.EqualValues(f.t, 3000, m.View().Floors[0].Price.Amount)
	require.Equal(f.t, m.Version(), m.View().Floors[0].Changed, "like all seats")
	require.NotZero(f.t, m.View().Floors[0].CategoryNo)
	b := f.holdItems(m, eventra.ItemRequest{Section: "FLOOR", Quantity: 2, TicketType: "Child"}, eventra.ItemRequest{Seat: f.seats[0].Name()},
		eventra.ItemRequest{Section: "FLOOR", Quantity: 1})
	require.EqualValues(f.t, 1500+1500+2000+3000, b.Total.Amount)
	f.requireStored(b)
	f.requireStored(before)

	f.put(f.floorPrices(5000))
	m = f.seatMap()
	require.Equal(f.t, b.Items, m.Live(b.ID).Items, "a hold keeps its prices")
	require.EqualValues(f.t, 2500, f.holdItems(m, eventra.ItemRequest{Section: "FLOOR", Quantity: 1, TicketType: "Child"}).Total.Amount)
}

func placesOfCategory(f *fixture) {
	add := func(floor eventra.Floor, categories ...string) error {
		_, err := f.store.AddFloors(f.t.Context(), f.event.ID, NewID(), nil, categories, []eventra.Floor{floor})
		return err
	}
	categories := f.seatMap().View().Layout.Pricing.Categories
	category := categories[0].Name
	require.NoError(f.t, add(eventra.Floor{Name: "PIT", Capacity: 3}, category), "that stores the categories")
	require.Equal(f.t, eventra.CodeValidationFailed, eventra.CodeOf(add(eventra.Floor{Name: "ROOF", Capacity: 3}, "Moon")))
	require.Equal(f.t, eventra.CodeValidationFailed,
		eventra.CodeOf(add(eventra.Floor{Name: "ROOF", Capacity: 3, Price: eventra.Money{Amount: 1, Currency: "JPY"}})))
	require.NoError(f.t, add(eventra.Floor{Name: "ROOF", Capacity: 3, Price: eventra.Money{Amount: 900, Currency: "EUR"}}))
	view := f.seatMap().View()
	require.Equal(f.t, category, view.Floors[0].Category)
	require.Equal(f.t, f.seats[0].Price, view.Floors[0].Price)
	require.Equal(f.t, "ROOF", view.Floors[1].Category)
	require.Len(f.t, view.Layout.Pricing.Categories, 1+len(categories))

	total, err := f.store.RemoveSeats(f.t.Context(), f.event.ID, NewID(), []string{f.seats[0].Name()})
	require.NoError(f.t, err)
	require.Equal(f.t, len(f.seats)-1+6, total)
	total, err = f.store.SeatsTotal(f.t.Context(), f.event.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, len(f.seats)-1+6, total)
}

func placesAlone(f *fixture) {
	empty := NewEvent()
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), empty))
	f.event = empty
	_, err := f.store.AddFloors(f.t.Context(), empty.ID, NewID(), nil, nil,
		[]eventra.Floor{{Name: "FLOOR", Capacity: 3, Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
	require.NoError(f.t, err)
	b := f.holdItems(f.seatMap(), eventra.ItemRequest{Section: "FLOOR", Quantity: 2})
	m := f.seatMap()
	require.Equal(f.t, b.Items, m.Live(b.ID).Items)
	require.Equal(f.t, 1, m.View().Floors[0].Available())
}
