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
)

// joinTimeout bounds a start's wait for its first lease.
const joinTimeout = 5 * time.Second

// membership keeps one member's lease and tells of all members: the library's
// ClusterProvider.
type membership struct {
	store MemberStore
	log   *slog.Logger
	apply func(members []eventra.Member) *view // called from one goroutine at a time
	lost  func()                               // called once: this member was given up by the others

	cluster *library.Cluster
	kick    chan struct{} // renew now
	cancel  context.CancelFunc
	loops   sync.WaitGroup

	until     atomic.Int64  // end of the lease, in nanoseconds since origin
	goodSince time.Time     // of the lease, without a break; zero if it has ended
	patience  time.Duration // from goodSince to when others may be given up

	mu        sync.Mutex
	self      eventra.Member // what is told at the next renewal
	suspected []string       // members at whose address nobody listens
}

// origin is what leases are counted from, by the monotonic clock.
var origin = time.Now()

func newMembership(store MemberStore, version string, log *slog.Logger, apply func([]eventra.Member) *view, lost func()) *membership {
	return &membership{store: store, log: log, apply: apply, lost: lost, kick: make(chan struct{}, 1),
		patience: reapAfter, self: eventra.Member{Version: version}}
}

// good reports whether the lease has not ended, by this member's own clock.
func (m *membership) good() bool { return int64(time.Since(origin)) < m.until.Load() }

// StartMember implements the library's ClusterProvider: it joins, and keeps
// the lease from then on.
func (m *membership) StartMember(c *library.Cluster) error {
	m.cluster = c
	m.self.ID, m.self.Address = c.ActorSystem.ID, c.ActorSystem.Address()
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	if err := m.store.Join(ctx, &m.self, lease); err != nil {
		return err
	}
	if _, err := m.renew(ctx); err != nil {
		return err
	}
	ctx, m.cancel = context.WithCancel(context.Background())
	m.loops.Go(func() { m.keep(ctx) })
	m.loops.Go(func() { m.watch(ctx) })
	return nil
}

// StartClient implements the library's ClusterProvider. Every instance is a member.
func (m *membership) StartClient(c *library.Cluster) error { return m.StartMember(c) }

// Shutdown implements the library's ClusterProvider: the lease is kept no
// longer, and given back if that is asked for.
func (m *membership) Shutdown(graceful bool) error {
	if m.cancel != nil {
		m.cancel()
		m.loops.Wait()
	}
	m.until.Store(0)
	if !graceful || m.self.ID == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lease)
	defer cancel()
	return m.store.Leave(ctx, m.self.ID)
}

// tell changes what the others learn of this member, now.
func (m *membership) tell(change func(self *eventra.Member)) {
	m.mu.Lock()
	change(&m.self)
	m.mu.Unlock()
	m.renewSoon()
}

// suspect notes that nobody listens at a member's address: its process has most
// likely ended, and it may be given up as soon as it misses a renewal.
func (m *membership) suspect(id string) {
	m.mu.Lock()
	if !slices.Contains(m.suspected, id) {
		m.suspected = append(m.suspected, id)
	}
	m.mu.Unlock()
	m.renewSoon()
}

// suspects returns who of the members is suspected, and forgets who is none.
func (m *membership) suspects(members []eventra.Member) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suspected = slices.DeleteFunc(m.suspected, func(id string) bool {
		return !slices.ContainsFunc(members, func(member eventra.Member) bool { return member.ID == id })
	})
	return slices.Clone(m.suspected)
}

func (m *membership) renewSoon() {
	select {
	case m.kick <- struct{}{}:
	default: // is asked for already
	}
}

// keep renews the lease until ctx ends or it is lost.
func (m *membership) keep(ctx context.Context) {
	failing := false
	for pause := renewPause; ; {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-m.kick:
			timer.Stop()
		case <-timer.C:
		}
		asked := time.Now()
		next, err := m.renew(ctx)
		switch {
		case eventra.CodeOf(err) == eventra.CodeNotFound:
			m.log.Warn("given up by the other members", "member", m.self.ID)
			m.until.Store(0)
			m.lost()
			return
		case err != nil && ctx.Err() == nil:
			if !failing {
				m.log.Warn("lease not renewed", "member", m.self.ID, "error", err)
			}
			next = max(againMin, renewPause/2-time.Since(asked)) // a try that hung has taken its time
		}
		if failing && err == nil {
			m.log.Info("lease renewed again", "member", m.self.ID)
		}
		pause, failing = next, err != nil
	}
}

// renew asks for another lease, takes over what it learns of the others, and
// returns when to do so again.
func (m *membership) renew(ctx context.Context) (pause time.Duration, err error) {
	m.mu.Lock()
	self := m.self
	m.mu.Unlock()
	if !m.goodSince.IsZero() && !m.good() {
		m.goodSince, m.patience = time.Time{}, reapAfterBreak
	}
	asked := time.Now()
	members, now, err := m.store.Renew(ctx, &self, lease)
	if err != nil {
		return 0, err
	}
	m.until.Store(int64(asked.Add(lease).Sub(origin)))
	if m.goodSince.IsZero() {
		m.goodSince = asked
	}
	agreed := m.publish(members)
	pause, err = m.reap(ctx, members, now)
	if !agreed {
		pause = min(pause, agreePause)
	}
	return pause, err
}

// agreePause parts looks whether the others act by the same shares, where they
// could not be heard saying so.
const agreePause = 50 * time.Millisecond

// reap deletes members whose lease has ended, if this one may, and returns how
// long to wait for the next renewal: shorter, if a lease is about to end.
func (m *membership) reap(ctx context.Context, members []eventra.Member, now time.Time) (time.Duration, error) {
	pause, late := renewPause, false
	suspected := m.suspects(members)
	for i := range members {
		left := members[i].LeaseUntil.Sub(now)
		if slices.Contains(suspected, members[i].ID) {
			left -= lateBy
		}
		switch {
		case members[i].ID == m.self.ID:
		case left < 0:
			late = true
		case left < pause:
			pause = left + time.Millisecond
		}
	}
	if !late || time.Since(m.goodSince) < m.patience {
		return pause, nil
	}
	reaped, err := m.store.Evict(ctx, m.self.ID, suspected, lateBy)
	if reaped > 0 {
		m.log.Info("members given up", "number", reaped)
		m.renewSoon()
	}
	return pause, err
}

// publish tells this life and the library who the members are, and the others
// by which shares this member acts from now on. It reports whether all do.
func (m *membership) publish(members []eventra.Member) (agreed bool) {
	v := m.apply(members)
	if v.shares != m.self.OwnershipHash { // written here only
		m.tell(func(self *eventra.Member) { self.OwnershipHash = v.shares })
	}
	all := make(library.Members, 0, len(members))
	for _, member := range members {
		host, portText, err := net.SplitHostPort(member.Address)
		port, err2 := strconv.Atoi(portText)
		if err != nil || err2 != nil {
			m.log.Error("a member's address cannot be", "member", member.ID, "address", member.Address)
			continue
		}
		if slices.Contains([]byte(host), ':') {
			host = "[" + host + "]" // as the library puts addresses together
		}
		all = append(all, &library.Member{Id: member.ID, Host: host, Port: int32(port)})
	}
	m.cluster.MemberList.UpdateClusterTopology(all)
	return v.agreed
}

const watchAgainMax = 2 * time.Second

// watch renews at once when something was announced. Where that cannot be,
// renewals see it a little later.
func (m *membership) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := m.store.Watch(ctx, m.renewSoon)
		m.log.Debug("members are not announced", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(watchAgainMax/2 + rand.N(watchAgainMax/2)):
		}
	}
}
