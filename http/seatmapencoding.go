package http

import (
	"context"
	"time"

	"github.com/eventra/eventra"
)

// encoding makes one encoding for all who wait for it.
type encoding struct {
	of    *encodedSeatMaps
	key   encodedKey
	cache encodedCache
	turns *encodingTurns // nil if it needs no turn
	pace  *readerPace    // nil if it need not keep to it
	seats int            // about

	// Guarded by of.mu.
	view    *eventra.SeatsView // fixed once it has begun
	asked   time.Time          // when the view was asked for
	begun   bool
	readers int       // that wait
	next    *encoding // for those who came after the beginning

	unwanted chan struct{} // closed when nobody waits any more for one that has not begun
	done     chan struct{}
	result   *encodedSeatMap // set before done is closed
}

func (n *encoding) prepared() *encoding {
	n.unwanted, n.done = make(chan struct{}), make(chan struct{})
	return n
}

// wait returns the result.
func (n *encoding) wait(ctx context.Context) (*encodedSeatMap, error) {
	select {
	case <-n.done:
		if n.result != nil {
			return n.result, nil
		}
	case <-ctx.Done():
		n.leave()
	}
	return nil, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many seat maps are asked for", RetryAfter: time.Second, Err: ctx.Err()}
}

// leave takes a reader away. Nothing is encoded for nobody.
func (n *encoding) leave() {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	if n.readers--; n.readers == 0 && !n.begun {
		n.of.forget(n)
		close(n.unwanted)
	}
}

// offer replaces the view by a newer one. n.of.mu is held.
func (n *encoding) offer(view *eventra.SeatsView, asked time.Time) {
	if covers(view, n.view) {
		n.view, n.asked = view, asked
	}
}

// run encodes when it is this encoding's turn, and then for those who came meanwhile.
func (n *encoding) run() {
	for n != nil {
		n.runOnce()
		n.of.mu.Lock()
		next := n.of.forget(n)
		n.of.mu.Unlock()
		close(n.done)
		n = next
	}
}

func (n *encoding) runOnce() {
	if !n.pace.wait(n.unwanted) || !n.turns.take(n.unwanted) {
		return
	}
	n.look()
	begun := time.Now()
	if n.begin() {
		n.encode()
	}
	n.turns.give(time.Since(begun))
}

// look reads the view again if it has become old while the encoding waited.
func (n *encoding) look() {
	asked := time.Now()
	n.of.mu.Lock()
	old := asked.Sub(n.asked) > viewServesFor
	n.of.mu.Unlock()
	if !old {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), viewTimeout)
	defer cancel()
	view, stale, err := n.of.maps.Seats(ctx, n.key.eventID)
	if err != nil || stale {
		return // the readers' own view will do
	}
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	n.offer(view, asked)
}

// begin fixes the view, unless nobody wants it any more.
func (n *encoding) begin() bool {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	n.begun = n.readers > 0
	return n.begun
}

func (n *encoding) encode() {
	begun := time.Now()
	before, _ := n.cache.GetIfPresent(n.key)
	if before == nil || before.view != n.view {
		n.result = n.encoded(before)
		n.result.asked = n.asked
		n.cache.Set(n.key, n.result)
	} else {
		n.result = before
	}
	n.of.mu.Lock()
	readers := n.readers
	n.of.mu.Unlock()
	n.pace.spend(time.Since(begun), readers, len(n.result.body))
}

// encoded encodes small parts at once, and others by chunks.
func (n *encoding) encoded(before *encodedSeatMap) *encodedSeatMap {
	if n.seats > freeSeatsMax && !n.key.part.bySince {
		return encodeChunks(n.view, n.key.part, n.key.coding, before)
	}
	text := appendSeatMap(make([]byte, 0, seatMapBytes(n.seats)), n.view, n.key.part)
	return &encodedSeatMap{view: n.view, body: encodeSoon(n.key.coding, text)}
}
