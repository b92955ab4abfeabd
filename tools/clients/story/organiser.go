package main

import (
	"context"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

// night is an event with its organiser.
type night struct {
	id    uuid.UUID
	admin *caller
}

// The seats of the house are Stalls-1-1 to Stalls-2-10; the places are those of the Floor.
const (
	stallsSeats, floorPlaces = 20, 50
	seat, otherSeat          = "Stalls-1-1", "Stalls-1-2"
	fullPrice, reducedPrice  = 5000, 1500 // a seat at the full price, a place at the reduced one
)

// organise makes an event with two categories and two types of tickets, and publishes it.
func organise(ctx context.Context, t *tour) *night {
	n := &night{admin: t.caller()}
	in := want[ogen.Tokens]("log in as administrator")(n.admin.next().Login(ctx, &ogen.Login{Email: os.Getenv("EVENTRA_ADMIN_EMAIL"), Password: os.Getenv("EVENTRA_ADMIN_PASSWORD")}))
	n.admin.token = in.AccessToken
	starts := time.Now().UTC().AddDate(0, 1, 0).Truncate(time.Second)
	event := want[ogen.Event]("make an event")(n.admin.next().CreateEvent(ctx, &ogen.EventFields{
		Title: "A night of stories", Category: "theatre", StartsAt: starts, EndsAt: starts.Add(2 * time.Hour),
		Venue: ogen.VenueFields{Name: "Hall", City: "Berlin", Country: ogen.NewOptString("DE"), Timezone: "Europe/Berlin"},
	}, ogen.CreateEventParams{IdempotencyKey: ogen.NewOptString(uuid.NewString())}))
	n.id = event.ID
	pricing := want[ogen.Pricing]("set the prices")(n.admin.next().PutPricing(ctx, &ogen.PricingPlan{
		Currency: "EUR", Categories: []ogen.CategoryPlan{{Name: "Seats"}, {Name: "Standing"}},
		TicketTypes: []ogen.TicketTypePlan{{Name: "Full", Default: ogen.NewOptBool(true)}, {Name: "Reduced"}},
		Prices: []ogen.PricePlan{{Category: "Seats", TicketType: "Full", Amount: fullPrice}, {Category: "Seats", TicketType: "Reduced", Amount: 4000},
			{Category: "Standing", TicketType: "Full", Amount: 2000}, {Category: "Standing", TicketType: "Reduced", Amount: reducedPrice}},
	}, ogen.PutPricingParams{EventId: n.id}))
	check(len(pricing.Prices) == 4, "%d prices", len(pricing.Prices))
	n.addHouse(ctx)
	published := want[ogen.Event]("publish it")(n.admin.next().PublishEvent(ctx, ogen.PublishEventParams{EventId: n.id}))
	check(published.Status == ogen.EventStatusPUBLISHED, "the event is %s", published.Status)
	return n
}

func (n *night) addHouse(ctx context.Context) {
	added := want[ogen.SeatsAdded]("add seats and places")(n.admin.next().AddSeats(ctx, ogen.NewPlanOfSectionsSeatPlan(ogen.PlanOfSections{Sections: []ogen.SectionPlan{
		ogen.NewSectionOfNumberedRowsSectionPlan(ogen.SectionOfNumberedRows{Name: "Stalls", RowCount: 2, SeatsPerRow: stallsSeats / 2, Category: ogen.NewOptString("Seats")}),
		ogen.NewSectionOfPlacesSectionPlan(ogen.SectionOfPlaces{Name: "Floor", Capacity: floorPlaces, Category: ogen.NewOptString("Standing")}),
	}}), ogen.AddSeatsParams{EventId: n.id}))
	check(added.SeatsTotal == stallsSeats+floorPlaces, "%d seats in all", added.SeatsTotal)
}
