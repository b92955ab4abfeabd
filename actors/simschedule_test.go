package actors

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/eventra/eventra"
)

// simulation is one schedule: buyers, the activations that they ask, and the
// stores, played by one goroutine in virtual time. Everything that happens follows
// from the seed, so a schedule with a violation has it every time.
type simulation struct {
	rng       *rand.Rand
	clock     time.Duration // the store's clock, since simStart
	agenda    agenda
	scheduled uint64 // entries of the agenda so far
	taskPool  *taskPool
	tasks     map[*task]bool // those with work
	running   *task          // nil if the agenda itself runs

	odds      odds
	faultless bool // faults have ended
	event     *simEvent
	layout    *eventra.Layout
	db        *simStore
	locks     *simLocks
	gateway   simGateway
	returns   simReturns
	refunds   int
	house     *house
	members   []*member
	owner     *member // of the event, once all members have converged
	network   network

	bookings, payments, blockings int // made so far
	promises                      map[eventra.ID]*promise
	attempts                      map[string][]eventra.ID          // by key: the bookings asked for under it
	named                         map[eventra.ID]bool              // bookings whose seats were named
	freedAt                       map[eventra.SeatNo]time.Duration // by row, when one of its seats was freed last
	takenPeriods                  [][]takenPeriod                  // by seat
	versions                      []uint64                         // by seat, last seen in the store
	copy                          *eventra.SeatsView               // what readers have
	tickets                       map[eventra.ID][]ticketsSince    // by customer
	placesTaken                   []takenPlaces

	traced bool
	trace  strings.Builder
}

// simStart is when virtual time begins.
var simStart = time.Date(2026, 11, 7, 10, 0, 0, 0, time.UTC)

// storeTime is now, by the store's clock.
func (s *simulation) storeTime() time.Time { return simStart.Add(s.clock) }

// tracef adds a line to the trace.
func (s *simulation) tracef(format string, args ...any) {
	if s.traced {
		fmt.Fprintf(&s.trace, "%9.4f  %s\n", s.clock.Seconds(), fmt.Sprintf(format, args...))
	}
}

// violation is the panic of a schedule in which something happened that must not.
type violation string

func (s *simulation) fail(format string, args ...any) {
	panic(violation(fmt.Sprintf(format, args...)))
}

// after puts something on the agenda.
func (s *simulation) after(d time.Duration, do func()) {
	s.scheduled++
	heap.Push(&s.agenda, entry{s.clock + d, s.scheduled, do})
}

// play works off the agenda until the given time, or until it is empty.
func (s *simulation) play(until time.Duration) {
	for len(s.agenda) > 0 && s.agenda[0].at <= until {
		next := heap.Pop(&s.agenda).(entry)
		s.clock = next.at
		next.do()
	}
	s.clock = max(s.clock, until)
}

// chance is true so many times in a thousand.
func (s *simulation) chance(perMille int) bool { return perMille > 0 && s.rng.IntN(1000) < perMille }

// between is a random duration.
func (s *simulation) between(from, to time.Duration) time.Duration {
	return from + time.Duration(s.rng.Int64N(int64(to-from)))
}

// latency is how long a message takes: mostly short, rarely very long.
func (s *simulation) latency() time.Duration {
	if s.chance(s.odds.late) {
		return s.between(10*time.Millisecond, 4*time.Second)
	}
	return s.between(50*time.Microsecond, 3*time.Millisecond)
}

// entry is something to do at a time. Entries of the same time keep their order.
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
