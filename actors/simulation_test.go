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

// TestSimulation plays schedules of faults on activations of one event. See
// docs/TESTING.md for how to read what it says.
func TestSimulation(t *testing.T) {
	t.Parallel()
	if *simSeed != 0 {
		fault, trace := play(&crew{}, *simSeed, true)
		t.Log("\n" + trace)
		if fault != "" {
			t.Error(fault)
		}
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // many small schedules, little to keep
	started := time.Now()
	first := uint64(started.UnixNano()) >> 20 << 20
	seed, fault := search(first, *simSchedules)
	if fault == "" {
		t.Logf("%d schedules in %v, from seed %d on", *simSchedules, time.Since(started).Round(time.Millisecond), first)
		return
	}
	_, trace := play(&crew{}, seed, true)
	t.Errorf("seed %d, after %d schedules: %s\n%s\nPlay it again with -run TestSimulation -sim.seed=%d", seed, seed-first+1, fault, trace, seed)
}

// search plays so many seeds and returns the lowest that fails, if one does.
func search(first uint64, schedules int) (seed uint64, fault string) {
	var next atomic.Uint64
	next.Store(first)
	end := first + uint64(schedules)
	var mu sync.Mutex
	var players sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		players.Go(func() {
			var crew crew
			defer crew.dismiss()
			for {
				mine := next.Add(1) - 1
				if mine >= end {
					return
				}
				if f, _ := play(&crew, mine, false); f != "" {
					mu.Lock()
					if fault == "" || mine < seed {
						seed, fault = mine, f
					}
					mu.Unlock()
					next.Store(end)
				}
			}
		})
	}
	players.Wait()
	return seed, fault
}

// play plays one schedule and returns what went wrong, if anything did.
func play(crew *crew, seed uint64, traced bool) (fault, trace string) {
	s := newSimulation(seed)
	s.crew = crew
	s.traced = traced
	defer func() {
		trace = s.trace.String()
		switch broke := recover().(type) {
		case nil:
		case broken:
			fault = string(broke)
		default:
			fault = fmt.Sprintf("panic: %v", broke)
		}
	}()
	s.run()
	for t := range s.tasks {
		s.abandon(t)
	}
	return "", ""
}

func newSimulation(seed uint64) *simulation {
	s := &simulation{rng: rand.New(rand.NewPCG(seed, 0)), tasks: map[*task]bool{}, bank: bank{}, promises: map[eventra.ID]*promise{}}
	s.chooseOdds()
	s.house = newSimHouse(2 + s.rng.IntN(7))
	seats := len(s.house.seats)
	s.layout = eventra.NewLayout(s.house.seats)
	s.copy = &eventra.SeatsView{EventID: s.house.event, Layout: s.layout,
		Status: make([]eventra.SeatStatus, seats), Changed: make([]uint64, seats)}
	s.takings, s.versions = make([][]taking, seats), make([]uint64, seats)
	s.db = &authority{s: s, rows: rows{seats: make([]eventra.StoredState, seats), bookings: map[eventra.ID]eventra.Booking{},
		payments: map[eventra.ID]eventra.Payment{}, outbox: map[eventra.ID]bool{}}}
	s.locks = &lockKeeper{s: s, locks: map[eventra.SeatNo]seatLock{}, holds: map[eventra.ID]bool{}}
	s.desk = desk{s: s}
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

// run is a schedule from its beginning to when all is quiet.
func (s *simulation) run() {
	for i := range 2 + s.rng.IntN(4) {
		b := &buyer{s: s, user: idOf('u', i+1)}
		s.start(nil, b.shop)
	}
	s.start(nil, s.readers)
	s.plan()
	s.play(storm)
	s.calmDown()
	s.play(storm + 2*quietAfter)
	s.start(nil, s.reconcile)
	s.play(storm + 3*quietAfter)
	owner := s.owner.activation()
	owner.receive(nil, &wake{})
	if owner.activation.epoch > 0 && !s.current(owner.activation) { // it would notice when it sells
		s.start(nil, func() { _, _ = s.desk.once(s.owner, &reload{}, askTimeout) })
	}
	s.play(storm + 4*quietAfter)
	s.checkQuiet()
}

// quietAfter is more than holds, payments and lost answers take.
const quietAfter = 15 * time.Second

// readers ask for all seats now and then.
func (s *simulation) readers() {
	for s.clock < storm {
		s.sleep(s.between(0, 4*time.Second))
		_, _ = s.desk.once(s.desk.locate(), &readSeats{since: s.copy.Version, seats: len(s.copy.Status)}, time.Second)
	}
}
