package actors

import (
	"log/slog"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/prometheus/client_golang/prometheus"
)

// member is an instance: its clock, its commit pool, and the event's activation if
// it has one.
type member struct {
	s        *simulation
	name     string
	skew     time.Duration // of its clock against the store's
	stepped  bool          // its clock was put right: until the next answer of the store it misjudges deadlines
	shared   *shared
	resident *life // whom those who look here find
	lives    []*life
	serving  bool // its lease is good

	frozen, dead bool
	thawing      []func() // what has come while it was frozen
}

// What members need and schedules do not look at.
var (
	silent = slog.New(slog.DiscardHandler)
	unread = NewMetrics(prometheus.NewRegistry())
)

// queueMax is small enough to be reached.
const queueMax = 6

func newMember(s *simulation, name string) *member {
	m := &member{s: s, name: name, serving: true}
	deps := &Dependencies{Store: s.db, Locks: s.locks, Log: silent, Metrics: unread, QueueMax: queueMax}
	m.shared = newShared(deps, m, func() {})
	return m
}

func (m *member) Now() time.Time { return m.s.storeTime().Add(m.skew) }

func (m *member) Run(work func()) { m.s.start(m, work) }

// Wait looks every now and then.
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

// later has something done now or, if the process is stopped, when it goes on;
// never if it is dead.
func (m *member) later(do func()) {
	switch {
	case m.dead:
	case m.frozen:
		m.thawing = append(m.thawing, do)
	default:
		do()
	}
}

// after is a timer of the process.
func (m *member) after(d time.Duration, do func()) {
	m.s.after(d, func() { m.later(do) })
}

// activation returns the event's activation here, begun if need be.
func (m *member) activation() *life {
	if m.resident == nil {
		l := &life{member: m, name: m.name + "." + string(rune('a'+len(m.lives)))}
		l.activation = newActivation(m.shared, l, m.s.house.event, &statistics{})
		m.resident, m.lives = l, append(m.lives, l)
		m.s.note("%s begins", l.name)
		l.activation.load()
	}
	return m.resident
}

// freeze stops the process, and thaw lets it go on.
func (m *member) freeze() {
	m.s.note("%s is frozen", m.name)
	m.frozen = true
}

func (m *member) thaw() {
	m.s.note("%s goes on", m.name)
	m.frozen = false
	for _, do := range m.thawing { // what comes meanwhile comes after it
		m.s.after(m.s.between(0, 100*time.Microsecond), func() { m.later(do) })
	}
	m.thawing = nil
}

// kill ends the process; what it has sent is on its way.
func (m *member) kill() {
	m.s.note("%s is killed", m.name)
	m.dead, m.resident = true, nil
	for _, l := range m.lives {
		l.killed = l.killed || !l.stopped
		l.stopped = true
	}
}

// life is an activation and the actor around it.
type life struct {
	*member
	name       string
	activation *activation
	deadlines  deadlines
	ticks      int // how often the tick was set
	stopping   bool
	stopped    bool
	killed     bool // before it could answer all
}

// receive has the activation handle a message, unless it is over. It reports
// whether it did.
func (l *life) receive(from *actor.PID, msg any) bool {
	if l.stopping || l.stopped {
		return false
	}
	if l.s.traced {
		l.s.note("%s hears %s", l.name, said(msg))
	}
	l.activation.handle(from, msg)
	l.s.checkMemory(l, msg)
	return true
}

func (l *life) serving() bool { return l.member.serving }

func (l *life) send(to replyTo, r *reply) {
	if to.pid == nil {
		return
	}
	l.s.desk.answered(l, to, r)
}

func (l *life) tell(msg any) { l.tellAfter(l.s.between(0, 200*time.Microsecond), msg) }

func (l *life) tellAfter(d time.Duration, msg any) {
	l.member.after(d, func() { l.receive(nil, msg) })
}

// arm is the hold timer's mailbox. Holds are in the order of a map.
func (l *life) arm(msg *arm) {
	slices.SortFunc(msg.holds, func(a, b deadline) int { return a.booking.Compare(b.booking) })
	l.member.after(l.s.between(0, 200*time.Microsecond), func() { l.ring(msg) })
}

func (l *life) ring(msg any) {
	if l.stopped {
		return
	}
	due, next := l.deadlines.handle(msg, l.Now())
	if len(due) > 0 {
		l.tell(&holdsDue{due})
	}
	if !next.IsZero() {
		l.ticks++
		set := l.ticks
		l.member.after(max(0, next.Sub(l.Now())), func() {
			if l.ticks == set {
				l.ring(&tick{})
			}
		})
	}
}

func (l *life) forget() {
	if l.member.resident == l {
		l.member.resident = nil
	}
}

func (l *life) stopAfter(d time.Duration) { l.member.after(d, l.stop) }

// stop is the end of the actor: its last act is a task, for it waits.
func (l *life) stop() {
	if l.stopping || l.stopped {
		return
	}
	l.s.note("%s stops", l.name)
	l.stopping = true
	l.s.start(l.member, func() {
		l.activation.stop()
		l.stopped = true
		l.s.note("%s has stopped", l.name)
	})
}

func (l *life) wakeNextOwner() {
	l.s.after(l.s.travel(), func() {
		if owner := l.s.owner; !owner.dead && owner.resident == nil {
			owner.later(func() { owner.activation().receive(nil, &wake{}) })
		}
	})
}
