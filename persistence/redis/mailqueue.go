package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"github.com/eventra/eventra"
)

// mailQueues are the queues of the boxes, and how often their turn comes beside each other.
var mailQueues = [eventra.MailBoxes]struct {
	name, task string
	turns      int
}{
	eventra.TicketBox:  {"mail", "ticket", 3},
	eventra.AccountBox: {"accounts", "account", 3},
	eventra.NoticeBox:  {"notices", "notice", 1},
}

const (
	mailWorkersDefault = 4
	// mailsWaitingMax jobs keep all workers of a few instances busy for a second
	// or two. Further mails stay in the outbox, where they cost nothing; here, each
	// job that waits for longer than the outbox's lease is enqueued again.
	mailsWaitingMax = 1000
	// mailTaskTimeout bounds one delivery, the time of the mail server included.
	mailTaskTimeout = 30 * time.Second
	// mailRetriesMax retries follow after one, two, four … seconds, ten minutes at
	// most: nearly three hours, in which a mail server is either back or lost.
	mailRetriesMax = 25
	mailRetryMax   = 10 * time.Minute

	// mailCheckInterval is how often an idle worker looks for a job,
	// mailRetryInterval how often retries that are due become jobs.
	mailCheckInterval = 250 * time.Millisecond
	mailRetryInterval = time.Second
)

// MailQueue spreads mails over the workers of all instances. A job's id is its
// mail's, so a job that already waits is not added again. A finished job leaves
// no trace. It implements actors.MailQueue.
type MailQueue struct {
	// Workers is how many mails are sent at a time; 0: a few.
	Workers int

	db *DB
	// patient has longer timeouts, for the workers: unlike a sale they can wait, and
	// their library retries at once after a fast error.
	patient *goredis.Client
}

// NewMailQueue makes a MailQueue in a database. Close it when Work has ended.
func NewMailQueue(db *DB) *MailQueue {
	patient := db.newClient(func(o *goredis.Options) {
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = 2*time.Second, 2*time.Second, 2*time.Second, 5*time.Second
		o.MaxRetries, o.MinRetryBackoff, o.MaxRetryBackoff = 2, 500*time.Millisecond, time.Second
	})
	return &MailQueue{db: db, patient: patient}
}

// Close closes the workers' connections.
func (q *MailQueue) Close() error { return q.patient.Close() }

// Enqueue implements actors.MailQueue.
func (q *MailQueue) Enqueue(ctx context.Context, refs []eventra.MailRef) error {
	// A new client each time: a client registers the queue's name once, and an
	// emptied Redis has lost it.
	client := asynq.NewClientFromRedisClient(q.db.client)
	for _, ref := range refs {
		queue := &mailQueues[ref.Box()]
		_, err := client.EnqueueContext(ctx, asynq.NewTask(queue.task, []byte(ref.String())),
			asynq.Queue(queue.name), asynq.TaskID(ref.String()),
			asynq.MaxRetry(mailRetriesMax), asynq.Timeout(mailTaskTimeout))
		if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			return unavailable(err)
		}
	}
	return nil
}

// Full implements actors.MailQueue: it looks for one job more than may wait.
func (q *MailQueue) Full(ctx context.Context, box eventra.MailBox) (bool, error) {
	beyond, err := inspect(ctx, q, box, func(inspector *asynq.Inspector, queue string) ([]*asynq.TaskInfo, error) {
		return inspector.ListPendingTasks(queue, asynq.PageSize(1), asynq.Page(mailsWaitingMax))
	})
	return len(beyond) > 0, unavailable(err)
}

// Work implements actors.MailQueue. It returns nil when ctx has ended and the
// running jobs are finished.
func (q *MailQueue) Work(ctx context.Context, deliver func(context.Context, eventra.MailRef) error) error {
	turns := map[string]int{}
	for _, queue := range mailQueues {
		turns[queue.name] = queue.turns
	}
	server := asynq.NewServerFromRedisClient(q.patient, asynq.Config{
		Concurrency:              cmp.Or(q.Workers, mailWorkersDefault),
		Queues:                   turns,
		RetryDelayFunc:           func(retried int, _ error, _ *asynq.Task) time.Duration { return mailRetryDelay(retried) },
		TaskCheckInterval:        mailCheckInterval,
		DelayedTaskCheckInterval: mailRetryInterval,
		ShutdownTimeout:          mailTaskTimeout,
		Logger:                   queueLog{},
		ErrorHandler:             asynq.ErrorHandlerFunc(logFailure),
	})
	err := server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		ref, err := eventra.ParseMailRef(string(task.Payload()))
		if err != nil {
			return fmt.Errorf("mail for %q: %w: %w", task.Payload(), err, asynq.SkipRetry)
		}
		err = deliver(ctx, ref)
		if errors.Is(err, eventra.ErrMailRefused) {
			return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
		}
		return err
	}))
	if err != nil {
		return fmt.Errorf("redis: mail queue: %w", err)
	}
	<-ctx.Done()
	server.Shutdown()
	return nil
}

func mailRetryDelay(retried int) time.Duration {
	const doublings = 10 // 1024 s is more than the longest delay
	return min(time.Second<<min(retried, doublings), mailRetryMax)
}

func logFailure(ctx context.Context, task *asynq.Task, err error) {
	retried, _ := asynq.GetRetryCount(ctx)
	ref, _ := eventra.ParseMailRef(string(task.Payload()))
	subject, id := ref.Subject()
	log := slog.With(subject, id, "kind", ref.Kind, "tries", retried+1, "error", err)
	if retried >= mailRetriesMax || errors.Is(err, asynq.SkipRetry) {
		log.Error("mail not delivered: it is a dead letter now")
		return
	}
	log.Warn("mail not delivered; it is tried again", "in", mailRetryDelay(retried))
}

// queueLog logs the library's messages. Its errors come from a lost Redis, which
// it survives.
type queueLog struct{}

func (queueLog) Debug(args ...any) { slog.Debug("mail queue: " + fmt.Sprint(args...)) }
func (queueLog) Info(args ...any)  { slog.Debug("mail queue: " + fmt.Sprint(args...)) }
func (queueLog) Warn(args ...any)  { slog.Warn("mail queue: " + fmt.Sprint(args...)) }
func (queueLog) Error(args ...any) { slog.Warn("mail queue: " + fmt.Sprint(args...)) }

// Fatal is called when this program misuses the library.
func (queueLog) Fatal(args ...any) { panic("mail queue: " + fmt.Sprint(args...)) }
