package actors

import (
	"time"

	"github.com/eventra/eventra/groupcommit"
)

// environment is everything that an activation knows of its surroundings. A
// simulation plays it by a seed.
type environment interface {
	groupcommit.Runtime
	// serving reports whether this member may serve its events at the moment.
	serving() bool
	// answer sends a reply; without a receiver it is dropped.
	answer(to asker, r *reply)
	// tell and tellAfter send the activation itself a message.
	tell(msg any)
	tellAfter(d time.Duration, msg any)
	// arm sets the hold timer, which tells which holds are due.
	arm(msg *arm)
	// forget removes the activation from the directory.
	forget()
	// stopAfter ends the activation's life a while later.
	stopAfter(d time.Duration)
	// wakeElsewhere makes the event's next owner load it.
	wakeElsewhere()
}

func (e *eventActor) serving() bool { return e.incarnation.Serving() }

func (e *eventActor) answer(to asker, r *reply) { to.send(e.root, r) }

func (e *eventActor) tell(msg any) { e.root.Send(e.self, msg) }

func (e *eventActor) tellAfter(d time.Duration, msg any) {
	time.AfterFunc(d, func() { e.tell(msg) })
}

func (e *eventActor) arm(msg *arm) { e.root.Send(e.timer, msg) }

func (e *eventActor) forget() { e.incarnation.Forget(e.activation.id, e.self) }

func (e *eventActor) stopAfter(d time.Duration) {
	time.AfterFunc(d, func() { e.root.Poison(e.self) })
}

func (e *eventActor) wakeElsewhere() { go e.directory.wakeElsewhere(e.activation.id) }
