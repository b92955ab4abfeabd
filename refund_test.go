package eventra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// TestSeatMap_RefundsAreNumberedPastGaps: a booking whose first refund is not known any more gets no
// number twice, because the store refuses it, and the gateway would take it for the earlier refund.
func TestSeatMap_RefundsAreNumberedPastGaps(t *testing.T) {
	t.Parallel()
	f := newFixture(t, testTerms(), row("A", "1", 1, 2, 3))
	f.do(t, hold("b1", "u1", "A-1-1", "A-1-2", "A-1-3"), pay("p1", "b1", "u1"))
	f.do(t, f.finish("p1", eventra.PaymentSucceeded))
	stored := *f.Live(named("b1"))
	stored.Refunds = []eventra.Refund{{ID: named("r2"), BookingID: stored.ID, N: 2, Amount: eventra.Money{Amount: 500, Currency: "EUR"},
		Status: eventra.RefundSucceeded}}
	snapshot := *f.snapshot
	snapshot.Bookings, snapshot.States = []*eventra.Booking{&stored}, nil
	for range snapshot.Seats {
		snapshot.States = append(snapshot.States, eventra.StoredState{Status: eventra.SeatBooked, Version: 1, Booking: stored.ID})
	}
	m, err := eventra.NewSeatMap(&snapshot)
	require.NoError(t, err)
	f.SeatMap = m
	f.do(t, giveBack("r3", "b1", 1), giveBack("r4", "b1", 2))
	require.Equal(t, []int{3, 4}, []int{f.refunds[named("r3")].N, f.refunds[named("r4")].N})
}
