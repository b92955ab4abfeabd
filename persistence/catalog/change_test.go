package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/redis"
)

func TestCatalog_CreateStoresADraftOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := newEvent()
	e.Status, e.Version, e.SeatsTotal = eventra.EventPublished, 99, 7 // the caller cannot set these
	require.NoError(t, f.Create(t.Context(), e))
	require.Equal(t, eventra.EventDraft, e.Status)
	require.EqualValues(t, 1, e.Version)
	require.Zero(t, e.SeatsTotal)
	require.Equal(t, eventra.EventDraft, f.terms(t, e.ID).Status)
	require.True(t, f.copied(t, e.ID))

	again := newEvent()
	again.ID, again.Title = e.ID, "another"
	require.NoError(t, f.Create(t.Context(), again))
	require.Equal(t, e, again, "a retry gets the first outcome")
}

func TestCatalog_EachVersionHasOneRepresentation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := newEvent()
	require.NoError(t, f.Create(t.Context(), e))
	other := f.instance(f.mongo, redis.NewCache(f.redis, KeptFor))
	for range 2 { // from MongoDB, from the cache
		got, err := other.Event(t.Context(), e.ID)
		require.NoError(t, err)
		require.Equal(t, e, got)
		other = f.instance(f.mongo, redis.NewCache(f.redis, KeptFor))
	}
	updated, err := f.Update(t.Context(), e.ID, 0, func(e *eventra.Event) error {
		e.Attributes, e.StartsAt = []byte(` {"a":1e2} `), e.StartsAt.Add(999_999)
		return nil
	})
	require.NoError(t, err)
	got, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, got, updated)
}

func TestCatalog_RejectsInvalidEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, spoil := range map[string]func(*eventra.Event) error{
		"no title":       retitle(""),
		"unknown zone":   func(e *eventra.Event) error { e.Venue.Timezone = "Mars/Olympus"; return nil },
		"a path as zone": func(e *eventra.Event) error { e.Venue.Timezone = "../../etc/passwd"; return nil },
		"too deep": func(e *eventra.Event) error {
			e.Attributes = fmt.Appendf(nil, `{"a":%s1%s}`, repeat("[", 200), repeat("]", 200))
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEvent()
			require.NoError(t, spoil(e))
			require.Equal(t, eventra.CodeValidationFailed, eventra.CodeOf(f.Create(t.Context(), e)))
			_, err := f.Event(t.Context(), e.ID)
			require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))

			_, err = f.Update(t.Context(), f.draft(t, 0).ID, 0, spoil)
			require.Equal(t, eventra.CodeValidationFailed, eventra.CodeOf(err))
		})
	}
}

func repeat(s string, n int) (all string) {
	for range n {
		all += s
	}
	return all
}

func TestCatalog_UpdateKeepsProtectedFields(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 3)
	updated, err := f.Update(t.Context(), e.ID, 0, func(e *eventra.Event) error {
		e.Title, e.HoldSeconds = "new", 77
		e.ID, e.Status, e.SeatsTotal, e.Version, e.CreatedAt = newID(), eventra.EventPublished, 99, 99, time.Time{}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, "new", updated.Title)
	require.Equal(t, e.ID, updated.ID)
	require.Equal(t, eventra.EventDraft, updated.Status)
	require.Equal(t, 3, updated.SeatsTotal)
	require.Equal(t, e.CreatedAt, updated.CreatedAt)
	require.EqualValues(t, 3, updated.Version, "created, seats added, changed")
	require.Equal(t, 77, f.terms(t, e.ID).HoldSeconds)
	require.Equal(t, 3, f.reloader.count(e.ID))

	refusal := errors.New("changed my mind")
	_, err = f.Update(t.Context(), e.ID, 0, func(*eventra.Event) error { return refusal })
	require.ErrorIs(t, err, refusal)
	_, err = f.Update(t.Context(), newID(), 0, retitle("x"))
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}

func TestCatalog_UpdateIfVersion(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	_, err := f.Update(t.Context(), e.ID, 2, retitle("x"))
	require.Equal(t, eventra.CodePreconditionFailed, eventra.CodeOf(err))
	updated, err := f.Update(t.Context(), e.ID, 1, retitle("x"))
	require.NoError(t, err)
	require.EqualValues(t, 2, updated.Version)
}

func TestCatalog_UpdateLosesNoConcurrentUpdate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			_, err := f.Update(t.Context(), e.ID, 0, func(e *eventra.Event) error {
				e.Tags = append(e.Tags, fmt.Sprint(i))
				return nil
			})
			assert.NoError(t, err)
		})
	}
	writers.Wait()
	got, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Len(t, got.Tags, 1+4)
	require.EqualValues(t, 5, got.Version)
}

func TestCatalog_UpdateKeepsTimeAndVenueDuringASale(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.published(t)
	_, err := f.Update(t.Context(), e.ID, 0, func(e *eventra.Event) error { e.Venue.City = "Bonn"; return nil })
	require.Equal(t, eventra.CodeEventLocked, eventra.CodeOf(err))
	_, err = f.Update(t.Context(), e.ID, 0, retitle("fine"))
	require.NoError(t, err)
}

func TestCatalog_PublishAndCancel(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	transition := func(id eventra.ID, to eventra.EventStatus) eventra.Code {
		e, err := f.become(t, id, to)
		if err == nil {
			require.Equal(t, to, e.Status)
			require.Equal(t, to, f.terms(t, id).Status)
		}
		return eventra.CodeOf(err)
	}
	empty := f.draft(t, 0).ID
	require.Equal(t, eventra.CodeInvalidTransition, transition(empty, eventra.EventPublished), "no seat")
	require.Empty(t, transition(empty, eventra.EventCancelled))

	e := f.draft(t, 2).ID
	require.Empty(t, transition(e, eventra.EventPublished))
	require.Equal(t, eventra.CodeInvalidTransition, transition(e, eventra.EventPublished))
	require.Empty(t, transition(e, eventra.EventCancelled))
	require.Equal(t, eventra.CodeInvalidTransition, transition(e, eventra.EventCancelled))
	require.Equal(t, eventra.CodeInvalidTransition, transition(e, eventra.EventPublished))
	require.Equal(t, eventra.CodeEventNotFound, transition(newID(), eventra.EventPublished))
	_, err := f.Cancel(t.Context(), e, strings.Repeat("x", eventra.ReasonMaxRunes+1))
	require.Equal(t, eventra.CodeValidationFailed, eventra.CodeOf(err))
}

// TestCatalog_CancelStartsTheCancellation: also if the process ends between the stores.
func TestCatalog_CancelStartsTheCancellation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.published(t)
	_, err := f.postgres.Cancellation(t.Context(), e.ID)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	f.postgresProxy.Cut()
	_, err = f.Cancel(t.Context(), e.ID, "rain")
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	f.postgresProxy.Restore()
	require.Eventually(t, func() bool {
		_, err := f.Cancel(t.Context(), e.ID, "another reason")
		return err == nil || eventra.CodeOf(err) == eventra.CodeInvalidTransition
	}, soon, tick)
	cancelled, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.EventCancelled, cancelled.Status)
	found, err := f.postgres.Cancellation(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, e.ID, found.EventID)
}

func TestCatalog_CancelRemembersWhatWasPublished(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, test := range []struct {
		name    string
		id      eventra.ID
		private bool
	}{{"draft", f.draft(t, 1).ID, true}, {"published", f.published(t).ID, false}} {
		cancelled, err := f.Cancel(t.Context(), test.id, "rain")
		require.NoError(t, err, test.name)
		require.Equal(t, test.private, cancelled.Private(), test.name)
		require.Equal(t, test.private, f.terms(t, test.id).Private(), test.name)
		for range 2 { // from MongoDB, from the cache
			read, err := f.instance(f.mongo, redis.NewCache(f.redis, KeptFor)).Event(t.Context(), test.id)
			require.NoError(t, err, test.name)
			require.Equal(t, test.private, read.Private(), test.name)
		}
	}
}

// A repetition finds what the first try has done.
func TestCatalog_PublishAgainAndCancelAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 2)
	published, err := f.PublishAgain(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.EventPublished, published.Status, "the first try did nothing")
	again, err := f.PublishAgain(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, published, again)
	_, err = f.Cancel(t.Context(), e.ID, "rain")
	require.NoError(t, err)
	again, err = f.PublishAgain(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.EventCancelled, again.Status)
	again, err = f.CancelAgain(t.Context(), e.ID, "another reason")
	require.NoError(t, err)
	require.Equal(t, "rain", again.Cancellation.Reason)

	neverPublished := f.draft(t, 2)
	_, err = f.Cancel(t.Context(), neverPublished.ID, "rain")
	require.NoError(t, err)
	_, err = f.PublishAgain(t.Context(), neverPublished.ID)
	require.Equal(t, eventra.CodeInvalidTransition, eventra.CodeOf(err))
	_, err = f.PublishAgain(t.Context(), newID())
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}

func TestCatalog_AddSeats(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 2)
	total, err := f.AddSeats(t.Context(), e.ID, newID(), row("B", 3))
	require.NoError(t, err)
	require.Equal(t, 5, total)
	got, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, 5, got.SeatsTotal)
	require.EqualValues(t, 3, got.Version)
	require.True(t, f.copied(t, e.ID))
	require.Equal(t, 3, f.reloader.count(e.ID))

	_, err = f.AddSeats(t.Context(), e.ID, newID(), row("B", 1))
	require.Equal(t, eventra.CodeSeatExists, eventra.CodeOf(err))
	_, err = f.AddSeats(t.Context(), newID(), newID(), row("B", 1))
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, err = f.Cancel(t.Context(), e.ID, "rain")
	require.NoError(t, err)
	_, err = f.AddSeats(t.Context(), e.ID, newID(), row("C", 1))
	require.Equal(t, eventra.CodeEventLocked, eventra.CodeOf(err))
}

// Totals grow and fall, so a late or a repeated change shows the number of seats that there are by now.
func TestCatalog_SeatsTotalIsThatOfTheLatestChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	shown := func(id eventra.ID) int {
		e, err := f.Event(t.Context(), id)
		require.NoError(t, err)
		require.True(t, f.copied(t, id))
		return e.SeatsTotal
	}
	e, addition := f.draft(t, 2), newID()
	remove := func(id eventra.ID, name string, want int) {
		total, err := f.RemoveSeats(t.Context(), id, newID(), []string{name})
		require.NoError(t, err)
		require.Equal(t, want, total)
	}
	_, err := f.AddSeats(t.Context(), e.ID, addition, row("B", 3))
	require.NoError(t, err)
	remove(e.ID, "S-A-1", 4)
	require.Equal(t, 4, shown(e.ID))
	total, err := f.AddSeats(t.Context(), e.ID, addition, row("B", 3))
	require.NoError(t, err)
	require.Equal(t, 5, total, "a retry gets the first outcome")
	require.Equal(t, 4, shown(e.ID))

	slow := New(f.mongo, overtaken{f.postgres, func() { remove(e.ID, "S-A-2", 6) }}, redis.NewCache(f.redis, KeptFor), f.reloader, f.log)
	total, err = slow.AddSeats(t.Context(), e.ID, newID(), row("C", 3))
	require.NoError(t, err)
	require.Equal(t, 7, total)
	require.Equal(t, 6, shown(e.ID), "a removal came after it, and was shown before")
}

// Whoever removes all seats and asks again learns that they are removed, also after the event was cancelled.
func TestCatalog_RemoveAllSeats(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e, removal := f.draft(t, 2), newID()
	remove := func(removal eventra.ID) (int, error) {
		return f.RemoveSeats(t.Context(), e.ID, removal, []string{"S-A-1", "S-A-2"})
	}
	for range 2 {
		total, err := remove(removal)
		require.NoError(t, err)
		require.Zero(t, total)
	}
	_, err := remove(newID())
	require.Equal(t, eventra.CodeUnknownSeats, eventra.CodeOf(err))
	_, err = f.Cancel(t.Context(), e.ID, "rain")
	require.NoError(t, err)
	total, err := remove(removal)
	require.NoError(t, err)
	require.Zero(t, total)
	_, err = remove(newID())
	require.Equal(t, eventra.CodeEventLocked, eventra.CodeOf(err), "another request")
}

// overtaken lets others do something after it has added seats.
type overtaken struct {
	Sales
	others func()
}

func (o overtaken) AddFloors(
	ctx context.Context, id, addition eventra.ID, seats []eventra.Seat, categories []string, floors []eventra.Floor,
) (int, error) {
	total, err := o.Sales.AddFloors(ctx, id, addition, seats, categories, floors)
	o.others()
	return total, err
}

func TestCatalog_ConcurrentAdditionsAreAllCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 0)
	var writers sync.WaitGroup
	for i := range 10 {
		writers.Go(func() {
			_, err := f.AddSeats(t.Context(), e.ID, newID(), row(fmt.Sprint("R", i), 10))
			assert.NoError(t, err)
		})
	}
	writers.Wait()
	f.runCopier(t) // completes those that others kept from showing theirs
	require.Eventually(t, func() bool {
		got, _, err := f.mongo.Get(t.Context(), e.ID)
		return err == nil && got.SeatsTotal == 100
	}, soon, tick)
	require.Eventually(t, func() bool { return f.copied(t, e.ID) }, soon, tick)
}

// TestCatalog_ChangesThatOthersKeepFromShowing: the copier counts what they could not.
func TestCatalog_ChangesThatOthersKeepFromShowing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 2)
	busy := New(contended{f.mongo}, f.postgres, redis.NewCache(f.redis, KeptFor), f.reloader, f.log)
	total, err := busy.AddSeats(t.Context(), e.ID, newID(), row("B", 3))
	require.NoError(t, err)
	require.Equal(t, 5, total)
	require.False(t, f.copied(t, e.ID))
	f.runCopier(t)
	require.Eventually(t, func() bool {
		got, err := f.Event(t.Context(), e.ID)
		return err == nil && got.SeatsTotal == 5
	}, soon, tick)
}

// contended has each document changed and copied by others between a read and a write.
type contended struct{ Details }

func (c contended) Replace(ctx context.Context, e *eventra.Event) error {
	others, _, err := c.Get(ctx, e.ID)
	if err != nil {
		return err
	}
	others.Version++
	if err := c.Details.Replace(ctx, others); err != nil {
		return err
	}
	if err := c.MarkCopied(ctx, e.ID, others.Version); err != nil {
		return err
	}
	return c.Details.Replace(ctx, e)
}

func TestCatalog_Delete(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.draft(t, 1)
	_, err := f.Event(t.Context(), e.ID)
	require.NoError(t, err)
	require.NoError(t, f.Delete(t.Context(), e.ID))
	_, err = f.Event(t.Context(), e.ID)
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(f.Delete(t.Context(), e.ID)))
	_, err = f.postgres.SeatsTotal(t.Context(), e.ID)
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}

func TestCatalog_DeleteKeepsAnEventWithBookings(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.published(t)
	snapshot, err := f.postgres.Activate(t.Context(), e.ID)
	require.NoError(t, err)
	seat := eventra.NewItem(0, &snapshot.Seats[0], snapshot.Seats[0].Section)
	_, err = f.postgres.Commit(t.Context(), &eventra.Batch{
		EventID: e.ID, Epoch: snapshot.Epoch, Version: 100, Hold: time.Minute,
		Changes: []*eventra.Change{{Kind: eventra.Held, Booking: &eventra.Booking{
			ID: newID(), EventID: e.ID, UserID: newID(), Status: eventra.BookingHeld,
			Items: []eventra.Item{seat}, Total: snapshot.Seats[0].Price,
		}}},
	})
	require.NoError(t, err)

	require.Equal(t, eventra.CodeEventHasBookings, eventra.CodeOf(f.Delete(t.Context(), e.ID)))
	_, err = f.Event(t.Context(), e.ID)
	require.NoError(t, err)
}

func TestCatalog_ChangesSucceedWhenAReloadFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.reloader.fail = true
	e := f.published(t)
	require.Positive(t, f.reloader.count(e.ID))
	require.NoError(t, f.Delete(t.Context(), e.ID))
}

func TestCatalog_Reschedule(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	e := f.published(t)
	later := func(by time.Duration) func(*eventra.Event) error {
		return func(e *eventra.Event) error {
			e.StartsAt, e.EndsAt = e.StartsAt.Add(by), e.EndsAt.Add(by)
			return nil
		}
	}
	first := eventra.Rescheduling{ID: newID(), At: time.Now(), Message: "rain"}
	moved, err := f.Reschedule(t.Context(), e.ID, first, later(time.Hour))
	require.NoError(t, err)
	require.Equal(t, e.StartsAt.Add(time.Hour), moved.StartsAt)
	require.Equal(t, e.StartsAt, moved.Rescheduling.WasStartsAt)
	require.Equal(t, e.Venue, moved.Rescheduling.WasVenue)
	again, err := f.Reschedule(t.Context(), e.ID, first, later(time.Hour))
	require.NoError(t, err)
	require.Equal(t, moved, again, "a retry moves it once")

	second := eventra.Rescheduling{ID: newID(), At: time.Now()}
	f.postgresProxy.Cut()
	_, err = f.Reschedule(t.Context(), e.ID, second, later(time.Hour))
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	f.postgresProxy.Restore()
	require.Eventually(t, func() bool {
		moved, err = f.Reschedule(t.Context(), e.ID, second, later(time.Hour))
		return err == nil
	}, soon, tick)
	require.Equal(t, e.StartsAt.Add(2*time.Hour), moved.StartsAt)
	again, err = f.Reschedule(t.Context(), e.ID, first, later(time.Hour))
	require.NoError(t, err)
	require.Equal(t, moved, again, "a retry of an earlier one changes nothing")
	retitled, err := f.Update(t.Context(), e.ID, 0, retitle("x"))
	require.NoError(t, err)
	require.Equal(t, second.ID, retitled.Rescheduling.ID)

	_, err = f.Reschedule(t.Context(), e.ID, eventra.Rescheduling{ID: newID()}, later(0))
	require.Equal(t, eventra.CodeValidationFailed, eventra.CodeOf(err), "nothing changes")
	_, err = f.Cancel(t.Context(), e.ID, "")
	require.NoError(t, err)
	_, err = f.Reschedule(t.Context(), e.ID, eventra.Rescheduling{ID: newID()}, later(time.Hour))
	require.Equal(t, eventra.CodeEventLocked, eventra.CodeOf(err))
	_, err = f.Reschedule(t.Context(), f.draft(t, 1).ID, eventra.Rescheduling{ID: newID()}, later(time.Hour))
	require.Equal(t, eventra.CodeInvalidTransition, eventra.CodeOf(err))
	_, err = f.Reschedule(t.Context(), newID(), eventra.Rescheduling{ID: newID()}, later(time.Hour))
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
}
