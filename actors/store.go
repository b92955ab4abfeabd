package actors

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

// EventStore is the authority over events' seats, as event actors need it.
type EventStore interface {
	groupcommit.Store
	// Activate takes the event's next epoch, which fences off every earlier
	// activation, and reads the event under it. CodeEventNotFound if there is none.
	Activate(ctx context.Context, eventID eventra.ID) (*eventra.Snapshot, error)
	// Booking reads one booking, live or not. CodeNotFound if there is none.
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	// Layout reads the seats of an event by their numbers, and nothing of their
	// sale. It takes no epoch.
	Layout(ctx context.Context, eventID eventra.ID) ([]eventra.Seat, error)
}

// ExpiryStore finds holds that nobody has ended yet.
type ExpiryStore interface {
	// EventsWithHoldsDue lists events that have a HELD booking whose deadline
	// and payment grace lie before now (by the store's clock) plus ahead.
	EventsWithHoldsDue(ctx context.Context, ahead time.Duration, limit int) ([]eventra.ID, error)
}

// HoldExpiries is where expired hold keys are announced. A hint only: late or
// lost announcements change nothing.
type HoldExpiries interface {
	// Listen calls heard for each announcement until ctx ends; it reconnects
	// by itself.
	Listen(ctx context.Context, heard func(eventID, bookingID eventra.ID)) error
}

// Outbox holds the mails of confirmed bookings until a server took them.
type Outbox interface {
	// Due leases up to limit unsent mails for the time given: none is due
	// again before that.
	Due(ctx context.Context, limit int, lease time.Duration) ([]eventra.ID, error)
	// Mail reads one mail, and by what is true now, what is to be done about it.
	Mail(ctx context.Context, bookingID eventra.ID) (*eventra.TicketMail, eventra.MailState, error)
	// MarkSent notes that a mail server has taken the mail.
	MarkSent(ctx context.Context, bookingID eventra.ID) error
	// Withhold notes that the mail was not sent and never will be.
	Withhold(ctx context.Context, bookingID eventra.ID) error
}

// MailQueue spreads mails over workers, with retries and dead letters.
type MailQueue interface {
	// Enqueue adds jobs; one that waits already is not added again.
	Enqueue(ctx context.Context, bookingIDs []eventra.ID) error
	// Full reports whether so many jobs wait for a worker that more would only
	// wait longer.
	Full(ctx context.Context) (bool, error)
	// Work calls deliver for each job until ctx ends, then waits for those running.
	Work(ctx context.Context, deliver func(context.Context, eventra.ID) error) error
}

// MailSender hands one mail to a mail server; nil means the server took it.
type MailSender interface {
	Send(ctx context.Context, mail *eventra.TicketMail) error
}
