package http

import (
	"time"

	"github.com/eventra/eventra"
)

const (
	// snapshotServesFor is how long a snapshot serves newcomers after it was made, also if
	// many seats have changed meanwhile. A delta with those follows at once.
	snapshotServesFor = time.Second
	// snapshotShare of the seats may have changed when a snapshot still serves.
	snapshotShare = 8
	// snapshotKeptFor is how long a snapshot without a newcomer is kept.
	snapshotKeptFor = 5 * time.Second
)

// seatSnapshots are the latest snapshots of one event, plain and packed. They are made on
// another goroutine, so that the watchers who need none do not wait.
type seatSnapshots struct {
	turns  *encodingTurns
	budget *frameBudget
	made   chan *madeSnapshot
	latest [2]keptSnapshot // see index
}

type keptSnapshot struct {
	*madeSnapshot // nil if there is none
	making        bool
	used          time.Time
	checked       *eventra.SeatsView // to which it was compared last
	isNear        bool               // few seats had changed by then
}

type madeSnapshot struct {
	view   *eventra.SeatsView
	frame  *frame
	packed bool
	at     time.Time
}

func newSeatSnapshots(turns *encodingTurns, budget *frameBudget) *seatSnapshots {
	return &seatSnapshots{turns: turns, budget: budget, made: make(chan *madeSnapshot, 2)}
}

// get returns a snapshot for a client that knows this, from which it can follow to the
// view, or nil while it is being made.
func (s *seatSnapshots) get(view *eventra.SeatsView, packed bool, before seatsKnown, now time.Time) *madeSnapshot {
	kept := &s.latest[index(packed)]
	if kept.serves(view, before, now) {
		kept.used = now
		return kept.madeSnapshot
	}
	if len(view.Status) <= freeSeatsMax {
		s.keep(makeSnapshot(view, packed))
		return s.latest[index(packed)].madeSnapshot
	}
	s.start(view, packed)
	return nil
}

// start makes a snapshot soon, unless one is being made, or too much is.
func (s *seatSnapshots) start(view *eventra.SeatsView, packed bool) {
	kept := &s.latest[index(packed)]
	if kept.making || s.budget.full() || !s.turns.takeFree() {
		return
	}
	kept.making = true
	go func() {
		begun := time.Now()
		m := makeSnapshot(view, packed)
		s.turns.give(time.Since(begun))
		s.made <- m // there is room for one of each coding
	}()
}

func makeSnapshot(view *eventra.SeatsView, packed bool) *madeSnapshot {
	f := newFrame(appendSnapshot(nil, view), packed)
	return &madeSnapshot{view: view, frame: f, packed: packed, at: time.Now()}
}

// keep replaces the latest snapshot.
func (s *seatSnapshots) keep(m *madeSnapshot) {
	s.drop(m.packed)
	s.latest[index(m.packed)] = keptSnapshot{madeSnapshot: m, used: m.at}
	s.budget.take(m.frame)
}

func (s *seatSnapshots) drop(packed bool) {
	kept := &s.latest[index(packed)]
	if kept.madeSnapshot != nil {
		s.budget.give(kept.frame)
	}
	kept.madeSnapshot = nil
}

// dropUnused drops the snapshots that nobody has come for lately.
func (s *seatSnapshots) dropUnused(now time.Time) {
	for _, packed := range []bool{false, true} {
		if now.Sub(s.latest[index(packed)].used) > snapshotKeptFor {
			s.drop(packed)
		}
	}
}

// dropAll drops the snapshots, of an event that has gone back or has ended.
func (s *seatSnapshots) dropAll() {
	s.drop(false)
	s.drop(true)
}

// serves reports whether a client may get the snapshot although there is a newer view.
func (k *keptSnapshot) serves(view *eventra.SeatsView, before seatsKnown, now time.Time) bool {
	if k.madeSnapshot == nil || k.view.LayoutVersion != view.LayoutVersion || k.view.Version > view.Version ||
		before.some && before.version >= k.view.Version {
		return false
	}
	if k.checked != view {
		k.checked = view
		k.isNear = changedSince(k.view.Version, view) <= max(deltaSeatsMin, len(view.Status)/snapshotShare)
	}
	return k.isNear || now.Sub(k.at) < snapshotServesFor
}

func index(packed bool) int {
	if packed {
		return 1
	}
	return 0
}
