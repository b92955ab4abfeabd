package actors

import (
	"context"
	"log/slog"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// mailers keep one mailer running, in the actor system of the latest
// incarnation. After an eviction the mailer goes on until the next incarnation
// has its own.
type mailers struct {
	config *MailerConfig // nil: this instance sends no mails
	log    *slog.Logger

	mu      sync.Mutex
	root    *actor.RootContext
	pid     *actor.PID // nil: none
	running sync.WaitGroup
}

// start starts a mailer in an actor system. The one before finishes its mails.
func (m *mailers) start(root *actor.RootContext) {
	if m.config == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopPresent()
	m.running.Add(1)
	m.root, m.pid = root, root.Spawn(actor.PropsFromProducer(func() actor.Actor { return newMailer(m.config, m.log, m.running.Done) }))
}

func (m *mailers) stopPresent() {
	if m.pid != nil {
		m.root.Stop(m.pid)
		m.pid = nil
	}
}

// nudge tells the mailer, without blocking, that mails may have become due.
func (m *mailers) nudge() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pid != nil {
		m.root.Send(m.pid, &mailsDue{})
	}
}

// stop stops the mailer and waits until no mail is being sent or ctx ends.
func (m *mailers) stop(ctx context.Context) error {
	m.mu.Lock()
	m.stopPresent()
	m.mu.Unlock()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		m.running.Wait()
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
