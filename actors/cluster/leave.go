package cluster

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/sleep"
)

const (
	// stopTimeout bounds the wait for an incarnation's actors and connections to end.
	stopTimeout = 5 * time.Second
	// leaveDelay gives members time to learn that this one has left. Otherwise
	// they find out by a broken connection.
	leaveDelay   = 250 * time.Millisecond
	handOverPoll = 5 * time.Millisecond
	// drainTimeout is for the last answers on their way. Connections do not end
	// by themselves, and as long as a peer keeps its connection to an evicted
	// incarnation, for 10 s, it sends messages for the next incarnation there.
	drainTimeout = 250 * time.Millisecond
)

// leave hands all events over. Meanwhile this member still asks others.
func (i *Incarnation) leave(ctx context.Context) {
	if i.membership == nil || !i.Serving() {
		return
	}
	i.membership.announce(func(self *eventra.Member) { self.Leaving = true })
	for (!i.activations.empty() || len(i.view.Load().others()) > 0 && !i.announcedLeaving()) && ctx.Err() == nil && i.Serving() {
		_ = sleep.For(ctx, handOverPoll)
	}
	_ = sleep.For(ctx, leaveDelay)
}

// announcedLeaving reports whether the store has this member as leaving.
func (i *Incarnation) announcedLeaving() bool {
	for _, m := range i.view.Load().members {
		if m.ID == i.system.ID {
			return m.Leaving
		}
	}
	return true
}

// stop ends all actors, loops and connections. If graceful, it gives the lease
// back at once instead of letting it run out.
func (i *Incarnation) stop(graceful bool) {
	if i.stopDetecting != nil {
		i.stopDetecting()
	}
	deadline := time.Now().Add(stopTimeout)
	for _, stopping := range i.activations.close() {
		waitUntil(deadline, func() { _ = stopping.Wait() })
	}
	i.asks.close()
	i.detecting.Wait()
	if i.membership != nil {
		if err := i.membership.Shutdown(graceful); err != nil {
			i.log.Warn("lease not given back", "error", err)
		}
	}
	if i.cluster != nil && i.cluster.Remote != nil {
		drained := time.Now()
		if graceful {
			drained = drained.Add(drainTimeout)
		}
		waitUntil(drained, func() { i.cluster.Remote.Shutdown(true) })
		waitUntil(deadline, func() { i.cluster.Remote.Shutdown(false) })
	}
	i.system.Shutdown()
}

// waitUntil runs work, and returns at the deadline if it has not ended by then.
func waitUntil(deadline time.Time, work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // the library's shutdown panics if its start has failed halfway
		work()
	}()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
