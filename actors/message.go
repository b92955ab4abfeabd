package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// Messages to an event actor. Every message that expects an answer gets exactly
// one *reply.
type (
	// request asks for a change.
	request struct {
		command  eventra.Command
		deadline time.Time // after it, no caller waits for the reply
		replyTo  replyTo   // empty if the activation asks itself
		tries    int       // batches that ended without this request's outcome
		traced   *traced   // nil: it is not
	}
	// readSeats asks for all seats. A caller in another member has those of
	// version since.
	readSeats struct {
		since uint64
		seats int
	}
	readAvailability struct{}
	// readLastKnown asks for both as they were last known, even if another member
	// owns the event by now.
	readLastKnown struct{}
	// reload says that an administrator has changed the event in the store.
	reload struct{}
	// wake loads the event, so that its hold timer runs. No reply.
	wake struct{}
	// holdsDue lists holds that may have expired. No reply.
	holdsDue struct{ bookings []eventra.ID }
)

// Messages of an activation to itself.
type (
	// loaded is the result of a load.
	loaded struct {
		snapshot *eventra.Snapshot
		err      error
	}
	// retry ends the pause of contended requests.
	retry struct{}
)

// reply answers a message. At most one of its fields is set, but for booking with
// payment or refund.
type reply struct {
	booking      *eventra.Booking
	payment      *eventra.Payment
	seats        *eventra.SeatsView
	changes      *wire.SeatChanges // of seats, from another member
	availability *eventra.Availability
	stale        bool // seats, changes or availability may be out of date
	blocking     *eventra.Blocking
	refund       *eventra.Refund
	err          error
}

// reading is a question that waits until there is something to show.
type reading struct {
	to       replyTo
	question any
}

// replyTo is the sender of a message: an actor of this process or, with the
// question that the answer refers to, one of another member.
type replyTo struct {
	pid      *actor.PID
	question *wire.Envelope // nil in this process
}

// errLoading says that there is nothing to show yet, and that too many others wait; the
// caller asks again.
var errLoading = errors.New("the event is being loaded")
