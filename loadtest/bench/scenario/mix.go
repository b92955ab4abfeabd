package scenario

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/loadgen"
	"github.com/eventra/eventra/test/http1"
)

// mix sends a mix of all kinds of requests to a rotation of events.
type mix struct {
	rotation *rotation
	tokens   atomic.Pointer[tokens]
	maps     []knownMap // by worker
	visits   atomic.Int64
}

// tokens are access tokens, which expire.
type tokens struct {
	users []string
	admin string
}

// knownMap is the version of the seat map that a worker has.
type knownMap struct{ event, tag string }

// visit is the requests of one buyer. One in twenty reads the event, half read the
// availability, a quarter the seat map. Each holds one seat, one in five two. Of ten
// holds two are paid, of which one in four is refunded, two are released, one is read,
// and the others expire.
func (m *mix) visit(w *loadgen.Worker, i int64, due time.Time) {
	do := func(req *http1.Request) *http1.Response {
		defer func() { due = time.Time{} }() // only the first request can be late
		return w.Do(req, due)
	}
	sale, seat := m.rotation.nextSeat()
	tokens := m.tokens.Load()
	token := tokens.users[int(i)%len(tokens.users)]
	path := "/api/v1/events/" + sale.ID
	m.visits.Add(1)
	if i%20 == 0 {
		do(&http1.Request{Method: "GET", Path: path})
	}
	if i%2 == 0 {
		do(&http1.Request{Method: "GET", Path: path + "/availability"})
	}
	if i%4 == 1 {
		m.readSeatMap(w.Number, sale.ID, do)
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
			do(postRequest(booking+"/refund", tokens.admin, nil))
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

// readSeatMap requests the compressed seat map, unless the worker has the current one.
func (m *mix) readSeatMap(worker int, event string, do func(*http1.Request) *http1.Response) {
	req := &http1.Request{Method: "GET", Path: "/api/v1/events/" + event + "/seats", Header: []string{"Accept-Encoding: gzip"}}
	if known := m.maps[worker]; known.event == event {
		req.Header = append(req.Header, "If-None-Match: "+known.tag)
	}
	if response := do(req); response != nil && response.Status == 200 {
		m.maps[worker] = knownMap{event, response.Get("ETag")}
	}
}

var payment = []byte(`{"method":"mock","token":"tok_ok"}`)

// idOf returns a booking's id, its first field, without decoding the rest.
func idOf(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte(`"id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}
