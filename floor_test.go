package eventra_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// withFloor is a fixture of three seats and a floor of that capacity, of which so many
// places are blocked.
func withFloor(t *testing.T, capacity, blocked int) *fixture {
	t.Helper()
	return newFixture(t, testTerms(), row("A", "1", 1, 2, 3), eventra.StoredFloor{Blocked: blocked,
		Floor: eventra.Floor{Name: "FLOOR", Capacity: capacity, Price: eventra.Money{Amount: 700, Currency: "EUR"}}})
}

func places(booking string, quantity int, seats ...string) *eventra.HoldSeats {
	cmd := hold(booking, "u1")
	for _, seat := range seats {
		cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: seat})
	}
	cmd.Items = append(cmd.Items, eventra.ItemRequest{Section: "FLOOR", Quantity: quantity})
	return cmd
}

func refusal(t *testing.T, d eventra.Decision) (err *eventra.Error) {
	t.Helper()
	require.ErrorAs(t, d.Err, &err)
	return err
}

// floorOf puts the counters of the floor into words.
func floorOf(f *fixture) string { return tally(f.Availability().Sections[1]) }

func TestSeatMap_Places_AreCountedDown(t *testing.T) {
	t.Parallel()
	f := withFloor(t, 5, 1)
	f.do(t, places("b1", 2), places("b2", 1, "A-1-1"))
	require.Equal(t, "FLOOR 5: 1 available, 3 held, 0 booked, 1 blocked", floorOf(f))
	require.Equal(t, "8: 3 available, 4 held, 0 booked, 1 blocked", tally(f.Availability().Total))
	b := f.Live(named("b2"))
	require.Equal(t, []string{"A-1-1", "FLOOR"}, b.SeatNames(), "in the order of the request")
	require.Equal(t, int64(1700), b.Total.Amount)

	d := f.decide(places("b3", 2, "A-1-2"))
	require.Equal(t, "refuse not_enough_places", outcome(d))
	require.Equal(t, &eventra.PlacesLeft{Section: "FLOOR", Available: 1}, refusal(t, d).Places)

	require.Equal(t, "accept Held", outcome(f.decide(places("b4", 1))))
	require.Equal(t, "wait", outcome(f.decide(places("b5", 1, "A-1-2"))), "a claim is no reason to refuse")
	require.NoError(t, f.CheckInvariants())
	f.withdraw()
	f.do(t, places("b5", 1, "A-1-2"))
	require.Equal(t, "refuse not_enough_places", outcome(f.decide(places("b6", 1))))

	f.do(t, &eventra.ReleaseHold{BookingID: named("b1"), UserID: named("u1")})
	require.Equal(t, "FLOOR 5: 2 available, 2 held, 0 booked, 1 blocked", floorOf(f))
	f.do(t, pay("p1", "b2", "u1"))
	f.do(t, f.finish("p1", eventra.PaymentSucceeded))
	require.Equal(t, "FLOOR 5: 2 available, 1 held, 1 booked, 1 blocked", floorOf(f))
	view := f.View()
	require.Equal(t, view.Version, view.Floors[0].Changed)
	f.do(t, &eventra.RefundBooking{BookingID: named("b2")})
	require.Equal(t, "FLOOR 5: 3 available, 1 held, 0 booked, 1 blocked", floorOf(f))
	require.Equal(t, 3, f.View().Floors[0].Available())
	require.NoError(t, f.CheckInvariants())
}

func TestSeatMap_Places_SellAgainToALatePayer(t *testing.T) {
	t.Parallel()
	for want, between := range map[string]func(*fixture){
		"accept Rebooked": func(*fixture) {},
		"wait":            func(f *fixture) { f.decide(places("b2", 2)) },
		"accept RefundDue": func(f *fixture) {
			f.decide(places("b2", 2))
			f.commit()
		},
	} {
		f := withFloor(t, 3, 0)
		f.do(t, places("b1", 2, "A-1-1"), pay("p1", "b1", "u1"))
		f.now = f.now.Add(testHold + testGrace)
		f.do(t, &eventra.ExpireHold{BookingID: named("b1")})
		between(f)
		require.Equal(t, want, outcome(f.decide(f.finish("p1", eventra.PaymentSucceeded))))
		f.commit()
		require.NoError(t, f.CheckInvariants())
	}
}

func TestSeatMap_Places_UnknownSection(t *testing.T) {
	t.Parallel()
	f := withFloor(t, 3, 0)
	cmd := places("b1", 1)
	for _, section := range []string{"A", "ROOF"} {
		cmd.Items[0].Section = section
		d := f.decide(cmd)
		require.Equal(t, "refuse unknown_section", outcome(d))
		require.Equal(t, []string{section}, refusal(t, d).Seats)
	}
	for _, items := range [][]eventra.ItemRequest{
		{{Section: "FLOOR", Quantity: 6}, {Section: "FLOOR", Quantity: 6}},
		{{Seat: "A-1-1"}, {Section: "FLOOR", Quantity: 11}},
		{{Seat: "A-1-1"}, {Section: "FLOOR", Quantity: -1}},
		{{Section: "FLOOR"}},
		{{Seat: "A-1-1", Quantity: 2}},
		{{Seat: "A-1-1", Section: "FLOOR", Quantity: 1}},
	} {
		cmd.Items = items
		require.Equal(t, "refuse validation_failed", outcome(f.decide(cmd)))
	}
}

func TestNewSeatMap_RefusesMiscountedPlaces(t *testing.T) {
	t.Parallel()
	s := empty(testTerms(), row("A", "1", 1))
	s.Floors = []eventra.StoredFloor{{Floor: eventra.Floor{Name: "FLOOR", Capacity: 3}, Taken: 1}}
	_, err := eventra.NewSeatMap(s)
	require.ErrorContains(t, err, "stored with 1 places taken, bookings have 0")
}

// floors reads a request such as "2 FLOOR Child, S-1-1".
func floors(booking, request string) *eventra.HoldSeats {
	cmd := &eventra.HoldSeats{BookingID: named(booking), UserID: named("u1")}
	for item := range strings.SplitSeq(request, ", ") {
		first, rest, _ := strings.Cut(item, " ")
		quantity, err := strconv.Atoi(first)
		if err != nil {
			cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: first, TicketType: rest})
			continue
		}
		section, ticketType, _ := strings.Cut(rest, " ")
		cmd.Items = append(cmd.Items, eventra.ItemRequest{Section: section, Quantity: quantity, TicketType: ticketType})
	}
	return cmd
}

// TestSeatMap_Places_HaveCategoriesAndTypes holds places of two floors: PIT is of the category
// Stalls, ROOF of one that follows from its own price.
func TestSeatMap_Places_HaveCategoriesAndTypes(t *testing.T) {
	t.Parallel()
	s := empty(testTerms(), row("S", "1", 1, 2))
	s.Pricing, s.Categories = theatre("EUR", 4550, 2275, 7999, 3990), []eventra.CategoryNo{2, 2}
	s.Floors = []eventra.StoredFloor{
		{Floor: eventra.Floor{Name: "PIT", Capacity: 50, Price: eventra.Money{Amount: 4550, Currency: "EUR"}, CategoryNo: 1}},
		{Floor: eventra.Floor{Name: "ROOF", Capacity: 50, Price: eventra.Money{Amount: 900, Currency: "EUR"}}}}
	for _, c := range []struct {
		request string
		total   int64
		says    string // each item, or the refusal
	}{
		{"1 PIT, S-1-1, 2 PIT Child", 17_099, "PIT Stalls Adult 4550, S-1-1 Boxes Adult 7999, PIT Stalls Child 2275, PIT Stalls Child 2275"},
		{"2 ROOF Adult", 1800, "ROOF ROOF Adult 900, ROOF ROOF Adult 900"},
		{"1 ROOF Child", 0, "ticket_type_not_sold"},
		{"2 PIT Child, 2 PIT Child", 0, "ticket_type_quantity"},
		{"3 PIT Group", 0, "ticket_type_quantity"},
		{"4 PIT Group", 15_960, "PIT Stalls Group 3990, PIT Stalls Group 3990, PIT Stalls Group 3990, PIT Stalls Group 3990"},
		{"1 PIT Senior", 0, "unknown_ticket_type"},
		{"S-1-1 Child, 1 PIT", 0, "ticket_type_not_sold"},
	} {
		m, err := eventra.NewSeatMap(s)
		require.NoError(t, err)
		f := &fixture{SeatMap: m, now: opening, snapshot: s}
		d := f.decide(floors("b1", c.request))
		if d.Err != nil {
			require.Equal(t, c.says, string(refusal(t, d).Code), c.request)
			continue
		}
		require.Equal(t, eventra.Money{Amount: c.total, Currency: "EUR"}, d.Change.Booking.Total)
		require.Equal(t, c.says, priced(d.Change.Booking), c.request)
	}
	m, err := eventra.NewSeatMap(s)
	require.NoError(t, err)
	require.Equal(t, "Stalls", m.View().Floors[0].Category)
	require.Equal(t, "ROOF", m.View().Floors[1].Category)
}
