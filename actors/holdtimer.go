package actors

import (
	"container/heap"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/eventra/eventra"
)

// arm sets deadlines; afresh forgets those before.
type arm struct {
	holds  []deadline
	afresh bool
}

type tick struct{}

// deadline is when to ask about a hold, by the local clock.
type deadline struct {
	booking eventra.ID
	at      time.Time
}

// holdTimer mirrors the TTLs of one event's holds: a heap and one timer. It
// only asks its parent, who decides, so a deadline too many does no harm.
type holdTimer struct {
	holds deadlines
	timer *time.Timer
	next  time.Time // what timer is set to; zero if it is not
}

func newHoldTimer() *holdTimer { return &holdTimer{} }

// Receive implements actor.Actor.
func (t *holdTimer) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *arm:
		t.arm(msg)
	case *tick:
		t.next = time.Time{}
	case *actor.Stopping:
		if t.timer != nil {
			t.timer.Stop()
		}
		return
	default:
		return
	}
	if due := t.due(time.Now()); len(due) > 0 {
		ctx.Send(ctx.Parent(), &holdsDue{due})
	}
	t.set(ctx)
}

func (t *holdTimer) arm(msg *arm) {
	if msg.afresh {
		t.holds = append(t.holds[:0], msg.holds...)
		heap.Init(&t.holds)
		return
	}
	for _, d := range msg.holds {
		heap.Push(&t.holds, d)
	}
}

func (t *holdTimer) due(now time.Time) (ids []eventra.ID) {
	for len(t.holds) > 0 && !t.holds[0].at.After(now) {
		ids = append(ids, heap.Pop(&t.holds).(deadline).booking)
	}
	return ids
}

func (t *holdTimer) set(ctx actor.Context) {
	if len(t.holds) == 0 || !t.next.IsZero() && !t.holds[0].at.Before(t.next) {
		return
	}
	if t.timer != nil {
		t.timer.Stop()
	}
	t.next = t.holds[0].at
	self, root := ctx.Self(), ctx.ActorSystem().Root
	t.timer = time.AfterFunc(time.Until(t.next), func() { root.Send(self, &tick{}) })
}

// deadlines is a heap.Interface, the earliest first.
type deadlines []deadline

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(x any)        { *d = append(*d, x.(deadline)) }
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	*d = (*d)[:last]
	return x
}
