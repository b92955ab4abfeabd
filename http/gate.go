package http

import (
	"bytes"
	"runtime"
	"sync/atomic"

	"github.com/valyala/fasthttp"
)

// gate lets few goroutines at a time compute for requests that came in, and the
// others wait where they cost nothing. Go's scheduler is fair: in a rush the
// goroutines that commit what was accepted would wait their turn behind each of
// the thousands that have only just begun to read, at every step anew, until
// hardly anything is sold. Behind the gate there is never more than a handful
// to wait for.
//
// A slot is held from a request's first bytes to where its goroutine has to
// wait for somebody: see [connection.leaveGate].
type gate struct {
	slots   chan struct{}
	waiting atomic.Int32
}

const (
	// gateSlotsPerCPU keep all CPUs busy when some goroutines are interrupted.
	gateSlotsPerCPU = 2
	// gateWaitingMax is how many may wait at the gate: some tens of
	// milliseconds of work. Whoever holds seats beyond it is turned away.
	gateWaitingMax = 1024
)

func newGate() *gate { return &gate{slots: make(chan struct{}, gateSlotsPerCPU*runtime.GOMAXPROCS(0))} }

// enter takes a slot, at once or when it is the caller's turn. If too many wait
// it does not, and reports false.
func (g *gate) enter() bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	if g.waiting.Add(1) > gateWaitingMax {
		g.waiting.Add(-1)
		return false
	}
	g.slots <- struct{}{} // nobody keeps a slot while waiting, so there is one soon
	g.waiting.Add(-1)
	return true
}

func (g *gate) leave() { <-g.slots }

// enterGate is called when bytes of a request have come in.
func (c *connection) enterGate() {
	entered := c.door.gate.enter()
	c.inside.Store(entered)
	c.crowded = !entered
}

// leaveGate is called before a request's goroutine waits for anything: other
// bytes, an event, a store. Calling it again is harmless.
func (c *connection) leaveGate() {
	if c.inside.CompareAndSwap(true, false) {
		c.door.gate.leave()
	}
}

// leaveGate has the request's goroutine give its slot back.
func leaveGate(ctx *fasthttp.RequestCtx) {
	if conn, ok := ctx.Conn().(*connection); ok {
		conn.leaveGate()
	}
}

var holdsPath = []byte("/api/v1/bookings")

// admit decides what becomes of a request before anything else does. Holds keep
// their slot on the way to their event; when there is a crowd they are turned
// away here, at a fraction of the cost. Everything else is let through: there
// is little of it, and much of it has to wait for a store.
func (s *Server) admit(ctx *fasthttp.RequestCtx) (admitted bool) {
	conn, ok := ctx.Conn().(*connection)
	if !ok {
		return true
	}
	if !ctx.IsPost() || !bytes.Equal(ctx.Path(), holdsPath) {
		conn.leaveGate()
		return true
	}
	if !conn.crowded && s.holding.Load() < int64(s.cfg.HoldsMax) {
		return true
	}
	conn.leaveGate()
	s.turnAway(ctx)
	return false
}
