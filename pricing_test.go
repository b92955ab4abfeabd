package eventra_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// theatre is a pricing of adults, children and groups. Children do not sit in the boxes;
// groups are of four or more, in the stalls only.
func theatre(currency string, adultStalls, childStalls, adultBoxes, groupStalls int64) *eventra.Pricing {
	return &eventra.Pricing{Currency: currency,
		Categories: []eventra.Category{{No: 1, Name: "Stalls"}, {No: 2, Name: "Boxes"}},
		TicketTypes: []eventra.TicketType{
			{No: 1, Name: "Adult", Default: true, MinPerBooking: 1, MaxPerBooking: 5},
			{No: 2, Name: "Child", MinPerBooking: 1, MaxPerBooking: 3},
			{No: 3, Name: "Group", MinPerBooking: 4, MaxPerBooking: 50}},
		Prices: []eventra.Price{{Category: "Stalls", TicketType: "Adult", Amount: adultStalls}, {Category: "Stalls", TicketType: "Child", Amount: childStalls},
			{Category: "Boxes", TicketType: "Adult", Amount: adultBoxes}, {Category: "Stalls", TicketType: "Group", Amount: groupStalls}}}
}

// theatreSale has rows S-1 to S-2 of six stalls, the last two of which are boxes.
func theatreSale(t *testing.T, p *eventra.Pricing) *fixture {
	t.Helper()
	seats := append(row("S", "1", numbers(1, 6)...), row("S", "2", numbers(1, 6)...)...)
	snapshot := empty(testTerms(), seats)
	snapshot.Pricing = p
	for i := range seats {
		seats[i].Price.Currency = p.Currency
		snapshot.Categories = append(snapshot.Categories, eventra.CategoryNo(1+i%6/4))
	}
	m, err := eventra.NewSeatMap(snapshot)
	require.NoError(t, err)
	return &fixture{SeatMap: m, now: opening, snapshot: snapshot, payments: map[eventra.ID]eventra.Payment{}, held: map[eventra.ID][]eventra.Item{}, blocks: map[eventra.ID]bool{}}
}

// items reads a request such as "S-1-1 Adult, S-1-2".
func items(booking, request string) *eventra.HoldSeats {
	cmd := &eventra.HoldSeats{BookingID: named(booking), UserID: named("u1")}
	for item := range strings.SplitSeq(request, ", ") {
		seat, ticketType, _ := strings.Cut(item, " ")
		cmd.Items = append(cmd.Items, eventra.ItemRequest{Seat: seat, TicketType: ticketType})
	}
	return cmd
}

func bestOf(category, section string, counts ...eventra.TicketTypeCount) *eventra.HoldSeats {
	want := &eventra.BestAvailable{Section: section, Category: category, TicketTypes: counts}
	for _, t := range counts {
		want.Quantity += t.Count
	}
	return &eventra.HoldSeats{BookingID: named("b1"), UserID: named("u1"), Best: want}
}

func of(name string, count int) eventra.TicketTypeCount {
	return eventra.TicketTypeCount{Name: name, Count: count}
}

// TestPricing_Examples are prices as a person would add them up: in yen, which have no
// minor unit, in cents, and in thousandths of a dinar.
func TestPricing_Examples(t *testing.T) {
	t.Parallel()
	yen, euro, dinar := theatre("JPY", 6000, 3000, 9500, 5000), theatre("EUR", 4550, 2275, 7999, 3990), theatre("KWD", 12_500, 6_250, 20_005, 9_999)
	for _, c := range []struct {
		pricing *eventra.Pricing
		cmd     *eventra.HoldSeats
		total   int64
		says    string // each item, or the refusal
	}{
		{yen, items("b1", "S-1-1, S-1-2, S-1-3 Child"), 15_000, "S-1-1 Stalls Adult 6000, S-1-2 Stalls Adult 6000, S-1-3 Stalls Child 3000"},
		{euro, items("b1", "S-1-1, S-1-2, S-1-3 Child"), 11_375, "S-1-1 Stalls Adult 4550, S-1-2 Stalls Adult 4550, S-1-3 Stalls Child 2275"},
		{dinar, items("b1", "S-1-1, S-1-2, S-1-3 Child"), 31_250, "S-1-1 Stalls Adult 12500, S-1-2 Stalls Adult 12500, S-1-3 Stalls Child 6250"},
		{euro, items("b1", "S-1-5 Adult, S-1-1 Child"), 10_274, "S-1-5 Boxes Adult 7999, S-1-1 Stalls Child 2275"},
		{dinar, items("b1", "S-1-5, S-1-6"), 40_010, "S-1-5 Boxes Adult 20005, S-1-6 Boxes Adult 20005"},
		{euro, hold("b1", "u1", "S-1-1", "S-1-6"), 12_549, "S-1-1 Stalls Adult 4550, S-1-6 Boxes Adult 7999"},
		{euro, items("b1", "S-1-1 Group, S-1-2 Group, S-1-3 Group, S-1-4 Group"), 15_960,
			"S-1-1 Stalls Group 3990, S-1-2 Stalls Group 3990, S-1-3 Stalls Group 3990, S-1-4 Stalls Group 3990"},

		{euro, items("b1", "S-1-1, S-1-5 Child"), 0, "refuse ticket_type_not_sold"},
		{euro, items("b1", "S-1-1 Senior"), 0, "refuse unknown_ticket_type"},
		{euro, items("b1", "S-1-1 Group, S-1-2 Group, S-1-3 Group"), 0, "refuse ticket_type_quantity"},
		{euro, items("b1", "S-1-1 Child, S-1-2 Child, S-1-3 Child, S-1-4 Child"), 0, "refuse ticket_type_quantity"},
		{euro, hold("b1", "u1", "S-1-1", "S-1-2", "S-1-3", "S-1-4", "S-1-5", "S-1-6"), 0, "refuse ticket_type_quantity"},
		{euro, items("b1", "S-1-1 Child, S-9-9"), 0, "refuse unknown_seats"},

		{euro, best("b1", 2, ""), 9_100, "S-1-3 Stalls Adult 4550, S-1-4 Stalls Adult 4550"},
		{euro, bestOf("", "", of("Child", 1), of("Adult", 2)), 11_375, "S-1-2 Stalls Adult 4550, S-1-3 Stalls Adult 4550, S-1-4 Stalls Child 2275"},
		{euro, bestOf("Boxes", "", of("Adult", 2)), 15_998, "S-1-5 Boxes Adult 7999, S-1-6 Boxes Adult 7999"},
		{euro, bestOf("Boxes", "S", of("", 1)), 7_999, "S-1-5 Boxes Adult 7999"},
		{euro, bestOf("Stalls", "", of("Adult", 3), of("Child", 2)), 0, "refuse not_enough_seats"},
		{euro, bestOf("Boxes", "", of("Child", 1)), 0, "refuse ticket_type_not_sold"},
		{euro, bestOf("Balcony", "", of("Adult", 1)), 0, "refuse validation_failed"},
		{euro, bestOf("", "", of("Senior", 1)), 0, "refuse unknown_ticket_type"},
		{euro, bestOf("", "", of("Group", 3)), 0, "refuse ticket_type_quantity"},
	} {
		f := theatreSale(t, c.pricing)
		d := f.decide(c.cmd)
		if d.Verdict != eventra.Accept {
			require.Equal(t, c.says, outcome(d), "%+v", c.cmd)
			continue
		}
		require.Empty(t, f.commit())
		require.NoError(t, f.CheckInvariants())
		b := d.Change.Booking
		require.Equal(t, c.says, priced(b), "%+v", c.cmd)
		require.Equal(t, eventra.Money{Amount: c.total, Currency: c.pricing.Currency}, b.Total)
	}
}

func priced(b *eventra.Booking) string {
	var list []string
	for i := range b.Items {
		item := &b.Items[i]
		list = append(list, strings.Join([]string{item.Name(), item.Category, item.TicketType, strconv.FormatInt(item.Amount, 10)}, " "))
	}
	return strings.Join(list, ", ")
}

// TestPricing_ChangesTouchNoHold: a held ticket is paid at the price at which it was held, also late.
func TestPricing_ChangesTouchNoHold(t *testing.T) {
	t.Parallel()
	f := theatreSale(t, theatre("EUR", 4550, 2275, 7999, 3990))
	f.do(t, items("b1", "S-1-1, S-1-2 Child"), pay("p1", "b1", "u1"))
	f.now = opening.Add(testHold + testGrace)
	f.do(t, &eventra.ExpireHold{BookingID: named("b1")})
	f.snapshot.Pricing = theatre("EUR", 9900, 4950, 9900, 3990)
	f.become(t, eventra.EventPublished)
	f.do(t, f.finish("p1", eventra.PaymentSucceeded))
	successor := f.Live(named("p1"))
	require.Equal(t, "S-1-1 Stalls Adult 4550, S-1-2 Stalls Child 2275", priced(successor))
	require.EqualValues(t, 6825, successor.Total.Amount)
	f.do(t, items("b2", "S-1-3"))
	require.EqualValues(t, 9900, f.Live(named("b2")).Total.Amount)
}

// TestPricing_LatePaymentAtUnknownPrices: a member of the release before tells seats alone.
// What they cost today must be what was paid.
func TestPricing_LatePaymentAtUnknownPrices(t *testing.T) {
	t.Parallel()
	for amount, says := range map[int64]string{4550: "accept Rebooked", 2275: "accept RefundDue"} {
		f := theatreSale(t, theatre("EUR", 4550, 2275, 7999, 3990))
		d := f.decide(&eventra.FinishPayment{Outcome: eventra.PaymentSucceeded, Items: []eventra.Item{{No: 0}},
			Payment: eventra.Payment{ID: named("p1"), BookingID: named("b1"), UserID: named("u1"), Amount: eventra.Money{Amount: amount, Currency: "EUR"}}})
		require.Equal(t, says, outcome(d))
	}
}

// TestPricing_LatePaymentForUnknownSeats: what the event does not have goes back.
func TestPricing_LatePaymentForUnknownSeats(t *testing.T) {
	t.Parallel()
	for no, says := range map[eventra.SeatNo]string{0: "accept Rebooked", -2: "accept RefundDue", 1000: "accept RefundDue"} {
		for _, ticketType := range []string{"", "Adult"} {
			f := theatreSale(t, theatre("EUR", 4550, 2275, 7999, 3990))
			d := f.decide(&eventra.FinishPayment{Outcome: eventra.PaymentSucceeded, Items: []eventra.Item{{No: no, TicketType: ticketType, Amount: 4550}},
				Payment: eventra.Payment{ID: named("p1"), BookingID: named("b1"), UserID: named("u1"), Amount: eventra.Money{Amount: 4550, Currency: "EUR"}}})
			require.Equal(t, says, outcome(d), "seat %d as %q", no, ticketType)
		}
	}
}

// TestPricing_Sort derives categories as an organiser would call them.
func TestPricing_Sort(t *testing.T) {
	t.Parallel()
	seat := func(section string, amount int64) eventra.Seat {
		return eventra.Seat{Section: section, Price: eventra.Money{Amount: amount, Currency: "EUR"}}
	}
	seats := []eventra.Seat{seat("A", 10), seat("A", 10), seat("A", 8), seat("B", 10), seat("A", 10), seat("A", 6), seat("A 2", 9)}
	p, at := (*eventra.Pricing)(nil).Sort(seats, nil)
	names := make([]string, len(at))
	for i := range at {
		names[i] = p.Categories[at[i]].Name
	}
	require.Equal(t, []string{"A", "A", "A 2", "B", "A", "A 3", "A 2 2"}, names)
	require.Equal(t, "EUR", p.Currency)
	var faults eventra.Faults
	p.Validate(&faults)
	require.Empty(t, faults, "an organiser may set what was derived")

	stored := theatre("EUR", 10, 5, 20, 1)
	sorted, at := stored.Sort([]eventra.Seat{seat("A", 10), seat("Stalls", 10), seat("Stalls", 7), seat("A", 10)}, []eventra.CategoryNo{2, 0, 0, 9})
	require.Equal(t, []int32{1, 0, 2, 3}, at)
	require.Equal(t, "Stalls 2", sorted.Categories[2].Name)
	require.Equal(t, eventra.Price{Category: "A", TicketType: "Adult", Amount: 10}, sorted.Prices[5])
	require.Len(t, stored.Categories, 2, "nobody writes to a pricing")
}

func TestPricing_Validate(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*eventra.Pricing){
		"":                                         func(*eventra.Pricing) {},
		"currency invalid_currency":                func(p *eventra.Pricing) { p.Currency = "XXX" },
		"categories required":                      func(p *eventra.Pricing) { p.Categories, p.Prices = nil, nil },
		"ticketTypes required":                     func(p *eventra.Pricing) { p.TicketTypes, p.Prices = nil, nil },
		"categories[1].name duplicate":             func(p *eventra.Pricing) { p.Categories[1].Name = "Stalls"; p.Prices = nil },
		"categories[1].name look_alike":            func(p *eventra.Pricing) { p.Categories[1].Name = "stalls"; p.Prices = nil },
		"ticketTypes[0].name invalid_label":        func(p *eventra.Pricing) { p.TicketTypes[0].Name = "A-B"; p.Prices = nil },
		"ticketTypes one_default":                  func(p *eventra.Pricing) { p.TicketTypes[1].Default = true },
		"ticketTypes[0].minPerBooking range":       func(p *eventra.Pricing) { p.TicketTypes[0].MinPerBooking = 0 },
		"ticketTypes[2].maxPerBooking range":       func(p *eventra.Pricing) { p.TicketTypes[2].MaxPerBooking = 3 },
		"prices[0].category unknown_category":      func(p *eventra.Pricing) { p.Prices[0].Category = "Roof" },
		"prices[0].ticketType unknown_ticket_type": func(p *eventra.Pricing) { p.Prices[0].TicketType = "Senior" },
		"prices[1] duplicate":                      func(p *eventra.Pricing) { p.Prices[1] = p.Prices[0] },
		"prices[1].amount range":                   func(p *eventra.Pricing) { p.Prices[1].Amount = -1 },
	} {
		p := theatre("EUR", 4550, 2275, 7999, 3990)
		change(p)
		var faults eventra.Faults
		p.Validate(&faults)
		var got []string
		for _, fault := range faults {
			got = append(got, fault.Field+" "+fault.Code)
		}
		require.Equal(t, want, strings.Join(got, "; "))
	}
}

func TestPricing_ShownAmount(t *testing.T) {
	t.Parallel()
	p := theatre("EUR", 4550, 2275, 7999, 3990)
	p.Prices = p.Prices[1:]
	for category, want := range map[string]int64{"Stalls": 2275, "Boxes": 7999} {
		amount, sold := p.ShownAmount(category)
		require.True(t, sold)
		require.Equal(t, want, amount)
	}
	_, sold := p.ShownAmount("Roof")
	require.False(t, sold)
}
