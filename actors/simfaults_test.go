package actors

import (
	"slices"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/cluster"
)

// odds are how often things go wrong, of a thousand. Each schedule has its own:
// what never happens in one is what lets another thing happen undisturbed.
type odds struct {
	lost, repeated, late, misled               int // messages
	storeAway, storeLost, aborts               int // PostgreSQL
	redisAway                                  int
	freezes, kills, moves, stops, disturbances int // how many of each in a schedule, at the most
}

func (s *simulation) chooseOdds() {
	some := func(most int) int {
		if s.chance(500) {
			return 0
		}
		return s.rng.IntN(most + 1)
	}
	s.odds = odds{lost: some(100), repeated: some(300), late: some(200), misled: some(500),
		storeAway: some(100), storeLost: some(200), aborts: some(100), redisAway: some(500),
		freezes: some(3), kills: some(2), moves: some(3), stops: some(2), disturbances: some(2)}
}

// storm is how long things go wrong.
const storm = 10 * time.Second

// plan puts faults on the agenda.
func (s *simulation) plan() {
	o := s.odds
	for _, fault := range []struct {
		times int
		do    func()
	}{{o.freezes, s.freeze}, {o.kills, s.kill}, {o.moves, s.move}, {o.stops, s.stop}, {o.disturbances, s.disturb}} {
		for range fault.times {
			s.after(s.between(0, storm), fault.do)
		}
	}
	if s.chance(150) {
		s.after(s.between(time.Second, storm), s.cancel)
	}
}

// cancel is an admin's: the event's terms are written until they are.
func (s *simulation) cancel() {
	tx := &transaction{terms: eventra.EventCancelled}
	tx.ended = func(_ eventra.Receipt, _ *eventra.Snapshot, err error) {
		if err != nil {
			s.after(time.Second, s.cancel)
		}
	}
	s.db.begin(tx, true)
}

func (s *simulation) anyMember() *member { return s.members[s.rng.IntN(len(s.members))] }

// freeze stops a process for a while. If it is for long, its lease ends, and
// when it wakes it serves nobody before it has a new one.
func (s *simulation) freeze() {
	m := s.anyMember()
	if m.frozen || m.dead {
		return
	}
	m.freeze()
	length := s.pick(0, time.Second, 3*time.Second, 6*time.Second)
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

// rejoin begins a new life of the member: its actors are stopped.
func (m *member) rejoin() {
	m.later(func() {
		for _, l := range m.lives {
			l.stop()
		}
		m.serving = true
	})
}

// kill ends a process; another one takes its place some time later.
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

// move gives the event to another member, and tells the one that has it.
func (s *simulation) move() {
	before := s.owner
	s.elect()
	s.note("the event is given to %s", s.owner.name)
	if l := before.resident; l != nil && before != s.owner {
		before.after(s.travel(), func() { l.receive(nil, &cluster.HandOver{}) })
	}
}

// elect makes a member that is there the owner.
func (s *simulation) elect() {
	for range 10 {
		if m := s.anyMember(); !m.dead && m.serving && m != s.owner {
			s.owner = m
			return
		}
	}
}

// stop ends an activation in good order, as when its process ends.
func (s *simulation) stop() {
	if l := s.anyMember().resident; l != nil {
		l.member.later(l.stop)
	}
}

// disturb is an activation of which nobody hears again, an event that nobody
// asked for a while, one that an admin has changed, a false word that a hold
// is due, or a clock that is put right.
func (s *simulation) disturb() {
	switch s.rng.IntN(5) {
	case 0:
		s.db.begin(&transaction{ended: func(eventra.Receipt, *eventra.Snapshot, error) {}}, true)
	case 1:
		if l := s.anyMember().resident; l != nil {
			l.member.later(func() {
				if l.activation.idle() {
					l.activation.retire()
				}
			})
		}
	case 2:
		if m := s.owner; len(s.db.order) > 0 {
			m.later(func() { m.activation().receive(nil, &holdsDue{slices.Clone(s.db.order)}) })
		}
	case 3:
		m := s.anyMember()
		m.skew, m.stepped = m.skew+s.between(-3*time.Second, 3*time.Second), true
		s.note("%s puts its clock right", m.name)
	default:
		s.start(nil, func() { _, _ = s.desk.once(s.owner, &reload{}, askTimeout) })
	}
}

// calmDown ends all faults.
func (s *simulation) calmDown() {
	s.note("calm")
	s.calm, s.odds = true, odds{}
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
