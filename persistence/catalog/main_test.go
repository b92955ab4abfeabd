package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/mongo"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	soon = 20 * time.Second
	tick = 5 * time.Millisecond
)

// bench is a catalog on real servers, each behind a proxy of its own.
type bench struct {
	*Catalog
	mongo    *mongo.DB
	postgres *postgres.DB
	redis    *redis.DB
	reloader *reloads

	mongoProxy, postgresProxy, redisProxy *persistencetest.Proxy
	redisURL                              string
}

func newBench(t testing.TB) *bench {
	b := &bench{reloader: &reloads{}}
	var mongoURL, postgresURL string
	b.mongoProxy, mongoURL = persistencetest.ProxyTo(t, persistencetest.NewMongo(t))
	b.postgresProxy, postgresURL = persistencetest.ProxyTo(t, persistencetest.NewDatabase(t))
	b.redisURL = persistencetest.NewRedis(t)
	var redisURL string
	b.redisProxy, redisURL = persistencetest.ProxyTo(t, b.redisURL)

	var err error
	b.mongo, err = mongo.Open(t.Context(), mongoURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.mongo.Close()) })
	b.postgres, err = postgres.Open(t.Context(), postgresURL, postgres.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(b.postgres.Close)
	b.redis, err = redis.Open(redisURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.redis.Close()) })

	b.Catalog = b.instance(b.mongo, redis.NewCache(b.redis, KeptFor))
	return b
}

// instance is one more catalog on the same servers.
func (b *bench) instance(details Details, cache Cache) *Catalog {
	return New(details, b.postgres, cache, b.reloader, slog.New(slog.DiscardHandler))
}

// runCopier runs it until the test's end.
func (b *bench) runCopier(t testing.TB) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { b.RunCopier(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

// draft creates an event, and seats if any are wanted.
func (b *bench) draft(t testing.TB, seats int) *eventra.Event {
	t.Helper()
	e := newEvent()
	require.NoError(t, b.Create(t.Context(), e))
	if seats > 0 {
		_, err := b.AddSeats(t.Context(), e.ID, row("A", seats))
		require.NoError(t, err)
	}
	return e
}

func (b *bench) published(t testing.TB) *eventra.Event {
	t.Helper()
	e, err := b.Transition(t.Context(), b.draft(t, 1).ID, eventra.EventPublished)
	require.NoError(t, err)
	return e
}

// terms are those that the authority has.
func (b *bench) terms(t testing.TB, id eventra.ID) eventra.Terms {
	t.Helper()
	snapshot, err := b.postgres.Activate(t.Context(), id)
	require.NoError(t, err)
	return snapshot.Terms
}

func (b *bench) copied(t testing.TB, id eventra.ID) bool {
	t.Helper()
	_, copied, err := b.mongo.Get(t.Context(), id)
	require.NoError(t, err)
	return copied
}

// reloads counts, and fails if told to.
type reloads struct {
	mu   sync.Mutex
	of   map[eventra.ID]int
	fail bool
}

func (r *reloads) Reload(_ context.Context, id eventra.ID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[eventra.ID]int{}
	}
	r.of[id]++
	if r.fail {
		return errors.New("nobody there")
	}
	return nil
}

func (r *reloads) count(id eventra.ID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[id]
}

func newID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }

func newEvent() *eventra.Event {
	return &eventra.Event{
		ID: newID(), Title: "Bach & Sons", Category: "concert", Tags: []string{"<indoor>"},
		Venue:    eventra.Venue{Name: "Hall", City: "Berlin", Timezone: "Europe/Berlin"},
		StartsAt: time.Date(2027, 7, 1, 18, 30, 0, 0, time.UTC), EndsAt: time.Date(2027, 7, 1, 20, 30, 0, 0, time.UTC),
		Attributes: json.RawMessage(`{ "dress": "<any> & all", "floors": [1, 2.50] }`),
		Terms:      eventra.Terms{HoldSeconds: 600, MaxSeatsPerBooking: 10},
	}
}

func row(name string, seats int) (all []eventra.Seat) {
	for i := range seats {
		all = append(all, eventra.Seat{Section: "S", Row: name, Number: i + 1, Price: eventra.Money{Amount: 100, Currency: "EUR"}})
	}
	return all
}

func retitle(title string) func(*eventra.Event) error {
	return func(e *eventra.Event) error { e.Title = title; return nil }
}
