package actors

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/sleep"
)

// askPauseMin and askPauseMax bound the pause between attempts at an event that
// is moving or loading.
const askPauseMin, askPauseMax = 2 * time.Millisecond, 100 * time.Millisecond

// ask sends a question about an event (a command, *readSeats or
// *readAvailability) until an activation answers it or ctx ends.
func (d *Directory) ask(ctx context.Context, event eventra.ID, question any) (*reply, error) {
	span := d.beginAsk(ctx, event)
	r, err := askUntilAnswered(ctx, func(timeout time.Duration) (*reply, error) {
		incarnation, pid, err := d.locate(ctx, event)
		if err != nil {
			return nil, err
		}
		if incarnation.Local(pid) {
			return askLocal(incarnation, event, pid, question, timeout, d.tracedBy(span))
		}
		return askRemote(incarnation, event, pid, question, timeout, span)
	})
	endSpan(span, err)
	return r, err
}

// locate returns the event's actor and the incarnation in which it was found.
func (d *Directory) locate(ctx context.Context, event eventra.ID) (*cluster.Incarnation, *actor.PID, error) {
	incarnation := d.node.Incarnation()
	if incarnation == nil {
		return nil, nil, cluster.ErrMoved
	}
	pid, err := incarnation.Locate(ctx, event)
	return incarnation, pid, err
}

// askUntilAnswered asks while another attempt may help, with growing, jittered
// pauses, until ctx ends. ctx has a deadline.
func askUntilAnswered(ctx context.Context, once func(timeout time.Duration) (*reply, error)) (*reply, error) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		panic("asked an event without a deadline")
	}
	for pause := askPauseMin; ; pause = min(2*pause, askPauseMax) {
		timeout := time.Until(deadline)
		if timeout <= 0 {
			return nil, eventra.Unavailable("the event", ctx.Err())
		}
		r, err := once(timeout)
		if err == nil {
			err = r.err
		}
		if !errors.Is(err, cluster.ErrMoved) && !errors.Is(err, errLoading) {
			return r, callerError(err)
		}
		if sleep.For(ctx, pause/2+rand.N(pause)) != nil { //nolint:gosec // jitter is no secret
			return nil, eventra.Unavailable("the event", ctx.Err())
		}
	}
}

// callerError is what the caller is told if the question was not answered.
func callerError(err error) error {
	switch {
	case cutOff(err):
		return eventra.Unavailable("this instance", err)
	case errors.Is(err, cluster.ErrTimeout), errors.Is(err, cluster.ErrUnsupported):
		return eventra.Unavailable("the event", err)
	}
	return err
}

// cutOff reports whether this instance can serve no event now.
func cutOff(err error) bool {
	return errors.Is(err, cluster.ErrSuspended) || errors.Is(err, cluster.ErrIsolated)
}

// askLocal asks an actor of this process. A command becomes a request that lasts
// as long as its caller waits.
func askLocal(incarnation *cluster.Incarnation, event eventra.ID, pid *actor.PID, question any, timeout time.Duration, t *traced) (*reply, error) {
	msg := question
	if cmd, ok := question.(eventra.Command); ok {
		msg = &request{command: cmd, deadline: time.Now().Add(timeout), traced: t}
	}
	result, err := incarnation.Ask(pid, msg, timeout)
	if err != nil {
		if errors.Is(err, cluster.ErrMoved) {
			incarnation.Forget(event, pid) // it is dead
		}
		return nil, err
	}
	return result.(*reply), nil
}

// askRemote asks an actor of another member.
func askRemote(incarnation *cluster.Incarnation, event eventra.ID, pid *actor.PID, question any, timeout time.Duration, span trace.Span) (*reply, error) {
	e := encodeQuestion(event, question)
	if span != nil {
		e.SetTrace(span.SpanContext())
	}
	answer, err := incarnation.AskRemote(pid, e, timeout)
	if err != nil {
		if errors.Is(err, cluster.ErrMoved) {
			incarnation.Forget(event, pid)
		}
		return nil, err
	}
	return decodeReply(event, answer)
}
