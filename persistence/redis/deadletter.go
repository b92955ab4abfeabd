package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/eventra/eventra"
)

// deadLettersMax bounds what one look at the dead letters shows.
const deadLettersMax = 1000

// DeadLetter is a mail that was given up.
type DeadLetter struct {
	BookingID eventra.ID
	Error     string // why the last try failed
	Tries     int
	FailedAt  time.Time
}

// MailQueueStats counts the jobs.
type MailQueueStats struct {
	Waiting int // now or after a failed try
	Running int
	Dead    int
}

// DeadLetters lists mails that were given up, up to a thousand of them.
func (q *MailQueue) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	tasks, err := within(ctx, func() ([]*asynq.TaskInfo, error) {
		return q.inspector().ListArchivedTasks(mailQueueName, asynq.PageSize(deadLettersMax))
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

// RetryDead puts all mails that were given up back into the queue and returns
// how many there were.
func (q *MailQueue) RetryDead(ctx context.Context) (int, error) {
	n, err := within(ctx, func() (int, error) { return q.inspector().RunAllArchivedTasks(mailQueueName) })
	return n, unavailable(err)
}

// Stats counts the jobs.
func (q *MailQueue) Stats(ctx context.Context) (MailQueueStats, error) {
	info, err := within(ctx, func() (*asynq.QueueInfo, error) {
		inspector := q.inspector()
		queues, err := inspector.Queues()
		if err != nil || !slices.Contains(queues, mailQueueName) {
			return &asynq.QueueInfo{}, err
		}
		return inspector.GetQueueInfo(mailQueueName)
	})
	if err != nil {
		return MailQueueStats{}, unavailable(err)
	}
	return MailQueueStats{
		Waiting: info.Pending + info.Scheduled + info.Retry,
		Running: info.Active,
		Dead:    info.Archived,
	}, nil
}

func (q *MailQueue) inspector() *asynq.Inspector {
	return asynq.NewInspectorFromRedisClient(q.db.client)
}

// within asks the library, whose looks know no context but end with the
// client's short timeouts. A queue that nobody has used yet is an empty one.
func within[T any](ctx context.Context, look func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	found, err := look()
	if errors.Is(err, asynq.ErrQueueNotFound) {
		return none, nil
	}
	return found, err
}
