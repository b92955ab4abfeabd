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
)

// town is a cluster in one process, with a real store of members.
type town struct {
	t        *testing.T
	database string

	mu     sync.Mutex
	active map[eventra.ID]int // activations now
	most   map[eventra.ID]int // at once
}

func newTown(t *testing.T) *town {
	return &town{t: t, database: persistencetest.NewDatabase(t), active: map[eventra.ID]int{}, most: map[eventra.ID]int{}}
}

// count notes that an event's actor begins or ends.
func (w *town) count(event eventra.ID, change int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active[event] += change
	w.most[event] = max(w.most[event], w.active[event])
}

// echo answers every question with Done.
type echo struct {
	town  *town
	life  *cluster.Incarnation
	event eventra.ID
}

func (e *echo) Receive(ctx actor.Context) {
	switch msg := ctx.Message().(type) {
	case *actor.Started:
		e.town.count(e.event, 1)
	case *cluster.HandOver:
		ctx.Stop(ctx.Self())
	case *actor.Stopping:
		e.town.count(e.event, -1)
		e.life.Forget(e.event, ctx.Self())
	case *wire.Envelope:
		ctx.Respond(&wire.Envelope{Id: msg.Id, Body: &wire.Envelope_Done{Done: &wire.Done{}}})
	case string:
		ctx.Respond(&wire.Envelope{})
	}
}

func (w *town) node(changes ...func(*cluster.Config)) *cluster.Node {
	w.t.Helper()
	return w.nodeAt(w.database, changes...)
}

func (w *town) nodeAt(database string, changes ...func(*cluster.Config)) *cluster.Node {
	w.t.Helper()
	members, err := postgres.OpenMembers(w.t.Context(), database)
	require.NoError(w.t, err)
	config := cluster.Config{Listen: "127.0.0.1:0", Secret: []byte("secret"), Version: "test", Members: members, Log: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
		Activate: func(life *cluster.Incarnation, event eventra.ID) cluster.Activation {
			return cluster.Activation{Describe: func() eventra.ActiveEvent { return eventra.ActiveEvent{EventID: event} },
				Props: actor.PropsFromProducer(func() actor.Actor { return &echo{w, life, event} })}
		}}
	for _, change := range changes {
		change(&config)
	}
	n, err := cluster.Start(config)
	require.NoError(w.t, err)
	w.t.Cleanup(members.Close)
	w.t.Cleanup(func() { leave(n) })
	return n
}

func leave(n *cluster.Node) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	n.Close(ctx)
}

// ask asks an event through a node, again and again as long as that may help.
func ask(n *cluster.Node, event eventra.ID) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for {
		err := askOnce(ctx, n, event)
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond) // as callers do
	}
}

func askOnce(ctx context.Context, n *cluster.Node, event eventra.ID) error {
	life := n.Incarnation()
	if life == nil {
		return cluster.ErrMoved
	}
	pid, err := life.Locate(ctx, event)
	if err != nil {
		return err
	}
	if life.Local(pid) {
		_, err = life.Ask(pid, "hello", time.Second)
	} else {
		_, err = life.AskRemote(pid, &wire.Envelope{Event: event[:], Body: &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}}, time.Second)
	}
	if errors.Is(err, cluster.ErrMoved) {
		life.Forget(event, pid)
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

func (w *town) eventually(what string, ok func() bool) {
	w.t.Helper()
	require.Eventually(w.t, ok, 30*time.Second, 5*time.Millisecond, what)
}

// knows waits until a node sees so many active members.
func (w *town) knows(n *cluster.Node, number int) {
	w.t.Helper()
	w.eventually("members known", func() bool {
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

// once requires that each event is active exactly once.
func (w *town) once(events []eventra.ID) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, event := range events {
		require.Equal(w.t, 1, w.active[event])
	}
}

func TestEveryNodeAsksTheOneOwner(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	nodes := []*cluster.Node{w.node(), w.node(), w.node()}
	for _, n := range nodes {
		w.knows(n, 3)
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
	w.once(events)
	all, err := nodes[0].Describe()
	require.NoError(t, err)
	listed := map[eventra.ID]int{}
	for _, m := range all.Members {
		require.NotEmpty(t, m.Events, "each has its share")
		for _, e := range m.Events {
			listed[e.EventID]++
		}
	}
	require.Len(t, listed, len(events))
	for _, times := range listed {
		require.Equal(t, 1, times)
	}
	for _, most := range w.most {
		require.Equal(t, 1, most, "never two at once while nobody comes or goes")
	}
}

// TestNobodyTakesOverBeforeAllKnow: as long as a member acts by other shares it
// may still serve what is somebody else's by now.
func TestNobodyTakesOverBeforeAllKnow(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	one, two := w.node(), w.node()
	w.knows(one, 2)
	w.knows(two, 2)
	served := someEvents(20)
	for _, event := range served {
		require.NoError(t, ask(one, event))
	}
	w.exec(`INSERT INTO cluster_members (id, address, version, leaving, shares, joined_at, lease_until)
		VALUES ('behind', '127.0.0.1:1', 'test', true, 1, now(), now() + interval '1 hour')`)
	for _, n := range []*cluster.Node{one, two} {
		w.eventually("it is seen", func() bool {
			all, err := n.Describe()
			return err == nil && len(all.Members) == 3 && !all.Members[2].Converged
		})
	}
	for _, event := range someEvents(20) {
		_, err := one.Incarnation().Locate(t.Context(), event)
		require.ErrorIs(t, err, cluster.ErrMoved)
	}
	for _, event := range served {
		require.NoError(t, ask(two, event), "who serves goes on")
	}
	w.exec(`UPDATE cluster_members SET shares = (SELECT min(shares) FROM cluster_members other WHERE id <> 'behind') WHERE id = 'behind'`)
	for _, event := range someEvents(20) {
		require.NoError(t, ask(one, event))
	}
}

func TestLeavingAndJoiningUnderLoad(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	stays, leaves := w.node(), w.node()
	w.knows(stays, 2)
	events := someEvents(20)
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for _, event := range events {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				if err := ask(stays, event); err != nil {
					t.Error("asking while members come and go: ", err)
				}
			}
		})
	}
	leave(leaves)
	w.knows(stays, 1)
	w.node()
	w.knows(stays, 2)
	close(stop)
	asking.Wait()
	for _, event := range events {
		require.NoError(t, ask(stays, event))
	}
	w.eventually("each to be active once", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, event := range events {
			if w.active[event] != 1 {
				return false
			}
		}
		return true
	})
}

// TestGivenUp: who was given up by the others begins a new life by itself.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	n, other := w.node(), w.node()
	w.knows(n, 2)
	before := n.Incarnation()
	events := someEvents(10)
	for _, event := range events {
		require.NoError(t, ask(other, event))
	}
	w.exec("DELETE FROM cluster_members")
	w.eventually("a new life", func() bool { return n.Incarnation() != nil && n.Incarnation() != before && n.Ready(t.Context()) == nil })
	w.knows(n, 2)
	require.False(t, before.Serving(), "the old one serves nothing")
	for _, event := range events {
		require.NoError(t, ask(n, event))
		require.NoError(t, ask(other, event))
	}
}

func TestAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	n := w.node(func(c *cluster.Config) { c.Listen = "" })
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

// TestANewLifeAtTheSameAddress: the port is in use until the old life has let
// go of it, so the first tries to begin the new one fail.
func TestANewLifeAtTheSameAddress(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	n := w.node(func(c *cluster.Config) { c.Listen = free.Addr().String() })
	for range 3 {
		before := n.Incarnation()
		event := someEvents(1)[0]
		require.NoError(t, ask(n, event))
		w.exec("DELETE FROM cluster_members")
		w.eventually("a new life", func() bool { return n.Incarnation() != nil && n.Incarnation() != before && n.Ready(t.Context()) == nil })
		require.NoError(t, ask(n, event))
		require.Equal(t, free.Addr().String(), addressOf(t, n))
	}
}

func (w *town) exec(sql string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.database)
	require.NoError(w.t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(w.t.Context(), sql)
	require.NoError(w.t, err)
}

// TestPostgresAway: all are suspended, nobody is given up, all go on as the
// members that they were.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	proxy, through := persistencetest.ProxyTo(t, w.database)
	one, two := w.nodeAt(through), w.nodeAt(through)
	w.knows(one, 2)
	lives := []*cluster.Incarnation{one.Incarnation(), two.Incarnation()}
	event := someEvents(1)[0]
	require.NoError(t, ask(one, event))

	proxy.Cut()
	for _, n := range []*cluster.Node{one, two} {
		w.eventually("suspension", func() bool { return errors.Is(n.Ready(t.Context()), cluster.ErrSuspended) })
		_, err := n.Incarnation().Locate(t.Context(), event)
		require.ErrorIs(t, err, cluster.ErrSuspended)
	}
	proxy.Restore()
	for _, n := range []*cluster.Node{one, two} {
		w.eventually("readiness", func() bool { return n.Ready(t.Context()) == nil })
		require.NoError(t, ask(n, event))
	}
	require.Equal(t, lives, []*cluster.Incarnation{one.Incarnation(), two.Incarnation()}, "nobody was given up")
}

// TestWithoutPostgresAlone: one that cannot renew is given up by the other,
// and comes back.
func TestWithoutPostgresAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	proxy, through := persistencetest.ProxyTo(t, w.database)
	cut, stays := w.nodeAt(through), w.node()
	w.knows(cut, 2)
	before := cut.Incarnation()
	proxy.Cut()
	w.knows(stays, 1)
	require.ErrorIs(t, cut.Ready(t.Context()), cluster.ErrSuspended, "it knew before the other gave it up")
	for _, event := range someEvents(10) {
		require.NoError(t, ask(stays, event))
	}
	proxy.Restore()
	w.eventually("a new life", func() bool {
		return cut.Incarnation() != nil && cut.Incarnation() != before && cut.Ready(t.Context()) == nil
	})
	w.knows(stays, 2)
}

func TestUnknownKindsAreAnswered(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	one, two := w.node(), w.node()
	w.knows(one, 2)
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

// TestAnActorIsNeverTakenForAnother: a process that has the address of one that
// died does not answer for the actors that callers remember of that one.
func TestAnActorIsNeverTakenForAnother(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	asks, dies := w.node(), w.node()
	w.knows(asks, 2)
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
	next := w.node(func(c *cluster.Config) { c.Listen = address })
	w.knows(asks, 2)
	for _, event := range someEvents(40) {
		require.NoError(t, ask(next, event), "it has as many actors")
	}
	for event, pid := range remembered {
		question := &wire.Envelope{Event: event[:], Body: &wire.Envelope_ReadAvailability{ReadAvailability: &wire.ReadAvailability{}}}
		_, err := asks.Incarnation().AskRemote(pid, question, 5*time.Second)
		require.ErrorIs(t, err, cluster.ErrMoved)
	}
}
