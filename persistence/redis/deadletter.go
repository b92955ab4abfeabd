package redis

import (
	"context"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/eventra/eventra"
)

// deadLettersMax bounds the dead letters in one list.
const deadLettersMax = 1000

// DeadLetter is a mail whose attempts are used up.
type DeadLetter struct {
	BookingID eventra.ID
	Error     string // of the last attempt
	Tries     int
	FailedAt  time.Time
}

// MailQueueStats counts the jobs of a mail queue.
type MailQueueStats struct {
	Waiting int // for a worker or for the next attempt
	Running int
	Dead    int
}

// DeadLetters lists the dead letters, a thousand at most.
func (q *MailQueue) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	tasks, err := inspect(ctx, q, func(inspector *asynq.Inspector) ([]*asynq.TaskInfo, error) {
		return inspector.ListArchivedTasks(mailQueueName, asynq.PageSize(deadLettersMax))
	})
	if err != nil {
		return nil, unavailable(err)
	}
	var letters []DeadLetter
	for _, task := range tasks {
		if id, err := eventra.ParseID(task.ID); err == nil {
			letters = append(letters, DeadLetter{id, task.LastErr, task.Retried + 1, task.LastFailedAt})
		}
	}
	return letters, nil
}

// RetryDead puts all dead letters back into the queue and returns how many there
// were.
func (q *MailQueue) RetryDead(ctx context.Context) (int, error) {
	n, err := inspect(ctx, q, func(inspector *asynq.Inspector) (int, error) { return inspector.RunAllArchivedTasks(mailQueueName) })
	return n, unavailable(err)
}

// Stats counts the jobs in the queue.
func (q *MailQueue) Stats(ctx context.Context) (MailQueueStats, error) {
	info, err := inspect(ctx, q, func(inspector *asynq.Inspector) (*asynq.QueueInfo, error) {
		return inspector.GetQueueInfo(mailQueueName)
	})
	if err != nil || info == nil {
		return MailQueueStats{}, unavailable(err)
	}
	return MailQueueStats{
		Waiting: info.Pending + info.Scheduled + info.Retry,
		Running: info.Active,
		Dead:    info.Archived,
	}, nil
}

// inspect calls the library's inspector, which knows no context but is bounded by
// the client's short timeouts. A queue that was never used is empty.
func inspect[T any](ctx context.Context, q *MailQueue, call func(*asynq.Inspector) (T, error)) (found T, err error) {
	if err := ctx.Err(); err != nil {
		return found, err
	}
	inspector := asynq.NewInspectorFromRedisClient(q.db.client)
	queues, err := inspector.Queues()
	if err != nil || !slices.Contains(queues, mailQueueName) {
		return found, err
	}
	return call(inspector)
}
