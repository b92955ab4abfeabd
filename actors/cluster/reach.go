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
	// pingPause parts questions to each other member whether it is there.
	pingPause = 500 * time.Millisecond
	// unreachableAfter is how long a member may be silent. A dead one's lease
	// ends sooner: this is for those who are cut off.
	unreachableAfter = 3 * time.Second
)

// reach finds out which members this one reaches, until ctx ends.
func (l *Incarnation) reach(ctx context.Context) {
	type pong struct {
		member string
		at     time.Time
	}
	pongs := make(chan pong, 64)
	heard := map[string]time.Time{}
	var told, seen []string
	ticker := time.NewTicker(pingPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-pongs:
			heard[p.member] = p.at
			continue
		case <-ticker.C:
		}
		others := l.view.Load().others()
		for _, m := range others {
			if heard[m.ID].IsZero() {
				heard[m.ID] = time.Now() // a new one has its time
			}
			go func() {
				if l.ping(m.Address) {
					select {
					case pongs <- pong{m.ID, time.Now()}:
					case <-ctx.Done():
					}
				}
			}()
		}
		silent := silentMembers(others, heard, time.Now())
		// What holds for two looks is told: of those who are cut off together, one
		// is noticed first, and a half of the truth would isolate somebody else.
		stable := slices.Equal(silent, seen)
		seen = silent
		if !stable || slices.Equal(silent, told) {
			continue
		}
		told = silent
		l.log.Warn("members reached have changed", "unreachable", silent)
		l.membership.tell(func(self *eventra.Member) { self.Unreachable = silent })
	}
}

// silentMembers forgets who is no member any more.
func silentMembers(others []eventra.Member, heard map[string]time.Time, now time.Time) (silent []string) {
	for _, m := range others {
		if now.Sub(heard[m.ID]) > unreachableAfter {
			silent = append(silent, m.ID)
		}
	}
	for id := range heard {
		if !slices.ContainsFunc(others, func(m eventra.Member) bool { return m.ID == id }) {
			delete(heard, id)
		}
	}
	return silent
}

// refusedTimeout bounds the try to connect to where a connection was lost.
const refusedTimeout = 300 * time.Millisecond

// lostConnection looks whether anybody still listens where a connection was
// lost. A member listens as long as it is one.
func (l *Incarnation) lostConnection(address string) {
	conn, err := net.DialTimeout("tcp", address, refusedTimeout)
	if err == nil {
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return
	}
	for _, m := range l.view.Load().others() {
		if m.Address == address {
			l.membership.suspect(m.ID)
		}
	}
}

func (l *Incarnation) ping(address string) bool {
	question := &wire.Envelope{Body: &wire.Envelope_Ping{Ping: &wire.Ping{}}}
	_, err := l.asks.remote(actor.NewPID(address, placementName), question, 2*pingPause)
	return err == nil
}
