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
	_, sent, err := store.Mail(t.Context(), first[0])
	require.NoError(t, err)
	require.True(t, sent)
	_, sent, err = store.Mail(t.Context(), first[1])
	require.NoError(t, err)
	require.False(t, sent)
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
