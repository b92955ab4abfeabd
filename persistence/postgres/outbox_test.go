package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// A server whose clock is set back must not keep mails until it is there again.
func TestDB_MailsLeasedBeforeTheClockWasSetBackAreDue(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	db := openAt(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	const lease = 30 * time.Second
	ahead, leased := persistencetest.NewID(), persistencetest.NewID()
	_, err = conn.Exec(t.Context(), `INSERT INTO outbox (booking_id, created_at, due_at)
		VALUES ($1, now(), now() + interval '45 seconds'), ($2, now(), now() + interval '20 seconds')`, ahead, leased)
	require.NoError(t, err)
	for _, want := range [][]eventra.MailRef{{eventra.Tickets(ahead)}, {}} {
		due, err := db.Due(t.Context(), eventra.TicketBox, 10, lease)
		require.NoError(t, err)
		require.Equal(t, want, due)
	}
}
