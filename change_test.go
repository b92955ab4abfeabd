package eventra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// TestChange_ItemsCostNoMemory: every commit looks at the items of each of its changes.
func TestChange_ItemsCostNoMemory(t *testing.T) {
	b := &eventra.Booking{Items: []eventra.Item{{No: 4, Amount: 1}, eventra.NewPlace(0, "FLOOR", 10), {No: 5, Amount: 100}, {No: 6, Amount: 1000, Released: true}}}
	parts := &eventra.Refund{Items: []int{2, 4}, Released: true}
	for name, c := range map[string]struct {
		change        eventra.Change
		seats, places int64
	}{
		"held":                  {eventra.Change{Kind: eventra.Held, Booking: b}, 101, 10},
		"items went back":       {eventra.Change{Kind: eventra.ItemsRefunded, Booking: b, Refund: parts}, 1000, 10},
		"money alone went back": {eventra.Change{Kind: eventra.ItemsRefunded, Booking: b, Refund: &eventra.Refund{Items: []int{2, 4}}}, 0, 0},
	} {
		var seats, places int64
		allocated := testing.AllocsPerRun(10, func() {
			seats, places = 0, 0
			for _, item := range c.change.SeatItems() {
				seats += item.Amount
			}
			for _, item := range c.change.PlaceItems() {
				places += item.Amount
			}
		})
		require.Equal(t, []int64{c.seats, c.places}, []int64{seats, places}, name)
		require.Zero(t, allocated, name)
	}
}
