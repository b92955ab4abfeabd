package actors

import (
	"time"

	"github.com/eventra/eventra/groupcommit"
)

// environment is everything that an activation knows of its surroundings. The
// simulation plays it by a seed.
type environment interface {
	groupcommit.Runtime
	// serving reports whether this member may serve its events now.
	serving() bool
	// send answers a message; without a receiver the reply is dropped.
	send(to replyTo, r *reply)
	// tell and tellAfter send the activation itself a message.
	tell(msg any)
	tellAfter(d time.Duration, msg any)
	// arm sets the hold timer, which reports due holds.
	arm(msg *arm)
	// forget removes the activation from the directory.
	forget()
	// stopAfter stops the activation a while later.
	stopAfter(d time.Duration)
	// wakeNextOwner makes the event's next owner load it.
	wakeNextOwner()
}
