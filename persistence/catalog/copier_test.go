package catalog

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/redis"
)

func TestCatalog_RunCopierCopiesTermsThatPostgresMissed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 1)
	f.postgresProxy.Cut()
	_, err := f.Update(t.Context(), e.ID, 0, func(e *eventra.Event) error { e.HoldSeconds = 99; return nil })
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	require.False(t, f.copied(t, e.ID))
	got, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, 99, got.HoldSeconds, "it is stored and shown")

	f.runCopier(t)
	f.postgresProxy.Restore()
	require.Eventually(t, func() bool { return f.copied(t, e.ID) }, soon, tick)
	require.Equal(t, 99, f.terms(t, e.ID).HoldSeconds)
}

func TestCatalog_PublishCompletesAnInterruptedOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 1)
	unfinished, _, err := f.mongo.Get(t.Context(), e.ID)
	require.NoError(t, err)
	unfinished.Status = eventra.EventPublished // as if the process had ended between the stores
	unfinished.Version++
	require.NoError(t, f.mongo.Replace(t.Context(), unfinished))

	published, err := f.Publish(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.EventPublished, published.Status)
	require.Equal(t, eventra.EventPublished, f.terms(t, e.ID).Status)
	_, err = f.Publish(t.Context(), e.ID)
	require.Equal(t, eventra.CodeInvalidTransition, eventra.CodeOf(err))
}

func TestCatalog_AddSeatsToADraftThatPostgresMissed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.postgresProxy.Cut()
	e := newEvent()
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(f.Create(t.Context(), e)))
	f.postgresProxy.Restore()
	var total int
	require.Eventually(t, func() (done bool) {
		var err error
		total, err = f.AddSeats(t.Context(), e.ID, newID(), row("A", 4))
		return err == nil
	}, soon, tick)
	require.Equal(t, 4, total)
}

func TestCatalog_RunCopierCountsSeatsThatWereNotCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	require.NoError(t, f.mongo.MarkUncopied(t.Context(), e.ID))
	_, err := f.postgres.AddSeats(t.Context(), e.ID, newID(), row("A", 6)) // as if the process had ended then
	require.NoError(t, err)

	f.runCopier(t)
	require.Eventually(t, func() bool {
		got, err := f.Event(t.Context(), e.ID)
		return err == nil && got.SeatsTotal == 6
	}, soon, 50*time.Millisecond)
	require.Eventually(t, func() bool { return f.copied(t, e.ID) }, soon, tick)
}

func TestCatalog_RunCopierCopiesTermsOfEarlierReleases(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 1)
	f.forgetSaleEnd(t, e.ID) // as an earlier release has left it
	require.Nil(t, f.terms(t, e.ID).SaleEndsAt)
	f.runCopier(t)
	require.Eventually(t, func() bool {
		ends := f.terms(t, e.ID).SaleEndsAt
		return ends != nil && ends.Equal(e.EndsAt)
	}, soon, tick)
	require.Eventually(t, func() bool { return f.copied(t, e.ID) }, soon, tick)
}

func TestCatalog_RunCopierMakesEventsOfEarlierReleasesSearchable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	details := &forgetful{Details: f.mongo, earlier: 2*refoldLimit + 1}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { f.instance(details, redis.NewCache(f.redis, KeptFor)).RunCopier(ctx); close(done) }()
	require.Eventually(t, func() bool { return details.left() == 0 }, soon, tick, "at once, however many there are")
	details.forget(1) // an earlier release, still running, has written again
	require.Eventually(t, func() bool { return details.left() == 0 }, soon, tick)
	stop()
	<-done
}

// forgetful has events that an earlier release has written.
type forgetful struct {
	Details
	mu      sync.Mutex
	earlier int
}

func (f *forgetful) Refold(_ context.Context, limit int) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := min(limit, f.earlier)
	f.earlier -= found
	return found, nil
}

func (f *forgetful) left() int { f.mu.Lock(); defer f.mu.Unlock(); return f.earlier }

func (f *forgetful) forget(n int) { f.mu.Lock(); defer f.mu.Unlock(); f.earlier = n }
