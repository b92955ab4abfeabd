package postgres

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// Each search reads no more than it shows, whatever the tables hold: it looks up by an index whose
// columns its conditions name, and none that would read all bookings.
func TestSearch_HasOnePlanForTablesOfAnySize(t *testing.T) {
	t.Parallel()
	seat := &eventra.Seat{Section: "A", Row: "1", Number: 1}
	event := persistencetest.NewID()
	for name, bookings := range map[string]int{"empty": 0, "full": 40_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connectLikePool(t, persistencetest.NewDatabase(t))
			if bookings > 0 {
				fill(t, conn, 50, 1000, bookings)
			}
			_, err := conn.Exec(t.Context(), "VACUUM ANALYZE")
			require.NoError(t, err)
			for search, c := range map[string]struct {
				eventra.BookingSearch
				index, cond string
			}{
				"all":           {eventra.BookingSearch{}, "bookings_by_time", "created_at"},
				"by status":     {eventra.BookingSearch{Status: eventra.BookingHeld}, "bookings_by_time", "created_at"},
				"by event":      {eventra.BookingSearch{EventID: event}, "bookings_of_event_by_time", "created_at"},
				"by address":    {eventra.BookingSearch{EventID: event, Email: "a@example.org", Status: eventra.BookingHeld}, "bookings_of_user", "created_at"},
				"by reference":  {eventra.BookingSearch{EventID: event, Reference: 1, Email: "a@example.org"}, "bookings_reference", "reference_no"},
				"whose address": {eventra.BookingSearch{Email: "a@example.org"}, "users_email_unique", "email"},
				"by seat":       {eventra.BookingSearch{EventID: event, Seat: seat}, "bookings_pkey", "id"},
				"which seat":    {eventra.BookingSearch{EventID: event, Seat: seat}, "seats_name_unique", "number"},
				"of live ones":  {eventra.BookingSearch{EventID: event, Seat: seat}, "booking_seats_one_live", "seat_no"},
				"of the others": {eventra.BookingSearch{EventID: event, Seat: seat, Email: "a@example.org"}, "booking_seats_ended", "seat_no"},
			} {
				sql, _ := searchSQL(&c.BookingSearch, eventra.Page{Limit: 20})
				plan := explainGeneric(t, conn, sql)
				require.True(t, plan.looksUp(c.index, c.cond), "%s: %s: %s", search, c.index, plan.text)
				require.False(t, plan.scansAll(), "%s: %s", search, plan.text)
			}
		})
	}
}

// The record of a booking is read by its id.
func TestBookingRecord_HasOnePlanForTablesOfAnySize(t *testing.T) {
	t.Parallel()
	conn := connectLikePool(t, persistencetest.NewDatabase(t))
	_, err := conn.Exec(t.Context(), "VACUUM ANALYZE")
	require.NoError(t, err)
	requireIndexes(t, "customers", explainGeneric(t, conn, customersByIDSQL), "users_pkey", "customers_pkey")
	requireIndexes(t, "mails", explainGeneric(t, conn, mailsOfBookingsSQL), "outbox_pkey", "notices_pkey", "payments_of_booking", "refunds_one_n")
	requireIndexes(t, "refunds", explainGeneric(t, conn, bookingRefundsSQL), "_pkey", "payments_of_booking", "refunds_one_n")
	requireIndexes(t, "the seat of a history", explainGeneric(t, conn, historySeatSQL), "seats_name_unique", "events_pkey")
	requireIndexes(t, "history", explainGeneric(t, conn, seatHistorySQL), "_pkey", "booking_seats_one_live", "booking_seats_ended", "refunds_one_n")
	requireIndexes(t, "payments", explainGeneric(t, conn, paymentsOfBookingsSQL), "payments_of_booking")
}

// A report of a million bookings reads each row once, and joins no booking with its items but those that are held.
func TestReport_ReadsEachRowOnce(t *testing.T) {
	t.Parallel()
	conn := connectLikePool(t, persistencetest.NewDatabase(t))
	fill(t, conn, 50, 1000, 40_000)
	_, err := conn.Exec(t.Context(), "VACUUM ANALYZE")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), strings.ReplaceAll(allowReportSQL, "LOCAL ", ""))
	require.NoError(t, err)
	var event eventra.ID
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT event_id FROM bookings LIMIT 1").Scan(&event))
	sales := explain(t, conn, reportSalesSQL, event)
	require.True(t, sales.looksUp("booking_seats_one_live", "event_id"), sales.text)
	for _, n := range sales.nodes {
		require.False(t, strings.HasPrefix(n.IndexName, "bookings_pkey"), "%s", sales.text)
	}
	hours := explain(t, conn, reportHoursSQL, event, eventra.ReportHoursMax)
	require.True(t, hours.looksUp("bookings_of_event_by_time", "event_id"), hours.text)
	for _, p := range []plan{sales, hours} {
		require.False(t, p.scansAll(), p.text)
	}
}

// looksUp reports whether an index is used with a condition on a column.
func (p plan) looksUp(index, column string) bool {
	for _, n := range p.nodes {
		if n.IndexName == index && strings.Contains(n.IndexCond, column) {
			return true
		}
	}
	return false
}
