package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/redis"
)

// ageing makes pages look older than they are.
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

// counting counts reads and can delay one.
type counting struct {
	Details
	gets, lists atomic.Int32
	hold        chan chan struct{} // a Get that receives a channel returns only after it is closed
}

func (c *counting) Get(ctx context.Context, id eventra.ID) (*eventra.Event, bool, error) {
	c.gets.Add(1)
	e, copied, err := c.Details.Get(ctx, id)
	select {
	case until := <-c.hold:
		c.hold <- until // has read
		<-until
	default:
	}
	return e, copied, err
}

func (c *counting) List(ctx context.Context, f eventra.EventFilter, p eventra.Page) ([]*eventra.Event, *eventra.Cursor, error) {
	c.lists.Add(1)
	return c.Details.List(ctx, f, p)
}

var firstPage = eventra.Page{Limit: 20}

func TestCatalog_PagesOutliveMongo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.published(t)
	old := ageing{redis.NewCache(f.redis, KeptFor)}
	warm := f.instance(f.mongo, old)
	_, err := warm.Event(t.Context(), e.ID)
	require.NoError(t, err)
	_, _, err = warm.Events(t.Context(), eventra.EventFilter{}, firstPage)
	require.NoError(t, err)

	f.mongoProxy.Cut()
	cold := f.instance(f.mongo, old) // another process
	got, err := cold.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, e, got)
	started := time.Now()
	items, next, err := cold.Events(t.Context(), eventra.EventFilter{}, firstPage)
	require.NoError(t, err)
	require.Equal(t, []*eventra.Event{e}, items)
	require.Nil(t, next)
	require.Less(t, time.Since(started), 2*time.Second, "only the first read waits for MongoDB")

	_, err = cold.Event(t.Context(), newID())
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	_, _, err = cold.Events(t.Context(), eventra.EventFilter{Text: "other"}, firstPage)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))

	f.mongoProxy.Restore()
	require.Eventually(t, func() bool {
		_, err := cold.Event(t.Context(), newID())
		return eventra.CodeOf(err) == eventra.CodeEventNotFound
	}, soon, tick)
}

func TestCatalog_ReadsOldPagesAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	details := &counting{Details: f.mongo}
	for range 3 {
		_, err := f.instance(details, ageing{redis.NewCache(f.redis, KeptFor)}).Event(t.Context(), e.ID)
		require.NoError(t, err)
	}
	require.EqualValues(t, 3, details.gets.Load())
}

func TestCatalog_ConcurrentReadsShareOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.published(t)
	details := &counting{Details: f.mongo}
	c := f.instance(details, redis.NewCache(f.redis, KeptFor))
	var readers sync.WaitGroup
	for range 200 {
		readers.Go(func() {
			got, err := c.Event(t.Context(), e.ID)
			if assert.NoError(t, err) {
				assert.Equal(t, e.ID, got.ID)
			}
			_, _, err = c.Events(t.Context(), eventra.EventFilter{}, firstPage)
			assert.NoError(t, err)
		})
	}
	readers.Wait()
	require.LessOrEqual(t, details.gets.Load(), int32(1))
	require.LessOrEqual(t, details.lists.Load(), int32(1))
}

func TestCatalog_SlowReadNeverHidesAWrite(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	details := &counting{Details: f.mongo, hold: make(chan chan struct{}, 1)}
	c := f.instance(details, redis.NewCache(f.redis, KeptFor))

	release := make(chan struct{})
	details.hold <- release
	var slow sync.WaitGroup
	slow.Go(func() {
		got, err := c.Event(t.Context(), e.ID)
		if assert.NoError(t, err) {
			assert.Equal(t, e.Title, got.Title)
		}
	})
	require.Eventually(t, func() bool { return details.gets.Load() == 1 && len(details.hold) == 1 }, soon, tick)
	<-details.hold

	_, err := c.Update(t.Context(), e.ID, 0, retitle("new title"))
	require.NoError(t, err)
	for range 2 { // while the old read is under way, and after it
		got, err := c.Event(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, "new title", got.Title)
		if release != nil {
			close(release)
			release = nil
		}
		slow.Wait()
	}
	got, err := f.instance(f.mongo, redis.NewCache(f.redis, KeptFor)).Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "new title", got.Title, "also from the shared cache")
}

func TestCatalog_OtherInstancesSeeAWriteSoon(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	other := f.instance(f.mongo, redis.NewCache(f.redis, KeptFor))
	_, err := other.Event(t.Context(), e.ID)
	require.NoError(t, err)
	_, err = f.Update(t.Context(), e.ID, 0, retitle("new title"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		got, err := other.Event(t.Context(), e.ID)
		return err == nil && got.Title == "new title"
	}, 5*time.Second, tick)
}

// Redis goes away and comes back meanwhile.
func TestCatalog_ReadsSeeOwnWrites(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.runCopier(t)
	e := f.published(t)
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 4 { // they fill the caches with whatever they read
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, err := f.Event(t.Context(), e.ID)
					_, _, listErr := f.Events(t.Context(), eventra.EventFilter{}, firstPage)
					assert.NoError(t, errors.Join(err, listErr))
				}
			}
		})
	}
	others.Go(func() {
		for {
			for _, change := range []func(){f.redisProxy.Cut, f.redisProxy.Restore} {
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
		written, err := f.Update(t.Context(), e.ID, 0, retitle(title))
		require.NoError(t, err)
		got, err := f.Event(t.Context(), e.ID)
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.Version, written.Version)
		items, _, err := f.Events(t.Context(), eventra.EventFilter{}, firstPage)
		require.NoError(t, err)
		require.GreaterOrEqual(t, items[0].Version, written.Version)
	}
	close(stop)
	others.Wait()
}

func TestCatalog_DoesNotReadFromRedisWhatAWriteHasOutdated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	_, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)

	f.redisProxy.Cut()
	_, err = f.Update(t.Context(), e.ID, 0, retitle("new title"))
	require.NoError(t, err)
	require.True(t, f.pages.of(e.ID).outdated())
	f.redisProxy.Restore()
	require.Eventually(t, func() bool { return f.redis.Ping(t.Context()) == nil }, soon, tick)
	got, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "new title", got.Title)

	f.runCopier(t)
	require.Eventually(t, func() bool { return !f.pages.of(e.ID).outdated() && !f.pages.lists.outdated() }, soon, tick)
	got, err = f.instance(f.mongo, redis.NewCache(f.redis, KeptFor)).Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "new title", got.Title, "at other instances, too")
}

func TestCatalog_ListsTakeNoMoreRoomThanTheirSlots(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 50 {
		_, _, err := f.Events(t.Context(), eventra.EventFilter{City: fmt.Sprint(i)}, firstPage)
		require.NoError(t, err)
	}
	for _, city := range []string{"0", "49"} {
		items, _, err := f.Events(t.Context(), eventra.EventFilter{City: city}, firstPage)
		require.NoError(t, err)
		require.Empty(t, items)
	}

	at := func(subject string) place { return place{scope: &f.pages.lists, key: "7", subject: subject} }
	_, generation := f.pages.get(t.Context(), at("a"))
	f.pages.set(t.Context(), at("a"), generation, &list{})
	cached, _ := f.pages.get(t.Context(), at("b"))
	require.Nil(t, cached, "another list in the same slot")
	cached, _ = f.pages.get(t.Context(), at("a"))
	require.NotNil(t, cached)
}

// Any client may ask for any lists. What Redis keeps of them has a bound in bytes that
// leaves room for the queue of mails, and words that nobody asks for again are not kept.
func TestCatalog_ListsOfStrangersDoNotFillRedis(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 4 {
		e := newEvent()
		e.Description = strings.Repeat("long ", 1900)
		require.NoError(t, f.Create(t.Context(), e))
	}
	opts, err := goredis.ParseURL(f.redisURL)
	require.NoError(t, err)
	client := goredis.NewClient(opts)
	defer func() { require.NoError(t, client.Close()) }()
	kept := func() []string { return client.Keys(t.Context(), "eventra:cache:{events}:*").Val() }

	for i := range 50 {
		for _, text := range []string{"long", strings.Repeat("x", i+1)} {
			_, _, err := f.Events(t.Context(), eventra.EventFilter{Text: text + fmt.Sprint(i), WithDrafts: true}, firstPage)
			require.NoError(t, err)
		}
	}
	require.Empty(t, kept())

	from := newEvent().StartsAt.Add(-24 * time.Hour)
	for i := range 2 * listSlots {
		_, _, err := f.Events(t.Context(), eventra.EventFilter{From: from.Add(time.Duration(i) * time.Second), WithDrafts: true}, firstPage)
		require.NoError(t, err)
	}
	require.Greater(t, len(kept()), listSlots/4, "lists of one time are kept")
	require.LessOrEqual(t, len(kept()), listSlots)
	for _, key := range kept() {
		require.Less(t, client.StrLen(t.Context(), key).Val(), int64(listPageMaxBytes+100))
	}
	const redisHas = 256 << 20 // in docker-compose.yml
	require.Less(t, listSlots*listPageMaxBytes+eventScopes*eventSlots*eventPageMaxBytes, redisHas*3/4)

	large := &list{Items: []*eventra.Event{{Description: strings.Repeat("x", listPageMaxBytes)}}}
	before := len(kept())
	at := place{scope: &f.pages.lists, key: "large", subject: "large"}
	_, generation := f.pages.get(t.Context(), at)
	f.pages.set(t.Context(), at, generation, large)
	require.Len(t, kept(), before)
}

func TestLocalCache_IsBounded(t *testing.T) {
	t.Parallel()
	c := newLocalCache(10, func(*int) int { return 8 })
	for i := range 100 {
		c.put(fmt.Sprint(i), 1, &i)
		require.LessOrEqual(t, len(c.values), 10)
		require.Equal(t, i, *c.get(fmt.Sprint(i), 1))
	}
	require.Nil(t, c.get("99", 2), "there was a write since")
	require.Nil(t, c.get("100", 0))
}

func TestLocalCache_IsBoundedInBytes(t *testing.T) {
	t.Parallel()
	c := newLocalCache(localListsMax, listBytes)
	large := &eventra.Event{Description: strings.Repeat("x", 40_000), Attributes: json.RawMessage(`"` + strings.Repeat("x", 16_000) + `"`)}
	l := &list{Items: slices.Repeat([]*eventra.Event{large}, 100)}
	require.Greater(t, localListsMax*listBytes(l), 10*localMaxBytes, "the number of lists is no bound of their bytes")
	for i := range 3 * localListsMax {
		c.put(fmt.Sprint(i%50), int64(i), l)
		require.LessOrEqual(t, c.bytes, localMaxBytes)
		require.NotNil(t, c.get(fmt.Sprint(i%50), int64(i)))
	}
	for subject := range c.values {
		c.remove(subject)
	}
	require.Zero(t, c.bytes)
}
