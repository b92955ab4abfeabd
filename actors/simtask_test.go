package actors

import (
	"iter"
	"time"
)

// task is what would be a goroutine: work that waits now and then. Only one task
// runs at a time, until it waits. A task whose work is done takes other work,
// because starting one is expensive under the race detector.
type task struct {
	member  *member // whose process the task belongs to; nil for a buyer's
	work    func()  // nil once it is done
	waits   int     // so far; a wake-up for an earlier wait comes too late
	dropped bool
	next    func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
}

// abandoned is the panic that ends the work of a killed process.
type abandoned struct{}

func newTask() *task {
	t := &task{}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			t.do()
			t.work = nil
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return t
}

func (t *task) do() {
	defer func() {
		if fault := recover(); fault != nil && fault != (abandoned{}) {
			panic(fault)
		}
	}()
	if !t.dropped {
		t.work()
	}
}

// start begins a task a little later.
func (s *simulation) start(m *member, work func()) {
	t := s.taskPool.get()
	t.member, t.work, t.dropped = m, work, false
	s.tasks[t] = true
	wait := t.waits
	s.after(s.between(0, 50*time.Microsecond), func() { s.wake(t, wait) })
}

// wake resumes a task from the given wait, unless it has been resumed already. A
// task of a frozen process resumes when the process thaws, one of a dead process
// never does.
func (s *simulation) wake(t *task, wait int) {
	switch {
	case t.waits != wait || !s.tasks[t]:
	case t.member != nil && t.member.dead:
		s.abandon(t)
	case t.member != nil && t.member.frozen:
		t.member.whenRunning(func() { s.wake(t, wait) })
	default:
		s.resume(t)
	}
}

func (s *simulation) resume(t *task) {
	t.waits++
	before := s.running
	s.running = t
	t.next()
	s.running = before
	if t.work == nil {
		delete(s.tasks, t)
		s.taskPool.idle = append(s.taskPool.idle, t)
	}
}

func (s *simulation) abandon(t *task) {
	t.dropped = true
	s.resume(t)
}

// taskPool is tasks without work, of one goroutine.
type taskPool struct{ idle []*task }

func (p *taskPool) get() *task {
	last := len(p.idle) - 1
	if last < 0 {
		return newTask()
	}
	t := p.idle[last]
	p.idle = p.idle[:last]
	return t
}

func (p *taskPool) stop() {
	for _, t := range p.idle {
		t.stop()
	}
}

// park suspends the running task until it is woken.
func (s *simulation) park() {
	t := s.running
	if t.yield(struct{}{}); t.dropped {
		panic(abandoned{})
	}
}

func (s *simulation) sleep(d time.Duration) {
	t := s.running
	wait := t.waits
	s.after(d, func() { s.wake(t, wait) })
	s.park()
}

// awaited is an answer that a task waits for.
type awaited[T any] struct {
	s     *simulation
	task  *task
	wait  int
	kept  bool
	value T
}

func awaiting[T any](s *simulation) *awaited[T] {
	return &awaited[T]{s: s, task: s.running, wait: s.running.waits}
}

// keep takes the answer; later answers are dropped.
func (a *awaited[T]) keep(value T) {
	if !a.kept {
		a.kept, a.value = true, value
		a.s.wake(a.task, a.wait)
	}
}

// await returns the answer, or false after the timeout.
func (a *awaited[T]) await(timeout time.Duration) (value T, kept bool) {
	a.s.after(timeout, func() { a.s.wake(a.task, a.wait) })
	a.s.park()
	return a.value, a.kept
}
