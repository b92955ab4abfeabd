package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestWhatPostgresMissedIsCopiedLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 1)
	b.postgresProxy.Cut()
	_, err := b.Update(t.Context(), e.ID, 0, func(e *eventra.Event) error { e.HoldSeconds = 99; return nil })
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	require.False(t, b.copied(t, e.ID))
	got, err := b.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, 99, got.HoldSeconds, "it is written, and shown")

	b.runCopier(t)
	b.postgresProxy.Restore()
	require.Eventually(t, func() bool { return b.copied(t, e.ID) }, soon, tick)
	require.Equal(t, 99, b.terms(t, e.ID).HoldSeconds)
}

func TestAPublicationThatWasCutOffIsFinishedByRepeatingIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 1)
	unfinished, _, err := b.mongo.Get(t.Context(), e.ID)
	require.NoError(t, err)
	unfinished.Status = eventra.EventPublished // as after a death between the stores
	unfinished.Version++
	require.NoError(t, b.mongo.Replace(t.Context(), unfinished))

	published, err := b.Transition(t.Context(), e.ID, eventra.EventPublished)
	require.NoError(t, err)
	require.Equal(t, eventra.EventPublished, published.Status)
	require.Equal(t, eventra.EventPublished, b.terms(t, e.ID).Status)
	_, err = b.Transition(t.Context(), e.ID, eventra.EventPublished)
	require.Equal(t, eventra.CodeInvalidTransition, eventra.CodeOf(err))
}

func TestADraftThatPostgresNeverSawGetsItsSeats(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.postgresProxy.Cut()
	e := newEvent()
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(b.Create(t.Context(), e)))
	b.postgresProxy.Restore()
	var total int
	require.Eventually(t, func() (done bool) {
		var err error
		total, err = b.AddSeats(t.Context(), e.ID, row("A", 4))
		return err == nil
	}, soon, tick)
	require.Equal(t, 4, total)
}

func TestSeatsThatWereNotCountedAreCountedLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.draft(t, 0)
	require.NoError(t, b.mongo.MarkUncopied(t.Context(), e.ID))
	_, err := b.postgres.AddSeats(t.Context(), e.ID, row("A", 6)) // and then the process died
	require.NoError(t, err)

	b.runCopier(t)
	require.Eventually(t, func() bool {
		got, err := b.Event(t.Context(), e.ID)
		return err == nil && got.SeatsTotal == 6
	}, soon, 50*time.Millisecond)
	require.Eventually(t, func() bool { return b.copied(t, e.ID) }, soon, tick)
}
