package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

// Bookings of the release before get references, all but the holds, which have time until they are
// confirmed.
func TestNumberBookings_GivesEachBookingItsOwn(t *testing.T) {
	t.Parallel()
	url, conn := filledDatabase(t, 2, 400)
	_, err := conn.Exec(t.Context(), `UPDATE bookings SET reference_no = NULL WHERE id <> id('booking', 3)`)
	require.NoError(t, err)
	var kept, held int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT reference_no, (SELECT count(*) FROM bookings WHERE status = 'HELD')
		FROM bookings WHERE id = id('booking', 3)`).Scan(&kept, &held))
	require.NotZero(t, held)

	db := openOne(t, url)
	numbered, err := db.NumberBookings(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 400-1-held, numbered)
	var after, numbers, without int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT max(reference_no) FILTER (WHERE id = id('booking', 3)), count(DISTINCT reference_no),
		count(*) FILTER (WHERE reference_no IS NULL AND status <> 'HELD') FROM bookings`).Scan(&after, &numbers, &without))
	require.Equal(t, []int{kept, 400 - held, 0}, []int{after, numbers, without})

	numbered, err = db.NumberBookings(t.Context())
	require.NoError(t, err)
	require.Zero(t, numbered)
}

// A member of the release before inserts no reference, and each of its bookings has one.
func TestSchema_GivesEachBookingAReference(t *testing.T) {
	t.Parallel()
	conn := connectLikePool(t, persistencetest.NewDatabase(t))
	fill(t, conn, 2, 10, 100)
	var bookings, numbers int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT reference_no) FROM bookings`).Scan(&bookings, &numbers))
	require.NotZero(t, bookings)
	require.Equal(t, bookings, numbers)
}
