package redis

import (
	"context"
	"fmt"
)

// forgetStep is how many keys are looked at, and at most deleted, by one command.
const forgetStep = 1000

// Remembered counts what Redis remembers of sales and mails.
type Remembered struct {
	Locks, Holds, Pages int // locks of seats, keys of holds, and entries of the cache
	Jobs                int // of mails, dead letters among them
}

// Forget deletes what a database that was restored to an earlier point contradicts: locks, keys
// of holds, cached pages and jobs of mails. Mails that are to be sent become jobs again. What
// the rate limits count stays. A dry run only counts.
func (db *DB) Forget(ctx context.Context, dryRun bool) (found Remembered, err error) {
	for _, kind := range []struct {
		pattern string
		count   *int
	}{
		{keyPrefix + "lock:*", &found.Locks}, {keyPrefix + "hold:*", &found.Holds}, {keyPrefix + "cache:*", &found.Pages},
	} {
		if *kind.count, err = db.forgetKeys(ctx, kind.pattern, dryRun); err != nil {
			return found, unavailable(err)
		}
	}
	for _, queue := range mailQueues {
		jobs, err := db.forgetKeys(ctx, fmt.Sprintf("asynq:{%s}:t:*", queue.name), dryRun)
		if err == nil {
			_, err = db.forgetKeys(ctx, fmt.Sprintf("asynq:{%s}:*", queue.name), dryRun)
		}
		if err != nil {
			return found, unavailable(err)
		}
		found.Jobs += jobs
	}
	return found, nil
}

func (db *DB) forgetKeys(ctx context.Context, pattern string, dryRun bool) (found int, err error) {
	for cursor := uint64(0); ; {
		keys, next, err := db.client.Scan(ctx, cursor, pattern, forgetStep).Result()
		if err != nil {
			return found, err
		}
		found += len(keys)
		if len(keys) > 0 && !dryRun {
			if err := db.client.Unlink(ctx, keys...).Err(); err != nil {
				return found, err
			}
		}
		if cursor = next; cursor == 0 {
			return found, nil
		}
	}
}
