package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
	"github.com/eventra/eventra/groupcommit"
)

type phase uint8

const (
	loading phase = iota // the store is being asked; requests wait
	active
	down   // the store did not answer; requests are refused until the next try
	moving // the event is another member's; the last batch is in flight
	over   // this activation promises nothing any more; all are sent elsewhere
)

// activation is one life of an event's actor: it owns the event's seats in this
// process and decides about them. It never blocks but in its last act: loads and
// batches run beside it and come back as messages. It knows its surroundings only
// by [environment], so what it does follows from the messages and their order alone.
type activation struct {
	*Dependencies
	environment
	pool  *groupcommit.Pool
	loads chan struct{} // bounds the loads under way in this process
	id    eventra.ID
	seen  *seen

	phase     phase
	seats     *eventra.SeatMap // durable state as last known; nil before the first load
	epoch     int64
	clock     storeClock
	nextTry   time.Time // when down: not before this
	backoff   time.Duration
	reloading []asker // who waits for a fresh load
	stale     bool    // a reload is wanted when the batch in flight has completed

	waiting  []*request // undecided
	parked   []*request // their outcome hangs on the batch in flight
	overdue  []eventra.ID
	filling  *batch
	inFlight *batch // nil: none
	retries  bool   // a retry message is on its way
}

func newActivation(d *Directory, env environment, id eventra.ID, seen *seen) *activation {
	return &activation{Dependencies: d.deps, environment: env, pool: d.pool, loads: d.loads, id: id, seen: seen, filling: &batch{}}
}

// handle does what a message asks for.
func (a *activation) handle(sender *actor.PID, msg any) {
	switch msg := msg.(type) {
	case *command:
		a.receive(&request{command: *msg, from: asker{pid: sender}})
	case *wire.Envelope:
		a.receiveEnvelope(sender, msg)
	case *readSeats, *readAvailability:
		a.read(asker{pid: sender}, msg)
	case *readLast:
		a.showLast(asker{pid: sender})
	case *reload:
		a.reload(asker{pid: sender})
	case *cluster.HandOver:
		a.handOver()
	case *wake:
		a.mayWait()
	case *holdsDue:
		a.overdue = append(a.overdue, msg.bookings...)
		a.pump()
	case *loaded:
		a.loaded(msg)
	case *completed:
		a.complete(msg.batch)
	case *retry:
		a.retries = false
		a.unpark()
		a.pump()
	}
}

func (a *activation) reply(to asker, r *reply) { a.answer(to, r) }

func (a *activation) fail(r *request, err error) { a.reply(r.from, &reply{err: err}) }

// queued counts the requests whose outcome is open.
func (a *activation) queued() int {
	n := len(a.waiting) + len(a.parked) + a.filling.Len()
	if a.inFlight != nil {
		n += a.inFlight.Len()
	}
	return n
}

func (a *activation) idle() bool {
	if a.phase != active && a.phase != down || a.queued() > 0 {
		return false
	}
	held := false
	if a.seats != nil {
		a.seats.Holds(func(*eventra.Booking) { held = true })
	}
	return !held
}

func (a *activation) receive(r *request) {
	switch {
	case a.phase >= moving || !a.serving():
		a.fail(r, cluster.ErrMoved)
	case a.queued() >= a.QueueMax:
		a.fail(r, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many requests wait for this event", RetryAfter: time.Second})
	case !a.mayWait():
		a.fail(r, eventra.Unavailable("postgres", nil))
	case a.phase == loading || a.stale || a.filling.Full():
		a.waiting = append(a.waiting, r)
	default:
		a.decide(r)
		a.flush()
	}
}

// decide asks the core and does what it says.
func (a *activation) decide(r *request) {
	d := a.seats.Decide(r.cmd, a.clock.at(a.Now()))
	switch d.Verdict {
	case eventra.Refuse:
		a.fail(r, d.Err)
	case eventra.Answer:
		a.reply(r.from, &reply{booking: d.Booking})
	case eventra.Wait:
		a.parked = append(a.parked, r)
	case eventra.Accept:
		a.filling.add(d.Change, r)
	case eventra.Ignore:
		if expire, ok := r.cmd.(*eventra.ExpireHold); ok {
			a.rearm(rearmPause, expire.BookingID)
		}
		a.reply(r.from, &reply{})
	}
}

// dueChangesMax bounds the holds that one batch ends: a request that comes
// meanwhile waits for that batch, and who asks for a seat is in more of a hurry
// than who did not pay.
const dueChangesMax = 128

// pump decides what waits, as far as the batches submitted and filling have room.
// Afterwards somebody waits only if the filling one is full, so that nobody who
// comes later is decided first.
func (a *activation) pump() {
	if a.phase != active || a.stale {
		return
	}
	a.fill()
	if a.flush() {
		a.fill()
	}
}

// fill decides for the batch being filled. While requests wait, holds that are
// due get half of it at the most.
func (a *activation) fill() {
	a.decideWaiting(groupcommit.BatchChangesMax / 2)
	due := a.overdue
	for len(due) > 0 && a.filling.due < dueChangesMax && !a.filling.Full() {
		a.decide(&request{command: command{cmd: &eventra.ExpireHold{BookingID: due[0]}}})
		due = due[1:]
	}
	a.overdue = due
	a.decideWaiting(groupcommit.BatchChangesMax)
}

// decideWaiting decides those who wait, in their order, until the filling batch
// has as many changes.
func (a *activation) decideWaiting(changes int) {
	now := a.Now()
	for len(a.waiting) > 0 && a.filling.Len() < changes {
		r := a.waiting[0]
		a.waiting = a.waiting[1:]
		if r.from.pid != nil && now.After(r.deadline) {
			a.fail(r, eventra.Unavailable("the event", nil))
		} else {
			a.decide(r)
		}
	}
}

// unpark puts the requests whose batch has completed before those that came later.
func (a *activation) unpark() {
	if len(a.parked) > 0 {
		a.waiting = append(a.parked, a.waiting...)
		a.parked = nil
	}
}

const (
	// rearmPause parts attempts to end a hold that the store says is not yet due.
	rearmPause = 5 * time.Millisecond
	// rearmAwayPause parts them while the store is away.
	rearmAwayPause = time.Second
)

// rearm has the timer ask when holds are due, and not before the pause is over.
func (a *activation) rearm(pause time.Duration, bookings ...eventra.ID) {
	soonest := a.Now().Add(pause)
	holds := make([]deadline, 0, len(bookings))
	for _, id := range bookings {
		b := a.seats.Live(id)
		if b == nil || b.Status != eventra.BookingHeld {
			continue
		}
		at := a.clock.local(b.Due())
		if at.Before(soonest) {
			at = soonest
		}
		holds = append(holds, deadline{id, at})
	}
	if len(holds) > 0 {
		a.arm(&arm{holds: holds})
	}
}

func (a *activation) read(from asker, what any) {
	switch {
	case a.phase >= moving || !a.serving(): // the next owner may have sold meanwhile
		a.reply(from, &reply{err: cluster.ErrMoved})
	case a.seats == nil && !a.mayWait():
		a.reply(from, &reply{err: eventra.Unavailable("postgres", nil)})
	case a.seats == nil:
		a.reply(from, &reply{err: errLoading})
	default:
		switch what.(type) {
		case *readSeats, *wire.Envelope_ReadSeats:
			a.reply(from, &reply{seats: a.seats.View()})
		default:
			a.reply(from, &reply{availability: a.seats.Availability()})
		}
	}
}

// showLast answers with what is known, if anything is, whoever sells by now.
func (a *activation) showLast(from asker) {
	r := &reply{}
	if a.seats != nil {
		r.seats, r.availability = a.seats.View(), a.seats.Availability()
	}
	a.reply(from, r)
}
