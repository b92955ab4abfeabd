package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
)

const (
	// lease is how long a member is one without a sign of life. Fail-over takes as
	// long where nothing else is known; so it is as short as a busy machine allows.
	lease = 2 * time.Second
	// renewPause leaves three more tries before a lease ends.
	renewPause = lease / 4
	// lateBy is how much of its lease a member has left that has missed a renewal.
	lateBy = lease - 2*renewPause
	// reapAfter is how long a member's own lease has to have held before it gives
	// up others; reapAfterBreak if it had ended, for then it was most likely the
	// store that was away, and others may find it again later than this one.
	reapAfter, reapAfterBreak = lease, 3 * lease
)

// MemberStore keeps who the members are, and their leases in its own time.
type MemberStore interface {
	// Join adds a member with a lease from now on.
	Join(ctx context.Context, m *eventra.Member, lease time.Duration) error
	// Renew gives self another lease, stores its Leaving, Unreachable and Shares, and
	// returns all members, the oldest first, and the store's time.
	// CodeNotFound if self is a member no more.
	Renew(ctx context.Context, self *eventra.Member, lease time.Duration) (all []eventra.Member, now time.Time, err error)
	// Evict deletes members other than self whose lease has ended, and suspected
	// ones with less than left of it.
	Evict(ctx context.Context, self string, suspected []string, left time.Duration) (reaped int, err error)
	// Leave deletes a member; one that is none is no error.
	Leave(ctx context.Context, id string) error
	// Watch calls changed at its begin and whenever members come, go or say
	// something new, until ctx ends or the connection is lost.
	Watch(ctx context.Context, changed func()) error
}

// Activation is an event's actor: how to start it, and what it tells of itself.
type Activation struct {
	Props    *actor.Props
	Describe func() eventra.ActiveEvent // from any goroutine
}

// HandOver tells an event's actor that the event is another member's now: it
// finishes what is in flight, sends everybody else away, and calls
// [Incarnation.Forget].
type HandOver struct{}

// Config is what a [Node] is made of.
type Config struct {
	// Listen is the host:port that other members connect to; empty: alone,
	// without a port and without members. Advertise is what they are told;
	// empty: what Listen came to.
	Listen, Advertise string
	// Credentials are this member's; nil only if Listen is a loopback address.
	Credentials *Credentials
	// Secret is the same on all members and known to nobody else.
	Secret  []byte
	Version string
	Members MemberStore // may be nil if alone
	Log     *slog.Logger
	// Activate makes the actor of an event, in the life given.
	Activate func(life *Incarnation, event eventra.ID) Activation
}

// Alone reports whether there are no other members, ever.
func (c *Config) Alone() bool { return c.Listen == "" }

// Check says what is wrong with the addresses and credentials.
func (c *Config) Check() error {
	if c.Alone() {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ip := net.ParseIP(host)
	if c.Credentials == nil && (ip == nil || !ip.IsLoopback()) {
		return errors.New("without certificates only a loopback address may be listened on: whoever reaches the port is obeyed")
	}
	if c.Advertise == "" && (ip == nil || ip.IsUnspecified()) {
		return errors.New("an address to advertise is needed when listening on all interfaces")
	}
	if c.Advertise != "" {
		if _, _, err := net.SplitHostPort(c.Advertise); err != nil {
			return fmt.Errorf("advertise: %w", err)
		}
	}
	return nil
}
