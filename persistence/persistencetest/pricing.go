package persistencetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// familyPrices are those of adults and children in two categories, of which the first has
// the names that are given. Children do not sit in the second.
func familyPrices(categories ...string) *eventra.Pricing {
	p := &eventra.Pricing{Currency: "EUR", TicketTypes: []eventra.TicketType{
		{Name: "Adult", Default: true, MinPerBooking: 1, MaxPerBooking: 10}, {Name: "Child", MinPerBooking: 1, MaxPerBooking: 4}}}
	for i, name := range categories {
		p.Categories = append(p.Categories, eventra.Category{Name: name})
		p.Prices = append(p.Prices, eventra.Price{Category: name, TicketType: "Adult", Amount: int64(2000 + 100*i)},
			eventra.Price{Category: name, TicketType: "Child", Amount: int64(1000 + 100*i)})
	}
	return p
}

func (f *fixture) put(p *eventra.Pricing) *eventra.Pricing {
	f.t.Helper()
	stored, err := f.store.PutPricing(f.t.Context(), f.event.ID, 0, p)
	require.NoError(f.t, err)
	require.True(f.t, p.Same(stored))
	return stored
}

// seatMap takes a new epoch.
func (f *fixture) seatMap() *eventra.SeatMap {
	f.t.Helper()
	m, err := eventra.NewSeatMap(f.activate())
	require.NoError(f.t, err)
	return m
}

// holdItems decides a hold and commits it.
func (f *fixture) holdItems(m *eventra.SeatMap, items ...eventra.ItemRequest) *eventra.Booking {
	f.t.Helper()
	d := m.Decide(&eventra.HoldSeats{BookingID: NewID(), UserID: f.user.ID, Items: items}, time.Now())
	require.Equal(f.t, eventra.Accept, d.Verdict, "%v", d.Err)
	receipt := f.must(d.Change)
	m.Apply(d.Change, f.version, receipt.At)
	return d.Change.Booking
}

func (f *fixture) requireStored(b *eventra.Booking) {
	f.t.Helper()
	stored, err := f.store.Booking(f.t.Context(), b.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, b.Items, stored.Items)
	require.Equal(f.t, b.Total, stored.Total)
}

func pricingFirst(f *fixture) {
	empty := NewEvent()
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), empty))
	f.event = empty
	first := f.put(familyPrices("Stalls", "Balcony"))
	f.put(&eventra.Pricing{Currency: "JPY", Categories: first.Categories, TicketTypes: first.TicketTypes, Prices: first.Prices})
	require.Equal(f.t, "JPY", f.seatMap().View().Layout.Pricing.Currency, "without seats the currency may change")
	f.put(first)
	_, err := f.store.AddSeats(f.t.Context(), empty.ID, NewID(), NewSeats(2), "Stalls", "Balcony")
	require.NoError(f.t, err)
	f.seats = NewSeats(2)
	m := f.seatMap()
	names := m.View().Layout.Seats
	b := f.holdItems(m, eventra.ItemRequest{Seat: names[1].Name(), TicketType: "Child"}, eventra.ItemRequest{Seat: names[0].Name()})
	require.Equal(f.t, eventra.Money{Amount: 3100, Currency: "EUR"}, b.Total)
	require.Equal(f.t, "Balcony", b.Items[0].Category)
	f.requireStored(b)
}

func pricingDerived(f *fixture) {
	old := f.hold(longHold, 0, 3)
	before := f.seatMap()
	derived := before.View().Layout.Pricing
	require.Equal(f.t, []string{"S1", "S1 2", "S1 3", "S1 4", "S1 5", "S1 6", "S1 7"}, categoryNames(derived))

	p := familyPrices(categoryNames(derived)...)
	stored := f.put(p)
	require.Greater(f.t, stored.Version, derived.Version)
	again := f.put(p)
	require.Equal(f.t, stored.Version, again.Version, "the same again changes nothing")

	m := f.seatMap()
	view := m.View()
	require.Greater(f.t, view.LayoutVersion, before.Version(), "no reader of the seats before may go on without all of them")
	require.Equal(f.t, view.LayoutVersion, view.Version)
	require.Equal(f.t, "S1 4", view.Layout.Category(3))
	require.EqualValues(f.t, 2300, view.Layout.Seats[3].Price.Amount, "a seat shows the price of the default type")
	layout, err := f.store.Layout(f.t.Context(), f.event.ID, len(f.seats))
	require.NoError(f.t, err)
	require.Equal(f.t, view.Layout.Pricing, layout.Pricing)
	require.Equal(f.t, "S1 4", layout.Category(3))
	f.requireStored(old)
	require.Equal(f.t, old.Items, m.Live(old.ID).Items, "holds keep their prices, under the names that they had")
}

func pricingChanges(f *fixture) {
	names := categoryNames(f.seatMap().View().Layout.Pricing)
	f.put(familyPrices(names...))
	m := f.seatMap()
	b := f.holdItems(m, eventra.ItemRequest{Seat: f.seats[1].Name(), TicketType: "Child"}, eventra.ItemRequest{Seat: f.seats[0].Name()})
	require.Equal(f.t, eventra.Money{Amount: 3100, Currency: "EUR"}, b.Total)
	missed, payment := f.missed(5)
	missed.Items[0].Released = true

	next := familyPrices(names...)
	next.TicketTypes = next.TicketTypes[:1]
	next.Prices = slices.DeleteFunc(next.Prices, func(price eventra.Price) bool { return price.TicketType == "Child" })
	for i := range next.Prices {
		next.Prices[i].Amount = 7
	}
	f.put(next)
	f.requireStored(b)
	m = f.seatMap()
	require.Equal(f.t, b.Items, m.Live(b.ID).Items, "also of a type that is no longer offered")

	d := m.Decide(&eventra.FinishPayment{Payment: *payment, Outcome: eventra.PaymentSucceeded, Items: missed.Items}, time.Now())
	require.Equal(f.t, eventra.Accept, d.Verdict)
	require.Equal(f.t, eventra.Rebooked, d.Change.Kind)
	require.Equal(f.t, payment.Amount, d.Change.Booking.Total, "a late payment pays what was held")
	f.must(d.Change)
	f.requireStored(d.Change.Booking)

	f.put(familyPrices(names...)) // a name that comes back is the same type
	require.Equal(f.t, b.Items, f.seatMap().Live(b.ID).Items)
}

func pricingRefused(f *fixture) {
	names := categoryNames(f.seatMap().View().Layout.Pricing)
	refused := func(code eventra.Code, ifVersion int64, p *eventra.Pricing) {
		f.t.Helper()
		_, err := f.store.PutPricing(f.t.Context(), f.event.ID, ifVersion, p)
		require.Equal(f.t, code, eventra.CodeOf(err), "%v", err)
	}
	other := familyPrices(names...)
	other.Currency = "JPY"
	refused(eventra.CodeCategoryInUse, 0, familyPrices(names[1:]...))
	refused(eventra.CodeValidationFailed, 0, other)
	stored := f.put(familyPrices(append(names, "Box")...))
	refused(eventra.CodePreconditionFailed, stored.Version-1, familyPrices(names...))
	next, err := f.store.PutPricing(f.t.Context(), f.event.ID, stored.Version, familyPrices(names...))
	require.NoError(f.t, err, "a category without seats may go")
	require.Greater(f.t, next.Version, stored.Version)
	_, err = f.store.PutPricing(f.t.Context(), NewID(), 0, familyPrices(names...))
	require.Equal(f.t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	cancelled := *f.event
	cancelled.Version++
	cancelled.Become(eventra.EventCancelled)
	require.NoError(f.t, f.store.PutTerms(f.t.Context(), &cancelled))
	refused(eventra.CodeEventLocked, 0, familyPrices(append(names, "Box")...))
	f.put(familyPrices(names...)) // the same again
}

func seatsByCategory(f *fixture) {
	ctx := f.t.Context()
	seat := func(section string, amount int64) eventra.Seat {
		return eventra.Seat{Section: section, Row: "1", Number: 1, Price: eventra.Money{Amount: amount, Currency: "EUR"}}
	}
	_, err := f.store.AddSeats(ctx, f.event.ID, NewID(), []eventra.Seat{seat("X", 0)}, "Nowhere")
	require.Equal(f.t, eventra.CodeValidationFailed, eventra.CodeOf(err))
	// The derived category becomes the event's own.
	total, err := f.store.AddSeats(ctx, f.event.ID, NewID(), []eventra.Seat{seat("X", 0), seat("Y", 500)}, "S1 2", "")
	require.NoError(f.t, err)
	_, err = f.store.AddSeats(ctx, f.event.ID, NewID(), []eventra.Seat{seat("Z", 700), {Section: "Y", Row: "2", Number: 1,
		Price: eventra.Money{Amount: 600, Currency: "EUR"}}})
	require.NoError(f.t, err)
	view := f.seatMap().View()
	categories := func(nos ...eventra.SeatNo) (names []string) {
		for _, no := range nos {
			names = append(names, view.Layout.Category(no))
		}
		return names
	}
	require.Equal(f.t, 42, total)
	require.Equal(f.t, []string{"S1 2", "Y", "Z", "Y 2"}, categories(40, 41, 42, 43))
	require.EqualValues(f.t, 1001, view.Layout.Seats[40].Price.Amount)
	for _, c := range view.Layout.Pricing.Categories {
		require.NotZero(f.t, c.No)
	}
}

func seatsGetCategory(f *fixture) {
	ctx := f.t.Context()
	old := f.hold(longHold, 0, 3)
	set := func(category string, names ...string) (eventra.SeatsChanged, error) {
		return f.store.SetCategory(ctx, f.event.ID, eventra.SeatSelection{Seats: names}, category)
	}
	_, err := set("Nowhere", f.seats[0].Name())
	require.Equal(f.t, eventra.CodeValidationFailed, eventra.CodeOf(err))
	_, err = set("S1", "X-1-1")
	require.Equal(f.t, eventra.CodeUnknownSeats, eventra.CodeOf(err))
	before := f.seatMap().View().Layout.Pricing.Version
	done, err := set("S1 2", f.seats[0].Name(), f.seats[1].Name(), f.seats[3].Name())
	require.NoError(f.t, err)
	require.Equal(f.t, 2, done.Changed, "one had it")
	view := f.seatMap().View()
	require.Equal(f.t, done.Version, view.Version)
	require.Equal(f.t, done.Version, view.LayoutVersion)
	require.Greater(f.t, view.Layout.Pricing.Version, before)
	for _, no := range []eventra.SeatNo{0, 1, 3} {
		require.Equal(f.t, "S1 2", view.Layout.Category(no))
		require.EqualValues(f.t, 1001, view.Layout.Seats[no].Price.Amount)
	}
	require.Equal(f.t, "S1 3", view.Layout.Category(2))
	f.requireStored(old)
	again, err := set("S1 2", f.seats[0].Name())
	require.NoError(f.t, err)
	require.Equal(f.t, eventra.SeatsChanged{Version: done.Version}, again)
	_, err = f.store.SetCategory(ctx, f.event.ID, eventra.SeatSelection{Section: "S1"}, "S1")
	require.NoError(f.t, err)
	f.put(familyPrices("S1")) // no seat needs the others any more
}

func categoryNames(p *eventra.Pricing) (names []string) {
	for _, c := range p.Categories {
		names = append(names, c.Name)
	}
	return names
}
