package scenario

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/drive"
	"github.com/eventra/eventra/test/http1"
)

// visitors come to see what is on sale, and do all that people do.
type visitors struct {
	room   *showroom
	users  atomic.Pointer[accounts]
	maps   []seenMap // by worker
	visits atomic.Int64
}

// accounts are access tokens, which have to be renewed now and then.
type accounts struct {
	users []string
	admin string
}

// seenMap is the seat map that a worker knows.
type seenMap struct{ event, tag string }

// visit is one of them: half look how much there is, a quarter at the map;
// each asks for a seat or, one of five, for two. Of those who get what they ask
// for two of ten pay, and one of four of these is refunded; two of ten give it
// back; one of ten looks at it; the others let it run out.
func (v *visitors) visit(w *drive.Worker, i int64, due time.Time) {
	do := func(req *http1.Request) *http1.Response {
		defer func() { due = time.Time{} }() // only the first one can be late
		return w.Do(req, due)
	}
	sale, seat := v.room.place()
	accounts := v.users.Load()
	token := accounts.users[int(i)%len(accounts.users)]
	path := "/api/v1/events/" + sale.ID
	v.visits.Add(1)
	if i%20 == 0 {
		do(&http1.Request{Method: "GET", Path: path})
	}
	if i%2 == 0 {
		do(&http1.Request{Method: "GET", Path: path + "/availability"})
	}
	if i%4 == 1 {
		v.look(w.Number, sale.ID, do)
	}
	seats := []string{sale.Seat(seat)}
	if i%5 == 0 && (seat+1)%sale.SeatsPerRow != 0 {
		seats = append(seats, sale.Seat(seat+1))
	}
	held := do(holdRequest(token, sale.ID, seats...))
	if held == nil || held.Status != 201 {
		return
	}
	booking := "/api/v1/bookings/" + idOf(held.Body)
	switch i % 10 {
	case 0, 1:
		pay := postRequest(booking+"/payments", token, payment)
		pay.Header = append(pay.Header, "Idempotency-Key: "+idOf(held.Body))
		if paid := do(pay); paid != nil && paid.Status == 201 && i%40 < 10 {
			do(postRequest(booking+"/refund", accounts.admin, nil))
		}
	case 2, 3:
		do(ownRequest("DELETE", booking, token))
	case 4:
		do(ownRequest("GET", booking, token))
	}
}

func ownRequest(method, path, token string) *http1.Request {
	return &http1.Request{Method: method, Path: path, Header: []string{"Authorization: Bearer " + token}}
}

// look asks for the map, packed, unless it is still the one that is known.
func (v *visitors) look(worker int, event string, do func(*http1.Request) *http1.Response) {
	req := &http1.Request{Method: "GET", Path: "/api/v1/events/" + event + "/seats", Header: []string{"Accept-Encoding: gzip"}}
	if known := v.maps[worker]; known.event == event {
		req.Header = append(req.Header, "If-None-Match: "+known.tag)
	}
	if answer := do(req); answer != nil && answer.Status == 200 {
		v.maps[worker] = seenMap{event, answer.Get("ETag")}
	}
}

var payment = []byte(`{"method":"mock","token":"tok_ok"}`)

// idOf finds a booking's id, its first field, without reading all the rest.
func idOf(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}
