// Package coalesce lets concurrent calls of one kind share round trips to a
// backend.
//
// A call that finds no round trip under way starts one at once. Calls that
// arrive meanwhile wait and share the next: the busier the callers, the larger
// the batches, and nobody waits for a timer. Databases commit logs in this way;
// Martin Thompson calls it smart batching
// (https://mechanical-sympathy.blogspot.com/2011/10/smart-batching.html).
package coalesce

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/eventra/eventra"
)

const (
	// callsMax bounds a round trip: beyond some hundred calls a larger one only
	// adds latency.
	callsMax = 256
	// waitingMax bounds the calls that wait for a round trip. They are more than
	// an instance admits of any kind of request.
	waitingMax = 1 << 14
)

// Group coalesces calls of one kind. It has one round trip under way at a time:
// a second one would only make both smaller. A call sees everything that was
// committed before it was made.
//
// Its fields are set before the first call; a Group must not be copied after
// it.
type Group[Request, Response any] struct {
	// Backend names the server, for the errors of callers that give up.
	Backend string
	// Send answers requests in their order, within one round trip of bounded
	// time. An error with CodeUnavailable is that of all its calls. After any
	// other, the two halves of the calls are sent apart, and so on: one bad request
	// fails no other, and costs the others at most 16 more round trips.
	Send func([]Request) ([]Response, error)
	// Key, if not nil, is what two requests of one round trip must not share,
	// because they would write the same row.
	Key func(Request) any

	mu      sync.Mutex
	sending bool
	waiting []*call[Request, Response]
}

type call[Request, Response any] struct {
	request  Request
	response Response
	err      error
	done     chan struct{}
}

// Call sends one request and returns its response. If ctx ends first, a request
// that has been sent may be carried out all the same, as with any call whose
// answer is lost; the error of one that has not been sent wraps
// [eventra.ErrNotCommitted].
func (g *Group[Request, Response]) Call(ctx context.Context, request Request) (response Response, err error) {
	c := &call[Request, Response]{request: request, done: make(chan struct{})}
	if !g.enqueue(c) {
		return response, &eventra.Error{Code: eventra.CodeOverloaded, Message: "too many requests at once", Err: eventra.ErrNotCommitted}
	}
	select {
	case <-c.done:
		return c.response, c.err
	case <-ctx.Done():
	}
	err = ctx.Err()
	if g.withdraw(c) {
		err = fmt.Errorf("%w: %w", eventra.ErrNotCommitted, err)
	}
	return response, eventra.Unavailable(g.Backend, err)
}

// enqueue reports false, and does nothing, if too many calls wait.
func (g *Group[Request, Response]) enqueue(c *call[Request, Response]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) >= waitingMax {
		return false
	}
	g.waiting = append(g.waiting, c)
	if !g.sending {
		g.sending = true
		go g.sendWaiting()
	}
	return true
}

// withdraw takes a call whose caller has given up from those that wait. It reports false
// if the call has been sent.
func (g *Group[Request, Response]) withdraw(c *call[Request, Response]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.waiting, c)
	if at < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, at, at+1)
	return true
}

// sendWaiting makes round trips until no call waits.
func (g *Group[Request, Response]) sendWaiting() {
	for calls := g.next(); calls != nil; calls = g.next() {
		g.send(calls)
	}
}

// next takes the calls of the next round trip from those that wait. It returns
// nil, and ends the sending, if there is none.
func (g *Group[Request, Response]) next() (calls []*call[Request, Response]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := map[any]bool{}
	left := g.waiting[:0]
	for _, c := range g.waiting {
		conflicts := g.Key != nil && taken[g.Key(c.request)]
		if conflicts || len(calls) == callsMax {
			left = append(left, c)
			continue
		}
		if g.Key != nil {
			taken[g.Key(c.request)] = true
		}
		calls = append(calls, c)
	}
	clear(g.waiting[len(left):])
	g.waiting = left
	g.sending = calls != nil
	return calls
}

func (g *Group[Request, Response]) send(calls []*call[Request, Response]) {
	requests := make([]Request, len(calls))
	for i, c := range calls {
		requests[i] = c.request
	}
	responses, err := g.Send(requests)
	if err != nil && len(calls) > 1 && eventra.CodeOf(err) != eventra.CodeUnavailable {
		half := len(calls) / 2
		g.send(calls[:half])
		g.send(calls[half:])
		return
	}
	for i, c := range calls {
		if c.err = err; err == nil {
			c.response = responses[i]
		}
		close(c.done)
	}
}
