package redis_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/redis"
)

// recorder counts the attempts to deliver each mail, and fails as told.
type recorder struct {
	mu    sync.Mutex
	tries map[eventra.MailRef]int
	fail  func(ref eventra.MailRef, try int) error
}

func newMail() eventra.MailRef { return eventra.Tickets(newID()) }

func newNotice() eventra.MailRef {
	return eventra.MailRef{Kind: eventra.MailCancelled, BookingID: newID(), About: newID()}
}

func newRecorder() *recorder { return &recorder{tries: map[eventra.MailRef]int{}} }

func (p *recorder) deliver(_ context.Context, id eventra.MailRef) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries[id]++
	if p.fail == nil {
		return nil
	}
	return p.fail(id, p.tries[id])
}

func (p *recorder) triesOf(id eventra.MailRef) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries[id]
}

func (p *recorder) setFail(fail func(eventra.MailRef, int) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = fail
}

func queue(t *testing.T, url string) *redis.MailQueue {
	q := redis.NewMailQueue(openURL(t, url))
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	return q
}

func work(t *testing.T, q *redis.MailQueue, p *recorder) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := q.Work(ctx, p.deliver); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func stats(t *testing.T, q *redis.MailQueue) redis.MailQueueStats {
	s, err := q.Stats(t.Context())
	require.NoError(t, err)
	return s
}

func TestMailQueue_DeliversEachJobOnceAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewRedis(t)
	q, p := queue(t, url), newRecorder()
	require.Zero(t, stats(t, q), "a queue that was never used")
	ids := []eventra.MailRef{newMail(), newNotice(), newMail()}
	require.NoError(t, q.Enqueue(t.Context(), ids))
	require.NoError(t, q.Enqueue(t.Context(), ids), "a second time is harmless")
	waiting := stats(t, q)
	require.Positive(t, waiting.Oldest)
	require.Equal(t, redis.MailQueueStats{Waiting: 3, Oldest: waiting.Oldest}, waiting)

	work(t, q, p)
	work(t, queue(t, url), p) // another instance
	require.Eventually(t, func() bool { return p.triesOf(ids[0])*p.triesOf(ids[1])*p.triesOf(ids[2]) == 1 }, soon, tick)
	require.Eventually(t, func() bool { return stats(t, q) == redis.MailQueueStats{} }, soon, tick)

	require.NoError(t, q.Enqueue(t.Context(), ids[:1]))
	require.Eventually(t, func() bool { return p.triesOf(ids[0]) == 2 }, soon, tick, "a finished job leaves no trace")
}

func TestMailQueue_RetriesAFailedJobSoon(t *testing.T) {
	t.Parallel()
	q, p, id := queue(t, persistencetest.NewRedis(t)), newRecorder(), newMail()
	p.fail = func(_ eventra.MailRef, try int) error {
		if try < 2 {
			return errors.New("not now")
		}
		return nil
	}
	require.NoError(t, q.Enqueue(t.Context(), []eventra.MailRef{id}))
	work(t, q, p)
	require.Eventually(t, func() bool { return p.triesOf(id) == 2 }, soon, tick)
	require.Eventually(t, func() bool { return stats(t, q) == redis.MailQueueStats{} }, soon, tick)
}

func TestMailQueue_EndsARefusedMailAtOnce(t *testing.T) {
	t.Parallel()
	q, p, id := queue(t, persistencetest.NewRedis(t)), newRecorder(), newNotice()
	p.fail = func(eventra.MailRef, int) error { return fmt.Errorf("550: %w", eventra.ErrMailRefused) }
	require.NoError(t, q.Enqueue(t.Context(), []eventra.MailRef{id}))
	work(t, q, p)
	require.Eventually(t, func() bool { return stats(t, q) == redis.MailQueueStats{Dead: 1} }, soon, tick)
	letters, err := q.DeadLetters(t.Context())
	require.NoError(t, err)
	require.Equal(t, id, letters[0].Mail)
	require.Equal(t, 1, letters[0].Tries)
	require.Contains(t, letters[0].Error, "550")
}

func TestMailQueue_ListsAndRetriesDeadLetters(t *testing.T) {
	t.Parallel()
	q, p, id := queue(t, persistencetest.NewRedis(t)), newRecorder(), newMail()
	letters, err := q.DeadLetters(t.Context())
	require.NoError(t, err)
	require.Empty(t, letters)

	p.fail = func(eventra.MailRef, int) error { return fmt.Errorf("no such address: %w", asynq.SkipRetry) }
	require.NoError(t, q.Enqueue(t.Context(), []eventra.MailRef{id}))
	work(t, q, p)
	require.Eventually(t, func() bool { return stats(t, q).Dead == 1 }, soon, tick)
	require.NoError(t, q.Enqueue(t.Context(), []eventra.MailRef{id}), "it stays a dead letter")
	letters, err = q.DeadLetters(t.Context())
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, id, letters[0].Mail)
	require.Contains(t, letters[0].Error, "no such address")
	require.Equal(t, 1, letters[0].Tries)

	dead, err := q.DeadMail(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, letters[0], *dead)
	_, err = q.DeadMail(t.Context(), newMail())
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	p.setFail(nil)
	other := *dead
	other.Mail = newMail()
	revived, err := q.RetryMails(t.Context(), []eventra.DeadMail{other, *dead, *dead})
	require.NoError(t, err)
	require.Equal(t, 1, revived)
	require.Eventually(t, func() bool { return p.triesOf(id) == 2 }, soon, tick)
	require.Eventually(t, func() bool { return stats(t, q) == redis.MailQueueStats{} }, soon, tick)
}

func TestMailQueue_WorkSurvivesALostAndAnEmptiedServer(t *testing.T) {
	t.Parallel()
	server := persistencetest.NewRedis(t)
	proxy, url := persistencetest.ProxyTo(t, server)
	proxy.Cut()
	q, p, id := queue(t, url), newRecorder(), newMail()
	work(t, q, p)
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(q.Enqueue(t.Context(), []eventra.MailRef{id})))

	for try := 1; try <= 2; try++ {
		proxy.Cut()
		proxy.Restore()
		require.NoError(t, peek(t, server).FlushDB(t.Context()).Err())
		require.Eventually(t, func() bool { return q.Enqueue(t.Context(), []eventra.MailRef{id}) == nil }, soon, tick)
		require.Eventually(t, func() bool { return p.triesOf(id) == try }, soon, tick)
		require.Eventually(t, func() bool { s, err := q.Stats(t.Context()); return err == nil && s == redis.MailQueueStats{} }, soon, tick)
	}
}

func TestMailQueue_WorkWaitsForRunningJobs(t *testing.T) {
	t.Parallel()
	q, id := queue(t, persistencetest.NewRedis(t)), newMail()
	started, finish := make(chan struct{}), make(chan struct{})
	p := newRecorder()
	p.fail = func(eventra.MailRef, int) error { close(started); <-finish; return nil }
	require.NoError(t, q.Enqueue(t.Context(), []eventra.MailRef{id}))
	stop := work(t, q, p)
	<-started

	ended := make(chan struct{})
	go func() { stop(); close(ended) }()
	select {
	case <-ended:
		t.Fatal("it left a running job behind")
	default:
		close(finish)
	}
	<-ended
	require.Equal(t, redis.MailQueueStats{}, stats(t, q))
}

func TestMailQueue_SendsAsManyAtATimeAsConfigured(t *testing.T) {
	t.Parallel()
	q := queue(t, persistencetest.NewRedis(t))
	q.Workers = 12
	var ids []eventra.MailRef
	for range 2 * q.Workers {
		ids = append(ids, newMail())
	}
	require.NoError(t, q.Enqueue(t.Context(), ids))
	var sending, most atomic.Int32
	all := make(chan struct{})
	full := sync.OnceFunc(func() { close(all) })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- q.Work(ctx, func(context.Context, eventra.MailRef) error {
			defer sending.Add(-1)
			now := sending.Add(1)
			if int(now) >= q.Workers {
				full()
			}
			for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
			}
			<-ctx.Done()
			return nil
		})
	}()
	select {
	case <-all:
	case <-time.After(20 * time.Second):
		t.Error("not so many at a time")
	}
	cancel()
	require.NoError(t, <-ended)
	require.LessOrEqual(t, int(most.Load()), q.Workers)
}

func TestMailQueue_ListsDeadMailsByPageAndRetriesOne(t *testing.T) {
	t.Parallel()
	q, p := queue(t, persistencetest.NewRedis(t)), newRecorder()
	refs := []eventra.MailRef{newMail(), newNotice(), newMail(), newNotice()}
	p.fail = func(eventra.MailRef, int) error { return fmt.Errorf("no such address: %w", asynq.SkipRetry) }
	require.NoError(t, q.Enqueue(t.Context(), refs))
	work(t, q, p)
	require.Eventually(t, func() bool { return stats(t, q).Dead == len(refs) }, soon, tick)
	var listed []eventra.MailRef
	page := eventra.Page{Limit: 3}
	for more := true; more; more = page.Cursor != nil {
		mails, next, err := q.DeadMails(t.Context(), page)
		require.NoError(t, err)
		for _, m := range mails {
			listed = append(listed, m.Mail)
		}
		page.Cursor = next
	}
	require.ElementsMatch(t, refs, listed)

	p.setFail(nil)
	require.NoError(t, q.RetryMail(t.Context(), refs[1]))
	require.Eventually(t, func() bool { return stats(t, q) == redis.MailQueueStats{Dead: len(refs) - 1} }, soon, tick)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(q.RetryMail(t.Context(), refs[1])))
}
