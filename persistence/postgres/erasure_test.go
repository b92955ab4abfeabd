package postgres

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// What shops and administrators note of a booking may say whose it is.
func TestErasing_ForgetsWhatWasNotedOfBookings(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	conn := connectLikePool(t, url)
	fill(t, conn, 2, 10, 20)
	db := openOne(t, url)
	user := persistencetest.NewUser()
	require.NoError(t, db.CreateUser(t.Context(), user))
	customer, err := db.PutCustomer(t.Context(), &eventra.ShopCustomer{ID: persistencetest.NewID(), Shop: "shop", ExternalID: "C-1"})
	require.NoError(t, err)
	for id, erase := range map[eventra.ID]func() error{
		customer: func() error { return db.EraseCustomer(t.Context(), customer) },
		user.ID: func() error {
			_, err := db.EraseUser(t.Context(), eventra.Erasure{UserID: user.ID, NoPassword: []byte("no hash")})
			return err
		},
	} {
		_, err := conn.Exec(t.Context(), `
			WITH theirs AS (
				INSERT INTO bookings (id, event_id, user_id, status, amount, currency, expires_at, created_at, ended_at)
				SELECT gen_random_uuid(), id, $1, 'EXPIRED', 1000, 'EUR', now(), now(), now() FROM events RETURNING id
			) INSERT INTO booking_metadata (booking_id, metadata) SELECT id, '{"seat for": "Ada"}' FROM theirs`, id)
		require.NoError(t, err)
		require.NoError(t, erase())
		var bookings, noted, others int
		require.NoError(t, conn.QueryRow(t.Context(), `
			SELECT count(*) FILTER (WHERE user_id = $1), count(metadata) FILTER (WHERE user_id = $1), count(metadata) FILTER (WHERE user_id <> $1)
			FROM bookings LEFT JOIN booking_metadata ON booking_id = id`, id).Scan(&bookings, &noted, &others))
		require.Equal(t, []int{2, 0, 20}, []int{bookings, noted, others})
	}
}
