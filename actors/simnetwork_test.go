package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// network is the way between callers and activations: it finds an activation, and
// loses, repeats, delays and reorders questions and answers.
type network struct {
	s         *simulation
	questions []*question
}

// question is one message that wants one answer.
type question struct {
	id      uint32
	msg     any // a command, *readSeats or *reload
	asked   time.Duration
	actor   *simActor // that got the question; nil if none did
	answers int
	remote  *wire.Envelope     // set if a caller in another member asks
	copy    *eventra.SeatsView // the reader's, to which changes are applied
	waiter  *awaited[*reply]
}

// askTimeout is a caller's deadline.
const askTimeout = 5 * time.Second

var errUnavailable = eventra.Unavailable("the event", nil)

// ask asks as Directory.ask does: until there is an answer, or no time.
func (n *network) ask(msg any) (*reply, error) {
	deadline := n.s.clock + askTimeout
	for pause := askPauseMin; n.s.clock < deadline; pause = min(2*pause, askPauseMax) {
		r, err := n.once(n.locate(), msg, deadline-n.s.clock)
		if err == nil {
			err = r.err
		}
		if !errors.Is(err, cluster.ErrMoved) && !errors.Is(err, errLoading) {
			return r, err
		}
		n.s.sleep(pause)
	}
	return nil, errUnavailable
}

// doLive is Directory.doLive: an activation that does not know a live booking has
// to reload.
func (n *network) doLive(booking eventra.ID, cmd eventra.Command) (*reply, error) {
	r, err := n.ask(cmd)
	if !errors.Is(err, eventra.ErrNotLive) || !n.s.db.bookings[booking].Status.Live() {
		return r, err
	}
	if _, err := n.once(n.locate(), &reload{}, askTimeout); err != nil {
		return nil, err
	}
	return n.ask(cmd)
}

// locate returns where a caller believes the event to be.
func (n *network) locate() *member {
	if n.s.faultless || !n.s.chance(n.s.odds.misrouted) {
		return n.s.owner
	}
	return n.s.members[n.s.rng.IntN(len(n.s.members))]
}

// once sends a question and waits.
func (n *network) once(m *member, msg any, timeout time.Duration) (*reply, error) {
	waiter := awaiting[*reply](n.s)
	n.send(m, msg, timeout, waiter)
	if !n.s.faultless && n.s.chance(n.s.odds.repeated) {
		n.send(m, msg, timeout, nil)
	}
	if r, ok := waiter.await(timeout); ok {
		return r, nil
	}
	return nil, errUnavailable
}

// send sends a question to a member, or loses it.
func (n *network) send(m *member, msg any, timeout time.Duration, waiter *awaited[*reply]) {
	q := &question{id: uint32(len(n.questions)), msg: msg, asked: n.s.clock, copy: n.s.copy, waiter: waiter}
	n.questions = append(n.questions, q)
	if !n.s.faultless && n.s.chance(n.s.odds.lost) {
		n.s.tracef("question %d to %s is lost", q.id, m.name)
		return
	}
	if n.s.chance(500) {
		q.remote = encodeQuestion(n.s.event.id, msg)
		q.remote.Id, q.remote.TimeoutMicros = uint64(q.id), timeout.Microseconds()
	}
	found := m.resident
	n.s.after(n.s.latency(), func() {
		if m.dead {
			n.deliver(q, &reply{err: cluster.ErrMoved}) // nothing listens there
			return
		}
		m.whenRunning(func() { n.arrive(q, m, found, timeout) })
	})
}

// arrive gives a question to the actor that was found when it was sent, even if
// that has retired, or else to the present one.
func (n *network) arrive(q *question, m *member, found *simActor, timeout time.Duration) {
	a := found
	if a == nil || a.stopped {
		a = m.activation()
	}
	if n.s.traced {
		n.s.tracef("%s gets question %d: %s", a.name, q.id, describeMessage(q.msg))
	}
	q.actor = a
	msg := q.msg
	if q.remote != nil {
		msg = q.remote
	} else if cmd, ok := msg.(eventra.Command); ok {
		msg = &request{command: cmd, deadline: m.Now().Add(timeout)}
	}
	if !a.receive(&actor.PID{RequestId: q.id}, msg) {
		q.actor = nil
		n.deliver(q, &reply{err: cluster.ErrMoved})
	}
}

// answered judges an activation's answer and sends it back.
func (n *network) answered(a *simActor, to replyTo, r *reply) {
	q := n.questions[to.pid.RequestId]
	if q.answers++; q.answers > 1 {
		n.s.fail("%s answers question %d again: %s", a.name, q.id, describeReply(r))
	}
	if n.s.traced {
		n.s.tracef("%s answers question %d: %s", a.name, q.id, describeReply(r))
	}
	n.s.checkAnswer(a, q, r)
	if to.question != nil && !errors.Is(r.err, cluster.ErrMoved) {
		var err error
		if r, err = decodeReply(n.s.event.id, encodeReply(to.question, r)); err != nil {
			n.s.fail("the answer to question %d does not survive its encoding: %v", q.id, err)
		}
	}
	if !n.s.faultless && n.s.chance(n.s.odds.lost) {
		n.s.tracef("the answer to question %d is lost", q.id)
		return
	}
	n.deliver(q, r)
}

func (n *network) deliver(q *question, r *reply) {
	if q.waiter != nil {
		n.s.after(n.s.latency(), func() { q.waiter.keep(r) })
	}
}
