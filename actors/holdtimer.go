package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
)

// Messages to a hold timer.
type (
	// arm adds deadlines; afresh forgets all earlier ones.
	arm struct {
		holds  []deadline
		afresh bool
	}
	tick struct{}
)

// holdTimer mirrors the TTLs of one event's holds and reports those that are due
// to its parent. The parent decides, so a deadline too many does no harm.
type holdTimer struct {
	deadlines deadlines
	timer     *time.Timer
}

func newHoldTimer() *holdTimer { return &holdTimer{} }

// Receive implements actor.Actor.
func (t *holdTimer) Receive(ctx actor.Context) {
	switch ctx.Message().(type) {
	case *arm, *tick:
	case *actor.Stopping:
		t.stop()
		return
	default:
		return
	}
	due, next := t.deadlines.handle(ctx.Message(), time.Now())
	if len(due) > 0 {
		ctx.Send(ctx.Parent(), &holdsDue{due})
	}
	if !next.IsZero() {
		t.stop()
		self, root := ctx.Self(), ctx.ActorSystem().Root
		t.timer = time.AfterFunc(time.Until(next), func() { root.Send(self, &tick{}) })
	}
}

func (t *holdTimer) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

// deadlines are those of an event's holds, and the time of the next tick.
type deadlines struct {
	holds deadlineHeap
	next  time.Time // zero if no tick is set
}

// handle takes an arm or a tick. It returns the holds that are due, and the time
// for the next tick; zero if the tick that is set stays right.
func (d *deadlines) handle(msg any, now time.Time) (due []eventra.ID, next time.Time) {
	switch msg := msg.(type) {
	case *arm:
		d.arm(msg)
	case *tick:
		d.next = time.Time{}
	}
	for len(d.holds) > 0 && d.holds[0].at <= now.UnixNano() {
		due = append(due, d.holds.pop().booking)
	}
	if len(d.holds) == 0 {
		d.holds = nil // whose memory was for the holds of a rush
		return due, time.Time{}
	}
	if !d.next.IsZero() && !d.holds[0].time().Before(d.next) {
		return due, time.Time{}
	}
	d.next = d.holds[0].time()
	return due, d.next
}

func (d *deadlines) arm(msg *arm) {
	if msg.afresh {
		d.holds = d.holds[:0]
	}
	d.holds = slices.Grow(d.holds, len(msg.holds))
	for _, hold := range msg.holds {
		d.holds.push(hold)
	}
}
