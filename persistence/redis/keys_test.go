package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func FuzzParseHoldKey(f *testing.F) {
	const event, booking = "0190a5d2-7c3b-7e1f-8a2b-0123456789ab", "0190a5d2-7c3b-7e1f-8a2b-ba9876543210"
	const ours = "eventra:hold:{" + event + "}:" + booking
	for _, seed := range []string{
		ours,
		ours + " ",
		"eventra:hold:" + event + ":" + booking,
		"eventra:hold:{" + event + "}:",
		"eventra:hold:{0190A5D2-7C3B-7E1F-8A2B-0123456789AB}:" + booking,
		lockKey(event, 12), "", "eventra:hold:{}:", "}:{",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		eventID, bookingID, ok := parseHoldKey(key)
		if ok {
			require.Equal(t, key, holdKey(eventra.HoldRef{EventID: eventID, BookingID: bookingID}))
		} else {
			require.True(t, eventID.IsZero())
			require.True(t, bookingID.IsZero())
		}
	})
}

func TestParseHoldKey(t *testing.T) {
	t.Parallel()
	const event, booking = "0190a5d2-7c3b-7e1f-8a2b-0123456789ab", "0190a5d2-7c3b-7e1f-8a2b-ba9876543210"
	eventID, bookingID, ok := parseHoldKey("eventra:hold:{" + event + "}:" + booking)
	require.True(t, ok)
	require.Equal(t, event, eventID.String())
	require.Equal(t, booking, bookingID.String())
}

func TestWithKeyEvents(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{"": "Ex", "x": "xE", "KA": "KAE", "AE": "AE", "xE": "xE", "Kg$": "Kg$Ex", "KEA": "KEA"} {
		require.Equal(t, want, withKeyEvents(set), "set: %q", set)
	}
}

func TestMailRetryDelay_RetriesForHours(t *testing.T) {
	t.Parallel()
	require.Equal(t, time.Second, mailRetryDelay(0))
	require.Equal(t, 4*time.Second, mailRetryDelay(2))
	var all time.Duration
	for retried := range mailRetriesMax {
		require.LessOrEqual(t, mailRetryDelay(retried), mailRetryMax)
		all += mailRetryDelay(retried)
	}
	require.Greater(t, all, 2*time.Hour)
}
