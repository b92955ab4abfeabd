package eventra_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// counted makes another map of what is stored, which has only counted the places of bookings without seats.
func (f *fixture) counted(t *testing.T) *fixture {
	t.Helper()
	twin, snapshot := *f, *f.snapshot
	twin.payments, twin.refunds = maps.Clone(f.payments), maps.Clone(f.refunds)
	view := f.View()
	snapshot.PlacesCounted, snapshot.Floors, snapshot.States, snapshot.Bookings = true, nil, nil, nil
	for _, floor := range view.Floors {
		snapshot.Floors = append(snapshot.Floors, eventra.StoredFloor{Floor: floor.Floor, Blocked: floor.Blocked, Taken: floor.Held + floor.Booked, Version: floor.Changed})
	}
	owners := map[eventra.SeatNo]eventra.ID{}
	for id := range f.held {
		b := f.Live(id)
		if b == nil {
			continue
		}
		seated := false
		for _, item := range b.OwnSeats() {
			owners[item.No], seated = id, true
		}
		if seated || b.Status == eventra.BookingHeld {
			snapshot.Bookings = append(snapshot.Bookings, b)
		}
	}
	for i, status := range view.Status {
		snapshot.States = append(snapshot.States, eventra.StoredState{Status: status, Version: view.Changed[i], Booking: owners[eventra.SeatNo(i)]})
	}
	var err error
	twin.SeatMap, err = eventra.NewSeatMap(&snapshot)
	require.NoError(t, err)
	return &twin
}

// learn answers what a map lacks from another one, which has everything.
func (f *fixture) learn(t *testing.T, missing *eventra.Missing, from *fixture) {
	t.Helper()
	f.Ask()
	var found []*eventra.Booking
	for id := range from.held {
		b := from.Live(id)
		if b == nil || b.Status != eventra.BookingConfirmed {
			continue
		}
		wanted := b.UserID == missing.Customer
		for _, id := range missing.Bookings {
			wanted = wanted || b.ID == id
		}
		if wanted {
			found = append(found, b)
		}
	}
	require.NoError(t, f.Learn(missing.Bookings, []eventra.ID{missing.Customer}, found))
	require.NoError(t, f.CheckInvariants())
}

// TestSeatMap_CountedPlaces_DecideAlike: a map that counts bookings decides about them as one that has them, after it has read
// what it lacks, once.
func TestSeatMap_CountedPlaces_DecideAlike(t *testing.T) {
	t.Parallel()
	terms := testTerms()
	terms.MaxSeatsPerCustomer = 6
	start := func(t *testing.T) *fixture {
		f := newFixture(t, terms, row("A", "1", 1, 2, 3), eventra.StoredFloor{Floor: eventra.Floor{Name: "FLOOR", Capacity: 9,
			Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
		f.do(t, places("b1", 2), pay("p1", "b1", "u1"), places("b2", 1, "A-1-1"), pay("p2", "b2", "u1"), places("b3", 1))
		f.do(t, f.finish("p1", eventra.PaymentSucceeded))
		f.do(t, f.finish("p2", eventra.PaymentSucceeded))
		return f
	}
	refundOne := &eventra.RefundItems{RefundID: named("r1"), BookingID: named("b1"), Items: []int{2}, Amount: eventra.ItemsPrice, Release: true}
	for name, c := range map[string]struct {
		cmd    func(f *fixture) eventra.Command
		learns bool
	}{
		"more for the customer":     {func(*fixture) eventra.Command { return places("b4", 2) }, true},
		"too much for the customer": {func(*fixture) eventra.Command { return places("b4", 3) }, true},
		"a whole refund":            {func(*fixture) eventra.Command { return &eventra.RefundBooking{BookingID: named("b1")} }, true},
		"a whole refund of a seat":  {func(*fixture) eventra.Command { return &eventra.RefundBooking{BookingID: named("b2")} }, false},
		"a refund of an item":       {func(*fixture) eventra.Command { return refundOne }, true},
		"the end of an unknown refund": {func(*fixture) eventra.Command {
			return &eventra.EndRefund{Refund: eventra.Refund{ID: named("r9"), BookingID: named("b1")}, Outcome: eventra.RefundFailed}
		}, true},
		"a release": {func(*fixture) eventra.Command {
			return &eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u1")}
		}, true},
		"a release by a stranger": {func(*fixture) eventra.Command {
			return &eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u2")}
		}, true},
		"a release of nothing": {func(*fixture) eventra.Command {
			return &eventra.ReleaseHold{BookingID: named("b9"), UserID: named("u1")}
		}, true},
		"a release of a hold": {func(*fixture) eventra.Command {
			return &eventra.ReleaseHold{BookingID: named("b3"), UserID: named("u1")}
		}, false},
		"another payment":                  {func(*fixture) eventra.Command { return pay("p9", "b1", "u1") }, true},
		"the same payment":                 {func(*fixture) eventra.Command { return pay("p1", "b1", "u1") }, true},
		"the end of the payment, again":    {func(f *fixture) eventra.Command { return f.finish("p1", eventra.PaymentSucceeded) }, true},
		"the end of a payment that failed": {func(f *fixture) eventra.Command { return f.finish("p1", eventra.PaymentFailed) }, false},
		"the end of an early payment":      {func(f *fixture) eventra.Command { return latePayment(f, "b1") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := start(t)
			counts := whole.counted(t)
			require.Equal(t, whole.Availability(), counts.Availability())
			require.Nil(t, counts.Live(named("b1")))
			cmd := c.cmd(whole)
			d := counts.decide(cmd)
			require.Equal(t, c.learns, d.Verdict == eventra.Learn)
			if c.learns {
				counts.learn(t, d.Missing, whole)
				d = counts.decide(cmd)
			}
			want := whole.decide(cmd)
			require.Equal(t, outcome(want), outcome(d))
			require.Equal(t, want.Booking, d.Booking)
			require.Equal(t, want.Err, d.Err)
			require.Len(t, counts.commit(), len(whole.commit()), "refused by what is stored")
			require.NoError(t, counts.CheckInvariants())
			require.Equal(t, whole.Availability(), counts.Availability())
		})
	}
}

// latePayment is the end of a payment for a booking that another one has paid.
func latePayment(f *fixture, booking string) eventra.Command {
	b := f.Live(named(booking))
	return &eventra.FinishPayment{Payment: eventra.Payment{ID: named("late"), BookingID: b.ID, EventID: b.EventID, UserID: b.UserID, Amount: b.Total},
		Outcome: eventra.PaymentSucceeded, Items: b.Items}
}

// TestSeatMap_CountedPlaces_EndMeanwhile: an answer of the store that is older than what has happened changes nothing.
func TestSeatMap_CountedPlaces_EndMeanwhile(t *testing.T) {
	t.Parallel()
	whole := withFloor(t, 9, 0)
	whole.do(t, places("b1", 2), pay("p1", "b1", "u1"), places("b2", 1), pay("p2", "b2", "u1"))
	whole.do(t, whole.finish("p1", eventra.PaymentSucceeded))
	counts := whole.counted(t)
	b2 := counts.Live(named("b2"))
	counts.Ask()
	counts.do(t, counts.finish("p2", eventra.PaymentSucceeded))
	confirmed := counts.Live(b2.ID)
	counts.do(t, &eventra.RefundBooking{BookingID: b2.ID})
	require.NoError(t, counts.Learn([]eventra.ID{b2.ID}, nil, []*eventra.Booking{confirmed}))
	require.Nil(t, counts.Live(b2.ID))
	require.NoError(t, counts.CheckInvariants())
	require.Equal(t, "refuse", outcome(counts.decide(&eventra.RefundBooking{BookingID: b2.ID}))[:6])

	counts.Ask()
	require.Error(t, counts.Learn(nil, nil, []*eventra.Booking{{ID: named("b7"), EventID: counts.EventID(), Status: eventra.BookingConfirmed,
		Items: []eventra.Item{{No: 1}}}}), "a booking of seats was not left out")
}

// TestSeatMap_CountedPlaces_MadeMeanwhile: the store has what a late payment buys before the map does, and somebody who waited
// for the same customer's bookings learns of it.
func TestSeatMap_CountedPlaces_MadeMeanwhile(t *testing.T) {
	t.Parallel()
	terms := testTerms()
	terms.MaxSeatsPerCustomer = 6
	whole := newFixture(t, terms, row("A", "1", 1, 2, 3), eventra.StoredFloor{Floor: eventra.Floor{Name: "FLOOR", Capacity: 9,
		Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
	whole.do(t, holdItems("b9", "u9", "1xFLOOR"), pay("p9", "b9", "u9"), places("b1", 1), pay("p1", "b1", "u1"))
	whole.do(t, whole.finish("p9", eventra.PaymentSucceeded))
	whole.now = whole.now.Add(testHold + testGrace)
	whole.do(t, &eventra.ExpireHold{BookingID: named("b1")})
	counts := whole.counted(t)
	late := counts.finish("p1", eventra.PaymentSucceeded)
	first, second := counts.decide(late), counts.decide(places("b2", 1))
	require.Equal(t, []eventra.Verdict{eventra.Learn, eventra.Learn}, []eventra.Verdict{first.Verdict, second.Verdict})
	counts.learn(t, first.Missing, whole)
	counts.Ask()
	d := counts.decide(late)
	require.Equal(t, "accept Rebooked", outcome(d))
	successor := *d.Change.Booking
	require.NoError(t, counts.Learn(nil, []eventra.ID{second.Missing.Customer}, []*eventra.Booking{&successor}))
	require.NoError(t, counts.CheckInvariants())
	require.Empty(t, counts.commit())
	require.NoError(t, counts.CheckInvariants())
	require.Equal(t, "FLOOR 9: 7 available, 0 held, 2 booked", floorOf(counts))
	require.NotNil(t, counts.Live(successor.ID))
}

// TestSeatMap_CountedPlaces_OfWhoIsNotLimited: a shop may sell a million tickets to one customer, whose bookings a late payment
// must not wait for.
func TestSeatMap_CountedPlaces_OfWhoIsNotLimited(t *testing.T) {
	t.Parallel()
	for limit, reads := range map[int]string{100: "", 6: "u1"} {
		terms := testTerms()
		terms.MaxSeatsPerCustomer = limit
		whole := newFixture(t, terms, nil, eventra.StoredFloor{Floor: eventra.Floor{Name: "FLOOR", Capacity: 9,
			Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
		whole.do(t, places("b1", 1), pay("p1", "b1", "u1"), places("b2", 1), pay("p2", "b2", "u1"))
		whole.do(t, whole.finish("p1", eventra.PaymentSucceeded))
		whole.now = whole.now.Add(testHold + testGrace)
		whole.do(t, &eventra.ExpireHold{BookingID: named("b2")})
		d := whole.counted(t).decide(whole.finish("p2", eventra.PaymentSucceeded))
		require.Equal(t, eventra.Learn, d.Verdict)
		require.Equal(t, reads, nameOf(d.Missing.Customer), "limit %d", limit)
		require.Equal(t, []eventra.ID{named("b2"), named("p2")}, d.Missing.Bookings)
	}
}

// TestSeatMap_CountedPlaces_RefuseWhatIsGone: in a sold-out house nobody is looked for.
func TestSeatMap_CountedPlaces_RefuseWhatIsGone(t *testing.T) {
	t.Parallel()
	terms := testTerms()
	terms.MaxSeatsPerCustomer = 4
	whole := newFixture(t, terms, row("A", "1", 1, 2, 3), eventra.StoredFloor{Floor: eventra.Floor{Name: "FLOOR", Capacity: 3,
		Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
	whole.do(t, holdItems("b1", "u1", "3xFLOOR"), pay("p1", "b1", "u1"), hold("b2", "u3", "A-1-1"))
	whole.do(t, whole.finish("p1", eventra.PaymentSucceeded))
	counts := whole.counted(t)
	require.Equal(t, "refuse not_enough_places", outcome(counts.decide(holdItems("b3", "u2", "1xFLOOR"))))
	require.Equal(t, "refuse seats_unavailable", outcome(counts.decide(hold("b4", "u2", "A-1-1"))))
	require.Equal(t, eventra.Learn, counts.decide(hold("b5", "u2", "A-1-2")).Verdict)
}
