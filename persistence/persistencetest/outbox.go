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
	var confirmed []eventra.MailRef
	for no := range eventra.SeatNo(6) {
		b, _ := f.bought(no)
		confirmed = append(confirmed, eventra.Tickets(b.ID))
	}

	first, err := store.Due(t.Context(), eventra.TicketBox, 2, -time.Second)
	require.NoError(t, err)
	require.Len(t, first, 2)
	require.Subset(t, confirmed, first)
	for range 2 {
		require.NoError(t, store.MarkSent(t.Context(), first[0]))
	}
	f.requireMail(first[0], eventra.MailEnded)
	f.requireMail(first[1], eventra.MailDue)
	unsent := slices.DeleteFunc(confirmed, func(ref eventra.MailRef) bool { return ref == first[0] })

	var mu sync.Mutex
	var leased []eventra.MailRef
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			some, err := store.Due(t.Context(), eventra.TicketBox, 3, time.Minute)
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
	none, err := store.Due(t.Context(), eventra.TicketBox, 10, time.Minute)
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
	require.NoError(t, store.MarkSent(t.Context(), eventra.Tickets(sent.ID)))
	f.must(change(eventra.Refunded, refunded))
	f.must(change(eventra.Refunded, sent))
	f.requireMail(eventra.Tickets(refunded.ID), eventra.MailObsolete)
	f.requireMail(eventra.Tickets(sent.ID), eventra.MailEnded)
	f.requireMail(eventra.Tickets(valid.ID), eventra.MailDue)

	for range 2 {
		require.NoError(t, store.Withhold(t.Context(), eventra.Tickets(refunded.ID)))
		f.requireMail(eventra.Tickets(refunded.ID), eventra.MailEnded)
	}
	due, err := store.Due(t.Context(), eventra.TicketBox, 10, -time.Second)
	require.NoError(t, err)
	require.Equal(t, []eventra.MailRef{eventra.Tickets(valid.ID)}, due)

	cancelled := *f.event
	cancelled.Version, cancelled.Status = cancelled.Version+1, eventra.EventCancelled
	require.NoError(t, store.PutTerms(t.Context(), &cancelled))
	f.requireMail(eventra.Tickets(valid.ID), eventra.MailObsolete)
	f.requireMail(eventra.Tickets(sent.ID), eventra.MailEnded)
}

func (f *fixture) requireMail(ref eventra.MailRef, want eventra.MailState) {
	f.t.Helper()
	_, state, err := f.store.Mail(f.t.Context(), ref)
	require.NoError(f.t, err)
	require.Equal(f.t, want, state)
}
