package cluster

import (
	"context"
	"slices"
	"time"

	"github.com/eventra/eventra"
)

// suspect notes that nothing listens at a member's address: its process has most
// likely ended, and it may be evicted as soon as it has missed a renewal.
func (m *membership) suspect(id string) {
	m.mu.Lock()
	if !slices.Contains(m.suspected, id) {
		m.suspected = append(m.suspected, id)
	}
	m.mu.Unlock()
	m.renewSoon()
}

// suspectedAmong returns the suspected members, and forgets suspects that are
// no longer members.
func (m *membership) suspectedAmong(members []eventra.Member) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suspected = slices.DeleteFunc(m.suspected, func(id string) bool {
		return !slices.ContainsFunc(members, func(member eventra.Member) bool { return member.ID == id })
	})
	return slices.Clone(m.suspected)
}

// evict deletes members whose lease has ended, if this member may do so. It
// returns how long to wait for the next renewal: less than usual if a lease is
// about to end.
func (m *membership) evict(ctx context.Context, members []eventra.Member, now time.Time) (time.Duration, error) {
	pause, late := renewPause, false
	suspected := m.suspectedAmong(members)
	for i := range members {
		left := members[i].LeaseUntil.Sub(now)
		if slices.Contains(suspected, members[i].ID) {
			left -= missedRenewalLeft
		}
		switch {
		case members[i].ID == m.self.ID:
		case left < 0:
			late = true
		case left < pause:
			pause = left + time.Millisecond
		}
	}
	if !late || time.Since(m.heldSince) < m.heldToEvict {
		return pause, nil
	}
	evicted, err := m.store.Evict(ctx, m.self.ID, suspected, missedRenewalLeft)
	if evicted > 0 {
		m.log.Info("members evicted", "number", evicted)
		m.renewSoon()
	}
	return pause, err
}
