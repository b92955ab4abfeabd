package actors

import (
	"time"
)

// surroundings are what the work beside actors needs: time, and something that
// goes on meanwhile. A simulation plays them by seed.
type surroundings interface {
	now() time.Time
	// run has work done beside the caller.
	run(work func())
	// wait blocks until done is closed.
	wait(done <-chan struct{})
}

// world is all that an activation knows of the world around it.
type world interface {
	surroundings
	// serving reports whether this member may serve its events at the moment.
	serving() bool
	// answer sends an asker the reply; nobody hears of it if nobody asked.
	answer(to asker, r *reply)
	// tell and tellAfter send the activation itself a message.
	tell(msg any)
	tellAfter(d time.Duration, msg any)
	// arm sets the hold timer, which tells of holds that are due.
	arm(msg *arm)
	// forget takes the activation out of the directory: nobody finds it any more.
	forget()
	// stopAfter ends the activation's life a while later.
	stopAfter(d time.Duration)
	// wakeElsewhere has the event's next owner load it.
	wakeElsewhere()
}

// process is the surroundings that there are outside of simulations.
type process struct{}

func (process) now() time.Time            { return time.Now() }
func (process) run(work func())           { go work() }
func (process) wait(done <-chan struct{}) { <-done }

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
