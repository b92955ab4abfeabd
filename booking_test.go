package eventra_test

import (
	"testing"
	"time"

	"github.com/eventra/eventra"
	"github.com/stretchr/testify/require"
)

func TestBookingStatus_LiveAndValid(t *testing.T) {
	t.Parallel()
	for status, live := range map[eventra.BookingStatus]bool{
		eventra.BookingHeld: true, eventra.BookingConfirmed: true, eventra.BookingExpired: false,
		eventra.BookingCancelled: false, eventra.BookingRefunded: false} {
		require.True(t, status.Valid(), status)
		require.Equal(t, live, status.Live(), status)
	}
	require.False(t, eventra.BookingStatus("held").Valid())
	require.False(t, eventra.BookingStatus("").Valid())
}

func TestBooking_Due_IsTheLaterOfDeadlineAndGrace(t *testing.T) {
	t.Parallel()
	deadline := opening.Add(testHold)
	for _, test := range []struct {
		name        string
		payingUntil time.Time
		want        time.Time
	}{
		{"no payment", time.Time{}, deadline},
		{"grace ends before the deadline", deadline.Add(-time.Second), deadline},
		{"grace ends after the deadline", deadline.Add(time.Second), deadline.Add(time.Second)},
	} {
		b := &eventra.Booking{ExpiresAt: deadline, PayingUntil: test.payingUntil}
		require.Equal(t, test.want, b.Due(), test.name)
	}
}

// A kind takes seats, frees them, confirms them, or leaves them alone.
func TestChangeKind_EffectsOnSeats(t *testing.T) {
	t.Parallel()
	require.Len(t, kindNames, int(eventra.RefundEnded))
	takes := map[eventra.ChangeKind]bool{eventra.Held: true, eventra.Rebooked: true}
	blocks := map[eventra.ChangeKind]bool{eventra.Blocked: true, eventra.Unblocked: true}
	frees := map[eventra.ChangeKind]bool{eventra.Released: true, eventra.Expired: true, eventra.Refunded: true}
	for kind, name := range kindNames {
		require.Equal(t, takes[kind], kind.TakesSeats(), name)
		require.Equal(t, blocks[kind], kind.Blocks(), name)
		require.Equal(t, frees[kind], kind.FreesSeats(), name)
		require.Equal(t, takes[kind] || frees[kind] || kind == eventra.Confirmed || kind == eventra.ItemsRefunded || kind.Blocks(), kind.ChangesSeats(), name)
	}
}
