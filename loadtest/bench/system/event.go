package system

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
)

// HoldFor is longer than every run, so that only scenarios about expiry have any.
const HoldFor = time.Hour

type object = map[string]any

// OpenSales puts an event for each house on sale at a server.
func (s *System) OpenSales(ctx context.Context, at *Server, houses ...client.House) (sales []*client.Sale, err error) {
	for i, house := range houses {
		var sale *client.Sale
		if at.IsReference() {
			sale, err = s.openAtReference(house)
		} else {
			sale, err = at.Admin.OpenSale(at.Target, fmt.Sprintf("Load %d", i), house, HoldFor)
		}
		if err != nil {
			return nil, err
		}
		sales = append(sales, sale)
	}
	return sales, s.activate(at, sales)
}

// activate activates the events, so that no run measures that by chance.
func (s *System) activate(at *Server, sales []*client.Sale) error {
	if at.IsReference() {
		return nil
	}
	for _, sale := range sales {
		if err := at.Target.Activate(sale.ID); err != nil {
			return err
		}
	}
	return nil
}

// CopySale puts copies of an event on sale at Eventra, by copying its rows in
// PostgreSQL. They have no details in MongoDB, which would take the development stack
// half a second each.
func (s *System) CopySale(ctx context.Context, at *Server, of *client.Sale, copies int) (sales []*client.Sale, err error) {
	ids := make([]string, copies)
	for i := range ids {
		ids[i] = newUUID()
		sales = append(sales, &client.Sale{ID: ids[i], House: of.House})
	}
	into := "unnest('{" + strings.Join(ids, ",") + "}'::uuid[]) AS copy(id)"
	if err := at.SQL(ctx,
		`INSERT INTO events SELECT (jsonb_populate_record(of, jsonb_build_object('id', copy.id))).* FROM events of, `+into+` WHERE of.id = '`+of.ID+`'`,
		`INSERT INTO seats (event_id, seat_no, section, row_label, number, amount, currency, version)
			SELECT copy.id, seat_no, section, row_label, number, amount, currency, version FROM seats of, `+into+` WHERE of.event_id = '`+of.ID+`'`,
	); err != nil {
		return nil, err
	}
	tokens, err := s.Tokens(at)
	if err != nil {
		return nil, err
	}
	for _, sale := range sales { // a request for an unknown seat activates the event
		unknown := object{"eventId": sale.ID, "seats": []string{"NOWHERE-0-0"}}
		if err := Call(at, 422, "POST", "/api/v1/bookings", tokens[0], unknown, nil); err != nil {
			return nil, err
		}
	}
	return sales, nil
}

func (s *System) openAtReference(house client.House) (*client.Sale, error) {
	token, err := s.Eventra.AdminToken()
	if err != nil {
		return nil, err
	}
	sale := &client.Sale{ID: newUUID(), House: house}
	return sale, Call(s.Reference, 201, "POST", "/api/v1/events", token, object{
		"id": sale.ID, "holdSeconds": int(HoldFor / time.Second), "section": "A", "rowCount": house.Rows,
		"seatsPerRow": house.SeatsPerRow, "price": object{"amount": 2500, "currency": "EUR"}}, nil)
}

// AdminToken returns a new access token of the administrator.
func (s *Server) AdminToken() (string, error) {
	var session struct{ AccessToken string }
	err := Call(s, 200, "POST", "/api/v1/auth/login", "",
		object{"email": s.Admin.Email, "password": s.Admin.Password}, &session)
	return session.AccessToken, err
}

// APIKey makes an API key that sells to customers of a shop.
func (s *System) APIKey(at *Server) (string, error) {
	token, err := at.AdminToken()
	if err != nil {
		return "", err
	}
	var made struct{ Key string }
	err = Call(at, 201, "POST", "/api/v1/admin/api-keys", token, object{"name": "Load", "scopes": []string{"bookings:write"}}, &made)
	return made.Key, err
}

// AddSection adds seats to an event at Eventra.
func (s *System) AddSection(at *Server, event, name string, rows, seatsPerRow int) error {
	token, err := at.AdminToken()
	if err != nil {
		return err
	}
	return Call(at, 201, "POST", "/api/v1/events/"+event+"/seats", token, object{"sections": []object{{
		"name": name, "rowCount": rows, "seatsPerRow": seatsPerRow, "price": object{"amount": 2500, "currency": "EUR"}}}}, nil)
}

// AddFloor adds a general-admission section to an event at Eventra.
func (s *System) AddFloor(at *Server, event, name string, capacity int) error {
	token, err := at.AdminToken()
	if err != nil {
		return err
	}
	return Call(at, 201, "POST", "/api/v1/events/"+event+"/seats", token, object{"sections": []object{{
		"name": name, "capacity": capacity, "price": object{"amount": 2500, "currency": "EUR"}}}}, nil)
}

// Call is [client.Target.Expect] on a new connection.
func Call(at *Server, status int, method, path, token string, body, out any) error {
	target := client.NewTarget(at.Name, at.Target.Address())
	defer target.CloseIdle()
	return target.Expect(status, method, path, token, body, out)
}

// newUUID returns a random UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
