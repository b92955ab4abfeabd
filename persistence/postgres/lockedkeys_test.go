package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// lockedKeys is a store whose keys another transaction may write.
type lockedKeys struct {
	db    *DB
	other pgx.Tx
}

func newLockedKeys(t *testing.T) *lockedKeys {
	t.Helper()
	url := persistencetest.NewDatabase(t)
	db, err := Open(t.Context(), url, Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	other, err := conn.Begin(t.Context())
	require.NoError(t, err)
	return &lockedKeys{db: db, other: other}
}

// write leaves the keys of attempts written and not committed.
func (f *lockedKeys) write(t *testing.T, attempts ...*eventra.IdempotencyAttempt) {
	t.Helper()
	for _, a := range attempts {
		_, err := f.other.Exec(t.Context(), `INSERT INTO idempotency_keys (user_id, route, key, request_hash, resource_id, locked_until)
			VALUES ($1, $2, $3, '', $4, now())`, a.Key.UserID, a.Key.Route, a.Key.Key, persistencetest.NewID())
		require.NoError(t, err)
	}
}

// batch makes a hold of one seat for each attempt; nil has no key.
func (f *lockedKeys) batch(t *testing.T, attempts ...*eventra.IdempotencyAttempt) *eventra.Batch {
	t.Helper()
	event, seats := persistencetest.NewEvent(), persistencetest.NewSeats(len(attempts))
	require.NoError(t, f.db.PutTerms(t.Context(), event))
	_, err := f.db.AddSeats(t.Context(), event.ID, persistencetest.NewID(), seats)
	require.NoError(t, err)
	snapshot, err := f.db.Activate(t.Context(), event.ID)
	require.NoError(t, err)
	b := &eventra.Batch{EventID: event.ID, Epoch: snapshot.Epoch, Version: 2, Hold: time.Minute}
	for i, a := range attempts {
		booking := &eventra.Booking{ID: persistencetest.NewID(), EventID: event.ID, UserID: persistencetest.NewID(),
			Total: eventra.Money{Currency: "EUR"}, Items: []eventra.Item{eventra.NewItem(eventra.SeatNo(i), &seats[i], seats[i].Section)}}
		if a != nil {
			booking.ID = a.ResourceID
		}
		b.Changes = append(b.Changes, &eventra.Change{Kind: eventra.Held, Booking: booking, Attempt: a})
	}
	return b
}

func newKeyAttempt() *eventra.IdempotencyAttempt {
	return &eventra.IdempotencyAttempt{ResourceID: persistencetest.NewID(), Lease: time.Minute,
		Key: eventra.IdempotencyKey{UserID: persistencetest.NewID(), Route: "POST /api/v1/bookings", Key: "k"}}
}

// A transaction that has written keys and hangs stops the holds under these keys, and no other
// hold.
func TestCommit_LeavesOutHoldsWhoseKeysAreLocked(t *testing.T) {
	t.Parallel()
	f := newLockedKeys(t)
	locked := []*eventra.IdempotencyAttempt{newKeyAttempt(), newKeyAttempt()}
	f.write(t, locked...)
	hot, other := f.batch(t, newKeyAttempt(), locked[0], nil, locked[1], newKeyAttempt()), f.batch(t, nil, newKeyAttempt())

	_, err := f.db.CommitTogether(t.Context(), []*eventra.Batch{hot, other})
	require.ErrorIs(t, err, eventra.ErrSplitBatch)
	receipt, err := f.db.Commit(t.Context(), other)
	require.NoError(t, err)
	require.Nil(t, receipt.Refused)
	receipt, err = f.db.Commit(t.Context(), hot)
	require.NoError(t, err)
	require.Equal(t, []bool{false, true, false, true, false}, receipt.Refused)

	require.NoError(t, f.other.Rollback(t.Context()))
	hot.Version++
	hot.Changes = []*eventra.Change{hot.Changes[1], hot.Changes[3]}
	receipts, err := f.db.CommitTogether(t.Context(), []*eventra.Batch{hot})
	require.NoError(t, err)
	require.Nil(t, receipts[0].Refused)
}

// Calls for keys that nobody writes do not fail or wait with those for keys that a hanging
// transaction has written or locked.
func TestKeys_ThatAreLockedStopNoOthers(t *testing.T) {
	t.Parallel()
	f := newLockedKeys(t)
	inserted, claimed, free := newKeyAttempt(), newKeyAttempt(), newKeyAttempt()
	_, err := f.db.Begin(t.Context(), claimed)
	require.NoError(t, err)
	f.write(t, inserted)
	_, err = f.other.Exec(t.Context(), `SELECT FROM idempotency_keys WHERE user_id = $1 FOR UPDATE`, claimed.Key.UserID)
	require.NoError(t, err)

	again := *claimed
	again.ResourceID = persistencetest.NewID()
	rows, err := f.db.claims.Send([]*eventra.IdempotencyAttempt{inserted, free, &again})
	require.NoError(t, err)
	require.True(t, rows[0].locked)
	require.True(t, rows[1].claimed)
	require.True(t, rows[2].locked)
	_, err = f.db.Begin(t.Context(), inserted)
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err))

	ends, err := f.db.finishes.Send([]finish{{claimed, eventra.StoredResponse{Status: 201}}, {free, eventra.StoredResponse{Status: 201}}})
	require.NoError(t, err)
	require.Equal(t, []error{errKeyLocked, nil}, ends)
	ends, err = f.db.releases.Send([]*eventra.IdempotencyAttempt{inserted, newKeyAttempt(), claimed})
	require.NoError(t, err)
	require.Equal(t, []error{errKeyLocked, nil, errKeyLocked}, ends)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(f.db.Release(t.Context(), inserted)))

	require.NoError(t, f.other.Rollback(t.Context()))
	require.NoError(t, f.db.Finish(t.Context(), claimed, eventra.StoredResponse{Status: 201}))
	claim, err := f.db.Begin(t.Context(), inserted)
	require.NoError(t, err)
	require.False(t, claim.Again)
}
