package client

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// Admin is an administrator, who creates events and reads the cluster's state.
type Admin struct {
	Email, Password string
	Recorder        Recorder // of what is done to events; may be nil

	session
}

type object = map[string]any

// LogIn gets an access token, unless there is one that is still valid for long
// enough.
func (a *Admin) LogIn(at *Target) error { return a.renew(at, a.Email, a.Password) }

// House is the seats of an event: rows in section A.
type House struct{ Rows, SeatsPerRow int }

// Size returns the number of seats.
func (h House) Size() int { return h.Rows * h.SeatsPerRow }

// Seat returns the name of the n-th seat, counted from 0.
func (h House) Seat(n int) string {
	return fmt.Sprintf("A-%d-%d", 1+n/h.SeatsPerRow, 1+n%h.SeatsPerRow)
}

// Terms are the rules of a sale.
type Terms struct {
	HoldFor             time.Duration
	OrphanRule          string // "": off
	MaxSeatsPerCustomer int    // 0: as good as none, since few buyers hold a whole house here
	Priced              bool   // seats have categories, and prices by ticket type: see [PriceOf]
	Places              int    // of a general-admission section, [Floor]
}

// Floor is the name of the section whose places have no numbers.
const Floor = "F"

// Sale is an event on sale.
type Sale struct {
	ID string
	House
	Terms
}

// OpenSale creates an event with its seats and publishes it.
func (a *Admin) OpenSale(at *Target, title string, house House, holdFor time.Duration) (*Sale, error) {
	return a.OpenSaleOn(at, title, house, Terms{HoldFor: holdFor})
}

// OpenSaleOn is OpenSale on other terms.
func (a *Admin) OpenSaleOn(at *Target, title string, house House, terms Terms) (*Sale, error) {
	if err := a.LogIn(at); err != nil {
		return nil, err
	}
	starts := eventStarts()
	var event struct{ ID string }
	body := object{
		"title": title, "description": "An event under test", "category": "concert", "tags": []string{},
		"venue":    object{"name": "Hall", "address": "Street 1", "city": "Berlin", "country": "DE", "timezone": "Europe/Berlin"},
		"startsAt": starts.Format(time.RFC3339), "endsAt": starts.Add(2 * time.Hour).Format(time.RFC3339),
		"holdSeconds":         int(terms.HoldFor / time.Second),
		"maxSeatsPerCustomer": cmp.Or(terms.MaxSeatsPerCustomer, 1_000_000),
	}
	if terms.OrphanRule != "" {
		body["orphanRule"] = terms.OrphanRule
	}
	if err := at.Expect(201, "POST", "/api/v1/events", a.Token(), body, &event); err != nil {
		delete(body, "maxSeatsPerCustomer") // a build from before the limit
		if at.Expect(201, "POST", "/api/v1/events", a.Token(), body, &event) != nil {
			return nil, err
		}
	}
	sale := &Sale{event.ID, house, terms}
	if err := a.addSeats(at, sale); err != nil {
		return nil, err
	}
	if err := at.Expect(200, "POST", sale.path("/publish"), a.Token(), nil, nil); err != nil {
		return nil, err
	}
	if a.Recorder != nil {
		now := time.Now()
		a.Recorder.Record(Operation{Kind: Open, Event: event.ID, Terms: terms, Target: at.Name, Start: now, End: now, Status: 201})
	}
	return sale, nil
}

func eventStarts() time.Time { return time.Now().UTC().AddDate(0, 1, 0) }

func (s *Sale) path(rest string) string { return "/api/v1/events/" + s.ID + rest }

// addSeats adds the house. If it is priced, every other row is of the second category.
func (a *Admin) addSeats(at *Target, s *Sale) error {
	section := object{"name": "A", "rowCount": s.Rows, "seatsPerRow": s.SeatsPerRow}
	if !s.Priced {
		section["price"] = object{"amount": 2500, "currency": "EUR"}
		sections := []object{section}
		if s.Places > 0 {
			sections = append(sections, object{"name": Floor, "capacity": s.Places, "price": object{"amount": 1500, "currency": "EUR"}})
		}
		return at.Expect(201, "POST", s.path("/seats"), a.Token(), object{"sections": sections}, nil)
	}
	if err := at.Expect(200, "PUT", s.path("/pricing"), a.Token(), pricing(1), nil); err != nil {
		return err
	}
	section["category"] = categories[0]
	if err := at.Expect(201, "POST", s.path("/seats"), a.Token(), object{"sections": []object{section}}, nil); err != nil {
		return err
	}
	for row := 2; row <= s.Rows; row += 2 {
		change := object{"section": "A", "row": strconv.Itoa(row), "set": object{"category": categories[1]}}
		if err := at.Expect(200, "PATCH", s.path("/seats"), a.Token(), change, nil); err != nil {
			return err
		}
	}
	return nil
}
