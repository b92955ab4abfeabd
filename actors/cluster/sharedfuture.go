package cluster

import (
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// sharedFuture is one actor process that receives the answers to all questions to
// actors of this operating system process. The library would register, time and
// remove a future for each. It follows SharedFutureProcess of Proto.Actor for .NET.
type sharedFuture struct {
	system *actor.ActorSystem
	id     string

	mu      sync.Mutex
	waiting map[*actor.PID]*waiter // by sender: each question has its own PID, and all lead here
}

// waiter waits for one answer at a time.
type waiter struct {
	answer chan any // has room for one
	timer  *time.Timer
}

var waiters = sync.Pool{New: func() any {
	w := &waiter{answer: make(chan any, 1), timer: time.NewTimer(0)}
	w.timer.Stop()
	return w
}}

func newSharedFuture(system *actor.ActorSystem) *sharedFuture {
	f := &sharedFuture{system: system, id: "asks" + system.ProcessRegistry.NextID(), waiting: map[*actor.PID]*waiter{}}
	system.ProcessRegistry.Add(f, f.id)
	return f
}

// ask sends a question and waits for its answer. ErrMoved if there is no such
// actor, ErrTimeout if it has not answered in time.
func (f *sharedFuture) ask(to *actor.PID, question any, timeout time.Duration) (answer any, err error) {
	w := waiters.Get().(*waiter)
	defer waiters.Put(w)
	from := actor.NewPID(f.system.Address(), f.id)
	f.mu.Lock()
	f.waiting[from] = w
	f.mu.Unlock()
	f.system.Root.RequestWithCustomSender(to, question, from)
	w.timer.Reset(timeout)
	defer w.timer.Stop()
	select {
	case answer = <-w.answer:
	case <-w.timer.C:
		if f.take(from) != nil {
			return nil, ErrTimeout
		}
		answer = <-w.answer // take returned nil: the answer is being delivered
	}
	if _, dead := answer.(*actor.DeadLetterResponse); dead {
		return nil, ErrMoved
	}
	return answer, nil
}

// take ends the wait of a question and returns its waiter, nil if it had ended.
func (f *sharedFuture) take(from *actor.PID) *waiter {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.waiting[from]
	delete(f.waiting, from)
	return w
}

// SendUserMessage implements actor.Process.
func (f *sharedFuture) SendUserMessage(from *actor.PID, message any) {
	if w := f.take(from); w != nil {
		_, answer, _ := actor.UnwrapEnvelope(message)
		w.answer <- answer
	}
}

// SendSystemMessage implements actor.Process.
func (*sharedFuture) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (*sharedFuture) Stop(*actor.PID) {}
