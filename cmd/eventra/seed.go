package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/cmd/eventra/app"
)

// The demo data has fixed ids, so that loading it again finds it.
const (
	demoUserEmail    = "user@eventra.test"
	demoUserPassword = "demo-user-password" //nolint:gosec // G101: demo data is public
)

var (
	demoUserID      = mustID("01900000-0000-7000-8000-000000000001")
	demoPublishedID = mustID("01900000-0000-7000-8000-0000000000e1")
	demoDraftID     = mustID("01900000-0000-7000-8000-0000000000e2")
)

func mustID(s string) eventra.ID {
	id, err := eventra.ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

type seedCommand struct{}

// Run loads the demo data that is missing, and says what it made.
func (seedCommand) Run(ctx context.Context) error {
	cfg, err := app.LoadSettings("POSTGRES_URL", "MONGO_URL", "REDIS_URL", "ADMIN_EMAIL")
	if err != nil {
		return err
	}
	stores, err := app.OpenStores(ctx, cfg, cfg.Logger())
	if err != nil {
		return err
	}
	defer stores.Close()
	return seed(asCommand(ctx), cfg, stores)
}

// say prints what became of one thing.
func say(made bool, what string, args ...any) {
	if made {
		fmt.Printf(what+": made\n", args...)
	} else {
		fmt.Printf(what+": there already\n", args...)
	}
}

func seed(ctx context.Context, cfg *app.Config, s *app.Stores) error {
	if err := s.EnsureAdmin(ctx, cfg, cfg.Logger()); err != nil {
		return err
	}
	if cfg.AdminEmail != "" {
		fmt.Println("administrator", cfg.AdminEmail)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(demoUserPassword), cfg.PasswordCost)
	if err != nil {
		return err
	}
	user := &eventra.User{ID: demoUserID, Email: demoUserEmail, Name: "Demo User", Role: eventra.RoleUser, PasswordHash: hash, CreatedAt: time.Now(), Verified: true}
	_, err = s.Postgres.UserByEmail(ctx, demoUserEmail)
	missing := eventra.CodeOf(err) == eventra.CodeNotFound
	if missing {
		err = s.Postgres.CreateUser(ctx, user)
	}
	if err != nil {
		return err
	}
	say(missing, "user %s", demoUserEmail)
	if err := seedEvent(ctx, s, demoPublished(time.Now()), demoSeats()); err != nil {
		return err
	}
	return seedEvent(ctx, s, demoDraft(time.Now()), nil)
}

// seedEvent makes an event with seats and publishes it. It skips steps that were
// done before.
func seedEvent(ctx context.Context, s *app.Stores, e *eventra.Event, seats []eventra.Seat) error {
	stored, err := s.Catalog.Event(ctx, e.ID)
	missing := eventra.CodeOf(err) == eventra.CodeEventNotFound
	if missing {
		stored, err = e, s.Catalog.Create(ctx, e)
	}
	if err != nil {
		return err
	}
	say(missing, "event %v, %s", e.ID, e.Title)
	if seats == nil {
		return nil
	}
	_, err = s.Catalog.AddSeats(ctx, e.ID, eventra.ID(uuid.Must(uuid.NewV7())), seats)
	if err != nil && eventra.CodeOf(err) != eventra.CodeSeatExists {
		return err
	}
	say(err == nil, "  its %d seats", len(seats))
	draft := stored.Status == eventra.EventDraft
	if draft {
		if _, err := s.Catalog.PutPricing(ctx, e.ID, 0, demoPricing()); err != nil {
			return err
		}
	}
	say(draft, "  its prices")
	if draft {
		if _, err := s.Catalog.Publish(ctx, e.ID); err != nil {
			return err
		}
	}
	say(draft, "  its publication")
	return nil
}

func demoPublished(now time.Time) *eventra.Event {
	starts := evening(now).AddDate(0, 2, 0)
	return &eventra.Event{
		ID: demoPublishedID, Title: "Goldberg Variations by candlelight",
		Description: "Bach's thirty variations on one evening, played by candlelight.",
		Category:    "concert", Tags: []string{"classical", "piano", "bach"},
		Venue:    eventra.Venue{Name: "Kammermusiksaal", Address: "Herbert-von-Karajan-Straße 1", City: "Berlin", Country: "DE", Timezone: "Europe/Berlin"},
		StartsAt: starts, EndsAt: starts.Add(2 * time.Hour),
		Attributes: json.RawMessage(`{"doorsOpenMinutesBefore":45,"programme":["Aria","Variations 1-30","Aria da capo"]}`),
		Terms:      eventra.Terms{HoldSeconds: 120, MaxSeatsPerBooking: 6},
	}
}

// evening is 18:30 UTC of the day.
func evening(day time.Time) time.Time {
	return day.UTC().Truncate(24 * time.Hour).Add(18*time.Hour + 30*time.Minute)
}

func demoDraft(now time.Time) *eventra.Event {
	starts := evening(now).AddDate(0, 4, 0)
	return &eventra.Event{
		ID: demoDraftID, Title: "Open-air season opening", Category: "festival", Tags: []string{"open-air"},
		Venue:    eventra.Venue{Name: "Waldbühne", City: "Berlin", Country: "DE", Timezone: "Europe/Berlin"},
		StartsAt: starts, EndsAt: starts.Add(5 * time.Hour),
		Attributes: json.RawMessage(`{}`),
		Terms:      eventra.Terms{HoldSeconds: eventra.HoldSecondsDefault, MaxSeatsPerBooking: eventra.MaxSeatsPerBookingDefault},
	}
}

// demoSections differ in price. Each is a category of its own.
var demoSections = []struct {
	name          string
	rows, seats   int
	amount, child int64 // what adults and children pay
}{{"A", 8, 20, 8900, 4450}, {"B", 8, 20, 5900, 2950}, {"BALCONY", 2, 20, 2900, 1450}}

// demoPricing has tickets for children.
func demoPricing() *eventra.Pricing {
	p := &eventra.Pricing{Currency: "EUR", TicketTypes: []eventra.TicketType{
		{Name: eventra.TicketTypeStandard, Default: true, MinPerBooking: 1, MaxPerBooking: eventra.MaxSeatsPerBookingMax},
		{Name: "Child", MinPerBooking: 1, MaxPerBooking: eventra.MaxSeatsPerBookingMax}}}
	for _, section := range demoSections {
		p.Categories = append(p.Categories, eventra.Category{Name: section.name})
		p.Prices = append(p.Prices, eventra.Price{Category: section.name, TicketType: eventra.TicketTypeStandard, Amount: section.amount},
			eventra.Price{Category: section.name, TicketType: "Child", Amount: section.child})
	}
	return p
}

// demoSeats are 360 seats.
func demoSeats() (seats []eventra.Seat) {
	for _, section := range demoSections {
		for row := 1; row <= section.rows; row++ {
			for number := 1; number <= section.seats; number++ {
				seats = append(seats, eventra.Seat{Section: section.name, Row: strconv.Itoa(row), Number: number,
					Price: eventra.Money{Amount: section.amount, Currency: "EUR"}})
			}
		}
	}
	return seats
}
