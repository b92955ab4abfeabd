package actors

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// Dependencies are what event actors work with.
type Dependencies struct {
	Store   EventStore
	Locks   SeatLocks
	Log     *slog.Logger
	Metrics *Metrics
	// QueueMax bounds the requests that wait at one event; more are refused
	// as overloaded.
	QueueMax int
	// Confirmed is called, without blocking, when mails may have become due.
	Confirmed func()
}

const (
	// idleAfter passivates an event that nobody asks for and nobody holds seats of.
	idleAfter = 10 * time.Minute
	// retireAfter is how long an activation that is over still answers those
	// who found it before it left the directory. Messages that come later than
	// a stop would be lost without an answer.
	retireAfter = 10 * time.Second
	// contentionPause parts attempts at seats that somebody else has locked.
	contentionPause = 25 * time.Millisecond
)

type phase uint8

const (
	loading phase = iota // the store is being asked; requests wait
	active
	down   // the store did not answer; requests are refused until the next try
	moving // the event is another member's; last flights are in the air
	over   // this activation promises nothing any more; all are sent elsewhere
)

// eventActor owns one event's seats in this process. It never blocks: loads
// and flights run in goroutines and come back as messages.
type eventActor struct {
	*Dependencies
	directory *Directory
	life      *cluster.Life
	id        eventra.ID
	self      *actor.PID
	root      *actor.RootContext
	seen      *seen

	phase     phase
	seats     *eventra.SeatMap // durable state as last known; nil before the first load
	epoch     int64
	clock     storeClock
	timer     *actor.PID
	nextTry   time.Time // when down: not before this
	backoff   time.Duration
	reloading []asker // who waits for a fresh load
	stale     bool    // a reload is wanted when the flight has landed

	waiting []*request // undecided
	parked  []*request // their outcome hangs on a flight
	overdue []eventra.ID
	filling *flight
	air     []*flight // in the order in which they took off, which is that of their versions
	landed  []*flight // whose locks may not have been given back yet
	retries bool      // a retry message is on its way
}

func newEventActor(d *Directory, life *cluster.Life, id eventra.ID, seen *seen) *eventActor {
	return &eventActor{Dependencies: d.deps, directory: d, life: life, id: id, root: life.Root(), seen: seen, filling: newFlight()}
}

// Receive implements actor.Actor.
func (a *eventActor) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		a.self = ctx.Self()
		a.timer = ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return newHoldTimer() }))
		ctx.SetReceiveTimeout(idleAfter)
		a.load()
	case *actor.Stopping:
		a.leave()
	case *actor.ReceiveTimeout:
		if a.idle() {
			a.retire()
		} else if a.phase < moving {
			ctx.SetReceiveTimeout(idleAfter) // it fires once
		}
	case *command:
		a.receive(&request{command: *msg, from: asker{pid: ctx.Sender()}})
	case *wire.Envelope:
		a.receiveEnvelope(ctx.Sender(), msg)
	case *readSeats, *readAvailability:
		a.read(asker{pid: ctx.Sender()}, msg)
	case *reload:
		a.reload(asker{pid: ctx.Sender()})
	case *cluster.HandOver:
		a.handOver()
	case *wake:
		a.mayWait()
	case *holdsDue:
		a.overdue = append(a.overdue, msg.bookings...)
		a.pump()
	case *loaded:
		a.loaded(msg)
	case *flushed:
		a.land(msg.flight)
	case *retry:
		a.retries = false
		a.unpark()
		a.pump()
	}
	a.seen.note(a)
}

func (a *eventActor) reply(to asker, r *reply) { to.send(a.root, r) }

func (a *eventActor) fail(r *request, err error) { a.reply(r.from, &reply{err: err}) }

// queued counts the requests whose outcome is open.
func (a *eventActor) queued() int {
	n := len(a.waiting) + len(a.parked) + a.filling.len()
	for _, f := range a.air {
		n += f.len()
	}
	return n
}

func (a *eventActor) idle() bool {
	if a.phase != active && a.phase != down || a.queued() > 0 {
		return false
	}
	held := false
	if a.seats != nil {
		a.seats.Holds(func(*eventra.Booking) { held = true })
	}
	return !held
}

func (a *eventActor) receive(r *request) {
	switch {
	case a.phase >= moving || !a.life.Serving():
		a.fail(r, cluster.ErrMoved)
	case a.queued() >= a.QueueMax:
		a.fail(r, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many requests wait for this event", RetryAfter: time.Second})
	case !a.mayWait():
		a.fail(r, eventra.Unavailable("postgres", nil))
	case a.phase == loading || a.stale || a.filling.full():
		a.waiting = append(a.waiting, r)
	default:
		a.decide(r)
		a.takeOff()
	}
}

// decide asks the core and does what it says.
func (a *eventActor) decide(r *request) {
	d := a.seats.Decide(r.cmd, a.clock.now())
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
			a.rearm(expire.BookingID, rearmPause)
		}
		a.reply(r.from, &reply{})
	}
}

// dueChangesMax bounds the holds that one flight ends: a request that comes
// meanwhile waits for that flight, and who asks for a seat is in more of a hurry
// than who did not pay.
const dueChangesMax = 128

// pump decides what waits, as far as the filling batch has room. Holds that
// are due get at most half of a batch while requests wait.
func (a *eventActor) pump() {
	for a.phase == active && !a.stale {
		a.fill()
		if !a.takeOff() {
			return
		}
	}
}

// fill decides for the batch being filled.
func (a *eventActor) fill() {
	a.decideWaiting(batchChangesMax / 2)
	due := a.overdue
	for len(due) > 0 && a.filling.due < dueChangesMax && !a.filling.full() {
		a.decide(&request{command: command{cmd: &eventra.ExpireHold{BookingID: due[0]}}})
		due = due[1:]
	}
	a.overdue = due
	a.decideWaiting(batchChangesMax)
}

// decideWaiting decides those who wait, in their order, until the filling batch
// has as many changes.
func (a *eventActor) decideWaiting(changes int) {
	now := time.Now()
	for len(a.waiting) > 0 && a.filling.len() < changes {
		r := a.waiting[0]
		a.waiting = a.waiting[1:]
		if r.from.pid != nil && now.After(r.deadline) {
			a.fail(r, eventra.Unavailable("the event", nil))
		} else {
			a.decide(r)
		}
	}
}

// unpark puts the requests whose flight has landed before those that came later.
func (a *eventActor) unpark() {
	if len(a.parked) > 0 {
		a.waiting = append(a.parked, a.waiting...)
		a.parked = nil
	}
}

const (
	// flightsMax is how many flights of one event may be in the air: while one is
	// being committed, another one's locks, answers and the way between processes
	// take their time.
	flightsMax = 2
	// besideMin changes are worth a transaction beside another one; fewer wait for
	// it, and cost less together with those that come meanwhile.
	besideMin = 32
)

// takeOff sends the filled batch on its way, unless there is nothing to send or
// it has to wait. Beside another one only a batch flies that is worth a
// transaction of its own.
func (a *eventActor) takeOff() bool {
	f := a.filling
	switch {
	case f.len() == 0 || len(a.air) == flightsMax:
		return false
	case len(a.air) > 0 && f.len() < max(besideMin, a.air[len(a.air)-1].len()/2):
		return false
	}
	f.batch.EventID, f.batch.Epoch = a.id, a.epoch
	f.batch.Version, f.batch.Hold = a.nextVersion(), a.seats.Terms().Hold()
	self, root := a.self, a.root
	f.arrived = func() { root.Send(self, &flushed{f}) }
	f.after = a.unsettled()
	a.filling, a.air = newFlight(), append(a.air, f)
	a.directory.runways.leave(f)
	return true
}

func (a *eventActor) nextVersion() uint64 {
	last := a.seats.Version()
	if n := len(a.air); n > 0 {
		last = max(last, a.air[n-1].batch.Version)
	}
	return last + 1
}

// unsettled are flights that have landed and whose locks may not be given back
// yet: seats that they freed may be wanted already.
func (a *eventActor) unsettled() []*flight {
	a.landed = slices.DeleteFunc(a.landed, func(f *flight) bool {
		select {
		case <-f.settled:
			return true
		default:
			return false
		}
	})
	return slices.Clone(a.landed)
}

// land takes a flight's outcome and passes on all outcomes whose turn it is:
// versions go up one after the other, whichever transaction ended first.
func (a *eventActor) land(f *flight) {
	f.landed = true
	for len(a.air) > 0 && a.air[0].landed {
		first := a.air[0]
		a.air, a.landed = a.air[1:], append(a.landed, first)
		a.outcome(first)
	}
	switch {
	case a.phase == over:
		a.requeue(nil)
		a.turnAway()
	case a.phase == moving && len(a.air) == 0:
		a.retire()
	case a.phase != active || a.stale && len(a.air) > 0:
	case a.stale:
		a.requeue(nil)
		a.load()
	default:
		a.unpark()
		a.pump()
	}
}

// outcome gives a flight's outcome to everybody who waits for it.
func (a *eventActor) outcome(f *flight) {
	switch {
	case f.err == nil:
		a.committed(f)
	case a.phase >= moving:
		a.requeue(f) // the next owner knows
	case errors.Is(f.err, eventra.ErrStaleEpoch):
		a.Log.Info("another activation took over", "event", a.id, "epoch", a.epoch)
		a.requeue(f)
		a.retire()
	case errors.Is(f.err, eventra.ErrDiverged), errors.Is(f.err, eventra.ErrOutcomeUnknown):
		a.Log.Warn("reloading after a batch", "event", a.id, "changes", f.len(), "error", f.err)
		a.requeue(f)
		a.stale = true
	default:
		a.Log.Warn("batch not committed", "event", a.id, "changes", f.len(), "error", f.err)
		a.notCommitted(f)
	}
}

func (a *eventActor) committed(f *flight) {
	mails := false
	a.seen.committed(f.len())
	if !f.sent.IsZero() {
		a.clock.observe(f.receipt.At, f.sent, f.back)
	}
	for i, c := range f.batch.Changes {
		r := f.requests[i]
		switch {
		case f.is(f.contended, i):
			a.seats.Withdraw(c)
			a.again(r)
		case f.is(f.receipt.Refused, i):
			a.seats.Withdraw(c)
			a.refused(c, r)
		default:
			a.seats.Apply(c, f.batch.Version, f.receipt.At)
			mails = mails || c.Kind == eventra.Confirmed || c.Kind == eventra.Rebooked
			if c.Kind == eventra.Expired {
				a.Metrics.expiryLateness.Observe(f.receipt.At.Sub(c.Booking.Due()).Seconds())
			}
			if c.Booking != nil && c.Booking.Status == eventra.BookingHeld {
				a.rearm(c.Booking.ID, rearmPause)
			}
			a.reply(r.from, &reply{booking: c.Booking, payment: c.Payment})
		}
	}
	if mails {
		a.Confirmed()
	}
}

// again lets a request that met a foreign lock try once more a little later.
func (a *eventActor) again(r *request) {
	if time.Now().Add(contentionPause).After(r.deadline) {
		a.fail(r, eventra.Unavailable("the seat lock", nil))
		return
	}
	a.parked = append(a.parked, r)
	if !a.retries {
		a.retries = true
		self, root := a.self, a.root
		time.AfterFunc(contentionPause, func() { root.Send(self, &retry{}) })
	}
}

// refused tells what the store's own guard said of one change.
func (a *eventActor) refused(c *eventra.Change, r *request) {
	switch c.Kind {
	case eventra.Expired:
		a.rearm(c.Booking.ID, rearmPause)
		a.reply(r.from, &reply{})
	default:
		a.fail(r, errStored)
	}
}

func (a *eventActor) notCommitted(f *flight) {
	for i, c := range f.batch.Changes {
		a.seats.Withdraw(c)
		if c.Kind == eventra.Expired {
			a.rearm(c.Booking.ID, rearmAwayPause)
		}
		a.fail(f.requests[i], eventra.Unavailable("postgres", f.err))
	}
}

// requeue gives up all claims, those of a flight that told nothing (nil: none)
// and those of the batch being filled, and lets their requests be decided anew.
func (a *eventActor) requeue(f *flight) {
	var open []*request
	if f != nil {
		for _, r := range f.requests {
			if r.tries++; r.tries < triesMax {
				open = append(open, r)
			} else {
				a.fail(r, eventra.Unavailable("postgres", f.err))
			}
		}
	}
	open = append(open, a.filling.requests...)
	a.filling = newFlight()
	open = append(open, a.parked...)
	a.parked = nil
	a.waiting = append(open, a.waiting...)
}

const (
	// rearmPause parts attempts to end a hold that the store says is not yet due.
	rearmPause = 5 * time.Millisecond
	// rearmAwayPause parts them while the store is away.
	rearmAwayPause = time.Second
)

// rearm has the timer ask again when a hold is due, and not before the pause
// is over.
func (a *eventActor) rearm(id eventra.ID, pause time.Duration) {
	b := a.seats.Live(id)
	if b == nil || b.Status != eventra.BookingHeld {
		return
	}
	at := a.clock.local(b.Due())
	if soonest := time.Now().Add(pause); at.Before(soonest) {
		at = soonest
	}
	a.root.Send(a.timer, &arm{holds: []deadline{{id, at}}})
}

func (a *eventActor) read(from asker, what any) {
	switch {
	case a.phase == over:
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

// handOver gives the event up: the flights in the air land, all others are
// sent to the next owner, who is told to load.
func (a *eventActor) handOver() {
	if a.phase >= moving {
		return
	}
	a.phase = moving
	a.requeue(nil)
	a.turnAway()
	if len(a.air) == 0 {
		a.retire()
	}
}

// retire ends this activation gently: nobody finds it any more, who waits and
// who still comes is told to ask again.
func (a *eventActor) retire() {
	if a.phase == moving {
		defer func() { go a.directory.wakeElsewhere(a.id) }()
	}
	a.phase = over
	a.life.Forget(a.id, a.self)
	a.requeue(nil)
	a.turnAway()
	self, root := a.self, a.root
	time.AfterFunc(retireAfter, func() { root.Poison(self) })
}

func (a *eventActor) turnAway() {
	for _, r := range a.waiting {
		a.fail(r, cluster.ErrMoved)
	}
	for _, from := range a.reloading {
		a.reply(from, &reply{err: cluster.ErrMoved})
	}
	a.waiting, a.reloading, a.overdue = nil, nil, nil
}

// leave is the last act of an activation that is stopped: flights in the air
// are waited for, so that their callers get the outcome.
func (a *eventActor) leave() {
	a.life.Forget(a.id, a.self)
	a.phase = over
	for _, f := range a.air {
		<-f.told // bounded by settleTimeout and commitTimeout, and by those before it on the runways
		a.outcome(f)
	}
	a.air = nil
	a.requeue(nil)
	a.turnAway()
}
