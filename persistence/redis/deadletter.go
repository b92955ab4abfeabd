package redis

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/eventra/eventra"
)

// deadLettersMax bounds the dead letters in one list.
const deadLettersMax = 1000

// MailQueueStats counts the jobs of all boxes.
type MailQueueStats struct {
	Waiting int // for a worker or for the next attempt
	Running int
	Dead    int
	Oldest  time.Duration // how long the oldest job has been ready for a worker
}

// DeadLetters lists the dead mails, the oldest failure first; of each box a thousand at most.
func (q *MailQueue) DeadLetters(ctx context.Context) (letters []eventra.DeadMail, err error) {
	for box := range eventra.MailBoxes {
		tasks, err := inspect(ctx, q, box, func(inspector *asynq.Inspector, queue string) ([]*asynq.TaskInfo, error) {
			return inspector.ListArchivedTasks(queue, asynq.PageSize(deadLettersMax))
		})
		if err != nil {
			return nil, unavailable(err)
		}
		for _, task := range tasks {
			if ref, err := eventra.ParseMailRef(task.ID); err == nil {
				letters = append(letters, deadMail(ref, task))
			}
		}
	}
	slices.SortFunc(letters, func(a, b eventra.DeadMail) int { return compareDead(positionOf(&a), positionOf(&b)) })
	return letters, nil
}

func deadMail(ref eventra.MailRef, task *asynq.TaskInfo) eventra.DeadMail {
	return eventra.DeadMail{Mail: ref, Error: task.LastErr, Tries: task.Retried + 1, FailedAt: task.LastFailedAt}
}

// positionOf returns where a dead mail is in the list.
func positionOf(m *eventra.DeadMail) eventra.Cursor {
	return eventra.Cursor{Time: m.FailedAt, Text: m.Mail.String()}
}

func compareDead(a, b eventra.Cursor) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Text, b.Text))
}

// DeadMails implements http.DeadMails. It reads all that DeadLetters lists.
func (q *MailQueue) DeadMails(ctx context.Context, p eventra.Page) (mails []eventra.DeadMail, next *eventra.Cursor, err error) {
	if mails, err = q.DeadLetters(ctx); err != nil {
		return nil, nil, err
	}
	if p.Cursor != nil {
		mails = slices.DeleteFunc(mails, func(m eventra.DeadMail) bool { return compareDead(positionOf(&m), *p.Cursor) <= 0 })
	}
	if len(mails) > p.Limit {
		last := positionOf(&mails[p.Limit-1])
		mails, next = mails[:p.Limit], &last
	}
	return mails, next, nil
}

var errNoDeadMail = eventra.Errorf(eventra.CodeNotFound, "no such mail, or none that is dead")

// DeadMail implements http.DeadMails.
func (q *MailQueue) DeadMail(ctx context.Context, ref eventra.MailRef) (*eventra.DeadMail, error) {
	task, err := inspect(ctx, q, ref.Box(), func(inspector *asynq.Inspector, queue string) (*asynq.TaskInfo, error) {
		return inspector.GetTaskInfo(queue, ref.String())
	})
	switch {
	case errors.Is(err, asynq.ErrTaskNotFound), err == nil && (task == nil || task.State != asynq.TaskStateArchived):
		return nil, errNoDeadMail
	case err != nil:
		return nil, unavailable(err)
	}
	mail := deadMail(ref, task)
	return &mail, nil
}

// RetryMail implements http.DeadMails: it puts a dead mail back into the queue.
func (q *MailQueue) RetryMail(ctx context.Context, ref eventra.MailRef) error {
	if _, err := q.DeadMail(ctx, ref); err != nil {
		return err
	}
	_, err := inspect(ctx, q, ref.Box(), func(inspector *asynq.Inspector, queue string) (struct{}, error) {
		return struct{}{}, inspector.RunTask(queue, ref.String())
	})
	if errors.Is(err, asynq.ErrTaskNotFound) {
		return errNoDeadMail
	}
	return unavailable(err)
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

// RetryMails puts dead mails back into the queue and returns how many there were. Those that somebody else has put back
// meanwhile are left out.
func (q *MailQueue) RetryMails(ctx context.Context, mails []eventra.DeadMail) (revived int, err error) {
	for i := range mails {
		switch err := q.RetryMail(ctx, mails[i].Mail); {
		case err == nil:
			revived++
		case !errors.Is(err, errNoDeadMail):
			return revived, err
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
			stats.Oldest = max(stats.Oldest, info.Latency)
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
