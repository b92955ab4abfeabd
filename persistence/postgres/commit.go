package postgres

import (
	"context"
	"fmt"
	"slices"

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
		if err := kind.readGuarded(results, receipts, batches); err != nil {
			return nil, err
		}
	}
	if err := w.places.read(results); err != nil || w.audit == nil {
		return receipts, err
	}
	_, err := results.Exec()
	return receipts, err
}

// readGuarded notes which of the kind's changes the guard refused, and the references of the bookings
// that the others made.
func (w *write) readGuarded(results pgx.BatchResults, receipts []eventra.Receipt, batches []*eventra.Batch) error {
	var done uuids
	var references bigints
	columns := []any{&done, nil}
	if w.books {
		columns = []any{&done, &references, nil}
	}
	if err := results.QueryRow().Scan(columns...); err != nil {
		return err
	}
	same := slices.Equal(done, w.guardedIDs())
	if same && !w.books {
		return nil
	}
	var rows map[pgtype.UUID]int
	if !same {
		rows = positionsOf(done)
	}
	for i, at := range w.at {
		row, written := i, true
		if !same {
			row, written = rows[w.guardedIDs()[i]]
		}
		receipt, changes := &receipts[at.batch], len(batches[at.batch].Changes)
		switch {
		case !written:
			mark(&receipt.Refused, changes, at.change, true)
		case w.books:
			mark(&receipt.References, changes, at.change, eventra.Reference(references[row]))
		}
	}
	return nil
}

func positionsOf(ids uuids) map[pgtype.UUID]int {
	at := make(map[pgtype.UUID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	return at
}

// mark sets one of a number of values, which are nil until the first is set.
func mark[T any](values *[]T, number, at int, value T) {
	if *values == nil {
		*values = make([]T, number)
	}
	(*values)[at] = value
}
