package mongo_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestDB_KeepsEvents(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := newEvent("Björk 🎻", summer)
	insert(t, db, e)

	got, copied, err := db.Get(t.Context(), e.ID)
	require.NoError(t, err)
	require.False(t, copied, "PostgreSQL does not have its terms yet")
	require.Equal(t, e, got)
}

func TestDB_KeepsTimesInUTCToTheMillisecond(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := newEvent("x", time.Date(2027, 7, 1, 20, 0, 0, 999_999_999, time.FixedZone("", 7200)))
	insert(t, db, e)

	got, _, err := db.Get(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, time.Date(2027, 7, 1, 18, 0, 0, 999_000_000, time.UTC), got.StartsAt)
}

func TestDB_InsertAgainChangesNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := newEvent("first", summer)
	insert(t, db, e)

	again := *e
	again.Title = "second"
	inserted, err := db.Insert(t.Context(), &again)
	require.NoError(t, err)
	require.False(t, inserted)

	got, _, err := db.Get(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "first", got.Title)
}

func TestDB_UnknownEvents(t *testing.T) {
	t.Parallel()
	db := open(t)
	_, _, err := db.Get(t.Context(), newID())
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	require.Equal(t, eventra.CodePreconditionFailed, eventra.CodeOf(db.Replace(t.Context(), newEvent("x", summer))))
	require.NoError(t, db.Delete(t.Context(), newID()))
	require.NoError(t, db.MarkCopied(t.Context(), newID(), 1))
}

func TestDB_ReplaceNeedsThePreviousVersion(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := newEvent("v1", summer)
	insert(t, db, e)
	require.NoError(t, db.MarkCopied(t.Context(), e.ID, 1))

	next := *e
	next.Title, next.Version = "v2", 2
	require.NoError(t, db.Replace(t.Context(), &next))
	require.Equal(t, eventra.CodePreconditionFailed, eventra.CodeOf(db.Replace(t.Context(), &next)))

	got, copied, err := db.Get(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, &next, got)
	require.False(t, copied, "the new terms are not copied yet")
}

func TestDB_ReplaceIsWonByOneOfMany(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := newEvent("v1", summer)
	insert(t, db, e)

	var won atomic.Int32
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() {
			next := *e
			next.Version = 2
			if db.Replace(t.Context(), &next) == nil {
				won.Add(1)
			}
		})
	}
	writers.Wait()
	require.EqualValues(t, 1, won.Load())
}

func TestDB_Uncopied(t *testing.T) {
	t.Parallel()
	db := open(t)
	first, second := newEvent("first", summer), newEvent("second", summer)
	second.UpdatedAt = first.UpdatedAt.Add(time.Minute)
	insert(t, db, second, first)

	uncopied := func() (titles []string) {
		events, err := db.Uncopied(t.Context(), 10)
		require.NoError(t, err)
		for _, e := range events {
			titles = append(titles, e.Title)
		}
		return titles
	}
	require.Equal(t, []string{"first", "second"}, uncopied())

	require.NoError(t, db.MarkCopied(t.Context(), first.ID, 1))
	require.NoError(t, db.MarkCopied(t.Context(), second.ID, 7), "this version is not stored")
	require.Equal(t, []string{"second"}, uncopied())

	require.NoError(t, db.MarkUncopied(t.Context(), first.ID))
	require.Equal(t, []string{"first", "second"}, uncopied())

	limited, err := db.Uncopied(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, limited, 1)
}

func TestDB_Delete(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := newEvent("x", summer)
	insert(t, db, e)
	require.NoError(t, db.Delete(t.Context(), e.ID))
	_, _, err := db.Get(t.Context(), e.ID)
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}

// Documents of earlier builds do not say whether the event was published.
func TestDB_TakesCancelledEventsOfEarlierBuildsForPublished(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewMongo(t)
	db, events := openURL(t, url), collection(t, url)
	for status, published := range map[eventra.EventStatus]bool{eventra.EventDraft: false, eventra.EventPublished: true, eventra.EventCancelled: true} {
		e := newEvent(string(status), summer)
		e.Status = status
		insert(t, db, e)
		got, _, err := db.Get(t.Context(), e.ID)
		require.NoError(t, err)
		require.False(t, got.EverPublished, "this build says it")

		_, err = events.UpdateByID(t.Context(), e.ID.String(), bson.D{{Key: "$unset", Value: bson.D{{Key: "everPublished", Value: ""}}}})
		require.NoError(t, err)
		got, _, err = db.Get(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, published, got.EverPublished)
	}
}
