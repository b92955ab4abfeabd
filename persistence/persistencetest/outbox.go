package persistencetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// RunOutbox checks the leases of mails. The store must be this test's alone,
// because a lease takes any mail in it.
func RunOutbox(t *testing.T, store EventStore) {
	f := newFixture(t, store)
	var confirmed []eventra.ID
	for no := range eventra.SeatNo(6) {
		b, _ := f.bought(no)
		confirmed = append(confirmed, b.ID)
	}

	first, err := store.Due(t.Context(), 2, -time.Second)
	require.NoError(t, err)
	require.Len(t, first, 2)
	require.Subset(t, confirmed, first)
	for range 2 {
		require.NoError(t, store.MarkSent(t.Context(), first[0]))
	}
	f.requireMail(first[0], eventra.MailEnded)
	f.requireMail(first[1], eventra.MailDue)
	unsent := slices.DeleteFunc(confirmed, func(id eventra.ID) bool { return id == first[0] })

	var mu sync.Mutex
	var leased []eventra.ID
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			some, err := store.Due(t.Context(), 3, time.Minute)
			mu.Lock()
			defer mu.Unlock()
			leased = append(leased, some...)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.ElementsMatch(t, unsent, leased, "each is leased once, also the mail whose lease had ended")
	none, err := store.Due(t.Context(), 10, time.Minute)
	require.NoError(t, err)
	require.Empty(t, none)
}

// RunObsoleteMails checks that no mail is due that would not be true. The store
// must be this test's alone.
func RunObsoleteMails(t *testing.T, store EventStore) {
	f := newFixture(t, store)
	refunded, _ := f.bought(0)
	sent, _ := f.bought(1)
	valid, _ := f.bought(2)
	require.NoError(t, store.MarkSent(t.Context(), sent.ID))
	f.must(change(eventra.Refunded, refunded))
	f.must(change(eventra.Refunded, sent))
	f.requireMail(refunded.ID, eventra.MailObsolete)
	f.requireMail(sent.ID, eventra.MailEnded)
	f.requireMail(valid.ID, eventra.MailDue)

	for range 2 {
		require.NoError(t, store.Withhold(t.Context(), refunded.ID))
		f.requireMail(refunded.ID, eventra.MailEnded)
	}
	due, err := store.Due(t.Context(), 10, -time.Second)
	require.NoError(t, err)
	require.Equal(t, []eventra.ID{valid.ID}, due)

	cancelled := *f.event
	cancelled.Version, cancelled.Status = cancelled.Version+1, eventra.EventCancelled
	require.NoError(t, store.PutTerms(t.Context(), &cancelled))
	f.requireMail(valid.ID, eventra.MailObsolete)
	f.requireMail(sent.ID, eventra.MailEnded)
}

func (f *fixture) requireMail(booking eventra.ID, want eventra.MailState) {
	f.t.Helper()
	_, state, err := f.store.Mail(f.t.Context(), booking)
	require.NoError(f.t, err)
	require.Equal(f.t, want, state)
}
