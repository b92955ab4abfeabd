package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/redis"
)

// ageing makes pages older than they are.
type ageing struct{ Cache }

func (a ageing) Write(ctx context.Context, scope, key, generation string, value []byte) error {
	var p page
	if err := json.Unmarshal(value, &p); err != nil {
		return err
	}
	p.StoredAt = p.StoredAt.Add(-2 * freshFor)
	value, err := encode(p)
	if err != nil {
		return err
	}
	return a.Cache.Write(ctx, scope, key, generation, value)
}

// watched counts reads and can hold one up.
type watched struct {
	Details
	gets, lists atomic.Int32
	hold        chan chan struct{} // a Get that finds one here tells what it has read only after that one is closed
}

func (w *watched) Get(ctx context.Context, id eventra.ID) (*eventra.Event, bool, error) {
	w.gets.Add(1)
	e, copied, err := w.Details.Get(ctx, id)
	select {
	case until := <-w.hold:
		w.hold <- until // has read
		<-until
	default:
	}
	return e, copied, err
}

func (w *watched) List(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	w.lists.Add(1)
	return w.Details.List(ctx, f, p)
}

var firstPage = eventra.Page{Limit: 20}

func TestPagesOutliveMongo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.published(t)
	old := ageing{redis.NewCache(b.redis, KeptFor)}
	warm := b.instance(b.mongo, old)
	_, err := warm.Event(t.Context(), e.ID)
	require.NoError(t, err)
	_, _, err = warm.Events(t.Context(), eventra.EventFilter{}, firstPage)
	require.NoError(t, err)

	b.mongoProxy.Cut()
	cold := b.instance(b.mongo, old) // another process
	got, err := cold.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, e, got)
	started := time.Now()
	items, next, err := cold.Events(t.Context(), eventra.EventFilter{}, firstPage)
	require.NoError(t, err)
	require.Equal(t, []*eventra.Event{e}, items)
	require.Nil(t, next)
	require.Less(t, time.Since(started), 500*time.Millisecond, "only the first one waits for MongoDB")

	_, err = cold.Event(t.Context(), newID())
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	_, _, err = cold.Events(t.Context(), eventra.EventFilter{Text: "other"}, firstPage)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))

	b.mongoProxy.Restore()
	require.Eventually(t, func() bool {
		_, err := cold.Event(t.Context(), newID())
		return eventra.CodeOf(err) == eventra.CodeEventNotFound
	}, soon, tick)
}

func TestOldPagesAreReadAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 0)
	details := &watched{Details: b.mongo}
	for range 3 {
		_, err := b.instance(details, ageing{redis.NewCache(b.redis, KeptFor)}).Event(t.Context(), e.ID)
		require.NoError(t, err)
	}
	require.EqualValues(t, 3, details.gets.Load())
}

func TestCrowdsAreSparedTheStores(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.published(t)
	details := &watched{Details: b.mongo}
	c := b.instance(details, redis.NewCache(b.redis, KeptFor))
	var crowd sync.WaitGroup
	for range 200 {
		crowd.Go(func() {
			got, err := c.Event(t.Context(), e.ID)
			require.NoError(t, err)
			require.Equal(t, e.ID, got.ID)
			_, _, err = c.Events(t.Context(), eventra.EventFilter{}, firstPage)
			require.NoError(t, err)
		})
	}
	crowd.Wait()
	require.LessOrEqual(t, details.gets.Load(), int32(1))
	require.LessOrEqual(t, details.lists.Load(), int32(1))
}

func TestASlowReadNeverHidesAWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 0)
	details := &watched{Details: b.mongo, hold: make(chan chan struct{}, 1)}
	c := b.instance(details, redis.NewCache(b.redis, KeptFor))

	release := make(chan struct{})
	details.hold <- release
	var slow sync.WaitGroup
	slow.Go(func() {
		got, err := c.Event(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, e.Title, got.Title)
	})
	require.Eventually(t, func() bool { return details.gets.Load() == 1 && len(details.hold) == 1 }, soon, tick)
	<-details.hold

	_, err := c.Update(t.Context(), e.ID, 0, retitle("news"))
	require.NoError(t, err)
	for range 2 { // while the old read is under way, and after it
		got, err := c.Event(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, "news", got.Title)
		if release != nil {
			close(release)
			release = nil
		}
		slow.Wait()
	}
	got, err := b.instance(b.mongo, redis.NewCache(b.redis, KeptFor)).Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "news", got.Title, "nor in the shared cache")
}

func TestOtherInstancesSeeAWriteSoon(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 0)
	other := b.instance(b.mongo, redis.NewCache(b.redis, KeptFor))
	_, err := other.Event(t.Context(), e.ID)
	require.NoError(t, err)
	_, err = b.Update(t.Context(), e.ID, 0, retitle("news"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		got, err := other.Event(t.Context(), e.ID)
		return err == nil && got.Title == "news"
	}, 5*time.Second, tick)
}

// TestNobodyReadsFromBeforeTheirOwnWrite writes and reads while Redis comes
// and goes.
func TestNobodyReadsFromBeforeTheirOwnWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.runCopier(t)
	e := b.published(t)
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 4 { // who fill caches with whatever they find
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, err := b.Event(t.Context(), e.ID)
					require.NoError(t, err)
					_, _, err = b.Events(t.Context(), eventra.EventFilter{}, firstPage)
					require.NoError(t, err)
				}
			}
		})
	}
	others.Go(func() {
		for {
			for _, change := range []func(){b.redisProxy.Cut, b.redisProxy.Restore} {
				select {
				case <-stop:
					return
				case <-time.After(700 * time.Millisecond):
					change()
				}
			}
		}
	})
	for started, i := time.Now(), 0; time.Since(started) < 5*time.Second; i++ {
		title := fmt.Sprint("version ", i)
		written, err := b.Update(t.Context(), e.ID, 0, retitle(title))
		require.NoError(t, err)
		got, err := b.Event(t.Context(), e.ID)
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.Version, written.Version)
		items, _, err := b.Events(t.Context(), eventra.EventFilter{}, firstPage)
		require.NoError(t, err)
		require.GreaterOrEqual(t, items[0].Version, written.Version)
	}
	close(stop)
	others.Wait()
}

func TestAfterAWriteThatRedisMissedItIsNotReadUntilItKnows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 0)
	_, err := b.Event(t.Context(), e.ID)
	require.NoError(t, err)

	b.redisProxy.Cut()
	_, err = b.Update(t.Context(), e.ID, 0, retitle("news"))
	require.NoError(t, err)
	require.True(t, b.pages.of(e.ID).owes())
	b.redisProxy.Restore()
	require.Eventually(t, func() bool { return b.redis.Ping(t.Context()) == nil }, soon, tick)
	got, err := b.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "news", got.Title)

	b.runCopier(t)
	require.Eventually(t, func() bool { return !b.pages.of(e.ID).owes() && !b.pages.lists.owes() }, soon, tick)
	got, err = b.instance(b.mongo, redis.NewCache(b.redis, KeptFor)).Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "news", got.Title, "on other instances too")
}

func TestListsTakeNoMoreRoomThanTheirSlots(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 50 {
		_, _, err := b.Events(t.Context(), eventra.EventFilter{City: fmt.Sprint(i)}, firstPage)
		require.NoError(t, err)
	}
	for _, city := range []string{"0", "49"} {
		items, _, err := b.Events(t.Context(), eventra.EventFilter{City: city}, firstPage)
		require.NoError(t, err)
		require.Empty(t, items)
	}

	at := func(subject string) place { return place{scope: &b.pages.lists, key: "7", subject: subject} }
	_, generation := b.pages.get(t.Context(), at("a"))
	b.pages.set(t.Context(), at("a"), generation, &list{})
	cached, _ := b.pages.get(t.Context(), at("b"))
	require.Nil(t, cached, "another list in the same slot")
	cached, _ = b.pages.get(t.Context(), at("a"))
	require.NotNil(t, cached)
}

func TestCopiesAreBounded(t *testing.T) {
	t.Parallel()
	c := newCopies[int](10)
	for i := range 100 {
		c.put(fmt.Sprint(i), 1, &i)
		require.LessOrEqual(t, len(c.values), 10)
		require.Equal(t, i, *c.get(fmt.Sprint(i), 1))
	}
	require.Nil(t, c.get("99", 2), "a write was seen since")
	require.Nil(t, c.get("100", 0))
}
