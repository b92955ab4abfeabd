package auth

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// queued returns how many callers wait.
func (t *turns) queued(purpose Purpose) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting[purpose])
}

// pause lets the test's own time pass.
func pause(d time.Duration) { <-time.After(d) }

const workTime = 50 * time.Millisecond // of one password

// work takes a turn and returns how long it took to get it.
func (t *turns) work(ctx context.Context, purpose Purpose, from string) (waited time.Duration, err error) {
	begun := time.Now()
	if err := t.take(ctx, purpose, from); err != nil {
		return time.Since(begun), err
	}
	defer t.give()
	waited = time.Since(begun)
	pause(workTime)
	return waited, nil
}

// flood sends requests from addresses, each in several at a time, until ctx ends.
func (t *turns) flood(ctx context.Context, all *sync.WaitGroup, purpose Purpose, addresses, each int) {
	for i := range addresses {
		for range each {
			all.Go(func() {
				for ctx.Err() == nil {
					ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
					if _, err := t.work(ctx, purpose, "flood-"+strconv.Itoa(i)); err != nil {
						pause(100 * time.Millisecond)
					}
					cancel()
				}
			})
		}
	}
}

func TestTurns_AFloodKeepsNobodyElseOut(t *testing.T) {
	t.Parallel()
	for _, flood := range []struct {
		name            string
		purpose         Purpose
		addresses, each int
	}{{"log-ins from 90 addresses", ToLogIn, 90, 1}, {"many at a time", ToLogIn, 90, 20}, {"from one address", ToLogIn, 1, 400}, {"registrations", ToRegister, 90, 20}} {
		t.Run(flood.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				turns := newTurns(1, 256)
				ctx, stop := context.WithCancel(t.Context())
				var all sync.WaitGroup
				turns.flood(ctx, &all, flood.purpose, flood.addresses, flood.each)
				pause(6 * time.Second)
				for i := range 20 {
					waited, err := turns.work(ctx, ToLogIn, "buyer-"+strconv.Itoa(i))
					require.NoError(t, err)
					require.LessOrEqual(t, waited, 2*workTime, "buyer %d", i)
					pause(workTime)
				}
				stop()
				all.Wait()
				require.Equal(t, 1, turns.free)
			})
		})
	}
}

func TestTurns_RegistrationsHaveAShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1, 256)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var all sync.WaitGroup
		turns.flood(ctx, &all, ToLogIn, 90, 5)
		pause(time.Second)
		var done int
		for ctx.Err() == nil {
			if _, err := turns.work(ctx, ToRegister, "somebody"); err == nil {
				done++
			}
		}
		all.Wait()
		require.Greater(t, done, 200, "of 1200 turns")
		require.Less(t, done, 350)
	})
}

func TestTurns_AFullQueueDropsTheGreediest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1, 4)
		require.NoError(t, turns.take(t.Context(), ToLogIn, "first"))
		var dropped atomic.Int32
		var all sync.WaitGroup
		enter := func(from string) {
			all.Go(func() {
				if _, err := turns.work(t.Context(), ToLogIn, from); eventra.CodeOf(err) == eventra.CodeOverloaded {
					require.Equal(t, "greedy", from)
					dropped.Add(1)
				}
			})
			synctest.Wait()
		}
		for range 4 {
			enter("greedy")
		}
		enter("a")
		enter("b")
		require.EqualValues(t, 2, dropped.Load())
		require.Equal(t, 4, turns.queued(ToLogIn))
		_, err := turns.enter(ToLogIn, "greedy")
		require.Equal(t, eventra.CodeOverloaded, eventra.CodeOf(err))
		turns.give()
		all.Wait()
	})
}

// Turns that come when their callers leave are passed on, and no more work than there are slots.
func TestTurns_AreNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()
	turns := newTurns(3, 64)
	var working, most atomic.Int32
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((i+j)%5)*50*time.Microsecond)
				if turns.take(ctx, Purpose(j%2), strconv.Itoa(i%7)) == nil {
					now := working.Add(1)
					for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
					}
					working.Add(-1)
					turns.give()
				}
				cancel()
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, most.Load(), int32(3))
	require.Equal(t, 3, turns.free)
	require.Zero(t, turns.queued(ToLogIn)+turns.queued(ToRegister))
	require.Empty(t, turns.sites[ToLogIn])
	require.Empty(t, turns.sites[ToRegister])
}

func TestUsage_IsBounded(t *testing.T) {
	t.Parallel()
	u := newUsage()
	for i := range 5 * usageAddressesMax {
		u.add(strconv.Itoa(i))
		require.LessOrEqual(t, len(u.now)+len(u.before), 2*usageAddressesMax)
	}
	require.Equal(t, 1, u.of(strconv.Itoa(5*usageAddressesMax-1)))
}
