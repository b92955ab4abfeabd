package persistencetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// MemberStore is what [RunMemberStore] checks.
type MemberStore interface {
	Join(ctx context.Context, m *eventra.Member, lease time.Duration) error
	Renew(ctx context.Context, self *eventra.Member, lease time.Duration) ([]eventra.Member, time.Time, error)
	Evict(ctx context.Context, self string, suspected []string, left time.Duration) (int, error)
	Leave(ctx context.Context, id string) error
	Watch(ctx context.Context, changed func()) error
}

// RunMemberStore checks leases and announcements. The store must be this
// test's alone.
func RunMemberStore(t *testing.T, store MemberStore) {
	join := func(lease time.Duration) *eventra.Member {
		m := &eventra.Member{ID: uuid.NewString(), Address: "127.0.0.1:7400", Version: "v1"}
		require.NoError(t, store.Join(t.Context(), m, lease))
		return m
	}
	renew := func(m *eventra.Member) []eventra.Member {
		all, now, err := store.Renew(t.Context(), m, time.Minute)
		require.NoError(t, err)
		for i := range all {
			if all[i].ID == m.ID {
				require.WithinDuration(t, now.Add(time.Minute), all[i].LeaseUntil, time.Second, "a member sees its own new lease")
			}
		}
		return all
	}
	ids := func(all []eventra.Member) (ids []string) {
		for _, m := range all {
			ids = append(ids, m.ID)
		}
		return ids
	}

	one, two, late := join(time.Minute), join(time.Minute), join(-time.Second)
	all := renew(one)
	require.Equal(t, []string{one.ID, two.ID, late.ID}, ids(all), "the oldest first; a late member stays one until it is evicted")
	require.Equal(t, one.Address, all[0].Address)
	require.Equal(t, one.Version, all[0].Version)

	two.Leaving, two.Unreachable, two.OwnershipHash = true, []string{one.ID}, 1<<64-2
	for _, all := range [][]eventra.Member{renew(two), renew(one)} {
		require.True(t, all[1].Leaving)
		require.Equal(t, []string{one.ID}, all[1].Unreachable)
		require.Equal(t, two.OwnershipHash, all[1].OwnershipHash)
		require.Empty(t, all[0].Unreachable)
		require.Zero(t, all[0].OwnershipHash, "it has reported none")
	}

	ahead := join(time.Hour) // as if the clock was set back since
	seen := renew(one)[3].LeaseUntil
	require.WithinDuration(t, time.Now().Add(time.Minute), seen, 30*time.Second, "no lease is longer than one that begins now")
	require.Equal(t, seen, renew(two)[3].LeaseUntil, "it is shortened once, and not renewed")
	require.NoError(t, store.Leave(t.Context(), ahead.ID))

	evicted, err := store.Evict(t.Context(), late.ID, nil, 0)
	require.NoError(t, err)
	require.Zero(t, evicted, "a member does not evict itself")
	evicted, err = store.Evict(t.Context(), one.ID, nil, 0)
	require.NoError(t, err)
	require.Equal(t, 1, evicted)
	_, _, err = store.Renew(t.Context(), late, time.Minute)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err), "an evicted member learns that it is one no longer")
	require.Equal(t, []string{one.ID, two.ID}, ids(renew(one)))

	announced := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { watched <- store.Watch(ctx, func() { announced <- struct{}{} }) }()
	expect := func(what string) {
		t.Helper()
		select {
		case <-announced:
		case <-time.After(10 * time.Second):
			t.Fatal("not announced: ", what)
		}
	}
	expect("the beginning")
	three := join(time.Minute)
	expect("joining")
	renew(three)
	three.Leaving = true
	renew(three)
	expect("that it is leaving")
	three.OwnershipHash = 5
	renew(three)
	expect("its ownership hash")
	renew(three)
	for range 2 {
		require.NoError(t, store.Leave(t.Context(), three.ID))
	}
	expect("its end")
	join(-time.Second)
	expect("joining")
	_, err = store.Evict(t.Context(), one.ID, nil, 0)
	require.NoError(t, err)
	expect("its eviction")
	suspect := join(time.Second)
	expect("joining")
	for _, c := range []struct {
		suspected []string
		left      time.Duration
		evicted   int
	}{{nil, time.Minute, 0}, {[]string{two.ID}, time.Second, 0}, {[]string{suspect.ID, two.ID}, 10 * time.Second, 1}} {
		evicted, err = store.Evict(t.Context(), one.ID, c.suspected, c.left)
		require.NoError(t, err)
		require.Equal(t, c.evicted, evicted, "a suspected member with little of its lease left")
	}
	expect("its eviction")
	require.Empty(t, announced, "renewed leases are not announced")
	cancel()
	require.ErrorIs(t, <-watched, context.Canceled)
}
