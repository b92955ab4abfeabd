package actors

import (
	"container/heap"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/eventra/eventra"
)

// simulation is one schedule: buyers, the activations they ask and the stores,
// played by one goroutine in virtual time. All that happens follows from the
// seed, so a schedule that fails fails again.
type simulation struct {
	rng    *rand.Rand
	clock  time.Duration // the store's clock, since the opening
	agenda agenda
	asked  uint64 // entries of the agenda so far
	crew   *crew
	tasks  map[*task]bool // that have work
	turn   *task          // who is at work; nil if it is the agenda itself

	odds    odds
	calm    bool // no faults any more
	house   *house
	layout  *eventra.Layout
	db      *authority
	locks   *lockKeeper
	bank    bank
	members []*member
	owner   *member // whose event it is, if all members agree
	desk    desk

	bookings, payments int // made so far
	promises           map[eventra.ID]*promise
	takings            [][]taking         // by seat
	versions           []uint64           // by seat, last seen in the store
	copy               *eventra.SeatsView // what readers have

	traced bool
	trace  strings.Builder
}

// opening is when virtual time begins.
var opening = time.Date(2026, 11, 7, 10, 0, 0, 0, time.UTC)

// storeTime is now, by the store's clock.
func (s *simulation) storeTime() time.Time { return opening.Add(s.clock) }

// note adds a line to the trace.
func (s *simulation) note(format string, args ...any) {
	if s.traced {
		fmt.Fprintf(&s.trace, "%9.4f  %s\n", s.clock.Seconds(), fmt.Sprintf(format, args...))
	}
}

// broken is what a schedule panics with once something is seen that must not be.
type broken string

func (s *simulation) fail(format string, args ...any) {
	panic(broken(fmt.Sprintf(format, args...)))
}

// after has something done when that much time has passed.
func (s *simulation) after(d time.Duration, do func()) {
	s.asked++
	heap.Push(&s.agenda, entry{s.clock + d, s.asked, do})
}

// play does what is on the agenda, until nothing is or the time given.
func (s *simulation) play(until time.Duration) {
	for len(s.agenda) > 0 && s.agenda[0].at <= until {
		next := heap.Pop(&s.agenda).(entry)
		s.clock = next.at
		next.do()
	}
	s.clock = max(s.clock, until)
}

// chance is true so many times of a thousand.
func (s *simulation) chance(perMille int) bool { return perMille > 0 && s.rng.IntN(1000) < perMille }

// between is a random time.
func (s *simulation) between(from, to time.Duration) time.Duration {
	return from + time.Duration(s.rng.Int64N(int64(to-from)))
}

// travel is how long a message takes: mostly little, seldom very long.
func (s *simulation) travel() time.Duration {
	if s.chance(s.odds.late) {
		return s.between(10*time.Millisecond, 4*time.Second)
	}
	return s.between(50*time.Microsecond, 3*time.Millisecond)
}

// entry is something to do at a time; of the same time, the first asked for comes first.
type entry struct {
	at    time.Duration
	order uint64
	do    func()
}

type agenda []entry

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].order < a[j].order
}
func (a *agenda) Push(x any) { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = entry{}
	*a = (*a)[:last]
	return x
}

// task is what would be a goroutine: work that waits now and then. Only one
// is at work at a time, until it waits. Where the work is done, other work takes
// its place, for to begin is dear under the race detector.
type task struct {
	member  *member // in whose process; nil for a buyer's
	work    func()  // nil once it is done
	waits   int     // so far; who wakes it for an earlier one comes too late
	dropped bool
	next    func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
}

// abandoned ends the work of a process that was killed.
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
	t := s.crew.hire()
	t.member, t.work, t.dropped = m, work, false
	s.tasks[t] = true
	wait := t.waits
	s.after(s.between(0, 50*time.Microsecond), func() { s.wake(t, wait) })
}

// wake has a task go on from the wait given, unless it has done so already. In
// a frozen process that is when it thaws, in a dead one never.
func (s *simulation) wake(t *task, wait int) {
	switch {
	case t.waits != wait || !s.tasks[t]:
	case t.member != nil && t.member.dead:
		s.abandon(t)
	case t.member != nil && t.member.frozen:
		t.member.later(func() { s.wake(t, wait) })
	default:
		s.goOn(t)
	}
}

func (s *simulation) goOn(t *task) {
	t.waits++
	before := s.turn
	s.turn = t
	t.next()
	s.turn = before
	if t.work == nil {
		delete(s.tasks, t)
		s.crew.idle = append(s.crew.idle, t)
	}
}

func (s *simulation) abandon(t *task) {
	t.dropped = true
	s.goOn(t)
}

// crew are tasks without work, of one goroutine.
type crew struct{ idle []*task }

func (c *crew) hire() *task {
	last := len(c.idle) - 1
	if last < 0 {
		return newTask()
	}
	t := c.idle[last]
	c.idle = c.idle[:last]
	return t
}

func (c *crew) dismiss() {
	for _, t := range c.idle {
		t.stop()
	}
}

// park ends a task's turn until somebody wakes it.
func (s *simulation) park() {
	t := s.turn
	if t.yield(struct{}{}); t.dropped {
		panic(abandoned{})
	}
}

func (s *simulation) sleep(d time.Duration) {
	t := s.turn
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
	return &awaited[T]{s: s, task: s.turn, wait: s.turn.waits}
}

// keep gives the answer; what comes after the first is not heard.
func (p *awaited[T]) keep(value T) {
	if !p.kept {
		p.kept, p.value = true, value
		p.s.wake(p.task, p.wait)
	}
}

// await returns the answer, or false when the time is over.
func (p *awaited[T]) await(timeout time.Duration) (value T, kept bool) {
	p.s.after(timeout, func() { p.s.wake(p.task, p.wait) })
	p.s.park()
	return p.value, p.kept
}
