package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// mailLease is how long a mail given to the queue is not given again. If the
	// queue loses it, it goes out that much later.
	mailLease = 30 * time.Second
	// mailDrainPause is the time between looks at the outbox without a nudge.
	mailDrainPause = time.Second
	mailDrainLimit = 500
	// mailTimeout bounds one look and its hand-over to the queue.
	mailTimeout = 5 * time.Second
	// mailWorkPause is the time between attempts to work off a queue that is away.
	mailWorkPause = time.Second
)

// Messages to a mailer.
type (
	// mailsDue says that mails may have come into the outbox.
	mailsDue struct{}
	// drained ends a look at a box of the outbox: more mails are due than were read, or
	// the queue is full.
	drained struct {
		box        eventra.MailBox
		more, full bool
	}
	// mailsTick is time for a look without a nudge.
	mailsTick struct{}
)

// MailerConfig is what the mailer of an instance works with.
type MailerConfig struct {
	Outbox Outbox
	Queue  MailQueue
	Sender MailSender
	// Pace bounds the mails a second of this instance: mails can wait, sales
	// cannot.
	Pace *rate.Limiter
	// Tracer makes the spans of about this share of the mails; nil: of none.
	Tracer     trace.Tracer
	TraceRatio float64
}

// mailer is the actor that drains the outbox into the queue and works the queue
// off. A mail leaves the outbox only when a mail server has taken it, so the
// outbox repeats everything that the queue loses.
type mailer struct {
	*MailerConfig
	log     *slog.Logger
	stopped func() // called when no mail is being sent any more

	draining bool                    // a look is under way
	wanted   [eventra.MailBoxes]bool // another look
	full     [eventra.MailBoxes]bool // until the next tick
	stopWork context.CancelFunc
	worked   chan struct{} // closed when no worker is left
	ticker   *time.Ticker
}

func newMailer(c *MailerConfig, log *slog.Logger, stopped func()) *mailer {
	return &mailer{MailerConfig: c, log: log, stopped: stopped}
}

// Receive implements actor.Actor.
func (m *mailer) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		m.start(ctx)
	case *actor.Stopping:
		m.ticker.Stop()
		m.stopWork()
		<-m.worked // bounded by the queue's shutdown time
	case *actor.Stopped:
		m.stopped()
	case *mailsTick:
		m.full = [eventra.MailBoxes]bool{}
		m.drainAll(ctx)
	case *mailsDue: // tickets: notices wait for the tick
		m.wanted[eventra.TicketBox] = true
		m.drain(ctx)
	case *drained:
		m.draining, m.full[msg.box] = false, msg.full
		m.wanted[msg.box] = m.wanted[msg.box] || msg.more
		m.drain(ctx)
	}
}

func (m *mailer) drainAll(ctx actor.Context) {
	for box := range m.wanted {
		m.wanted[box] = true
	}
	m.drain(ctx)
}

func (m *mailer) start(ctx actor.Context) {
	var work context.Context
	work, m.stopWork = context.WithCancel(context.Background())
	m.worked = make(chan struct{})
	m.ticker = time.NewTicker(mailDrainPause)
	go func() {
		defer close(m.worked)
		for {
			err := m.Queue.Work(work, m.deliver)
			if work.Err() != nil {
				return
			}
			m.log.Debug("mail queue does not work", "error", err)
			if sleep.For(work, mailWorkPause) != nil {
				return
			}
		}
	}()
	self, root, ticks := ctx.Self(), ctx.ActorSystem().Root, m.ticker.C
	go func() {
		for {
			select {
			case <-work.Done():
				return
			case <-ticks:
				root.Send(self, &mailsTick{})
			}
		}
	}()
	m.drainAll(ctx)
}

// drain moves due mails into the queue, one look at a time, tickets first. Mails that
// the workers cannot take yet wait in the outbox, where they cost a sale nothing.
func (m *mailer) drain(ctx actor.Context) {
	for box := range eventra.MailBoxes {
		if !m.draining && m.wanted[box] && !m.full[box] {
			m.draining, m.wanted[box] = true, false
			m.drainBox(ctx, box)
		}
	}
}

func (m *mailer) drainBox(ctx actor.Context, box eventra.MailBox) {
	self, root := ctx.Self(), ctx.ActorSystem().Root
	go func() {
		look, cancel := context.WithTimeout(context.Background(), mailTimeout)
		defer cancel()
		result, err := m.look(look, box)
		if err != nil {
			m.log.Debug("outbox not drained", "error", err)
		}
		root.Send(self, &result)
	}()
}

func (m *mailer) look(ctx context.Context, box eventra.MailBox) (result drained, err error) {
	result.box = box
	if result.full, err = m.Queue.Full(ctx, box); err != nil || result.full {
		return result, err
	}
	due, err := m.Outbox.Due(ctx, box, mailDrainLimit, mailLease)
	if err != nil || len(due) == 0 {
		return result, err
	}
	if err = m.Queue.Enqueue(ctx, due); err != nil {
		return result, err
	}
	result.more = len(due) == mailDrainLimit
	return result, nil
}

// deliver sends one mail, unless it was sent before or is not true any more.
func (m *mailer) deliver(ctx context.Context, ref eventra.MailRef) error {
	if err := m.Pace.Wait(ctx); err != nil {
		return err
	}
	ctx, span := m.beginMail(ctx, ref)
	err := m.send(ctx, ref)
	endSpan(span, err)
	return err
}

func (m *mailer) send(ctx context.Context, ref eventra.MailRef) error {
	subject, id := ref.Subject()
	mail, state, err := m.Outbox.Mail(ctx, ref)
	switch {
	case err != nil || state == eventra.MailEnded:
		return err
	case state == eventra.MailObsolete:
		m.log.Info("mail withheld: it would not be true any more", subject, id, "kind", ref.Kind)
		return m.Outbox.Withhold(ctx, ref)
	}
	smtp := beginSMTP(ctx, m.Tracer)
	err = m.Sender.Send(ctx, mail)
	endSpan(smtp, err)
	if err != nil {
		return err // the queue writes the line
	}
	m.log.Info("mail sent", subject, id, "kind", ref.Kind)
	return m.Outbox.MarkSent(ctx, ref)
}
