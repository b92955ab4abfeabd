package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra/sleep"
)

const (
	// purgeBatchMin and purgeBatchMax are how many rows are deleted at once.
	purgeBatchMin, purgeBatchMax = 100, 4000
	// purgeBatchTime is about what a batch may take. A longer one, as during a sale, makes
	// the next one smaller.
	purgeBatchTime = 40 * time.Millisecond
	// purgeRest times what a batch took is the pause after it.
	purgeRest = 3
)

// purgeTask deletes the rows of one table that have outlived their use, or brings them up to date.
// Each batch skips rows that another instance is at.
type purgeTask struct {
	// batch deletes up to limit rows, and reports whether there may be more.
	batch func(ctx context.Context, conn *pgxpool.Conn, limit int) (deleted int64, more bool, err error)
	limit int
}

// Purge deletes what has outlived its use, until there is nothing left or ctx ends. It
// returns how many rows it deleted. docs/OPERATIONS.md has the tables. Bookings come last:
// the idempotency key of a hold names one, and does not outlive it.
func (db *DB) Purge(ctx context.Context) (purged int64, err error) {
	db.purging.Lock()
	defer db.purging.Unlock()
	tasks := db.accessTasks()
	if db.auditRetention > 0 {
		tasks = append(tasks, purgeTask{batch: deleteRows(purgeAuditSQL, db.auditRetention.Microseconds()), limit: purgeBatchMax / 4})
	}
	purged, err = db.purge(ctx, tasks)
	if err != nil || db.retention <= 0 {
		return purged, err
	}
	sold, err := db.purge(ctx, db.salesTasks())
	return purged + sold, err
}

// purge runs batches of the tasks in turn.
func (db *DB) purge(ctx context.Context, tasks []purgeTask) (purged int64, err error) {
	for len(tasks) > 0 {
		unfinished := tasks[:0]
		for _, task := range tasks {
			deleted, more, err := db.purgeBatch(ctx, &task)
			purged += deleted
			if err != nil {
				return purged, err
			}
			if more {
				unfinished = append(unfinished, task)
			}
		}
		tasks = unfinished
	}
	return purged, nil
}

// accessTasks are those of keys, sessions and tokens.
func (db *DB) accessTasks() (tasks []purgeTask) {
	for _, sql := range purgeSQL {
		tasks = append(tasks, purgeTask{batch: deleteRows(sql), limit: purgeBatchMax / 4})
	}
	return tasks
}

// salesTasks are those of what EVENTRA_RETENTION bounds.
func (db *DB) salesTasks() []purgeTask {
	return []purgeTask{{batch: db.purgeUnpaid, limit: purgeBatchMax / 4}, {batch: db.purgeAttempts, limit: purgeBatchMax / 4},
		{batch: db.purgeOutbox, limit: purgeBatchMax / 4}, {batch: db.purgeNotices, limit: purgeBatchMax / 4}}
}

// purgeBatch runs one batch of a task, rests, and fits the size of the next one.
func (db *DB) purgeBatch(ctx context.Context, task *purgeTask) (deleted int64, more bool, err error) {
	start := time.Now()
	err = db.WithConn(ctx, callTimeout, func(ctx context.Context, conn *pgxpool.Conn) error {
		deleted, more, err = task.batch(ctx, conn, task.limit)
		return err
	})
	took := time.Since(start)
	if err != nil || !more {
		return deleted, false, err
	}
	switch {
	case took > purgeBatchTime:
		task.limit = max(purgeBatchMin, task.limit/2)
	case took < purgeBatchTime/2:
		task.limit = min(purgeBatchMax, 2*task.limit)
	}
	return deleted, true, sleep.For(ctx, purgeRest*took)
}

var purgeSQL = []string{
	`DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' AND locked_until < now()
		ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM refresh_tokens WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM refresh_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM sessions WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM sessions WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM denied_tokens WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM denied_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	// A mail to whoever has an address says that somebody typed it, which is nobody's business for long.
	`DELETE FROM account_mails WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM account_mails WHERE created_at < now() - interval '24 hours' AND user_id IS NULL
		ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
	`DELETE FROM account_mails WHERE ctid = ANY (ARRAY (
		SELECT ctid FROM account_mails WHERE created_at < now() - interval '30 days' AND user_id IS NOT NULL
		ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
}

// deleteRows runs a statement that deletes up to $1 rows. No commit waits for the disk: rows
// that a crash brings back are deleted again.
func deleteRows(sql string, args ...any) func(context.Context, *pgxpool.Conn, int) (int64, bool, error) {
	return func(ctx context.Context, conn *pgxpool.Conn, limit int) (int64, bool, error) {
		var queue pgx.Batch
		queue.Queue(deferFlushSQL)
		queue.Queue(sql, append([]any{limit}, args...)...)
		results := conn.SendBatch(ctx, &queue)
		_, err := results.Exec()
		if err != nil {
			return 0, false, closeBatch(results, err)
		}
		tag, err := results.Exec()
		return tag.RowsAffected(), tag.RowsAffected() == int64(limit), closeBatch(results, err)
	}
}
