package eventra

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEvent_SaleAt(t *testing.T) {
	t.Parallel()
	start := time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
	opens, closes := start.Add(-time.Hour), start.Add(-time.Minute)
	e := &Event{StartsAt: start, EndsAt: start.Add(time.Hour), Terms: Terms{Status: EventPublished}}
	at := func(want SaleState, now time.Time) {
		t.Helper()
		require.Equal(t, want, e.SaleAt(now))
		require.Equal(t, want == SaleOpen, e.SaleTerms().OpenAt(now), "as the sale itself sees it")
		require.Equal(t, want == SaleEnded || want == SaleCancelled, want.Over())
	}
	at(SaleOpen, opens.Add(-time.Hour))
	at(SaleEnded, e.EndsAt)
	e.SaleStartsAt, e.SaleEndsAt = &opens, &closes
	at(SaleUpcoming, opens.Add(-1))
	at(SaleOpen, opens)
	at(SaleOpen, closes.Add(-1))
	at(SaleEnded, closes)
	e.Status = EventDraft
	at(SaleUpcoming, opens)
	at(SaleEnded, closes)
	e.Status = EventCancelled
	at(SaleCancelled, opens)
	at(SaleCancelled, closes)
}
