package wire

import (
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// knownBefore are the codes of this release, each with the nearest one that members of the
// release before have an answer for.
var knownBefore = map[eventra.Code]eventra.Code{
	eventra.CodeCustomerLimit:      eventra.CodeNotEnoughSeats,
	eventra.CodeLeavesSingleSeat:   eventra.CodeSeatsUnavailable,
	eventra.CodeTicketTypeNotSold:  eventra.CodeNotEnoughSeats,
	eventra.CodeTicketTypeQuantity: eventra.CodeNotEnoughSeats,
}

// SetFailure sets an error of a kind as the body. An error that is no
// [eventra.Error] becomes CodeUnavailable, since the other member cannot do
// anything about a fault of this one.
func (e *Envelope) SetFailure(err error, kind Failure_Kind) {
	var domain *eventra.Error
	if !errors.As(err, &domain) {
		domain = eventra.Unavailable("the event's instance", err)
	}
	failure := &Failure{Code: string(domain.Code), Message: domain.Message, Seats: domain.Seats, Payment: encodePayment(domain.Payment),
		RetryAfter: int64(domain.RetryAfter), Kind: kind}
	if known, is := knownBefore[domain.Code]; is {
		failure.Code, failure.Precisely = string(known), string(domain.Code)
	}
	if c := domain.Customer; c != nil {
		failure.Customer = &Failure_CustomerTickets{Limit: int32(c.Limit), Held: int32(c.Held)}
	}
	if p := domain.Places; p != nil {
		failure.Places = &Failure_Places{Section: p.Section, Available: int32(p.Available), Taken: int32(p.Taken)}
	}
	if domain.Refundable != nil {
		failure.Refundable = encodeMoney(*domain.Refundable)
	}
	if domain.Err != nil {
		failure.Cause = domain.Err.Error()
	}
	for _, f := range domain.Fields {
		failure.Fields = append(failure.Fields, &Failure_Field{Field: f.Field, Code: f.Code, Message: f.Message})
	}
	failure.Orphans = domain.Orphans
	for _, seats := range domain.Suggestions {
		failure.Suggestions = append(failure.Suggestions, &Failure_Pick{Seats: seats})
	}
	e.Body = &Envelope_Failure{failure}
}

// Decode returns the other member's error.
func (f *Failure) Decode() *eventra.Error {
	var d decoder
	err := &eventra.Error{Code: eventra.Code(f.GetCode()), Message: f.GetMessage(), Seats: f.GetSeats(), Payment: d.payment(f.GetPayment()),
		RetryAfter: time.Duration(f.GetRetryAfter())}
	if precisely := f.GetPrecisely(); precisely != "" {
		err.Code = eventra.Code(precisely)
	}
	if c := f.GetCustomer(); c != nil {
		err.Customer = &eventra.CustomerTickets{Limit: int(c.GetLimit()), Held: int(c.GetHeld())}
	}
	if left := f.GetRefundable(); left != nil {
		money := left.decode()
		err.Refundable = &money
	}
	for _, field := range f.GetFields() {
		err.Fields = append(err.Fields, eventra.FieldError{Field: field.GetField(), Code: field.GetCode(), Message: field.GetMessage()})
	}
	err.Orphans = f.GetOrphans()
	for _, pick := range f.GetSuggestions() {
		err.Suggestions = append(err.Suggestions, pick.GetSeats())
	}
	if p := f.GetPlaces(); p != nil {
		err.Places = &eventra.PlacesLeft{Section: p.GetSection(), Available: int(p.GetAvailable()), Taken: int(p.GetTaken())}
	}
	if f.GetCause() != "" {
		err.Err = errors.New(f.GetCause())
	}
	if d.err != nil || err.Code == "" {
		return eventra.Unavailable("the event's instance", d.err)
	}
	return err
}
