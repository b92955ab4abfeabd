package redis

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/eventra/eventra"
)

// deadLettersMax bounds the dead letters in one list.
const deadLettersMax = 1000

// DeadLetter is a mail whose attempts are used up.
type DeadLetter struct {
	Mail     eventra.MailRef
	Error    string // of the last attempt
	Tries    int
	FailedAt time.Time
}

// Facts returns what the audit log says of a dead letter that is tried again: nothing of its recipient.
func (l *DeadLetter) Facts() eventra.Facts {
	return eventra.Facts{"tries": l.Tries, "failedAt": l.FailedAt.UTC().Format(time.RFC3339)}
}

// MailQueueStats counts the jobs of all boxes.
type MailQueueStats struct {
	Waiting int // for a worker or for the next attempt
	Running int
	Dead    int
}

// DeadLetters lists the dead letters, a thousand of each box at most.
func (q *MailQueue) DeadLetters(ctx context.Context) (letters []DeadLetter, err error) {
	for box := range eventra.MailBoxes {
		tasks, err := inspect(ctx, q, box, func(inspector *asynq.Inspector, queue string) ([]*asynq.TaskInfo, error) {
			return inspector.ListArchivedTasks(queue, asynq.PageSize(deadLettersMax))
		})
		if err != nil {
			return nil, unavailable(err)
		}
		for _, task := range tasks {
			if ref, err := eventra.ParseMailRef(task.ID); err == nil {
				letters = append(letters, DeadLetter{ref, task.LastErr, task.Retried + 1, task.LastFailedAt})
			}
		}
	}
	return letters, nil
}

// MailTries returns the attempts to send a mail. A mail that has no job has had none.
func (q *MailQueue) MailTries(ctx context.Context, ref eventra.MailRef) (tries eventra.MailTries, err error) {
	task, err := inspect(ctx, q, ref.Box(), func(inspector *asynq.Inspector, queue string) (*asynq.TaskInfo, error) {
		task, err := inspector.GetTaskInfo(queue, ref.String())
		if errors.Is(err, asynq.ErrTaskNotFound) {
			return nil, nil
		}
		return task, err
	})
	if err != nil || task == nil {
		return tries, unavailable(err)
	}
	tries = eventra.MailTries{Tries: task.Retried, LastError: task.LastErr, Dead: task.State == asynq.TaskStateArchived}
	if tries.Dead {
		tries.Tries++
	}
	return tries, nil
}

// RetryDead puts all dead letters back into the queue and returns how many there
// were.
func (q *MailQueue) RetryDead(ctx context.Context) (revived int, err error) {
	for box := range eventra.MailBoxes {
		n, err := inspect(ctx, q, box, (*asynq.Inspector).RunAllArchivedTasks)
		revived += n
		if err != nil {
			return revived, unavailable(err)
		}
	}
	return revived, nil
}

// Stats counts the jobs.
func (q *MailQueue) Stats(ctx context.Context) (stats MailQueueStats, err error) {
	for box := range eventra.MailBoxes {
		info, err := inspect(ctx, q, box, (*asynq.Inspector).GetQueueInfo)
		if err != nil {
			return MailQueueStats{}, unavailable(err)
		}
		if info != nil {
			stats.Waiting += info.Pending + info.Scheduled + info.Retry
			stats.Running += info.Active
			stats.Dead += info.Archived
		}
	}
	return stats, nil
}

// inspect calls the library's inspector, which knows no context but is bounded by
// the client's short timeouts. A queue that was never used is empty.
func inspect[T any](ctx context.Context, q *MailQueue, box eventra.MailBox, call func(*asynq.Inspector, string) (T, error)) (found T, err error) {
	if err := ctx.Err(); err != nil {
		return found, err
	}
	inspector := asynq.NewInspectorFromRedisClient(q.db.client)
	queues, err := inspector.Queues()
	if err != nil || !slices.Contains(queues, mailQueues[box].name) {
		return found, err
	}
	return call(inspector, mailQueues[box].name)
}
