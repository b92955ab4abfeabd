package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"golang.org/x/time/rate"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// mailLease is for how long a mail given to the queue is not given again:
	// so late it goes out if the queue lost it.
	mailLease = 30 * time.Second
	// mailDrainPause parts looks at the outbox that nobody asked for.
	mailDrainPause = time.Second
	mailDrainLimit = 500
	// mailTimeout bounds one look with its hand-over to the queue.
	mailTimeout = 5 * time.Second
)

// mailsDue: something may have come into the outbox.
type mailsDue struct{}

// drained: a look at the outbox has ended; more says that it was not enough,
// full that the queue takes no more for now.
type drained struct{ more, full bool }

// mailsTick: it is time to look, whether or not anything was announced.
type mailsTick struct{}

// Mailer is the actor that drains the outbox into the queue and works it off.
// A mail leaves the outbox only when a mail server has taken it, so whatever
// the queue loses is put there again.
type Mailer struct {
	Outbox Outbox
	Queue  MailQueue
	Sender MailSender
	// Pace bounds the mails a second of this instance: a thousand who have just
	// bought can wait for their mail, those who are buying cannot.
	Pace *rate.Limiter
	Log  *slog.Logger

	draining, again bool
	full            bool // until the next tick
	stop            context.CancelFunc
	worked          chan struct{}
	ticker          *time.Ticker
}

// Nudge returns a function that tells a mailer, without blocking, to look.
func Nudge(root *actor.RootContext, mailer *actor.PID) func() {
	return func() { root.Send(mailer, &mailsDue{}) }
}

// Receive implements actor.Actor.
func (m *Mailer) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		m.start(ctx)
	case *actor.Stopping:
		m.ticker.Stop()
		m.stop()
		<-m.worked // bounded by the queue's own shutdown time
	case *mailsTick:
		m.full = false
		m.drain(ctx)
	case *mailsDue:
		m.drain(ctx)
	case *drained:
		m.draining, m.full = false, msg.full
		if m.again || msg.more {
			m.again = false
			m.drain(ctx)
		}
	}
}

func (m *Mailer) start(ctx actor.Context) {
	var work context.Context
	work, m.stop = context.WithCancel(context.Background())
	m.worked = make(chan struct{})
	m.ticker = time.NewTicker(mailDrainPause)
	go func() {
		defer close(m.worked)
		for {
			err := m.Queue.Work(work, m.deliver)
			if work.Err() != nil {
				return
			}
			m.Log.Debug("mail queue not worked off", "error", err)
			if sleep.For(work, time.Second) != nil {
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
	m.drain(ctx)
}

// drain moves due mails into the queue; one look at a time. In a rush the
// sale comes first, and what the workers cannot take yet waits in the outbox.
func (m *Mailer) drain(ctx actor.Context) {
	if m.full {
		return
	}
	if m.draining {
		m.again = true
		return
	}
	m.draining = true
	self, root := ctx.Self(), ctx.ActorSystem().Root
	go func() {
		look, cancel := context.WithTimeout(context.Background(), mailTimeout)
		defer cancel()
		result, err := m.look(look)
		if err != nil {
			m.Log.Debug("outbox not drained", "error", err)
		}
		root.Send(self, &result)
	}()
}

func (m *Mailer) look(ctx context.Context) (result drained, err error) {
	if result.full, err = m.Queue.Full(ctx); err != nil || result.full {
		return result, err
	}
	due, err := m.Outbox.Due(ctx, mailDrainLimit, mailLease)
	if err != nil || len(due) == 0 {
		return result, err
	}
	if err = m.Queue.Enqueue(ctx, due); err != nil {
		return result, err
	}
	result.more = len(due) == mailDrainLimit
	return result, nil
}

// deliver sends one mail, unless that was done.
func (m *Mailer) deliver(ctx context.Context, id eventra.ID) error {
	if err := m.Pace.Wait(ctx); err != nil {
		return err
	}
	mail, sent, err := m.Outbox.Mail(ctx, id)
	if err != nil || sent {
		return err
	}
	if err := m.Sender.Send(ctx, mail); err != nil {
		m.Log.Warn("mail not sent yet", "booking", id, "error", err)
		return err
	}
	return m.Outbox.MarkSent(ctx, id)
}
