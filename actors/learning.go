package actors

import (
	"context"
	"time"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/groupcommit"
)

const (
	// learnTimeout bounds one look for bookings that were not read.
	learnTimeout = 3 * time.Second
	// learnMax bounds the requests that one look is for; more wait for the next one.
	learnMax = groupcommit.BatchChangesMax
)

// learning are the requests that wait for bookings of the event that the activation has not read.
// One look at the store is under way at a time, for many of them.
type learning struct {
	waiting []lacking // for the next look
	asked   *look     // under way; nil: none
}

type lacking struct {
	*request
	missing *eventra.Missing
}

// look is one question to the store.
type look struct {
	requests            []*request
	bookings, customers []eventra.ID
}

// learned is the result of a look.
type learned struct {
	look  *look
	found []*eventra.Booking
	err   error
}

// Len is the number of requests.
func (l *learning) Len() (n int) {
	n = len(l.waiting)
	if l.asked != nil {
		n += len(l.asked.requests)
	}
	return n
}

// abandon returns the requests, in their order; an answer that still comes is not theirs.
func (l *learning) abandon() (requests []*request) {
	if l.asked != nil {
		requests = l.asked.requests
	}
	for _, r := range l.waiting {
		requests = append(requests, r.request)
	}
	*l = learning{}
	return requests
}

// next takes what the next look is for.
func (l *learning) next() *look {
	n := min(len(l.waiting), learnMax)
	asked := &look{requests: make([]*request, n)}
	for i, r := range l.waiting[:n] {
		asked.requests[i] = r.request
		asked.bookings = append(asked.bookings, r.missing.Bookings...)
		if !r.missing.Customer.IsZero() {
			asked.customers = append(asked.customers, r.missing.Customer)
		}
	}
	l.waiting = unlessEmpty(l.waiting[n:])
	l.asked = asked
	return asked
}

// learnFirst lets a request wait until the store was asked for what it is about.
func (a *activation) learnFirst(r *request, missing *eventra.Missing) {
	a.learning.waiting = append(a.learning.waiting, lacking{r, missing})
	a.learn()
}

// learn asks the store, unless a look is under way.
func (a *activation) learn() {
	if a.learning.asked != nil || len(a.learning.waiting) == 0 {
		return
	}
	asked := a.learning.next()
	a.seats.Ask()
	a.Run(func() {
		ctx, cancel := context.WithTimeout(context.Background(), learnTimeout)
		defer cancel()
		msg := &learned{look: asked}
		msg.found, msg.err = a.Store.ConfirmedOf(ctx, a.id, asked.bookings, asked.customers)
		a.tell(msg)
	})
}

// learned decides the requests of a look again, before those that came later.
func (a *activation) learned(msg *learned) {
	if a.learning.asked != msg.look {
		return // of before a load
	}
	a.learning.asked = nil
	err := msg.err
	if err != nil {
		a.seats.AskInVain()
	} else if err = a.seats.Learn(msg.look.bookings, msg.look.customers, msg.found); err != nil {
		a.Log.Error("stored bookings contradict what is known; reading the event again", "eventId", a.id, "error", err)
		defer a.reloadSoon()
	}
	if err != nil {
		a.Log.Warn("bookings not read", "eventId", a.id, "error", err)
		for _, r := range msg.look.requests {
			a.fail(r, eventra.Unavailable("postgres", err))
		}
	} else {
		a.waiting = append(msg.look.requests, a.waiting...)
	}
	a.learn()
	a.pump()
}
