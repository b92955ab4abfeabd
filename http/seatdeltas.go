package http

import (
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

const (
	// deltaSeatsMin is the number of changes above which a snapshot may replace a delta. From
	// half of the seats on a snapshot is hardly longer, and it is the same for all clients.
	deltaSeatsMin = 1000
	// deltasKeptMax bounds the deltas that are kept. Most watchers know the same version.
	deltasKeptMax = 64
)

// changedSince returns how many seats have changed since a version.
func changedSince(version uint64, view *eventra.SeatsView) (seats int) {
	for _, changed := range view.Changed {
		if changed > version {
			seats++
		}
	}
	return seats
}

// seatDeltas are the deltas to one view, each for all watchers who know the same.
type seatDeltas struct {
	view *eventra.SeatsView
	kept map[deltaKey]*frame
}

type deltaKey struct {
	since  uint64
	packed bool
}

func newSeatDeltas(view *eventra.SeatsView) seatDeltas {
	return seatDeltas{view, map[deltaKey]*frame{}}
}

// since returns the changes since a version. It is nil, and long, if they are so many that
// a snapshot is better, and nil if they are many and the budget has no room for them yet.
func (d *seatDeltas) since(version uint64, packed bool, budget *frameBudget) (f *frame, long bool) {
	key := deltaKey{version, packed}
	if f, kept := d.kept[key]; kept {
		return f, f == nil
	}
	changed := changedSince(version, d.view)
	switch {
	case changed > max(deltaSeatsMin, len(d.view.Status)/2):
		long = true
	case changed > deltaSeatsMin && budget.full():
		return nil, false
	default:
		f = newFrame(appendDelta(nil, version, d.view), packed)
	}
	if len(d.kept) >= deltasKeptMax {
		clear(d.kept)
	}
	d.kept[key] = f
	return f, long
}
