package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/eventra/eventra"
)

// Commit persists a batch in one transaction: see [DB.commit]. If the event's
// row is locked, as by an activation that takes over, it waits. A hold whose idempotency key
// another transaction is writing is refused.
func (db *DB) Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	receipts, err := db.commit(ctx, fenceSQL, statement.inAlone, []*eventra.Batch{batch})
	if err != nil {
		return eventra.Receipt{}, classifyCommit(err)
	}
	return receipts[0], nil
}

// CommitTogether persists batches of different events in one transaction: see
// [DB.commit]. It waits for no lock. A lock in its way, or a fault of one of
// several batches, stops all of them: then the error is ErrSplitBatch. It waits only
// for a transaction of another event that is writing one of its idempotency keys, for
// keysPatience.
func (db *DB) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	receipts, err := db.commit(ctx, fenceNoWaitSQL, statement.inMerged, batches)
	switch {
	case err == nil:
		return receipts, nil
	case isLockConflict(err), len(batches) > 1 && isBatchFault(err):
		return nil, fmt.Errorf("%w: %w", eventra.ErrSplitBatch, err)
	}
	return nil, classifyCommit(err)
}

// commit persists batches in one round trip. All statements are sent at once,
// with a single Sync at their end, which makes them one implicit transaction
// (PostgreSQL, Frontend/Backend Protocol, "Pipelining"). Nothing is durable
// before the Sync is answered, so the outcome is known only when the results are
// closed.
//
// The fence comes first and locks the events' rows until the commit, so an
// activation that takes over waits for this batch or stops it. Then each kind of
// change is one statement over arrays. It locks the rows it changes, counts what
// it wrote, and aborts the transaction if a row is not as the activation
// believes.
func (db *DB) commit(ctx context.Context, fence string, sql func(statement) string, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	conn, err := db.acquire(ctx)
	if err != nil {
		return nil, notSentError{err}
	}
	defer conn.Release()

	writes := gather(batches)
	var queue pgx.Batch
	queue.Queue(fence, writes.events, writes.epochs)
	for _, w := range writes.kinds {
		queue.Queue(sql(w.statement), w.args()...)
	}
	writes.places.queue(&queue)
	if writes.audit != nil {
		queue.Queue(insertAuditSQL, writes.audit.args()...)
	}
	results := conn.SendBatch(ctx, &queue)
	receipts, err := writes.read(results, batches)
	err = closeBatch(results, err)
	db.observe(err)
	return receipts, err
}

// read reads the statements' results in the order in which they were queued.
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
	if err := w.places.read(results); err != nil || w.audit == nil {
		return receipts, err
	}
	_, err := results.Exec()
	return receipts, err
}

// markRefused notes which of the kind's changes the guard refused.
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
