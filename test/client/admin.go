package client

import (
	"fmt"
	"time"
)

// Admin sets up sales and looks at the cluster.
type Admin struct {
	Email, Password string

	token  string
	issued time.Time
}

type object = map[string]any

// tokenAge is when an access token is replaced, well before it ends.
const tokenAge = 10 * time.Minute

// LogIn gets an access token, good at every instance.
func (a *Admin) LogIn(at *Target) error {
	if time.Since(a.issued) < tokenAge {
		return nil
	}
	var session struct{ AccessToken string }
	issued := time.Now()
	if err := at.want(200, "POST", "/api/v1/auth/login", "", object{"email": a.Email, "password": a.Password}, &session); err != nil {
		return err
	}
	a.token, a.issued = session.AccessToken, issued
	return nil
}

// House is what an event has to sell: rows of seats in section A.
type House struct{ Rows, SeatsPerRow int }

// Size counts the seats.
func (h House) Size() int { return h.Rows * h.SeatsPerRow }

// Seat names the n-th seat, from 0.
func (h House) Seat(n int) string {
	return fmt.Sprintf("A-%d-%d", 1+n/h.SeatsPerRow, 1+n%h.SeatsPerRow)
}

// Sale is a published event.
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
	if err := at.want(201, "POST", "/api/v1/events", a.token, object{
		"title": title, "description": "A sale to be tested", "category": "concert", "tags": []string{},
		"venue":    object{"name": "Hall", "address": "Street 1", "city": "Berlin", "country": "DE", "timezone": "Europe/Berlin"},
		"startsAt": starts.Format(time.RFC3339), "endsAt": starts.Add(2 * time.Hour).Format(time.RFC3339),
		"holdSeconds": int(holdFor / time.Second),
	}, &event); err != nil {
		return nil, err
	}
	path := "/api/v1/events/" + event.ID
	if err := at.want(201, "POST", path+"/seats", a.token, object{"sections": []object{{
		"name": "A", "rowCount": house.Rows, "seatsPerRow": house.SeatsPerRow,
		"price": object{"amount": 2500, "currency": "EUR"}}}}, nil); err != nil {
		return nil, err
	}
	if err := at.want(200, "POST", path+"/publish", a.token, nil, nil); err != nil {
		return nil, err
	}
	return &Sale{event.ID, house}, nil
}
