package eventra_test

import (
	"slices"
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func storedBooking(name string, status eventra.BookingStatus, seats []eventra.Seat, nos ...eventra.SeatNo) *eventra.Booking {
	b := &eventra.Booking{ID: named(name), EventID: named("show"), UserID: named("u1"), Status: status, ExpiresAt: opening.Add(testHold)}
	for _, no := range nos {
		b.Items = append(b.Items, eventra.NewItem(no, &seats[no], seats[no].Section))
	}
	return b
}

// halfSold is a snapshot with a hold of two seats and a confirmed seat.
func halfSold() *eventra.Snapshot {
	s := empty(testTerms(), append(row("A", "1", 1, 2, 3), row("B", "1", 1, 2)...))
	s.States[0] = eventra.StoredState{Status: eventra.SeatHeld, Booking: named("b1"), Version: 7}
	s.States[1] = eventra.StoredState{Status: eventra.SeatHeld, Booking: named("b1"), Version: 7}
	s.States[3] = eventra.StoredState{Status: eventra.SeatBooked, Booking: named("b2"), Version: 9}
	s.States[4].Version = 8 // freed since
	s.Bookings = []*eventra.Booking{
		storedBooking("b1", eventra.BookingHeld, s.Seats, 0, 1), storedBooking("b2", eventra.BookingConfirmed, s.Seats, 3)}
	return s
}

func TestNewSeatMap_TakesOverTheStoredState(t *testing.T) {
	t.Parallel()
	m, err := eventra.NewSeatMap(halfSold())
	require.NoError(t, err)
	require.Equal(t, uint64(9), m.Version())
	require.Equal(t, named("show"), m.EventID())
	require.Equal(t, testTerms(), m.Terms())

	a := m.Availability()
	require.Equal(t, "5: 2 available, 2 held, 1 booked", tally(a.Total))
	require.Equal(t, "A 3: 1 available, 2 held, 0 booked", tally(a.Sections[0]))
	require.Equal(t, "B 2: 1 available, 0 held, 1 booked", tally(a.Sections[1]))
	require.Equal(t, int64(1000), a.Total.PriceFrom.Amount)
	require.Equal(t, int64(1100), a.Sections[1].PriceFrom.Amount)

	v := m.View()
	require.Equal(t, []eventra.SeatStatus{eventra.SeatHeld, eventra.SeatHeld, eventra.SeatAvailable, eventra.SeatBooked, eventra.SeatAvailable}, v.Status)
	require.Equal(t, []uint64{7, 7, 0, 9, 8}, v.Changed)
	require.Equal(t, 1, v.Layout.Section(4))
	no, found := v.Layout.Find("B-1-2")
	require.True(t, found)
	require.Equal(t, eventra.SeatNo(4), no)
	_, found = v.Layout.Find("B-1-3")
	require.False(t, found)

	var held []eventra.ID
	m.Holds(func(b *eventra.Booking) { held = append(held, b.ID) })
	require.Equal(t, []eventra.ID{named("b1")}, held)
}

func TestNewSeatMap_RefusesContradictions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(*eventra.Snapshot)
		says  string
	}{
		{"a state missing", func(s *eventra.Snapshot) { s.States = s.States[1:] }, "5 seats with 4 states"},
		{"seat of a booking that is not live", func(s *eventra.Snapshot) { s.Bookings = s.Bookings[:1] }, "seat B-1-1 is BOOKED for booking"},
		{"free seat of a live booking", func(s *eventra.Snapshot) { s.States[1] = eventra.StoredState{} }, "lists seat A-1-2, which is not its"},
		{"seat that its booking does not list", func(s *eventra.Snapshot) {
			s.States[2] = eventra.StoredState{Status: eventra.SeatHeld, Booking: named("b1")}
		}, "1 seats too many are owned"},
		{"seat of another booking", func(s *eventra.Snapshot) { s.States[1].Booking, s.States[1].Status = named("b2"), eventra.SeatBooked }, "lists seat A-1-2, which is not its"},
		{"booked seat of a held booking", func(s *eventra.Snapshot) { s.States[0].Status = eventra.SeatBooked }, "seat A-1-1 is BOOKED for booking"},
		{"held seat of a confirmed booking", func(s *eventra.Snapshot) { s.States[3].Status = eventra.SeatHeld }, "seat B-1-1 is HELD for booking"},
		{"booking without seats", func(s *eventra.Snapshot) {
			s.Bookings = append(s.Bookings, storedBooking("b3", eventra.BookingHeld, nil))
		}, "has no items"},
		{"booking without a deadline", func(s *eventra.Snapshot) { s.Bookings[0].ExpiresAt = time.Time{} }, "held without a deadline"},
		{"ended booking", func(s *eventra.Snapshot) { s.Bookings[0].Status = eventra.BookingExpired }, "which is not live"},
		{"another event's booking", func(s *eventra.Snapshot) { s.Bookings[0].EventID = named("other") }, "is filed as"},
		{"seat that does not exist", func(s *eventra.Snapshot) { s.Bookings[0].Items[1].No = 99 }, "which is not its"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := halfSold()
			test.spoil(s)
			_, err := eventra.NewSeatMap(s)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// A view stays the same after its reader has got it.
func TestSeatMap_View_IsNeverWrittenTo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), rows("A", 1, 3))
	view, counts := f.View(), f.Availability()
	status, changed := slices.Clone(view.Status), slices.Clone(view.Changed)
	f.decide(hold("b1", "u1", "A-1-1"))
	require.Same(t, view, f.View(), "a claim is not shown")
	require.Equal(t, counts, f.Availability())

	f.commit()
	require.Equal(t, status, view.Status)
	require.Equal(t, changed, view.Changed)
	require.Equal(t, 3, counts.Sections[0].Available)
	require.NotSame(t, view, f.View())
	require.Equal(t, uint64(1), f.View().Version)
	held := f.View()
	require.Same(t, held, f.View())

	f.do(t, pay("p1", "b1", "u1"))
	require.Same(t, held, f.View(), "a payment's start changes no seat")
	require.Equal(t, uint64(1), f.Version())
}

// All seats that a batch changes get the batch's version.
func TestSeatMap_Version_GrowsByOneWithEachBatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), rows("A", 1, 3))
	f.decide(hold("b1", "u1", "A-1-1"))
	f.decide(hold("b2", "u1", "A-1-3"))
	f.commit()
	require.Equal(t, []uint64{1, 0, 1}, f.View().Changed)
	f.do(t, &eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u1")})
	require.Equal(t, []uint64{2, 0, 1}, f.View().Changed)
	require.Equal(t, uint64(2), f.Version())
}

func TestSeatMap_PanicsIfAClaimEndsTwice(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), rows("A", 1, 3))
	d := f.decide(hold("b1", "u1", "A-1-1"))
	f.commit()
	require.Panics(t, func() { f.Apply(d.Change, 2, opening) }, "applied twice")
	require.Panics(t, func() { f.Withdraw(d.Change) }, "withdrawn after the commit")
	require.NoError(t, f.CheckInvariants())
}

// A store that has lost commits gives an older state than was shown. The next version is
// one that nobody has seen, with all seats in it.
func TestSeatMap_Supersede(t *testing.T) {
	t.Parallel()
	states := func(states ...eventra.StoredState) *eventra.SeatMap {
		s := empty(testTerms(), row("A", "1", 1, 2))
		for i, state := range states {
			s.States[i] = state
			if state.Status != eventra.SeatAvailable {
				s.Bookings = append(s.Bookings, &eventra.Booking{ID: state.Booking, EventID: s.EventID, Status: eventra.BookingConfirmed,
					Items: []eventra.Item{eventra.NewItem(eventra.SeatNo(i), &s.Seats[i], s.Seats[i].Section)}})
			}
		}
		m, err := eventra.NewSeatMap(s)
		require.NoError(t, err)
		return m
	}
	free := func(version uint64) eventra.StoredState { return eventra.StoredState{Version: version} }
	sold := func(version uint64) eventra.StoredState {
		return eventra.StoredState{Status: eventra.SeatBooked, Booking: named("b"), Version: version}
	}
	for name, c := range map[string]struct {
		shown, stored *eventra.SeatMap
		version       uint64
		all           bool
	}{
		"nothing is lost":                      {states(sold(3), free(1)), states(sold(3), free(1)), 3, false},
		"the store is ahead":                   {states(sold(3), free(1)), states(free(5), free(1)), 5, false},
		"the last commit is lost":              {states(sold(3), free(1)), states(free(2), free(1)), 4, true},
		"it is lost, and another one followed": {states(sold(3), free(1)), states(free(2), sold(7)), 8, true},
		"another one has its version":          {states(sold(3), free(1)), states(free(3), free(1)), 4, true},
	} {
		c.stored.Supersede(c.shown)
		require.NoError(t, c.stored.CheckInvariants(), name)
		require.Equal(t, c.version, c.stored.Version(), name)
		view := c.stored.View()
		require.Equal(t, c.version, view.Version, name)
		require.Equal(t, c.all, view.Changed[0] == c.version && view.Changed[1] == c.version, name)
	}
}
