package actors

import (
	"slices"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
)

// odds are how often things go wrong, in a thousand. Each schedule has its own: a
// fault that never happens in one lets others happen undisturbed.
type odds struct {
	lost, repeated, late, misrouted            int // messages
	storeAway, storeLost, aborts               int // PostgreSQL
	redisAway                                  int
	freezes, kills, moves, stops, disturbances int // how many of each in a schedule, at most
}

func (s *simulation) chooseOdds() {
	some := func(most int) int {
		if s.chance(500) {
			return 0
		}
		return s.rng.IntN(most + 1)
	}
	s.odds = odds{lost: some(100), repeated: some(300), late: some(200), misrouted: some(500),
		storeAway: some(100), storeLost: some(200), aborts: some(100), redisAway: some(500),
		freezes: some(3), kills: some(2), moves: some(3), stops: some(2), disturbances: some(2)}
}

// faultPeriod is how long things go wrong.
const faultPeriod = 10 * time.Second

// planFaults puts faults on the agenda.
func (s *simulation) planFaults() {
	o := s.odds
	for _, fault := range []struct {
		times int
		do    func()
	}{{o.freezes, s.freeze}, {o.kills, s.kill}, {o.moves, s.move}, {o.stops, s.stop}, {o.disturbances, s.disturb}} {
		for range fault.times {
			s.after(s.between(0, faultPeriod), fault.do)
		}
	}
	if s.chance(150) {
		s.after(s.between(time.Second, faultPeriod), func() { s.become(eventra.EventCancelled) })
	}
	for range s.rng.IntN(3) {
		s.after(s.between(0, faultPeriod), s.reprice)
	}
	if s.event.terms.OrphanRule != eventra.OrphanStrict && s.chance(300) {
		s.after(s.between(0, faultPeriod), s.removeSeat)
	}
	if s.event.draft {
		s.after(s.between(0, faultPeriod/2), func() { s.become(eventra.EventPublished) })
	}
}

// become is an administrator's: it writes the event's terms, repeatedly until that
// succeeds, and then lets the owner read them.
func (s *simulation) become(status eventra.EventStatus) {
	s.administer(&transaction{terms: status}, func() { s.become(status) })
}

// reprice is an administrator's, too: all prices rise.
func (s *simulation) reprice() { s.administer(&transaction{reprices: true}, s.reprice) }

// removeSeat is an administrator's as well.
func (s *simulation) removeSeat() { s.administer(&transaction{removes: true}, s.removeSeat) }

// administer writes what an owner has to read, and calls again if that failed.
func (s *simulation) administer(tx *transaction, again func()) {
	tx.ended = func(_ eventra.Receipt, _ *eventra.Snapshot, err error) {
		if err != nil {
			s.after(time.Second, again)
			return
		}
		s.start(nil, func() { _, _ = s.network.once(s.owner, &reload{}, askTimeout) })
	}
	s.db.begin(tx, true)
}

func (s *simulation) anyMember() *member { return s.members[s.rng.IntN(len(s.members))] }

// freeze stops a process for a while. After a long time its lease has ended, and
// it serves nothing before it has a new one.
func (s *simulation) freeze() {
	m := s.anyMember()
	if m.frozen || m.dead {
		return
	}
	m.freeze()
	length := s.near(0, time.Second, 3*time.Second, 6*time.Second)
	if length > time.Second && s.chance(700) {
		m.serving = false
		s.elect()
		s.after(length+s.between(0, time.Second), func() { m.rejoin() })
	}
	s.after(length, func() {
		if m.frozen {
			m.thaw()
		}
	})
}

// kill ends a process. Another one takes its place some time later.
func (s *simulation) kill() {
	i := s.rng.IntN(len(s.members))
	m := s.members[i]
	if m.dead {
		return
	}
	m.kill()
	s.elect()
	s.after(s.between(time.Millisecond, 3*time.Second), func() { s.restart(i) })
}

func (s *simulation) restart(i int) {
	dead := s.members[i]
	if !dead.dead {
		return
	}
	s.members[i] = newMember(s, dead.name+"'")
	if s.owner == dead {
		s.owner = s.members[i]
	}
}

// move gives the event to another member, and tells the present owner.
func (s *simulation) move() {
	before := s.owner
	s.elect()
	s.tracef("the event is given to %s", s.owner.name)
	if a := before.resident; a != nil && before != s.owner {
		before.after(s.latency(), func() { a.receive(nil, &cluster.HandOver{}) })
	}
}

// elect makes another member the owner, if one serves.
func (s *simulation) elect() {
	for range 10 {
		if m := s.anyMember(); !m.dead && m.serving && m != s.owner {
			s.owner = m
			return
		}
	}
}

// stop stops an activation in good order, as when its process ends.
func (s *simulation) stop() {
	if a := s.anyMember().resident; a != nil {
		a.member.whenRunning(a.stop)
	}
}

// disturb is one of: an activation elsewhere that takes an epoch and is never heard
// of again, the end of an idle activation, a false report that holds are due, a
// corrected clock, an administrator's change of the event.
func (s *simulation) disturb() {
	switch s.rng.IntN(5) {
	case 0:
		s.db.begin(&transaction{ended: func(eventra.Receipt, *eventra.Snapshot, error) {}}, true)
	case 1:
		if a := s.anyMember().resident; a != nil {
			a.member.whenRunning(func() {
				if a.activation.idle() {
					a.activation.retire()
				}
			})
		}
	case 2:
		if m := s.owner; len(s.db.order) > 0 {
			m.whenRunning(func() { m.activation().receive(nil, &holdsDue{slices.Clone(s.db.order)}) })
		}
	case 3:
		m := s.anyMember()
		m.skew, m.stepped = m.skew+s.between(-3*time.Second, 3*time.Second), true
		s.tracef("%s corrects its clock", m.name)
	default:
		s.start(nil, func() { _, _ = s.network.once(s.owner, &reload{}, askTimeout) })
	}
}

// endFaults repairs everything; nothing goes wrong any more.
func (s *simulation) endFaults() {
	s.tracef("faults end")
	s.faultless, s.odds = true, odds{}
	for i, m := range s.members {
		if m.frozen {
			m.thaw()
		}
		if !m.serving {
			m.rejoin()
		}
		s.restart(i)
	}
}
