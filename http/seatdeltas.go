package http

import (
	"time"

	"github.com/eventra/eventra"
)

// seatsKnown is what a client knows of a seat map.
type seatsKnown struct {
	some    bool
	version uint64
}

func known(view *eventra.SeatsView) seatsKnown { return seatsKnown{true, view.Version} }

// knownSince returns what a client knows that has seen a version, which may be nil.
func knownSince(version *uint64, view *eventra.SeatsView) seatsKnown {
	if version == nil || *version > view.Version {
		return seatsKnown{}
	}
	return seatsKnown{true, *version}
}

// canFollow reports whether a client that knows this can apply changes to it and has the
// view then: it knows all seats, and no version that the view has not come to.
func (k seatsKnown) canFollow(view *eventra.SeatsView) bool {
	return k.some && view.LayoutVersion <= k.version && k.version <= view.Version
}

// after returns the next frame for a watcher, and notes what its client knows when it has
// read the frame. Without anything new the frame is nil, and newer is closed when there
// is. Clients that know the same get the same bytes.
func (s *seatStream) after(w *seatWatcher) (f *frame, newer <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	view, before := s.view, w.known
	switch {
	case !before.canFollow(view) || before.version < view.Version && s.isLong(before):
		s.mu.Unlock()
		f, view = s.snapshot(view, w)
		s.mu.Lock()
		if f != nil {
			w.known = known(view)
		}
		return f, s.newer
	case before.version < view.Version:
		w.known = known(view)
		return s.delta(before, w.packed), s.newer
	case w.sale != s.sale:
		w.sale = s.sale
		return saleFrames[s.sale].in(w.packed), s.newer
	}
	return nil, s.newer
}

// deltaSeatsMin is the number of changes above which a snapshot may replace a delta. From
// half of the seats on a snapshot is hardly longer, and it is the same for all clients.
const deltaSeatsMin = 1000

func (s *seatStream) isLong(before seatsKnown) bool {
	changed := 0
	for _, version := range s.view.Changed {
		if version > before.version {
			changed++
		}
	}
	return changed > max(deltaSeatsMin, len(s.view.Status)/2)
}

// delta returns the changes from what a client knows to the view. s.mu is held.
func (s *seatStream) delta(before seatsKnown, packed bool) *frame {
	kept := &s.deltas[index(packed)]
	if kept.frame == nil || kept.of != before {
		*kept = keptDelta{before, newFrame(appendDelta(nil, before.version, s.view), packed)}
	}
	return kept.frame
}

// snapshot returns the whole of a view, or of one a little older if that took long to
// encode and is newer than what the client knows. It is nil if the stream has ended or
// too many encodings wait.
func (s *seatStream) snapshot(view *eventra.SeatsView, w *seatWatcher) (*frame, *eventra.SeatsView) {
	s.snapshots.Lock()
	defer s.snapshots.Unlock()
	kept := &s.kept[index(w.packed)]
	if kept.view == view || kept.view != nil && kept.serves(view, w.known) {
		return kept.frame, kept.view
	}
	turns := s.turns
	if len(view.Status) <= freeSeatsMax {
		turns = nil
	}
	if !turns.take(s.ended) {
		return nil, nil
	}
	begun := time.Now()
	*kept = keptSnapshot{view: view, frame: newFrame(appendSnapshot(nil, view), w.packed)}
	took := time.Since(begun)
	kept.until = begun.Add(min(encodingRest*took, encodedServesFor))
	turns.give(took)
	return kept.frame, kept.view
}

// serves reports whether a client may get this snapshot although there is a newer view.
func (k *keptSnapshot) serves(view *eventra.SeatsView, before seatsKnown) bool {
	return time.Now().Before(k.until) && k.view.LayoutVersion == view.LayoutVersion && k.view.Version <= view.Version &&
		(!before.some || before.version < k.view.Version)
}

func index(packed bool) int {
	if packed {
		return 1
	}
	return 0
}
