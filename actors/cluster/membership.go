package cluster

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	library "github.com/asynkron/protoactor-go/cluster"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

// joinTimeout bounds a start's wait for its first lease.
const joinTimeout = 5 * time.Second

// membership implements the library's ClusterProvider: it keeps one member's
// lease and publishes all members.
type membership struct {
	store   MemberStore
	log     *slog.Logger
	apply   func(members []eventra.Member) *view // called from one goroutine at a time
	evicted func()                               // called once, when the others have evicted this member

	cluster  *library.Cluster
	renewNow chan struct{}
	cancel   context.CancelFunc
	loops    sync.WaitGroup

	leaseEnd    atomic.Int64  // in nanoseconds since processStart
	heldSince   time.Time     // the lease, without a gap; zero if it has ended
	heldToEvict time.Duration // from heldSince until this member may evict others

	mu        sync.Mutex
	self      eventra.Member // as the next renewal announces it
	suspected []string       // members at whose address nothing listens
}

// processStart is what leases are counted from, by the monotonic clock.
var processStart = time.Now()

func newMembership(store MemberStore, version string, log *slog.Logger, apply func([]eventra.Member) *view, evicted func()) *membership {
	return &membership{store: store, log: log, apply: apply, evicted: evicted, renewNow: make(chan struct{}, 1),
		heldToEvict: heldToEvict, self: eventra.Member{Version: version}}
}

// join joins, and keeps the lease from then on.
func (m *membership) join(ctx context.Context, c *library.Cluster) error {
	m.cluster = c
	m.self.ID, m.self.Address = c.ActorSystem.ID, c.ActorSystem.Address()
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	if err := m.store.Join(ctx, &m.self, lease); err != nil {
		return err
	}
	if _, err := m.renew(ctx); err != nil {
		return err
	}
	ctx, m.cancel = context.WithCancel(context.Background())
	m.loops.Go(func() { m.keepLease(ctx) })
	m.loops.Go(func() { m.watch(ctx) })
	return nil
}

// Shutdown implements the library's ClusterProvider: it renews the lease no
// longer, and gives it back if graceful.
func (m *membership) Shutdown(graceful bool) error {
	if m.cancel != nil {
		m.cancel()
		m.loops.Wait()
	}
	m.leaseEnd.Store(0)
	if !graceful || m.self.ID == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lease)
	defer cancel()
	return m.store.Leave(ctx, m.self.ID)
}

// announce changes what the others know of this member, by a renewal at once.
func (m *membership) announce(change func(self *eventra.Member)) {
	m.mu.Lock()
	change(&m.self)
	m.mu.Unlock()
	m.renewSoon()
}

// publish gives the members to this incarnation and to the library, and
// announces the ownership hash by which this member acts from now on. It reports
// whether all members act by it.
func (m *membership) publish(members []eventra.Member) (converged bool) {
	v := m.apply(members)
	if v.ownershipHash != m.self.OwnershipHash { // written here only
		m.announce(func(self *eventra.Member) { self.OwnershipHash = v.ownershipHash })
	}
	all := make(library.Members, 0, len(members))
	for _, member := range members {
		host, portText, err := net.SplitHostPort(member.Address)
		port, err2 := strconv.ParseInt(portText, 10, 32)
		if err != nil || err2 != nil {
			m.log.Error("a member's address is invalid", "memberId", member.ID, "address", member.Address)
			continue
		}
		if slices.Contains([]byte(host), ':') {
			host = "[" + host + "]" // as the library writes addresses
		}
		all = append(all, &library.Member{Id: member.ID, Host: host, Port: int32(port)})
	}
	m.cluster.MemberList.UpdateClusterTopology(all)
	return v.converged
}

const watchRetryMax = 2 * time.Second

// watch renews at once when a change is announced. Without announcements,
// changes are seen at the next renewal.
func (m *membership) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := m.store.Watch(ctx, m.renewSoon)
		m.log.Debug("no announcements of members", "error", err)
		_ = sleep.For(ctx, watchRetryMax/2+rand.N(watchRetryMax/2)) //nolint:gosec // spreads the members' retries
	}
}
