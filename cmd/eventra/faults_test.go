package main

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors"
	"github.com/eventra/eventra/cmd/eventra/app"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// through puts a proxy, which the test can cut, between the program and one of its
// servers.
func through(t *testing.T, address *string) *persistencetest.Proxy {
	t.Helper()
	u, err := url.Parse(*address)
	require.NoError(t, err)
	proxy := persistencetest.NewProxy(t, u.Host)
	u.Host = proxy.Addr()
	*address = u.String()
	return proxy
}

func TestApp_SellsWithoutRedis(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	redis := through(t, &cfg.RedisURL)
	p := startWith(t, cfg)
	event := p.event(2, 10, object{"holdSeconds": 5})
	token, email := p.user()
	redis.Cut()

	sold := p.hold(token, event, "A-1-1")
	require.Equal(t, 201, sold.status, sold)
	abandoned := p.hold(token, event, "A-1-2")
	require.Equal(t, 201, abandoned.status, abandoned)
	require.Equal(t, 409, p.hold(token, event, "A-1-1").status)
	p.must(201, "POST", "/bookings/"+sold.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	p.must(200, "GET", "/events/"+event, "", nil)
	eventually(t, 9*time.Second, "the hold to expire without Redis", func() bool {
		return p.seatStatus(event)["A-1-2"] == "AVAILABLE"
	})
	p.must(200, "GET", "/readyz", "", nil) // Redis is not needed to sell
	redis.Restore()
	eventually(t, 60*time.Second, "the mail after Redis is back", func() bool { return len(mailsTo(t, email)) == 1 })
}

func TestApp_SellsWithoutMongo(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	mongo := through(t, &cfg.MongoURL)
	p := startWith(t, cfg)
	event := p.event(2, 10, nil)
	token, _ := p.user()
	p.must(200, "GET", "/events/"+event, "", nil)
	mongo.Cut()

	held := p.hold(token, event, "A-1-1")
	require.Equal(t, 201, held.status, held)
	p.must(201, "POST", "/bookings/"+held.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	p.must(200, "GET", "/events/"+event, "", nil) // cached
	a := p.must(503, "POST", "/events", p.admin, eventBody())
	require.NotEmpty(t, a.header.Get("Retry-After"))
	mongo.Restore()
	eventually(t, 15*time.Second, "MongoDB to be used again", func() bool {
		return p.call("POST", "/events", p.admin, eventBody()).status == 201
	})
}

func TestApp_RecoversFromALostPostgres(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	postgres := through(t, &cfg.PostgresURL)
	p := startWith(t, cfg)
	event := p.event(2, 10, object{"holdSeconds": 5})
	token, _ := p.user()
	before := p.hold(token, event, "A-1-1")
	require.Equal(t, 201, before.status, before)
	postgres.Cut()

	for range 5 {
		asked := time.Now()
		a := p.hold(token, event, "A-1-2")
		require.Equal(t, 503, a.status, a)
		require.Equal(t, "unavailable", a.text("code"))
		require.NotEmpty(t, a.header.Get("Retry-After"))
		require.Less(t, time.Since(asked), 6*time.Second)
	}
	p.must(200, "GET", "/events/"+event, "", nil)
	p.must(200, "GET", "/events/"+event+"/seats", "", nil)
	eventually(t, 10*time.Second, "readiness to go", func() bool { return p.call("GET", "/readyz", "", nil).status == 503 })
	postgres.Restore()
	eventually(t, 15*time.Second, "sales to continue", func() bool { return p.hold(token, event, "A-2-2").status == 201 })
	eventually(t, 15*time.Second, "the seat of the expired hold to be free", func() bool {
		return p.seatStatus(event)["A-1-1"] == "AVAILABLE"
	})
	eventually(t, 10*time.Second, "readiness", func() bool { return p.call("GET", "/readyz", "", nil).status == 200 })
}

// TestMailer_SurvivesAnEmptiedQueue refuses mails and empties Redis; the mail arrives
// all the same.
func TestMailer_SurvivesAnEmptiedQueue(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	smtp := through(t, &cfg.SMTPURL)
	p := startWith(t, cfg)
	event := p.event(1, 10, nil)
	token, email := p.user()
	smtp.Cut()
	id := p.hold(token, event, "A-1-1").text("id")
	p.must(201, "POST", "/bookings/"+id+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	options, err := redis.ParseURL(cfg.RedisURL)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer client.Close()
	eventually(t, 10*time.Second, "the mail to be queued", func() bool {
		return client.DBSize(context.Background()).Val() > 0
	})
	require.NoError(t, client.FlushDB(context.Background()).Err())
	smtp.Restore()
	eventually(t, 60*time.Second, "the mail", func() bool { return len(mailsTo(t, email)) > 0 })
}

// lostAnswers is a store that commits, and then reports an unknown outcome as often
// as left says.
type lostAnswers struct {
	actors.EventStore
	left *atomic.Int64
}

func (s lostAnswers) Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	receipt, err := s.EventStore.Commit(ctx, batch)
	if err == nil && s.left.Add(-1) >= 0 {
		return eventra.Receipt{}, eventra.ErrOutcomeUnknown
	}
	return receipt, err
}

func (s lostAnswers) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts, err := s.EventStore.CommitTogether(ctx, batches)
	if err == nil && s.left.Add(-1) >= 0 {
		return nil, eventra.ErrOutcomeUnknown
	}
	return receipts, err
}

func TestApp_FindsWhatWasCommittedWhenItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	p := startWith(t, testConfig(t), app.WithEventStore(func(s actors.EventStore) actors.EventStore { return lostAnswers{s, &left} }))
	event := p.event(2, 10, nil)
	token, _ := p.user()
	other, _ := p.user()

	left.Store(1)
	held := p.hold(token, event, "A-1-1", "A-1-2")
	require.Equal(t, 201, held.status, held)
	require.Equal(t, 409, p.hold(other, event, "A-1-2").status)
	left.Store(1)
	paid := p.must(201, "POST", "/bookings/"+held.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	require.Equal(t, "CONFIRMED", paid.body["booking"].(object)["status"])
	second := p.hold(token, event, "A-2-1").text("id")
	left.Store(1)
	require.Equal(t, "CANCELLED", p.must(200, "DELETE", "/bookings/"+second, token, nil).text("status"))
	require.EqualValues(t, 2, p.must(200, "GET", "/events/"+event+"/availability", "", nil).body["booked"])
}

func TestApp_StopFinishesRequests(t *testing.T) {
	t.Parallel()
	p := start(t)
	event := p.event(1, 10, nil)
	token, _ := p.user()
	id := p.hold(token, event, "A-1-1").text("id")
	answered := make(chan *answer, 1)
	go func() {
		a, _ := p.try("POST", "/bookings/"+id+"/payments", token, object{"method": "mock", "token": "tok_slow_1500"})
		answered <- a
	}()
	eventually(t, 5*time.Second, "the payment to run", func() bool {
		return strings.Contains(string(p.call("GET", "/bookings/"+id+"/payments", token, nil).raw), "PENDING")
	})
	p.must(409, "DELETE", "/bookings/"+id, token, nil)
	p.stop()
	a := <-answered
	require.NotNil(t, a)
	require.Equal(t, 201, a.status, a)
}
