package actors

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// member is an instance: its clock, its commit pool, and the event's actor if it
// has one. It is the runtime of its actors and of group commit.
type member struct {
	s        *simulation
	name     string
	skew     time.Duration // of its clock against the store's
	stepped  bool          // its clock was corrected: it misjudges deadlines until the store's next answer
	shared   *shared
	resident *simActor // that callers find here
	actors   []*simActor
	serving  bool // its lease has not ended

	frozen, dead bool
	afterThaw    []func()
}

// What members need and schedules do not look at.
var (
	discardLog    = slog.New(slog.DiscardHandler)
	unusedMetrics = NewMetrics(prometheus.NewRegistry())
)

// queueMax is small enough to be reached.
const queueMax = 6

func newMember(s *simulation, name string) *member {
	m := &member{s: s, name: name, serving: true}
	deps := &Dependencies{Store: s.db, Locks: s.locks, Log: discardLog, Metrics: unusedMetrics, QueueMax: queueMax}
	m.shared = newShared(deps, m, func() {})
	m.shared.prepareMin = 1
	return m
}

func (m *member) Now() time.Time { return m.s.storeTime().Add(m.skew) }

func (m *member) Run(work func()) { m.s.start(m, work) }

// CPUs is the same on each machine, so that a seed plays the same run.
func (m *member) CPUs() int { return 4 }

// Wait polls, with growing pauses.
func (m *member) Wait(done <-chan struct{}) {
	for pause := time.Millisecond; ; pause *= 2 {
		select {
		case <-done:
			return
		default:
			m.s.sleep(pause)
		}
	}
}

// whenRunning does something now or, if the process is frozen, when it thaws; never
// if it is dead.
func (m *member) whenRunning(do func()) {
	switch {
	case m.dead:
	case m.frozen:
		m.afterThaw = append(m.afterThaw, do)
	default:
		do()
	}
}

// after is a timer of the process.
func (m *member) after(d time.Duration, do func()) {
	m.s.after(d, func() { m.whenRunning(do) })
}

// activation returns the event's actor here. It starts one if there is none.
func (m *member) activation() *simActor {
	if m.resident == nil {
		a := &simActor{member: m, name: m.name + "." + string(rune('a'+len(m.actors)))}
		a.activation = newActivation(m.shared, a, m.s.event.id, &statistics{})
		m.resident, m.actors = a, append(m.actors, a)
		m.s.tracef("%s starts", a.name)
		a.activation.load()
	}
	return m.resident
}

func (m *member) freeze() {
	m.s.tracef("%s freezes", m.name)
	m.frozen = true
}

func (m *member) thaw() {
	m.s.tracef("%s thaws", m.name)
	m.frozen = false
	for _, do := range m.afterThaw { // before everything that comes from now on
		m.s.after(m.s.between(0, 100*time.Microsecond), func() { m.whenRunning(do) })
	}
	m.afterThaw = nil
}

// kill ends the process. Messages that it has sent still arrive.
func (m *member) kill() {
	m.s.tracef("%s is killed", m.name)
	m.dead, m.resident = true, nil
	for _, a := range m.actors {
		a.killed = a.killed || !a.stopped
		a.stopped = true
	}
}

// rejoin begins a new incarnation: the actors of the earlier one stop.
func (m *member) rejoin() {
	m.whenRunning(func() {
		for _, a := range m.actors {
			a.stop()
		}
		m.serving = true
	})
}
