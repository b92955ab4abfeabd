package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// Commit persists a batch in one round trip: all statements are sent at once,
// with a single Sync at their end, which makes them one implicit transaction.
// Nothing is durable before that Sync is answered, so the outcome is known
// only when the results are closed.
//
// The fence comes first and locks the event's row until the commit, so an
// activation that takes over waits for this batch or stops it. Then the seats
// are locked in order. Then each kind of change is one statement over arrays,
// which counts what it wrote and aborts everything if a row was not as the
// activation believes.
func (db *DB) Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	conn, err := db.acquire(ctx)
	if err != nil {
		return eventra.Receipt{}, fmt.Errorf("%w: %w", eventra.ErrNotCommitted, err)
	}
	defer conn.Release()

	writes := gather(batch)
	var queue pgx.Batch
	queue.Queue(fenceSQL, batch.EventID, batch.Epoch)
	if len(writes.seats) > 0 {
		queue.Queue(lockSeatsSQL, batch.EventID, writes.seats)
	}
	for _, w := range writes.kinds {
		queue.Queue(w.sql, w.args(batch)...)
	}
	results := conn.SendBatch(ctx, &queue)
	receipt, err := writes.read(results, batch)
	err = closeBatch(results, err)
	db.breaker.observe(err)
	if err != nil {
		return eventra.Receipt{}, sortCommitFault(err)
	}
	return receipt, nil
}

// read takes the statements' results in the order in which they were queued.
func (w *writes) read(results pgx.BatchResults, batch *eventra.Batch) (receipt eventra.Receipt, err error) {
	if err := results.QueryRow().Scan(&receipt.At, nil); err != nil {
		return receipt, err
	}
	if len(w.seats) > 0 {
		if _, err := results.Exec(); err != nil {
			return receipt, err
		}
	}
	for _, kind := range w.kinds {
		if !kind.guarded {
			if _, err := results.Exec(); err != nil {
				return receipt, err
			}
			continue
		}
		var done pgtype.FlatArray[pgtype.UUID]
		if err := results.QueryRow().Scan(&done, nil); err != nil {
			return receipt, err
		}
		if len(done) < len(kind.at) {
			receipt.Refused = kind.markRefused(receipt.Refused, done, len(batch.Changes))
		}
	}
	return receipt, nil
}

// markRefused notes which of the kind's changes the store's guard left out.
func (w *write) markRefused(refused []bool, done []pgtype.UUID, changes int) []bool {
	if refused == nil {
		refused = make([]bool, changes)
	}
	written := make(map[pgtype.UUID]bool, len(done))
	for _, id := range done {
		written[id] = true
	}
	for i, at := range w.at {
		refused[at] = !written[w.guardedIDs()[i]]
	}
	return refused
}
