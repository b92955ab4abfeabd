package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/eventra/eventra"
)

// What an event actor is sent. Everything that expects a reply gets exactly
// one *reply.
type (
	// command asks for a change; after deadline nobody waits for the reply.
	command struct {
		cmd      eventra.Command
		deadline time.Time
	}
	readSeats        struct{}
	readAvailability struct{}
	// reload: the event was changed in the store by an admin's hand.
	reload struct{}
	// wake: make sure that the event is loaded, for its timer to run. No reply.
	wake struct{}
	// holdsDue: the hold timer says that these may be over. No reply.
	holdsDue struct{ bookings []eventra.ID }
)

// What an event actor tells itself from its goroutines.
type (
	loaded struct {
		snapshot *eventra.Snapshot
		err      error
		asked    time.Time // local, before the store was asked
	}
	flushed struct{ flight *flight }
	retry   struct{}
)

type reply struct {
	booking      *eventra.Booking
	payment      *eventra.Payment
	seats        *eventra.SeatsView
	availability *eventra.Availability
	err          error
}

// errMoved: this activation is over and promised nothing; ask again.
var errMoved = errors.New("the event has moved to another activation")

// request is a command that waits for its outcome. Without a sender nobody is
// told: the actor asked itself.
type request struct {
	command
	sender *actor.PID
	tries  int // flights that ended without telling this one's outcome
}

// triesMax bounds how often a request is decided anew after a lost or
// contradicted flight.
const triesMax = 3
