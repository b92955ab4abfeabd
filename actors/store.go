package actors

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

// EventStore is the authority over events' seats.
type EventStore interface {
	groupcommit.Store
	// Activate takes the event's next epoch, which fences every earlier activation
	// off, and reads the event under it. It may leave out CONFIRMED bookings without seats: see
	// [eventra.Snapshot]. CodeEventNotFound if there is none.
	Activate(ctx context.Context, eventID eventra.ID) (*eventra.Snapshot, error)
	// ConfirmedOf reads the CONFIRMED bookings of an event that have one of the ids or are of one of the customers, each once,
	// with their refunds, as Activate reads bookings.
	ConfirmedOf(ctx context.Context, eventID eventra.ID, bookings, customers []eventra.ID) ([]*eventra.Booking, error)
	// Booking reads one booking, live or not. CodeNotFound if there is none.
	Booking(ctx context.Context, id eventra.ID) (*eventra.Booking, error)
	// Refund reads one refund. CodeNotFound if it was not made.
	Refund(ctx context.Context, id eventra.ID) (*eventra.Refund, error)
	// Blocking reads one blocking of an event. CodeNotFound if it was not made.
	Blocking(ctx context.Context, eventID, id eventra.ID) (*eventra.Blocking, error)
	// Layout reads the first seats of an event, in the order of their numbers, with their
	// pricing and without their status. CodeUnavailable if there are fewer. It takes no epoch.
	Layout(ctx context.Context, eventID eventra.ID, seats int) (*eventra.Layout, error)
}

// ExpiryStore finds holds that have not ended yet.
type ExpiryStore interface {
	// EventsWithHoldsDue lists up to limit events with a HELD booking whose deadline
	// and payment grace are before the store's time plus ahead, and cancelled events with a
	// HELD booking that is not being paid.
	EventsWithHoldsDue(ctx context.Context, ahead time.Duration, limit int) ([]eventra.ID, error)
}

// HoldExpiries announces expired hold keys. An announcement is a hint: late or
// lost ones change nothing.
type HoldExpiries interface {
	// Listen calls heard for each announcement until ctx ends. It reconnects by
	// itself.
	Listen(ctx context.Context, heard func(eventID, bookingID eventra.ID)) error
}

// Outbox holds mails until a mail server has taken them.
type Outbox interface {
	// Due leases up to limit unsent mails of a box: none of them is due again before the
	// lease ends.
	Due(ctx context.Context, box eventra.MailBox, limit int, lease time.Duration) ([]eventra.MailRef, error)
	// Mail reads one mail as it is now, and whether it is to be sent.
	Mail(ctx context.Context, ref eventra.MailRef) (*eventra.Mail, eventra.MailState, error)
	// MarkSent notes that a mail server has taken the mail.
	MarkSent(ctx context.Context, ref eventra.MailRef) error
	// Withhold notes that the mail was not sent and never will be.
	Withhold(ctx context.Context, ref eventra.MailRef) error
}

// MailQueue spreads mails over workers, with retries and dead letters.
type MailQueue interface {
	// Enqueue adds jobs, except those that wait already.
	Enqueue(ctx context.Context, refs []eventra.MailRef) error
	// Full reports whether so many jobs of a box wait for a worker that more jobs would
	// only wait longer.
	Full(ctx context.Context, box eventra.MailBox) (bool, error)
	// Work calls deliver for each job until ctx ends, and then waits for the calls that run.
	Work(ctx context.Context, deliver func(context.Context, eventra.MailRef) error) error
}

// MailSender hands one mail to a mail server.
type MailSender interface {
	// Send returns nil when the mail server has taken the mail.
	Send(ctx context.Context, mail *eventra.Mail) error
}
