package http

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/eventra/eventra"
)

const (
	// encodedSeatMapsMaxBytes and encodedPartsMaxBytes bound the caches. A map of 100,000
	// seats takes 14 MB as JSON, and 1 to 2 MB in its content codings.
	encodedSeatMapsMaxBytes = 256 << 20
	encodedPartsMaxBytes    = 64 << 20
	// encodedSeatMapsMaxAge is how long an encoding without a reader is kept. The
	// next reader then waits for a new one, which takes less than half a second.
	encodedSeatMapsMaxAge = time.Minute
	// encodedServesFor is how old the newest encoding may be when a reader that has seen an
	// older version gets it.
	encodedServesFor = time.Second
	// viewServesFor is how old a view may be when its encoding begins. An older one is read
	// again, so that those who have waited for their turn get what is new by then.
	viewServesFor = 20 * time.Millisecond
	// viewTimeout bounds a read for several readers.
	viewTimeout = 2 * time.Second
	// freeSeatsMax is how many seats are encoded at once, without a turn: that takes no
	// longer than other requests.
	freeSeatsMax = 1000
)

// encodedSeatMaps shares the encodings of seat maps. Writing and packing 100,000 seats
// takes longer than anything else that a reader can make the server do. So at any time
// each part of a map is encoded once per content coding at most, for everybody who waits
// for it. A reader that comes later waits for the next encoding, of the then newest
// version. Large ones need a turn, and keep to the pace while the sale needs the CPU.
type encodedSeatMaps struct {
	maps                  SeatMaps
	pace                  *readerPace
	wholes, parts         encodedCache
	wholeTurns, partTurns *encodingTurns
	mu                    sync.Mutex
	running               map[encodedKey]*encoding
}

type encodedCache = *otter.Cache[encodedKey, *encodedSeatMap]

type encodedKey struct {
	eventID eventra.ID
	part    seatPart
	coding  string
}

// serves reports whether a reader who has that view may get the encoding.
func (m *encodedSeatMap) serves(view *eventra.SeatsView) bool {
	return m.view == view || covers(m.view, view) && time.Since(m.asked) < encodedServesFor
}

// covers reports whether newer shows what a reader of older may expect to see. Adding
// seats may leave the version as it is.
func covers(newer, older *eventra.SeatsView) bool {
	return newer == older || newer.Version > older.Version && len(newer.Status) >= len(older.Status) ||
		newer.Version == older.Version && len(newer.Status) > len(older.Status)
}

// newEncodedSeatMaps makes a cache that keeps up to maxBytes of whole maps.
func newEncodedSeatMaps(maps SeatMaps, pace *readerPace, maxBytes uint64) *encodedSeatMaps {
	return &encodedSeatMaps{
		maps: maps, pace: pace,
		wholes: newEncodedCache(maxBytes), parts: newEncodedCache(encodedPartsMaxBytes),
		wholeTurns: newEncodingTurns(), partTurns: newEncodingTurns(),
		running: map[encodedKey]*encoding{},
	}
}

func newEncodedCache(maxBytes uint64) encodedCache {
	return otter.Must(&otter.Options[encodedKey, *encodedSeatMap]{
		MaximumWeight:    maxBytes,
		Weigher:          func(_ encodedKey, m *encodedSeatMap) uint32 { return uint32(m.bytes()) },
		ExpiryCalculator: otter.ExpiryAccessing[encodedKey, *encodedSeatMap](encodedSeatMapsMaxAge),
	})
}

// close ends the caches' goroutines, which remove old maps.
func (e *encodedSeatMaps) close() {
	e.wholes.StopAllGoroutines()
	e.parts.StopAllGoroutines()
}

// encode returns the JSON of a part of a seat map in a content coding, of this version or
// of a later one. The view was asked for at that time.
func (e *encodedSeatMaps) encode(ctx context.Context, view *eventra.SeatsView, asked time.Time, part seatPart, coding string) (*encodedSeatMap, error) {
	part, seats := part.narrowed(view)
	n := &encoding{of: e, key: encodedKey{view.EventID, part, coding}, cache: e.wholes, turns: e.wholeTurns, pace: e.pace, seats: seats, view: view, asked: asked}
	if !part.whole() {
		n.cache, n.turns = e.parts, e.partTurns
	}
	if seats <= freeSeatsMax {
		n.turns, n.pace = nil, nil
	}
	if m, ok := n.cache.GetIfPresent(n.key); ok && m.serves(view) && !n.pace.applies() {
		return m, nil
	}
	return e.join(n).wait(ctx)
}

// join adds a reader to the encoding that runs or waits, if it is of the reader's version
// or a later one, or to the one after it. Without any, n becomes it.
func (e *encodedSeatMaps) join(n *encoding) *encoding {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.running[n.key]
	if at != nil && at.begun && !covers(at.view, n.view) {
		if at.next == nil {
			at.next = n.prepared()
		}
		at = at.next
	}
	if at == nil {
		at = n.prepared()
		e.running[n.key] = at
		go at.run()
	}
	if !at.begun {
		at.offer(n.view, n.asked)
	}
	at.readers++
	return at
}

// forget removes an encoding that has ended or is no longer wanted, and returns its
// successor. e.mu is held.
func (e *encodedSeatMaps) forget(n *encoding) (next *encoding) {
	switch at := e.running[n.key]; {
	case at == n && n.next != nil:
		e.running[n.key] = n.next
		return n.next
	case at == n:
		delete(e.running, n.key)
	case at != nil && at.next == n:
		at.next = nil
	}
	return nil
}
