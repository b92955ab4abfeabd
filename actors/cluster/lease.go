package cluster

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// holdsLease reports whether the lease has not ended, by this member's own clock.
func (m *membership) holdsLease() bool {
	return int64(time.Since(processStart)) < m.leaseEnd.Load()
}

func (m *membership) renewSoon() {
	select {
	case m.renewNow <- struct{}{}:
	default: // already requested
	}
}

// keepLease renews the lease until ctx ends or this member is evicted.
func (m *membership) keepLease(ctx context.Context) {
	failing := false
	for pause := renewPause; ; {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-m.renewNow:
			timer.Stop()
		case <-timer.C:
		}
		asked := time.Now()
		next, err := m.renew(ctx)
		switch {
		case eventra.CodeOf(err) == eventra.CodeNotFound:
			m.log.Warn("evicted by the other members", "memberId", m.self.ID)
			m.leaseEnd.Store(0)
			m.evicted()
			return
		case err != nil && ctx.Err() == nil:
			if !failing {
				m.log.Warn("lease not renewed", "memberId", m.self.ID, "error", err)
			}
			next = max(rejoinPauseMin, renewPause/2-time.Since(asked)) // an attempt that hung has used its time
		}
		if failing && err == nil {
			m.log.Info("lease renewed again", "memberId", m.self.ID)
		}
		pause, failing = next, err != nil
	}
}

// convergencePause is the longest time between two checks whether the others act
// by the same ownership hash, for where announcements do not arrive.
const convergencePause = 50 * time.Millisecond

// renew extends the lease, publishes the members that the store returns, and
// evicts those whose lease has ended. It returns when to renew again.
func (m *membership) renew(ctx context.Context) (pause time.Duration, err error) {
	m.mu.Lock()
	self := m.self
	m.mu.Unlock()
	if !m.heldSince.IsZero() && !m.holdsLease() {
		m.heldSince, m.heldToEvict = time.Time{}, heldToEvictAfterGap
	}
	asked := time.Now()
	members, now, err := m.store.Renew(ctx, &self, lease)
	if err != nil {
		return 0, err
	}
	m.leaseEnd.Store(int64(asked.Add(lease).Sub(processStart)))
	if m.heldSince.IsZero() {
		m.heldSince = asked
	}
	converged := m.publish(members)
	pause, err = m.evict(ctx, members, now)
	if !converged {
		pause = min(pause, convergencePause)
	}
	return pause, err
}
