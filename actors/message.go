package actors

import (
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

// What an event actor is sent. Everything that expects a reply gets exactly
// one *reply.
type (
	// command asks for a change; after deadline nobody waits for the reply.
	command struct {
		cmd      eventra.Command
		deadline time.Time
	}
	// readSeats asks for all seats; another member's caller knows those at since.
	readSeats struct {
		since uint64
		seats int
	}
	readAvailability struct{}
	// readLast asks for both as they were known last, by whoever knows.
	readLast struct{}
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
	}
	completed struct{ batch *batch }
	retry     struct{}
)

type reply struct {
	booking      *eventra.Booking
	payment      *eventra.Payment
	seats        *eventra.SeatsView
	changes      *wire.SeatChanges // of seats, from another member
	availability *eventra.Availability
	err          error
}

// request is a command that waits for its outcome. If it is from nobody, the
// actor asked itself.
type request struct {
	command
	from  asker
	tries int // batches that ended without this one's outcome
}

// triesMax bounds how often a request is decided anew after a lost or
// contradicted batch.
const triesMax = 3
