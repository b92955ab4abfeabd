package persistencetest

import (
	"strconv"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// seatChangesAtOnce adds and removes seats in many transactions that wait for each other.
func seatChangesAtOnce(f *fixture) {
	const changes, added = 12, 20
	var all sync.WaitGroup
	for i := range changes {
		all.Go(func() {
			seats := make([]eventra.Seat, added)
			for n := range seats {
				seats[n] = eventra.Seat{Section: "New" + strconv.Itoa(i), Row: "1", Number: n + 1, Price: f.seats[0].Price}
			}
			if _, err := f.store.AddSeats(f.t.Context(), f.event.ID, NewID(), seats); err != nil {
				f.t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := f.store.RemoveSeats(f.t.Context(), f.event.ID, NewID(), []string{f.seats[i].Name()}); err != nil {
				f.t.Error(err)
			}
		})
	}
	all.Wait()
	snapshot := f.activate()
	versions := map[uint64]bool{}
	for _, state := range snapshot.States {
		versions[state.Version] = true
	}
	require.Len(f.t, versions, 1+2*changes, "each change has a version of its own")
	require.Len(f.t, snapshot.Seats, len(f.seats)+changes*added, "with the removed ones")
}
