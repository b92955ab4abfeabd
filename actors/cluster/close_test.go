//go:build !race

package cluster_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
)

// lateStore adds the second member that joins, but answers only when nobody waits
// for the answer any more.
type lateStore struct {
	cluster.MemberStore
	renews bool // also when it is called in vain
	joins  atomic.Int32
	joined chan struct{}
}

func (s *lateStore) Join(ctx context.Context, m *eventra.Member, lease time.Duration) error {
	err := s.MemberStore.Join(ctx, m, lease)
	if s.joins.Add(1) == 2 {
		close(s.joined)
		<-ctx.Done()
	}
	return err
}

func (s *lateStore) Renew(ctx context.Context, m *eventra.Member, lease time.Duration) ([]eventra.Member, time.Time, error) {
	if s.renews {
		ctx = context.WithoutCancel(ctx)
	}
	return s.MemberStore.Renew(ctx, m, lease)
}

// A node that is closed while it joins again leaves nothing in the cluster.
func TestNode_ClosedWhileItRejoinsHasNoLease(t *testing.T) {
	t.Parallel()
	for name, renews := range map[string]bool{"the join fails": false, "the join succeeds": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestCluster(t)
			store := &lateStore{renews: renews, joined: make(chan struct{})}
			n := c.node(func(config *cluster.Config) {
				store.MemberStore = config.Members
				config.Members = store
			})
			c.exec("DELETE FROM cluster_members")
			<-store.joined
			require.Equal(t, 1, c.members())
			leave(n)
			require.Zero(t, c.members())
			if incarnation := n.Incarnation(); incarnation != nil {
				require.False(t, incarnation.Serving())
			}
		})
	}
}

// members counts the rows of members.
func (c *testCluster) members() (number int) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.database)
	require.NoError(c.t, err)
	defer conn.Close(context.Background())
	require.NoError(c.t, conn.QueryRow(c.t.Context(), "SELECT count(*) FROM cluster_members").Scan(&number))
	return number
}
