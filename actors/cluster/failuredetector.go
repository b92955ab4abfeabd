package cluster

import (
	"context"
	"errors"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/actors/wire"
)

const (
	// pingPause is the time between two pings of each other member.
	pingPause = 500 * time.Millisecond
	// unreachableAfter is how long a member may leave pings unanswered. A dead
	// member's lease ends sooner; this limit is for members that are cut off.
	unreachableAfter = 3 * time.Second
)

// failureDetector pings the other members and announces which of them do not
// answer.
type failureDetector struct {
	incarnation *Incarnation
	pongs       chan pong
	heard       map[string]time.Time // by member: its latest pong
	seen        []string             // unreachable members at the latest check
	announced   []string             // unreachable members as the others know them
}

// pong is a member's answer to a ping.
type pong struct {
	member string
	at     time.Time
}

func newFailureDetector(incarnation *Incarnation) *failureDetector {
	return &failureDetector{incarnation: incarnation, pongs: make(chan pong, 64), heard: map[string]time.Time{}}
}

// run pings and checks until ctx ends.
func (d *failureDetector) run(ctx context.Context) {
	ticker := time.NewTicker(pingPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-d.pongs:
			d.heard[p.member] = p.at
		case <-ticker.C:
			others := d.incarnation.view.Load().others()
			d.pingAll(ctx, others)
			d.check(others)
		}
	}
}

func (d *failureDetector) pingAll(ctx context.Context, others []eventra.Member) {
	for _, m := range others {
		if d.heard[m.ID].IsZero() {
			d.heard[m.ID] = time.Now() // a new member has the full time to answer
		}
		go func() {
			if d.incarnation.ping(m.Address) {
				select {
				case d.pongs <- pong{m.ID, time.Now()}:
				case <-ctx.Done():
				}
			}
		}()
	}
}

// check announces the unreachable members once two checks in a row have found
// the same. Of members that are cut off together one is found first, and to
// announce it alone would isolate the wrong member.
func (d *failureDetector) check(others []eventra.Member) {
	unreachable := unreachableMembers(others, d.heard, time.Now())
	stable := slices.Equal(unreachable, d.seen)
	d.seen = unreachable
	if !stable || slices.Equal(unreachable, d.announced) {
		return
	}
	d.announced = unreachable
	d.incarnation.log.Warn("unreachable members have changed", "unreachable", unreachable)
	d.incarnation.membership.announce(func(self *eventra.Member) { self.Unreachable = unreachable })
}

// unreachableMembers also removes from heard the ids that are no longer members.
func unreachableMembers(others []eventra.Member, heard map[string]time.Time, now time.Time) (unreachable []string) {
	for _, m := range others {
		if now.Sub(heard[m.ID]) > unreachableAfter {
			unreachable = append(unreachable, m.ID)
		}
	}
	for id := range heard {
		if !slices.ContainsFunc(others, func(m eventra.Member) bool { return m.ID == id }) {
			delete(heard, id)
		}
	}
	return unreachable
}

func (i *Incarnation) ping(address string) bool {
	question := &wire.Envelope{Body: &wire.Envelope_Ping{Ping: &wire.Ping{}}}
	_, err := i.asks.remote(actor.NewPID(address, placementActorName), question, 2*pingPause)
	return err == nil
}

// probeTimeout bounds the attempt to connect to an address whose connection broke.
const probeTimeout = 300 * time.Millisecond

// connectionLost suspects the members at an address if nothing listens there any
// longer. A member listens as long as its process runs.
func (i *Incarnation) connectionLost(address string) {
	conn, err := net.DialTimeout("tcp", address, probeTimeout)
	if err == nil {
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return
	}
	for _, m := range i.view.Load().others() {
		if m.Address == address {
			i.membership.suspect(m.ID)
		}
	}
}
