package http

import (
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/eventra/eventra"
)

const (
	// encodedSeatMapsMaxBytes bounds the cache. A map of 100,000 seats takes 14 MB as
	// JSON, and about 2 MB in its content codings.
	encodedSeatMapsMaxBytes = 256 << 20
	// encodedSeatMapsMaxAge is how long a map without a reader is kept.
	encodedSeatMapsMaxAge = 10 * time.Minute
)

// encodedSeatMaps keeps the newest encoding of each whole seat map, by content coding.
// Writing and packing 100,000 seats takes longer than anything else that a reader can
// make the server do, so all readers of a version share one encoding.
type encodedSeatMaps struct {
	cache *otter.Cache[encodedSeatMapKey, *encodedSeatMap]
}

type encodedSeatMapKey struct {
	eventID eventra.ID
	coding  string
}

// encodedSeatMap is the encoding of one view. Its first reader makes it.
type encodedSeatMap struct {
	view *eventra.SeatsView
	once sync.Once
	body []byte
}

func newEncodedSeatMaps(maxBytes uint64) encodedSeatMaps {
	return encodedSeatMaps{otter.Must(&otter.Options[encodedSeatMapKey, *encodedSeatMap]{
		MaximumWeight:    maxBytes,
		Weigher:          func(_ encodedSeatMapKey, m *encodedSeatMap) uint32 { return uint32(cap(m.body)) },
		ExpiryCalculator: otter.ExpiryAccessing[encodedSeatMapKey, *encodedSeatMap](encodedSeatMapsMaxAge),
	})}
}

// close ends the cache's goroutine, which removes old maps.
func (e encodedSeatMaps) close() { e.cache.StopAllGoroutines() }

// encode returns the JSON of a part of a seat map in a content coding. The caller must
// not write to it.
func (e encodedSeatMaps) encode(view *eventra.SeatsView, part seatPart, coding string) []byte {
	if !part.whole() {
		return encodeAs(coding, appendSeatMap(nil, view, part))
	}
	key := encodedSeatMapKey{view.EventID, coding}
	m := e.entry(key, view)
	m.once.Do(func() {
		m.body = encodeAs(coding, appendSeatMap(make([]byte, 0, seatMapBytes(view)), view, part))
		e.weigh(key, m)
	})
	return m.body
}

// entry returns the view's entry, or makes one. The cache keeps a new entry unless it
// has one of a newer view.
func (e encodedSeatMaps) entry(key encodedSeatMapKey, view *eventra.SeatsView) *encodedSeatMap {
	if m, ok := e.cache.GetIfPresent(key); ok && m.view == view {
		return m
	}
	m := &encodedSeatMap{view: view}
	e.cache.Compute(key, func(kept *encodedSeatMap, found bool) (*encodedSeatMap, otter.ComputeOp) {
		switch {
		case found && kept.view == view:
			m = kept
			return nil, otter.CancelOp
		case found && kept.view.Version > view.Version && len(kept.view.Status) >= len(view.Status):
			return nil, otter.CancelOp
		}
		return m, otter.WriteOp
	})
	return m
}

// weigh tells the cache the size of a finished encoding, if the cache still has it.
func (e encodedSeatMaps) weigh(key encodedSeatMapKey, m *encodedSeatMap) {
	e.cache.ComputeIfPresent(key, func(kept *encodedSeatMap) (*encodedSeatMap, otter.ComputeOp) {
		if kept != m {
			return nil, otter.CancelOp
		}
		return m, otter.WriteOp
	})
}
