package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// Commit persists a batch: see [DB.commit]. It waits for who has locked the
// event's row, such as an activation that takes over, and hears the result.
func (db *DB) Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	receipts, err := db.commit(ctx, fenceSQL, []*eventra.Batch{batch})
	if err != nil {
		return eventra.Receipt{}, sortCommitFault(err)
	}
	return receipts[0], nil
}

// CommitTogether persists batches of different events: see [DB.commit]. What
// is wrong with one of them, or a row that has to be waited for, stops all:
// then its error is ErrSplitBatch.
func (db *DB) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts, err := db.commit(ctx, fenceHereSQL, batches)
	switch {
	case err == nil:
		return receipts, nil
	case lockedState(err), len(batches) > 1 && oneBatchesState(err):
		return nil, fmt.Errorf("%w: %w", eventra.ErrSplitBatch, err)
	}
	return nil, sortCommitFault(err)
}

// commit persists batches in one round trip: all statements are sent at once,
// with a single Sync at their end, which makes them one implicit transaction.
// Nothing is durable before that Sync is answered, so the outcome is known
// only when the results are closed.
//
// The fence comes first and locks the events' rows until the commit, so an
// activation that takes over waits for this batch or stops it. Then each kind
// of change is one statement over arrays, which locks the rows it changes,
// counts what it wrote and aborts everything if a row was not as the activation
// believes.
func (db *DB) commit(ctx context.Context, fence string, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	conn, err := db.acquire(ctx)
	if err != nil {
		return nil, notSentError{err}
	}
	defer conn.Release()

	writes := gather(batches)
	var queue pgx.Batch
	queue.Queue(fence, writes.events, writes.epochs)
	for _, w := range writes.kinds {
		queue.Queue(w.sql, w.args()...)
	}
	results := conn.SendBatch(ctx, &queue)
	receipts, err := writes.read(results, batches)
	err = closeBatch(results, err)
	db.breaker.observe(err)
	return receipts, err
}

// read takes the statements' results in the order in which they were queued.
func (w *writes) read(results pgx.BatchResults, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts := make([]eventra.Receipt, len(batches))
	if err := results.QueryRow().Scan(&receipts[0].At, nil); err != nil {
		return nil, err
	}
	for i := range receipts {
		receipts[i].At = receipts[0].At
	}
	for _, kind := range w.kinds {
		if !kind.guarded {
			if _, err := results.Exec(); err != nil {
				return nil, err
			}
			continue
		}
		var done pgtype.FlatArray[pgtype.UUID]
		if err := results.QueryRow().Scan(&done, nil); err != nil {
			return nil, err
		}
		if len(done) < len(kind.at) {
			kind.markRefused(receipts, done, batches)
		}
	}
	return receipts, nil
}

// markRefused notes which of the kind's changes the store's guard left out.
func (w *write) markRefused(receipts []eventra.Receipt, done []pgtype.UUID, batches []*eventra.Batch) {
	written := make(map[pgtype.UUID]bool, len(done))
	for _, id := range done {
		written[id] = true
	}
	for i, at := range w.at {
		if written[w.guardedIDs()[i]] {
			continue
		}
		if receipts[at.batch].Refused == nil {
			receipts[at.batch].Refused = make([]bool, len(batches[at.batch].Changes))
		}
		receipts[at.batch].Refused[at.change] = true
	}
}
