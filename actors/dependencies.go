package actors

import (
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra/groupcommit"
)

// Dependencies are what event actors work with.
type Dependencies struct {
	Store   EventStore
	Locks   groupcommit.SeatLocks
	Log     *slog.Logger
	Metrics *Metrics
	// QueueMax bounds the requests that wait at one event; more are refused as
	// overloaded.
	QueueMax int
	// Mailer sends the mails of confirmed bookings; nil: this instance sends none.
	Mailer *MailerConfig
	// Tracer makes the spans of traced requests; nil: nothing is traced here, whatever callers do.
	Tracer trace.Tracer
}
