package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// simActor is an activation and its environment: mailbox, hold timer, a place in
// the directory.
type simActor struct {
	*member
	name       string
	activation *activation
	deadlines  deadlines
	ticks      int // how often a tick was set
	stopping   bool
	stopped    bool
	killed     bool // before it could answer everything
}

// receive lets the activation handle a message. It reports false if the actor has
// stopped.
func (a *simActor) receive(from *actor.PID, msg any) bool {
	if a.stopping || a.stopped {
		return false
	}
	if a.s.traced {
		a.s.tracef("%s receives %s", a.name, describeMessage(msg))
	}
	a.activation.handle(from, msg)
	a.s.checkMemory(a, msg)
	return true
}

func (a *simActor) serving() bool { return a.member.serving }

func (a *simActor) send(to replyTo, r *reply) {
	if to.pid == nil {
		return
	}
	a.s.network.answered(a, to, r)
}

func (a *simActor) tell(msg any) { a.tellAfter(a.s.between(0, 200*time.Microsecond), msg) }

func (a *simActor) tellAfter(d time.Duration, msg any) {
	a.member.after(d, func() { a.receive(nil, msg) })
}

// arm sorts the holds, which come in the order of a map, for the sake of
// repeatable schedules.
func (a *simActor) arm(msg *arm) {
	slices.SortFunc(msg.holds, func(x, y deadline) int { return x.booking.Compare(y.booking) })
	a.member.after(a.s.between(0, 200*time.Microsecond), func() { a.tellTimer(msg) })
}

// tellTimer sends a message to the hold timer.
func (a *simActor) tellTimer(msg any) {
	if a.stopped {
		return
	}
	due, next := a.deadlines.handle(msg, a.Now())
	if len(due) > 0 {
		a.tell(&holdsDue{due})
	}
	if !next.IsZero() {
		a.ticks++
		set := a.ticks
		a.member.after(max(0, next.Sub(a.Now())), func() {
			if a.ticks == set {
				a.tellTimer(&tick{})
			}
		})
	}
}

func (a *simActor) forget() {
	if a.member.resident == a {
		a.member.resident = nil
	}
}

func (a *simActor) stopAfter(d time.Duration) { a.member.after(d, a.stop) }

// stop ends the actor. It is a task because the activation waits for its last batch.
func (a *simActor) stop() {
	if a.stopping || a.stopped {
		return
	}
	a.s.tracef("%s stops", a.name)
	a.stopping = true
	a.s.start(a.member, func() {
		a.activation.stop()
		a.stopped = true
		a.s.tracef("%s has stopped", a.name)
	})
}

func (a *simActor) wakeNextOwner() {
	a.s.after(a.s.latency(), func() {
		if owner := a.s.owner; !owner.dead && owner.resident == nil {
			owner.whenRunning(func() { owner.activation().receive(nil, &wake{}) })
		}
	})
}
