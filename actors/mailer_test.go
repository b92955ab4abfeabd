package actors

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/eventra/eventra"
)

// scriptedMail is an outbox, a queue and a mail server that do as a test says.
type scriptedMail struct {
	looks   chan struct{} // receives one for each look at the tickets
	workers chan chan struct{}
	state   eventra.MailState // of every mail
	did     []string
}

func newScriptedMail() *scriptedMail {
	return &scriptedMail{looks: make(chan struct{}, 100), workers: make(chan chan struct{}, 10)}
}

func (s *scriptedMail) Due(_ context.Context, box eventra.MailBox, _ int, _ time.Duration) ([]eventra.MailRef, error) {
	if box == eventra.TicketBox {
		s.looks <- struct{}{}
	}
	return nil, nil
}

func (s *scriptedMail) Mail(context.Context, eventra.MailRef) (*eventra.Mail, eventra.MailState, error) {
	return nil, s.state, nil
}
func (s *scriptedMail) MarkSent(context.Context, eventra.MailRef) error     { return s.do("mark sent") }
func (s *scriptedMail) Withhold(context.Context, eventra.MailRef) error     { return s.do("withhold") }
func (s *scriptedMail) Enqueue(context.Context, []eventra.MailRef) error    { return nil }
func (s *scriptedMail) Full(context.Context, eventra.MailBox) (bool, error) { return false, nil }
func (s *scriptedMail) Send(context.Context, *eventra.Mail) error           { return s.do("send") }

func (s *scriptedMail) do(what string) error {
	s.did = append(s.did, what)
	return nil
}

// Work tells the test that it works, and ends after ctx when the test says so.
func (s *scriptedMail) Work(ctx context.Context, _ func(context.Context, eventra.MailRef) error) error {
	finished := make(chan struct{})
	s.workers <- finished
	<-ctx.Done()
	<-finished
	return nil
}

// TestMailer_Deliver: a mail is sent only as long as it is true.
func TestMailer_Deliver(t *testing.T) {
	t.Parallel()
	for state, want := range map[eventra.MailState][]string{
		eventra.MailDue: {"send", "mark sent"}, eventra.MailEnded: nil, eventra.MailObsolete: {"withhold"},
	} {
		mail := &scriptedMail{state: state}
		m := newMailer(&MailerConfig{Outbox: mail, Queue: mail, Sender: mail, Pace: rate.NewLimiter(rate.Inf, 1)},
			slog.New(slog.DiscardHandler), nil)
		require.NoError(t, m.deliver(t.Context(), eventra.Tickets(eventra.ID{1})))
		require.Equal(t, want, mail.did)
	}
}

func TestMailers(t *testing.T) {
	t.Parallel()
	system := func() *actor.ActorSystem {
		return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	}
	start := func(t *testing.T) (*mailers, *scriptedMail, chan struct{}) {
		mail := newScriptedMail()
		m := &mailers{log: slog.New(slog.DiscardHandler),
			config: &MailerConfig{Outbox: mail, Queue: mail, Sender: mail, Pace: rate.NewLimiter(rate.Inf, 1)}}
		m.start(system().Root)
		<-mail.looks // at its start
		return m, mail, <-mail.workers
	}
	expired, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("a nudge is a look at the outbox", func(t *testing.T) {
		t.Parallel()
		m, mail, worker := start(t)
		m.nudge()
		<-mail.looks
		close(worker)
		require.NoError(t, m.stop(t.Context()))
		m.nudge() // reaches nobody
	})
	t.Run("stopping waits for mails that are being sent", func(t *testing.T) {
		t.Parallel()
		m, _, worker := start(t)
		require.ErrorIs(t, m.stop(expired), context.Canceled)
		close(worker)
		require.NoError(t, m.stop(t.Context()))
	})
	t.Run("the next incarnation replaces the mailer", func(t *testing.T) {
		t.Parallel()
		m, mail, first := start(t)
		m.start(system().Root)
		second := <-mail.workers
		close(second)
		require.ErrorIs(t, m.stop(expired), context.Canceled, "the first one is still sending")
		close(first)
		require.NoError(t, m.stop(t.Context()))
	})
	t.Run("an instance may send no mails", func(t *testing.T) {
		t.Parallel()
		m := &mailers{}
		m.start(system().Root)
		m.nudge()
		require.NoError(t, m.stop(t.Context()))
	})
}
