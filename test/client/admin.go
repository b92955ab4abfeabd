package client

import (
	"fmt"
	"time"
)

// Admin is an administrator, who creates events and reads the cluster's state.
type Admin struct {
	Email, Password string

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

// Sale is an event on sale.
type Sale struct {
	ID string
	House
}

// OpenSale creates an event with its seats and publishes it.
func (a *Admin) OpenSale(at *Target, title string, house House, holdFor time.Duration) (*Sale, error) {
	if err := a.LogIn(at); err != nil {
		return nil, err
	}
	starts := time.Now().UTC().AddDate(0, 1, 0)
	var event struct{ ID string }
	body := object{
		"title": title, "description": "An event under test", "category": "concert", "tags": []string{},
		"venue":    object{"name": "Hall", "address": "Street 1", "city": "Berlin", "country": "DE", "timezone": "Europe/Berlin"},
		"startsAt": starts.Format(time.RFC3339), "endsAt": starts.Add(2 * time.Hour).Format(time.RFC3339),
		"holdSeconds":         int(holdFor / time.Second),
		"maxSeatsPerCustomer": 1_000_000, // few buyers hold a whole house here
	}
	if err := at.Expect(201, "POST", "/api/v1/events", a.Token(), body, &event); err != nil {
		delete(body, "maxSeatsPerCustomer") // a build from before the limit
		if at.Expect(201, "POST", "/api/v1/events", a.Token(), body, &event) != nil {
			return nil, err
		}
	}
	path := "/api/v1/events/" + event.ID
	if err := at.Expect(201, "POST", path+"/seats", a.Token(), object{"sections": []object{{
		"name": "A", "rowCount": house.Rows, "seatsPerRow": house.SeatsPerRow,
		"price": object{"amount": 2500, "currency": "EUR"}}}}, nil); err != nil {
		return nil, err
	}
	if err := at.Expect(200, "POST", path+"/publish", a.Token(), nil, nil); err != nil {
		return nil, err
	}
	return &Sale{event.ID, house}, nil
}
