//go:build !race

// The library's remoting has data races of its own, so these tests run in a
// test process of their own, without the race detector: see the Makefile.

package cluster_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
	"github.com/eventra/eventra/actors/wire"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/sleep"
)

// testCluster is several nodes in one process, with a real store of members.
type testCluster struct {
	t        *testing.T
	database string

	mu     sync.Mutex
	active map[eventra.ID]int // activations now
	most   map[eventra.ID]int // activations at the same time, at most
}

func newTestCluster(t *testing.T) *testCluster {
	return &testCluster{t: t, database: persistencetest.NewDatabase(t), active: map[eventra.ID]int{}, most: map[eventra.ID]int{}}
}

// count notes that an event's actor starts or ends.
func (c *testCluster) count(event eventra.ID, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active[event] += change
	c.most[event] = max(c.most[event], c.active[event])
}

// echo answers every question with Done.
type echo struct {
	cluster     *testCluster
	incarnation *cluster.Incarnation
	event       eventra.ID
}

func (e *echo) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		e.cluster.count(e.event, 1)
	case *cluster.HandOver:
		ctx.Stop(ctx.Self())
	case *actor.Stopping:
		e.cluster.count(e.event, -1)
		e.incarnation.Forget(e.event, ctx.Self())
	case *wire.Envelope:
		ctx.Respond(&wire.Envelope{Id: msg.Id, Body: &wire.Envelope_Done{Done: &wire.Done{}}})
	case string:
		ctx.Respond(&wire.Envelope{})
	}
}

func (c *testCluster) node(changes ...func(*cluster.Config)) *cluster.Node {
	c.t.Helper()
	return c.nodeAt(c.database, changes...)
}

func (c *testCluster) nodeAt(database string, changes ...func(*cluster.Config)) *cluster.Node {
	c.t.Helper()
	members, err := postgres.OpenMembers(c.t.Context(), database)
	require.NoError(c.t, err)
	config := cluster.Config{Listen: "127.0.0.1:0", Secrets: [][]byte{[]byte("secret")}, Version: "test", Members: members, Log: slog.New(slog.NewTextHandler(c.t.Output(), nil)),
		Activate: func(incarnation *cluster.Incarnation, event eventra.ID) cluster.Activation {
			return cluster.Activation{Describe: func() eventra.ActiveEvent { return eventra.ActiveEvent{EventID: event} },
				Props: actor.PropsFromProducer(func() actor.Actor { return &echo{c, incarnation, event} })}
		}}
	for _, change := range changes {
		change(&config)
	}
	n, err := cluster.New(config)
	require.NoError(c.t, err)
	require.NoError(c.t, n.Join(c.t.Context()))
	c.t.Cleanup(members.Close)
	c.t.Cleanup(func() { leave(n) })
	return n
}

func leave(n *cluster.Node) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	n.Close(ctx)
}

// ask asks an event through a node until it is answered, for 15 s at most.
func ask(n *cluster.Node, event eventra.ID) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	retry := time.NewTicker(2 * time.Millisecond)
	defer retry.Stop()
	for {
		err := askOnce(ctx, n, event)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-retry.C:
		}
	}
}

func askOnce(ctx context.Context, n *cluster.Node, event eventra.ID) error {
	incarnation := n.Incarnation()
	if incarnation == nil {
		return cluster.ErrMoved
	}
	pid, err := incarnation.Locate(ctx, event)
	if err != nil {
		return err
	}
	if incarnation.Local(pid) {
		_, err = incarnation.Ask(pid, "hello", time.Second)
	} else {
		_, err = incarnation.AskRemote(pid, &wire.Envelope{Event: event[:], Body: &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}}, time.Second)
	}
	if errors.Is(err, cluster.ErrMoved) {
		incarnation.Forget(event, pid)
	}
	return err
}

func someEvents(n int) []eventra.ID {
	events := make([]eventra.ID, n)
	for i := range events {
		events[i] = eventra.ID(uuid.Must(uuid.NewV7()))
	}
	return events
}

func (c *testCluster) eventually(what string, ok func() bool) {
	c.t.Helper()
	require.Eventually(c.t, ok, 30*time.Second, 5*time.Millisecond, what)
}

// awaitMembers waits until a node sees that many members, all of them active.
func (c *testCluster) awaitMembers(n *cluster.Node, number int) {
	c.t.Helper()
	c.eventually("members known", func() bool {
		all, err := n.Describe()
		if err != nil {
			return false
		}
		active := 0
		for _, m := range all.Members {
			if m.Status == eventra.MemberActive && m.Answered {
				active++
			}
		}
		return active == number && len(all.Members) == number
	})
}

// requireOneActivation requires that each event is active exactly once.
func (c *testCluster) requireOneActivation(events []eventra.ID) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range events {
		require.Equal(c.t, 1, c.active[event])
	}
}

func TestNode_AsksTheOneOwner(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	nodes := []*cluster.Node{c.node(), c.node(), c.node()}
	for _, n := range nodes {
		c.awaitMembers(n, 3)
	}
	events := someEvents(60)
	var asking sync.WaitGroup
	for _, n := range nodes {
		for _, event := range events {
			asking.Go(func() {
				if err := ask(n, event); err != nil {
					t.Error(err)
				}
			})
		}
	}
	asking.Wait()
	c.requireOneActivation(events)
	all, err := nodes[0].Describe()
	require.NoError(t, err)
	listed := map[eventra.ID]int{}
	for _, m := range all.Members {
		require.NotEmpty(t, m.Events, "each member has its share")
		for _, e := range m.Events {
			listed[e.EventID]++
		}
	}
	require.Len(t, listed, len(events))
	for _, times := range listed {
		require.Equal(t, 1, times)
	}
	for _, most := range c.most {
		require.Equal(t, 1, most, "never two at once while the members stay the same")
	}
}

// As long as a member acts by another ownership hash, it may still serve an event
// that has another owner by now.
// keepAlive renews the lease of a member that is only a row.
func (c *testCluster) keepAlive(member string) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.database)
	require.NoError(c.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for sleep.For(ctx, 200*time.Millisecond) == nil {
			_, _ = conn.Exec(ctx, `UPDATE cluster_members SET lease_until = clock_timestamp() + interval '2 seconds' WHERE id = $1`, member)
		}
	}()
	c.t.Cleanup(func() {
		cancel()
		<-ended
		_ = conn.Close(context.Background())
	})
}

func TestNode_TakesNoEventOverBeforeConvergence(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	one, two := c.node(), c.node()
	c.awaitMembers(one, 2)
	c.awaitMembers(two, 2)
	served := someEvents(20)
	for _, event := range served {
		require.NoError(t, ask(one, event))
	}
	c.exec(`INSERT INTO cluster_members (id, address, version, leaving, shares, joined_at, lease_until)
		VALUES ('behind', '127.0.0.1:1', 'test', true, 1, now(), now() + interval '2 seconds')`)
	c.keepAlive("behind")
	for _, n := range []*cluster.Node{one, two} {
		c.eventually("the third member is seen", func() bool {
			all, err := n.Describe()
			return err == nil && len(all.Members) == 3 && !all.Members[2].Converged
		})
	}
	for _, event := range someEvents(20) {
		_, err := one.Incarnation().Locate(t.Context(), event)
		require.ErrorIs(t, err, cluster.ErrMoved)
	}
	for _, event := range served {
		require.NoError(t, ask(two, event), "running actors go on")
	}
	c.exec(`UPDATE cluster_members SET shares = (SELECT min(shares) FROM cluster_members other WHERE id <> 'behind') WHERE id = 'behind'`)
	for _, event := range someEvents(20) {
		require.NoError(t, ask(one, event))
	}
}

func TestNode_LeavesAndJoinsUnderLoad(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	stays, leaves := c.node(), c.node()
	c.awaitMembers(stays, 2)
	events := someEvents(20)
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for _, event := range events {
		asking.Go(func() {
			next := time.NewTicker(5 * time.Millisecond)
			defer next.Stop()
			for {
				select {
				case <-stop:
					return
				case <-next.C:
				}
				if err := ask(stays, event); err != nil {
					t.Error("asking while members come and go: ", err)
				}
			}
		})
	}
	leave(leaves)
	c.awaitMembers(stays, 1)
	c.node()
	c.awaitMembers(stays, 2)
	close(stop)
	asking.Wait()
	for _, event := range events {
		require.NoError(t, ask(stays, event))
	}
	c.eventually("each event is active once", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, event := range events {
			if c.active[event] != 1 {
				return false
			}
		}
		return true
	})
}

func TestNode_RejoinsWhenEvicted(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	n, other := c.node(), c.node()
	c.awaitMembers(n, 2)
	before := n.Incarnation()
	events := someEvents(10)
	for _, event := range events {
		require.NoError(t, ask(other, event))
	}
	c.exec("DELETE FROM cluster_members")
	c.eventually("a new incarnation", func() bool { return n.Incarnation() != nil && n.Incarnation() != before && n.Ready(t.Context()) == nil })
	c.awaitMembers(n, 2)
	require.False(t, before.Serving(), "the old incarnation serves nothing")
	for _, event := range events {
		require.NoError(t, ask(n, event))
		require.NoError(t, ask(other, event))
	}
}

func TestNode_Alone(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	n := c.node(func(c *cluster.Config) { c.Listen = "" })
	event := someEvents(1)[0]
	require.NoError(t, ask(n, event))
	require.NoError(t, n.Ready(t.Context()))
	all, err := n.Describe()
	require.NoError(t, err)
	require.Len(t, all.Members, 1)
	require.Equal(t, "test", all.Members[0].Version)
	require.True(t, all.Members[0].Self)
	require.Equal(t, event, all.Members[0].Events[0].EventID)
}

// The port is in use until the old incarnation has closed it, so the first
// attempts to start the new one fail.
func TestNode_RejoinsAtTheSameAddress(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	n := c.node(func(c *cluster.Config) { c.Listen = free.Addr().String() })
	for range 3 {
		before := n.Incarnation()
		event := someEvents(1)[0]
		require.NoError(t, ask(n, event))
		c.exec("DELETE FROM cluster_members")
		c.eventually("a new incarnation", func() bool { return n.Incarnation() != nil && n.Incarnation() != before && n.Ready(t.Context()) == nil })
		require.NoError(t, ask(n, event))
		require.Equal(t, free.Addr().String(), addressOf(t, n))
	}
}

func (c *testCluster) exec(sql string) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.database)
	require.NoError(c.t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(c.t.Context(), sql)
	require.NoError(c.t, err)
}

// All members are suspended, none is evicted, and all go on as the members that
// they were.
func TestNode_IsSuspendedWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	proxy, through := persistencetest.ProxyTo(t, c.database)
	one, two := c.nodeAt(through), c.nodeAt(through)
	c.awaitMembers(one, 2)
	before := []*cluster.Incarnation{one.Incarnation(), two.Incarnation()}
	event := someEvents(1)[0]
	require.NoError(t, ask(one, event))

	proxy.Cut()
	for _, n := range []*cluster.Node{one, two} {
		c.eventually("suspension", func() bool { return errors.Is(n.Ready(t.Context()), cluster.ErrSuspended) })
		_, err := n.Incarnation().Locate(t.Context(), event)
		require.ErrorIs(t, err, cluster.ErrSuspended)
	}
	proxy.Restore()
	for _, n := range []*cluster.Node{one, two} {
		c.eventually("readiness", func() bool { return n.Ready(t.Context()) == nil })
		require.NoError(t, ask(n, event))
	}
	now := []*cluster.Incarnation{one.Incarnation(), two.Incarnation()}
	require.Equal(t, before, now, "no member was evicted")
}

func TestNode_IsEvictedWhenCutOffFromPostgresAndRejoins(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	proxy, through := persistencetest.ProxyTo(t, c.database)
	cut, stays := c.nodeAt(through), c.node()
	c.awaitMembers(cut, 2)
	before := cut.Incarnation()
	proxy.Cut()
	c.awaitMembers(stays, 1)
	require.ErrorIs(t, cut.Ready(t.Context()), cluster.ErrSuspended, "it knew before the other evicted it")
	for _, event := range someEvents(10) {
		require.NoError(t, ask(stays, event))
	}
	proxy.Restore()
	c.eventually("a new incarnation", func() bool {
		return cut.Incarnation() != nil && cut.Incarnation() != before && cut.Ready(t.Context()) == nil
	})
	c.awaitMembers(stays, 2)
}

func TestIncarnation_AskRemoteAnswersUnknownKinds(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	one, two := c.node(), c.node()
	c.awaitMembers(one, 2)
	for _, event := range someEvents(20) {
		if placement := one.Incarnation().PlacementActor(event); placement != nil {
			_, err := one.Incarnation().AskRemote(placement, &wire.Envelope{Event: event[:]}, 5*time.Second)
			require.ErrorIs(t, err, cluster.ErrUnsupported)
		} else {
			require.True(t, one.Incarnation().Owns(event))
			require.False(t, two.Incarnation().Owns(event))
		}
	}
}

// A process that takes over the address of another one does not answer for the
// actors that callers remember of that one.
func TestIncarnation_AskRemoteNeverReachesAnotherActor(t *testing.T) {
	t.Parallel()
	c := newTestCluster(t)
	asks, dies := c.node(), c.node()
	c.awaitMembers(asks, 2)
	address := addressOf(t, dies)
	remembered := map[eventra.ID]*actor.PID{}
	for _, event := range someEvents(40) {
		require.NoError(t, ask(asks, event))
		if dies.Incarnation().Owns(event) {
			pid, err := asks.Incarnation().Locate(t.Context(), event)
			require.NoError(t, err)
			remembered[event] = pid
		}
	}
	require.NotEmpty(t, remembered)
	leave(dies)
	next := c.node(func(c *cluster.Config) { c.Listen = address })
	c.awaitMembers(asks, 2)
	for _, event := range someEvents(40) {
		require.NoError(t, ask(next, event), "the new process has as many actors")
	}
	for event, pid := range remembered {
		question := &wire.Envelope{Event: event[:], Body: &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}}
		_, err := asks.Incarnation().AskRemote(pid, question, 5*time.Second)
		require.ErrorIs(t, err, cluster.ErrMoved)
	}
}
