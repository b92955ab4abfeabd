package persistencetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// RunReschedulings checks whom a rescheduling tells. The store must be this test's alone,
// because it takes any rescheduling in it.
func RunReschedulings(t *testing.T, store EventStore) {
	f := newFixture(t, store)
	bought, _ := f.bought(0)
	refunded, _ := f.bought(1)
	held := f.hold(longHold, 2)
	f.must(change(eventra.Released, f.hold(longHold, 3)))
	was := f.occasion()

	moved := *f.event
	moved.Version++
	moved.StartsAt, moved.Venue.City = moved.StartsAt.Add(48*time.Hour), "Potsdam"
	moved.Rescheduling = &eventra.Rescheduling{ID: NewID(), At: time.Now(), Message: "rain", WasStartsAt: f.event.StartsAt, WasVenue: f.event.Venue}
	for range 2 {
		require.NoError(t, store.PutTerms(t.Context(), &moved))
	}
	later := moved
	later.Version, later.StartsAt = moved.Version+1, moved.StartsAt.Add(time.Hour) // as a build before could have written it
	require.NoError(t, store.PutTerms(t.Context(), &later))
	made, err := store.Rescheduled(t.Context(), moved.Rescheduling.ID)
	require.NoError(t, err)
	require.True(t, made)
	made, err = store.Rescheduled(t.Context(), NewID())
	require.NoError(t, err)
	require.False(t, made)
	f.activate()
	f.hold(longHold, 3) // knows the new time

	told := func(b *eventra.Booking) eventra.MailRef {
		return eventra.MailRef{Kind: eventra.MailRescheduled, BookingID: b.ID, About: moved.Rescheduling.ID}
	}
	for more := true; more; {
		more, err = store.TellRescheduled(t.Context(), 1)
		require.NoError(t, err)
	}
	require.ElementsMatch(t, []eventra.MailRef{told(bought), told(refunded), told(held)}, f.noticesDue())
	f.must(change(eventra.Refunded, refunded))
	f.requireMail(told(refunded), eventra.MailObsolete)
	for _, b := range []*eventra.Booking{bought, held} {
		mail, state, err := store.Mail(t.Context(), told(b))
		require.NoError(t, err)
		require.Equal(t, eventra.MailDue, state)
		require.Equal(t, was, mail.Was)
		require.Equal(t, eventra.Occasion{Venue: "Arena, Potsdam, DE", StartsAt: moved.StartsAt, Timezone: was.Timezone}, mail.Occasion)
		require.Equal(t, "rain", mail.Message)
	}
	more, err := store.TellRescheduled(t.Context(), 10)
	require.NoError(t, err)
	require.False(t, more, "everybody is told once")

	f.event = &later
	f.cancel(nil)
	f.requireMail(told(bought), eventra.MailObsolete)
}
