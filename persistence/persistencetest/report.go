package persistencetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// RunEventReport checks what is reported of an event.
func RunEventReport(t *testing.T, store BackOfficeStore) {
	f := newFixture(t, store)
	_, err := store.EventReport(t.Context(), NewID())
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	empty, err := store.EventReport(t.Context(), f.event.ID)
	require.NoError(t, err)
	require.Equal(t, []int{40, 40, 0, 0}, []int{empty.Total, empty.Free(), empty.Held, empty.Sold})
	require.Empty(t, empty.Sales)
	require.Empty(t, empty.Hours)

	held := f.hold(longHold, 0, 1)
	bought, _ := f.bought(2, 3, 4)
	refunded, p := f.bought(5)
	f.must(change(eventra.Refunded, refunded))
	released := f.hold(longHold, 6)
	f.must(change(eventra.Released, released))
	report, err := store.EventReport(t.Context(), f.event.ID)
	require.NoError(t, err)
	require.Equal(t, []int{40, 35, 2, 3, 0}, []int{report.Total, report.Free(), report.Held, report.Sold, report.Blocked})
	require.Equal(t, bought.Total.Amount, report.Revenue())
	require.Equal(t, bought.Total.Currency, report.Currency)
	tickets := 0
	for _, s := range report.Sales {
		require.Equal(t, eventra.TicketTypeStandard, s.TicketType)
		require.NotEmpty(t, s.Category)
		tickets += s.Held + s.Sold
	}
	require.Equal(t, len(held.Items)+len(bought.Items), tickets)
	require.Equal(t, []int64{1, 0, refunded.Total.Amount}, []int64{int64(report.Refunded), report.Returned, report.Owed})
	require.NoError(t, store.MarkRefunded(t.Context(), p.ID))
	after, err := store.EventReport(t.Context(), f.event.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{refunded.Total.Amount, 0}, []int64{after.Returned, after.Owed})
	confirmed, revenue := 0, int64(0)
	for _, hour := range report.Hours {
		confirmed, revenue = confirmed+hour.Bookings, revenue+hour.Revenue
		require.Equal(t, hour.Start, hour.Start.Truncate(time.Hour))
	}
	require.Equal(t, 2, confirmed, "also the one that was refunded since")
	require.Equal(t, bought.Total.Amount+refunded.Total.Amount, revenue)
}

// RunSeatHistory checks who had a seat at which time.
func RunSeatHistory(t *testing.T, store BackOfficeStore) {
	f := newFixture(t, store)
	seat := f.seats[3]
	history := func(at time.Time) (ids []eventra.ID) {
		page := eventra.Page{Limit: 1}
		for {
			uses, next, err := store.SeatHistory(t.Context(), f.event.ID, seat, at, page)
			require.NoError(t, err)
			for _, use := range uses {
				ids = append(ids, use.ID)
			}
			if next == nil {
				return ids
			}
			page.Cursor = next
		}
	}
	_, _, err := store.SeatHistory(t.Context(), NewID(), seat, time.Time{}, eventra.Page{Limit: 1})
	require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
	_, _, err = store.SeatHistory(t.Context(), f.event.ID, eventra.Seat{Section: "Z", Row: "1", Number: 1}, time.Time{}, eventra.Page{Limit: 1})
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	require.Empty(t, history(time.Time{}))

	first := f.hold(longHold, 3)
	f.must(change(eventra.Released, first))
	record, err := store.BookingRecord(t.Context(), first.ID)
	require.NoError(t, err)
	second, _ := f.bought(2, 3)
	f.hold(longHold, 4)
	require.Equal(t, []eventra.ID{second.ID, first.ID}, history(time.Time{}))
	require.Equal(t, []eventra.ID{first.ID}, history(first.CreatedAt))
	require.Empty(t, history(record.EndedAt), "it was free then")
	require.Equal(t, []eventra.ID{second.ID}, history(second.CreatedAt.Add(time.Hour)))
	require.Empty(t, history(first.CreatedAt.Add(-time.Second)))
	uses, _, err := store.SeatHistory(t.Context(), f.event.ID, seat, time.Time{}, eventra.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []eventra.SeatUse{
		{ID: second.ID, From: second.CreatedAt, Status: eventra.BookingConfirmed, UserID: f.user.ID},
		{ID: first.ID, From: first.CreatedAt, Until: record.EndedAt, Status: eventra.BookingCancelled, UserID: f.user.ID},
	}, uses)

	f.must(change(eventra.Refunded, second))
	block := f.blocking(eventra.Blocked, 1, 3)
	f.must(block)
	uses, _, err = store.SeatHistory(t.Context(), f.event.ID, seat, time.Time{}, eventra.Page{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, block.Blocking.ID, uses[0].ID)
	require.Equal(t, block.Blocking.Reason, *uses[0].Block)
	require.Zero(t, uses[0].Until)
}
