package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
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

// fixture is a catalog on real servers, each behind its own proxy.
type fixture struct {
	*Catalog
	mongo    *mongo.DB
	postgres *postgres.DB
	redis    *redis.DB
	reloader *reloads

	mongoProxy, postgresProxy, redisProxy *persistencetest.Proxy
	redisURL, mongoURL                    string
}

func newFixture(t testing.TB) *fixture {
	f := &fixture{reloader: &reloads{}}
	var mongoURL, postgresURL string
	f.mongoProxy, mongoURL = persistencetest.ProxyTo(t, persistencetest.NewMongo(t))
	f.postgresProxy, postgresURL = persistencetest.ProxyTo(t, persistencetest.NewDatabase(t))
	f.redisURL, f.mongoURL = persistencetest.NewRedis(t), mongoURL
	var redisURL string
	f.redisProxy, redisURL = persistencetest.ProxyTo(t, f.redisURL)

	var err error
	f.mongo, err = mongo.Open(t.Context(), mongoURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.mongo.Close()) })
	f.postgres, err = postgres.Open(t.Context(), postgresURL, postgres.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(f.postgres.Close)
	f.redis, err = redis.Open(redisURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.redis.Close()) })

	f.Catalog = f.instance(f.mongo, redis.NewCache(f.redis, KeptFor))
	return f
}

// instance makes another catalog on the same servers.
func (f *fixture) instance(details Details, cache Cache) *Catalog {
	return New(details, f.postgres, cache, f.reloader, slog.New(slog.DiscardHandler))
}

// runCopier runs the copier until the test's end.
func (f *fixture) runCopier(t testing.TB) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f.RunCopier(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

// draft creates an event with seats.
func (f *fixture) draft(t testing.TB, seats int) *eventra.Event {
	t.Helper()
	e := newEvent()
	require.NoError(t, f.Create(t.Context(), e))
	if seats > 0 {
		_, err := f.AddSeats(t.Context(), e.ID, newID(), row("A", seats))
		require.NoError(t, err)
	}
	return e
}

func (f *fixture) published(t testing.TB) *eventra.Event {
	t.Helper()
	e, err := f.Publish(t.Context(), f.draft(t, 1).ID)
	require.NoError(t, err)
	return e
}

func (f *fixture) become(t testing.TB, id eventra.ID, to eventra.EventStatus) (*eventra.Event, error) {
	t.Helper()
	if to == eventra.EventCancelled {
		return f.Cancel(t.Context(), id, "rain")
	}
	return f.Publish(t.Context(), id)
}

// terms returns the terms that PostgreSQL has.
func (f *fixture) terms(t testing.TB, id eventra.ID) eventra.Terms {
	t.Helper()
	snapshot, err := f.postgres.Activate(t.Context(), id)
	require.NoError(t, err)
	return snapshot.Terms
}

// forgetSaleEnd makes stored terms those of an earlier release, which copied no
// end of the event.
func (f *fixture) forgetSaleEnd(t testing.TB, id eventra.ID) {
	t.Helper()
	require.NoError(t, f.postgres.WithConn(t.Context(), time.Second, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `UPDATE events SET sale_ends_at = NULL WHERE id = $1`, id)
		return err
	}))
	client, err := driver.Connect(options.Client().ApplyURI(f.mongoURL))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(context.Background())) }()
	u, err := url.Parse(f.mongoURL)
	require.NoError(t, err)
	result, err := client.Database(strings.Trim(u.Path, "/")).Collection("events").UpdateOne(t.Context(),
		bson.D{{Key: "_id", Value: id.String()}}, bson.D{{Key: "$unset", Value: bson.D{{Key: "termsForm", Value: ""}}}})
	require.NoError(t, err)
	require.EqualValues(t, 1, result.ModifiedCount)
	require.True(t, f.copied(t, id))
}

func (f *fixture) copied(t testing.TB, id eventra.ID) bool {
	t.Helper()
	_, copied, err := f.mongo.Get(t.Context(), id)
	require.NoError(t, err)
	return copied
}

// reloads counts the reloads, and fails if told to.
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
		return errors.New("no such actor")
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
