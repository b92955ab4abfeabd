package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
)

// HoldFor outlasts every run: nothing expires unless that is what is measured.
const HoldFor = time.Hour

type object = map[string]any

// OpenSales has an event on sale at a server for each house. At Eventra they
// are made by the API, as an organiser would.
func (s *Stage) OpenSales(ctx context.Context, at *Server, houses ...client.House) (sales []*client.Sale, err error) {
	for i, house := range houses {
		var sale *client.Sale
		if at.IsReference() {
			sale, err = s.openAtReference(house)
		} else {
			sale, err = s.Admin.OpenSale(at.Target, fmt.Sprintf("Load %d", i), house, HoldFor)
		}
		if err != nil {
			return nil, err
		}
		sales = append(sales, sale)
	}
	return sales, s.warm(at, sales)
}

// warm has the events' actors load, so that no run measures that by chance.
func (s *Stage) warm(at *Server, sales []*client.Sale) error {
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

// CopySale puts more events like one at Eventra on sale, where sales are
// decided alone: in PostgreSQL. Their details are not to be had, which spares
// the development stack's MongoDB half a second for each of many.
func (s *Stage) CopySale(ctx context.Context, at *Server, of *client.Sale, copies int) (sales []*client.Sale, err error) {
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
	tokens, err := s.Tokens()
	if err != nil {
		return nil, err
	}
	for _, sale := range sales { // asking for what there is not loads the event, and changes nothing
		nothing := object{"eventId": sale.ID, "seats": []string{"NOWHERE-0-0"}}
		if err := Call(at, 422, "POST", "/api/v1/bookings", tokens[0], nothing, nil); err != nil {
			return nil, err
		}
	}
	return sales, nil
}

func (s *Stage) openAtReference(house client.House) (*client.Sale, error) {
	token, err := s.AdminToken()
	if err != nil {
		return nil, err
	}
	sale := &client.Sale{ID: newUUID(), House: house}
	return sale, Call(s.Reference, 201, "POST", "/api/v1/events", token, object{
		"id": sale.ID, "holdSeconds": int(HoldFor / time.Second), "section": "A", "rowCount": house.Rows,
		"seatsPerRow": house.SeatsPerRow, "price": object{"amount": 2500, "currency": "EUR"}}, nil)
}

// AdminToken is an access token of the administrator, a new one each time.
func (s *Stage) AdminToken() (string, error) {
	var session struct{ AccessToken string }
	err := Call(s.Eventra, 200, "POST", "/api/v1/auth/login", "",
		object{"email": s.Admin.Email, "password": s.Admin.Password}, &session)
	return session.AccessToken, err
}

// AddSection adds seats to an event at Eventra.
func (s *Stage) AddSection(at *Server, event, name string, rows, seatsPerRow int) error {
	token, err := s.AdminToken()
	if err != nil {
		return err
	}
	return Call(at, 201, "POST", "/api/v1/events/"+event+"/seats", token, object{"sections": []object{{
		"name": name, "rowCount": rows, "seatsPerRow": seatsPerRow, "price": object{"amount": 2500, "currency": "EUR"}}}}, nil)
}

// callTimeout is for setting up on a busy machine.
const callTimeout = 40 * time.Second

// Call sends one request, which must be answered with a status.
func Call(at *Server, status int, method, path, token string, body, out any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req := &http1.Request{Method: method, Path: path, Body: raw, Header: []string{"Content-Type: application/json"}}
	if body == nil {
		req.Body, req.Header = nil, nil
	}
	if token != "" {
		req.Header = append(req.Header, "Authorization: Bearer "+token)
	}
	deadline := time.Now().Add(callTimeout)
	conn, err := http1.Dial(at.Target.Address(), deadline)
	if err != nil {
		return err
	}
	defer conn.Close()
	answer, err := conn.Do(req, deadline)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s at %s: %w", method, path, at.Name, err)
	case answer.Status != status:
		return fmt.Errorf("%s %s at %s: %d %.300s", method, path, at.Name, answer.Status, answer.Body)
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer.Body, out)
}
