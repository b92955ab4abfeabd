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
	// lease is how long a member stays one without renewing. Fail-over takes as
	// long where nothing else is known, so it is as short as a busy machine allows.
	lease = 2 * time.Second
	// renewPause leaves three more tries before a lease ends.
	renewPause = lease / 4
	// missedRenewalLeft is what is left of a lease whose member has missed a renewal.
	missedRenewalLeft = lease - 2*renewPause
	// heldToEvict is how long a member's own lease must have held before it evicts
	// others. After a gap in its lease it is heldToEvictAfterGap: then most likely
	// the store was away, and others may find it again later than this member.
	heldToEvict, heldToEvictAfterGap = lease, 3 * lease
)

// MemberStore keeps the members and their leases, in the store's own time.
type MemberStore interface {
	// Join adds a member with a lease that begins now.
	Join(ctx context.Context, m *eventra.Member, lease time.Duration) error
	// Renew gives self another lease, stores its Leaving, Unreachable and
	// OwnershipHash, and returns all members, the oldest first, and the store's
	// time. CodeNotFound if self is no longer a member.
	Renew(ctx context.Context, self *eventra.Member, lease time.Duration) (all []eventra.Member, now time.Time, err error)
	// Evict deletes members other than self whose lease has ended, and suspected
	// members with less than left of theirs. It returns how many.
	Evict(ctx context.Context, self string, suspected []string, left time.Duration) (evicted int, err error)
	// Leave deletes a member; an unknown id is no error.
	Leave(ctx context.Context, id string) error
	// Watch calls changed when it begins to listen and whenever members come, go
	// or announce something, until ctx ends or the connection is lost.
	Watch(ctx context.Context, changed func()) error
}

// Activation is an event's actor: how to start it, and how to describe it.
type Activation struct {
	Props    *actor.Props
	Describe func() eventra.ActiveEvent // from any goroutine
}

// HandOver tells an event's actor that another member owns the event now. The
// actor completes what is in flight, redirects all other callers, and calls
// [Incarnation.Forget].
type HandOver struct{}

// Config configures a [Node].
type Config struct {
	// Listen is the host:port to listen on for other members. If it is empty, the
	// node is alone: it opens no port and has no members. Advertise is the
	// host:port that others connect to; if it is empty, the one of Listen.
	Listen, Advertise string
	// Credentials are this member's; nil only if Listen is a loopback address.
	Credentials *Credentials
	// Secrets are shared by members and by nobody else. Two members need one in common, so
	// that one can replace another while members run.
	Secrets [][]byte
	Version string
	Members MemberStore // may be nil if alone
	Log     *slog.Logger
	// Started, if set, is called with each incarnation before it is asked for events.
	Started func(*Incarnation)
	// Activate makes the actor of an event for an incarnation.
	Activate func(incarnation *Incarnation, event eventra.ID) Activation
}

// Alone reports whether the node never has other members.
func (c *Config) Alone() bool { return c.Listen == "" }

// Check returns what is wrong with the addresses and credentials, nil if nothing is.
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
		return errors.New("without certificates only a loopback address may be listened on: any peer that reaches the port is obeyed")
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
