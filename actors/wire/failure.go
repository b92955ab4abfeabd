package wire

import (
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// SetFailure makes the envelope answer with an error of that kind. What is no
// [eventra.Error] is told as unavailable: the other side can do nothing else
// about a fault of this one.
func (e *Envelope) SetFailure(err error, kind Failure_Kind) {
	var domain *eventra.Error
	if !errors.As(err, &domain) {
		domain = eventra.Unavailable("the event's instance", err)
	}
	failure := &Failure{Code: string(domain.Code), Message: domain.Message, Seats: domain.Seats, Payment: encodePayment(domain.Payment),
		RetryAfter: int64(domain.RetryAfter), Kind: kind}
	if domain.Err != nil {
		failure.Cause = domain.Err.Error()
	}
	for _, f := range domain.Fields {
		failure.Fields = append(failure.Fields, &Failure_Field{Field: f.Field, Code: f.Code, Message: f.Message})
	}
	e.Body = &Envelope_Failure{failure}
}

// Decode returns the error that the other side gave.
func (f *Failure) Decode() *eventra.Error {
	var d decoder
	err := &eventra.Error{Code: eventra.Code(f.GetCode()), Message: f.GetMessage(), Seats: f.GetSeats(), Payment: d.payment(f.GetPayment()),
		RetryAfter: time.Duration(f.GetRetryAfter())}
	for _, field := range f.GetFields() {
		err.Fields = append(err.Fields, eventra.FieldError{Field: field.GetField(), Code: field.GetCode(), Message: field.GetMessage()})
	}
	if f.GetCause() != "" {
		err.Err = errors.New(f.GetCause())
	}
	if d.err != nil || err.Code == "" {
		return eventra.Unavailable("the event's instance", d.err)
	}
	return err
}
