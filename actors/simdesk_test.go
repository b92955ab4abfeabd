package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
)

// desk is the way between those who ask and activations: it finds one, and
// loses, repeats, delays and reorders questions and answers.
type desk struct {
	s         *simulation
	questions []*question
}

// question is one message that wants one answer.
type question struct {
	id      uint32
	msg     any
	asked   time.Duration
	life    *life // who was asked; nil if it did not come so far
	answers int
	remote  *wire.Envelope     // as asked by another member's caller
	copy    *eventra.SeatsView // that changes are asked to
	waiter  *awaited[*reply]
}

// askTimeout is a caller's deadline.
const askTimeout = 5 * time.Second

var errUnavailable = eventra.Unavailable("the event", nil)

// ask asks as Directory.ask does: until there is an answer, or no time.
func (d *desk) ask(msg any) (*reply, error) {
	deadline := d.s.clock + askTimeout
	for pause := askPauseMin; d.s.clock < deadline; pause = min(2*pause, askPauseMax) {
		r, err := d.once(d.locate(), msg, deadline-d.s.clock)
		if err == nil {
			err = r.err
		}
		if !errors.Is(err, cluster.ErrMoved) && !errors.Is(err, errLoading) {
			return r, err
		}
		d.s.sleep(pause)
	}
	return nil, errUnavailable
}

// locate is where a caller believes the event to be.
func (d *desk) locate() *member {
	if d.s.calm || !d.s.chance(d.s.odds.misled) {
		return d.s.owner
	}
	return d.s.members[d.s.rng.IntN(len(d.s.members))]
}

// once sends a question and waits.
func (d *desk) once(m *member, msg any, timeout time.Duration) (*reply, error) {
	waiter := awaiting[*reply](d.s)
	d.send(m, msg, timeout, waiter)
	if !d.s.calm && d.s.chance(d.s.odds.repeated) {
		d.send(m, msg, timeout, nil)
	}
	if r, ok := waiter.await(timeout); ok {
		return r, nil
	}
	return nil, errUnavailable
}

// send brings a question to a member, or loses it.
func (d *desk) send(m *member, msg any, timeout time.Duration, waiter *awaited[*reply]) {
	q := &question{id: uint32(len(d.questions)), msg: msg, asked: d.s.clock, copy: d.s.copy, waiter: waiter}
	d.questions = append(d.questions, q)
	if !d.s.calm && d.s.chance(d.s.odds.lost) {
		d.s.note("lost on its way to %s: question %d", m.name, q.id)
		return
	}
	if d.s.chance(500) {
		q.remote = encodeQuestion(d.s.house.event, msg)
		q.remote.Id, q.remote.TimeoutMicros = uint64(q.id), timeout.Microseconds()
	}
	found := m.resident
	d.s.after(d.s.travel(), func() {
		if m.dead {
			d.deliver(q, &reply{err: cluster.ErrMoved}) // nobody listens there
			return
		}
		m.later(func() { d.arrive(q, m, found, timeout) })
	})
}

// arrive is with the activation that was found when the question was sent, even
// if it is over by now, or with the one that is there.
func (d *desk) arrive(q *question, m *member, found *life, timeout time.Duration) {
	l := found
	if l == nil || l.stopped {
		l = m.activation()
	}
	if d.s.traced {
		d.s.note("%s is asked question %d: %s", l.name, q.id, said(q.msg))
	}
	q.life = l
	msg := q.msg
	if q.remote != nil {
		msg = q.remote
	} else if cmd, ok := msg.(eventra.Command); ok {
		msg = &request{command: cmd, deadline: m.Now().Add(timeout)}
	}
	if !l.receive(&actor.PID{RequestId: q.id}, msg) {
		q.life = nil
		d.deliver(q, &reply{err: cluster.ErrMoved})
	}
}

// answered takes an activation's answer on its way back.
func (d *desk) answered(l *life, to replyTo, r *reply) {
	q := d.questions[to.pid.RequestId]
	if q.answers++; q.answers > 1 {
		d.s.fail("%s answers question %d again: %s", l.name, q.id, answerWords(r))
	}
	if d.s.traced {
		d.s.note("%s answers question %d: %s", l.name, q.id, answerWords(r))
	}
	d.s.checkAnswer(l, q, r)
	if to.question != nil && !errors.Is(r.err, cluster.ErrMoved) {
		var err error
		if r, err = decodeReply(d.s.house.event, encodeReply(to.question, r)); err != nil {
			d.s.fail("the answer to question %d does not come through: %v", q.id, err)
		}
	}
	if !d.s.calm && d.s.chance(d.s.odds.lost) {
		d.s.note("lost on its way back: the answer to question %d", q.id)
		return
	}
	d.deliver(q, r)
}

func (d *desk) deliver(q *question, r *reply) {
	if q.waiter != nil {
		d.s.after(d.s.travel(), func() { q.waiter.keep(r) })
	}
}
