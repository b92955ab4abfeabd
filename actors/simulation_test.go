package actors

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eventra/eventra"
)

var (
	simSeed      = flag.Uint64("sim.seed", 0, "play the schedule of this seed only, and show its trace")
	simSchedules = flag.Int("sim.schedules", simSchedulesDefault, "how many schedules to play")
)

// TestSimulation plays schedules of faults on activations of one event.
// docs/TESTING.md explains its output.
func TestSimulation(t *testing.T) {
	t.Parallel()
	if *simSeed != 0 {
		violation, trace := play(&taskPool{}, *simSeed, true)
		t.Log("\n" + trace)
		if violation != "" {
			t.Error(violation)
		}
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // many small schedules, little to keep
	started := time.Now()
	first := uint64(started.UnixNano()) >> 20 << 20
	seed, violation := search(first, *simSchedules)
	if violation == "" {
		t.Logf("%d schedules in %v, from seed %d on", *simSchedules, time.Since(started).Round(time.Millisecond), first)
		return
	}
	_, trace := play(&taskPool{}, seed, true)
	t.Errorf("seed %d, after %d schedules: %s\n%s\nPlay it again with -run TestSimulation -sim.seed=%d", seed, seed-first+1, violation, trace, seed)
}

// search plays schedules and returns the lowest seed with a violation, if there is one.
func search(first uint64, schedules int) (seed uint64, violation string) {
	var next atomic.Uint64
	next.Store(first)
	end := first + uint64(schedules)
	var mu sync.Mutex
	var players sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		players.Go(func() {
			var tasks taskPool
			defer tasks.stop()
			for {
				mine := next.Add(1) - 1
				if mine >= end {
					return
				}
				if found, _ := play(&tasks, mine, false); found != "" {
					mu.Lock()
					if violation == "" || mine < seed {
						seed, violation = mine, found
					}
					mu.Unlock()
					next.Store(end)
				}
			}
		})
	}
	players.Wait()
	return seed, violation
}

// play plays one schedule and returns the violation that it found, if any.
func play(tasks *taskPool, seed uint64, traced bool) (found, trace string) {
	s := newSimulation(seed)
	s.taskPool = tasks
	s.traced = traced
	defer func() {
		trace = s.trace.String()
		switch fault := recover().(type) {
		case nil:
		case violation:
			found = string(fault)
		default:
			found = fmt.Sprintf("panic: %v", fault)
		}
	}()
	s.run()
	for t := range s.tasks {
		s.abandon(t)
	}
	return "", ""
}

func newSimulation(seed uint64) *simulation {
	s := &simulation{rng: rand.New(rand.NewPCG(seed, 0)), tasks: map[*task]bool{}, gateway: simGateway{}, returns: simReturns{}, promises: map[eventra.ID]*promise{}, attempts: map[string][]eventra.ID{},
		named: map[eventra.ID]bool{}, freedAt: map[eventra.SeatNo]time.Duration{},
		tickets: map[eventra.ID][]ticketsSince{}}
	s.chooseOdds()
	s.event = newSimEvent(2 + s.rng.IntN(7))
	if s.event.draft = seed%8 == 7; s.event.draft {
		s.event.terms.Status = eventra.EventDraft
	}
	if seed%4 == 1 {
		s.event.terms.OrphanRule = eventra.OrphanStrict
	}
	seats := len(s.event.seats)
	s.layout = eventra.NewLayout(s.event.seats)
	s.copy = &eventra.SeatsView{EventID: s.event.id, Layout: s.layout,
		Status: make([]eventra.SeatStatus, seats), Changed: make([]uint64, seats)}
	s.takenPeriods, s.versions = make([][]takenPeriod, seats), make([]uint64, seats)
	s.db = &simStore{s: s, tables: tables{floor: simFloor(s.rng), seats: make([]eventra.StoredState, seats), bookings: map[eventra.ID]eventra.Booking{},
		payments: map[eventra.ID]eventra.Payment{}, refunds: map[eventra.ID]eventra.Refund{}, outbox: map[eventra.ID]bool{}, blockings: map[eventra.ID]eventra.Blocking{}, keys: map[string]eventra.ID{}}}
	s.locks = &simLocks{s: s, locks: map[eventra.SeatNo]seatLock{}, holds: map[eventra.ID]bool{}}
	s.network = network{s: s}
	s.house = newHouse(s)
	for i := range 2 + s.rng.IntN(5)/4 {
		m := newMember(s, fmt.Sprintf("m%d", i+1))
		if s.chance(500) {
			m.skew = s.between(-time.Minute, time.Minute)
		}
		s.members = append(s.members, m)
	}
	s.owner = s.members[0]
	return s
}

// run plays a schedule: first with faults, then without, until nothing is under
// way any more.
func (s *simulation) run() {
	for i := range 2 + s.rng.IntN(4) {
		b := &buyer{s: s, user: idOf('u', i+1)}
		s.start(nil, b.run)
	}
	s.start(nil, s.house.run)
	s.start(nil, s.readSeats)
	s.planFaults()
	s.play(faultPeriod)
	s.endFaults()
	s.play(faultPeriod + 2*quietPeriod)
	s.start(nil, s.reconcile)
	s.play(faultPeriod + 3*quietPeriod)
	owner := s.owner.activation()
	owner.receive(nil, &wake{})
	if owner.activation.epoch > 0 && !s.current(owner.activation) { // it would notice at its next commit
		s.start(nil, func() { _, _ = s.network.once(s.owner, &reload{}, askTimeout) })
	}
	s.play(faultPeriod + 4*quietPeriod)
	s.checkEnd()
}

// quietPeriod is longer than holds, payments and lost answers take.
const quietPeriod = 15 * time.Second

// readSeats asks for all seats now and then.
func (s *simulation) readSeats() {
	for s.clock < faultPeriod {
		s.sleep(s.between(0, 4*time.Second))
		_, _ = s.network.once(s.network.locate(), &readSeats{since: s.copy.Version, seats: len(s.copy.Status)}, time.Second)
	}
}
