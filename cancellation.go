package eventra

import "time"

// ReasonMaxRunes bounds what an organiser says to those who are told by mail.
const ReasonMaxRunes = 1000

// CancelOrder is the organiser's word that an event is cancelled.
type CancelOrder struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Validate checks what the organiser enters.
func (o *CancelOrder) Validate(f *Faults) { validateText(f, "reason", o.Reason, 0, ReasonMaxRunes) }

// Cancellation is how far the refunds of a cancelled event are.
type Cancellation struct {
	EventID    ID
	StartedAt  time.Time
	FinishedAt time.Time // zero until all bookings have been refunded or have failed
	Bookings   int       // that were confirmed when the event was cancelled
	Refunded   int       // whose money has gone back
	Failed     int       // whose money the gateway has refused to return so far
	Mailed     int       // whose buyers were told
}

// CancellationClaim is one instance's right to work on a cancellation.
type CancellationClaim struct {
	EventID ID
	Until   time.Time // by the store's clock; also tells claims apart
}
