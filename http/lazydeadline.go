package http

import (
	"context"
	"sync"
	"time"
)

// lazyDeadline is the context of one request. Most requests end long before their
// deadline, and what they ask looks at the deadline only. So the timer and the channel of a
// context are made when somebody asks for the channel.
type lazyDeadline struct {
	mu       sync.Mutex
	deadline time.Time
	ended    bool
	timed    context.Context // nil until somebody waits for the end
	cancel   context.CancelFunc
}

// Deadline implements context.Context.
func (l *lazyDeadline) Deadline() (deadline time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deadline, true
}

// Done implements context.Context.
func (l *lazyDeadline) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.cancel = context.WithDeadline(context.Background(), l.deadline)
		if l.ended {
			l.cancel()
		}
	}
	return l.timed.Done()
}

// Err implements context.Context.
func (l *lazyDeadline) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.timed != nil:
		return l.timed.Err()
	case l.ended:
		return context.Canceled
	case !time.Now().Before(l.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context. The library finds its own context behind the channel
// that it waits for, and so needs no goroutine for those that are derived from this one.
func (l *lazyDeadline) Value(key any) any {
	l.mu.Lock()
	timed := l.timed
	l.mu.Unlock()
	if timed == nil {
		return nil
	}
	return timed.Value(key)
}

// postpone gives the context another deadline. It ends those that were derived from it.
func (l *lazyDeadline) postpone(deadline time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = deadline
	if l.cancel != nil {
		l.cancel()
		l.timed, l.cancel = nil, nil
	}
}

// end ends the context, as a context.CancelFunc does.
func (l *lazyDeadline) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.cancel != nil {
		l.cancel()
	}
}
