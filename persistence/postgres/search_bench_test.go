package postgres

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

var benchBookings = flag.Int("bookings", 100_000, "bookings of the event that BenchmarkBackOffice reads")

// BenchmarkBackOffice measures what administrators read of an event with very many bookings:
// first pages of searches, a report, a history, an export. -bookings 1000000 fills a database for two minutes.
func BenchmarkBackOffice(b *testing.B) {
	url := persistencetest.NewDatabase(b)
	conn, err := pgx.Connect(b.Context(), url)
	require.NoError(b, err)
	b.Cleanup(func() { conn.Close(context.Background()) })
	// Each booking has seats of its own here, more than an event may have.
	_, err = conn.Exec(b.Context(), "ALTER TABLE events DROP CONSTRAINT events_seats_total_in_range; ALTER TABLE seats DROP CONSTRAINT seats_no_dense")
	require.NoError(b, err)
	fillAll(b, conn, 1, *benchBookings)
	_, err = conn.Exec(b.Context(), "VACUUM ANALYZE")
	require.NoError(b, err)
	db := openOne(b, url)
	var event eventra.ID
	var email string
	require.NoError(b, conn.QueryRow(b.Context(), `SELECT event_id, email FROM bookings JOIN users ON users.id = user_id LIMIT 1`).Scan(&event, &email))
	seat := &eventra.Seat{Section: "A", Row: "3", Number: 1}
	from := time.Now().Add(-48 * time.Hour)
	for _, c := range []struct {
		name string
		eventra.BookingSearch
	}{
		{"all", eventra.BookingSearch{}},
		{"status=HELD", eventra.BookingSearch{Status: eventra.BookingHeld}},
		{"status=REFUNDED", eventra.BookingSearch{Status: eventra.BookingRefunded}},
		{"event", eventra.BookingSearch{EventID: event}},
		{"event,status", eventra.BookingSearch{EventID: event, Status: eventra.BookingConfirmed}},
		{"email", eventra.BookingSearch{Email: email}},
		{"email,event,status", eventra.BookingSearch{Email: email, EventID: event, Status: eventra.BookingConfirmed}},
		{"seat", eventra.BookingSearch{EventID: event, Seat: seat}},
		{"time", eventra.BookingSearch{From: from, To: from.Add(time.Hour)}},
		{"event,time", eventra.BookingSearch{EventID: event, From: from, To: from.Add(time.Hour)}},
	} {
		b.Run("search="+c.name, func(b *testing.B) {
			for b.Loop() {
				_, _, err := db.SearchBookings(b.Context(), c.BookingSearch, eventra.Page{Limit: eventra.PageLimitMax})
				require.NoError(b, err)
			}
		})
	}
	b.Run("report", func(b *testing.B) {
		for b.Loop() {
			_, err := db.EventReport(b.Context(), event)
			require.NoError(b, err)
		}
	})
	b.Run("history", func(b *testing.B) {
		for b.Loop() {
			_, _, err := db.SeatHistory(b.Context(), event, *seat, time.Time{}, eventra.Page{Limit: eventra.PageLimitMax})
			require.NoError(b, err)
		}
	})
	b.Run("export", func(b *testing.B) {
		items := 0
		for b.Loop() {
			items += exportAll(b, db, event)
		}
		b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
	})
}

// exportAll reads a whole export, and returns its items.
func exportAll(b *testing.B, db *DB, event eventra.ID) (items int) {
	now, err := db.BeginExport(b.Context(), event)
	require.NoError(b, err)
	export := eventra.BookingExport{EventID: event, Until: now}
	var after *eventra.Cursor
	for {
		found, next, err := db.ExportBookings(b.Context(), export, after, 1000)
		require.NoError(b, err)
		for _, booking := range found {
			items += len(booking.Items)
		}
		if next == nil {
			return items
		}
		after = next
	}
}
