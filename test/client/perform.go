package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// perform carries out an operation once, and records it with its outcome unless the recorder is nil.
func (t *Target) perform(method, path, token string, body any, timeout time.Duration, recorder Recorder, o Operation) Operation {
	o.Target, o.Start = t.Name, time.Now()
	r, err := t.call(method, path, token, o.Key, body, timeout)
	o.End = time.Now()
	o.Took = o.End.Sub(o.Start)
	if err != nil {
		var failure *http1.Error
		o.Unsent = errors.As(err, &failure) && !failure.Sent
		o.Detail = err.Error()
	} else {
		o.Status, o.Replayed, o.Stale = r.status, r.replayed, r.stale
		o.decode(r.body)
	}
	if recorder != nil {
		recorder.Record(o)
	}
	return o
}

// received is the part of all responses that operations keep.
type received struct {
	ID, EventID, Status string
	ExpiresAt           time.Time
	Seats               []struct{ Seat, Status string }
	Items               []struct {
		Seat, Category, TicketType string
		Price                      money
	}
	Total    money
	Warnings []string
	Booking  *struct{ ID, EventID, Status string }
}

type money struct {
	Amount   int64
	Currency string
}

// decode reads the booking, the seat map or the problem from a response's body.
func (o *Operation) decode(body []byte) {
	if !o.Succeeded() {
		o.decodeProblem(body)
		return
	}
	switch {
	case o.Organises():
		return
	case o.Kind == RefundPart:
		o.decodeRefund(body)
		return
	}
	var r received
	if err := json.Unmarshal(body, &r); err != nil {
		o.Detail = "the response is not as described: " + err.Error()
		return
	}
	o.State, o.Deadline, o.BookedEvent = r.Status, r.ExpiresAt, r.EventID
	if o.Kind == Map {
		o.SeatMap = map[string]string{}
		for _, seat := range r.Seats {
			o.SeatMap[seat.Seat] = seat.Status
		}
		return
	}
	for _, seat := range r.Seats {
		o.BookedSeats = append(o.BookedSeats, seat.Seat)
	}
	for _, i := range r.Items {
		if i.Seat == "" {
			o.Standing++
		}
		o.Items = append(o.Items, Item{i.Seat, i.Category, i.TicketType, i.Price.Amount})
	}
	o.Total, o.Warnings = r.Total.Amount, r.Warnings
	switch {
	case o.Holds():
		o.Booking = r.ID
	case r.Booking != nil: // a payment
		o.State, o.BookedEvent = r.Booking.Status, r.Booking.EventID
		if r.Booking.ID != o.Booking {
			o.Successor = r.Booking.ID
		}
	}
}

func (o *Operation) decodeProblem(body []byte) {
	var problem struct {
		Code, Detail         string
		Unavailable, Unknown []string
		Limit, Held          int
		Available            int
		Refundable           money
		Orphans              []string
		Suggestions          [][]string
	}
	if json.Unmarshal(body, &problem) != nil { // a balancer's, for instance
		o.Detail = fmt.Sprintf("%.200s", body)
		return
	}
	o.Code, o.Detail, o.Unavailable = problem.Code, problem.Detail, append(problem.Unavailable, problem.Unknown...)
	o.Refundable = problem.Refundable.Amount
	o.Available, o.Limit, o.Had, o.Orphans, o.Suggestions = problem.Available, problem.Limit, problem.Held, problem.Orphans, problem.Suggestions
}

func (o *Operation) decodeRefund(body []byte) {
	var r struct {
		ID, Status string
		Amount     money
		Items      []int
		Released   bool
	}
	if err := json.Unmarshal(body, &r); err != nil {
		o.Detail = "the response is not as described: " + err.Error()
		return
	}
	o.Returned = Refund{ID: r.ID, Status: r.Status, Amount: r.Amount.Amount, Items: r.Items, Released: r.Released}
}
