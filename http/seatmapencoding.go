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
	seats int            // about

	// Guarded by of.mu.
	view    *eventra.SeatsView // fixed once it has begun
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

// run encodes when it is this encoding's turn, and lets the next one run.
func (n *encoding) run() {
	if n.turns.take(n.unwanted) {
		begun := time.Now()
		if n.begin() {
			n.encode()
		}
		n.turns.give(time.Since(begun))
	}
	n.of.mu.Lock()
	next := n.of.forget(n)
	n.of.mu.Unlock()
	close(n.done)
	if next != nil {
		next.run()
	}
}

// begin fixes the view, unless nobody wants it any more.
func (n *encoding) begin() bool {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	n.begun = n.readers > 0
	return n.begun
}

func (n *encoding) encode() {
	m := &encodedSeatMap{view: n.view, begun: time.Now()}
	m.body = encodeSoon(n.key.coding, appendSeatMap(make([]byte, 0, seatMapBytes(n.seats)), m.view, n.key.part))
	n.cache.Set(n.key, m)
	n.result = m
}
