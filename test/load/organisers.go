package load

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

// Organisers change the events of a rotation during their sales, one organiser each: they block
// and remove seats, change prices, move the event, and cancel it.
type Organisers struct {
	Rotation *Rotation
	Targets  []*client.Target
	Admin    *client.Admin
	Pause    time.Duration // between two acts
	Seed     uint64

	generator
}

// Start starts the organisers.
func (o *Organisers) Start() *Organisers {
	o.begin()
	for slot := range o.Rotation.Slots {
		if len(o.Rotation.Slots[slot].Acts) > 0 {
			random := rand.New(rand.NewPCG(o.Seed, uint64(1000+slot)))
			o.wg.Go(func() { o.organise(slot, random) })
		}
	}
	return o
}

func (o *Organisers) organise(slot int, random *rand.Rand) {
	var at *organiser
	for wait.Sleep(o.ctx, jitter(random, o.Pause)) == nil {
		if event := o.Rotation.at(slot); at == nil || at.event != event {
			at = &organiser{Organisers: o, slot: &o.Rotation.Slots[slot], event: event, random: random, pricing: 1}
		}
		if at.Admin.LogIn(at.target()) == nil && !at.cancelled {
			at.act()
		}
	}
}

// organiser is that of one event.
type organiser struct {
	*Organisers
	slot      *Slot
	event     *Event
	random    *rand.Rand
	blocked   [][]string // as they were blocked, to be given back
	untouched []string   // seats that are left alone from now on: a try without an answer may still be carried out
	pricing   int        // number of the last one
	moves     int
	cancelled bool
}

const (
	// cancelAfter is the part of its life after which an event may be cancelled.
	cancelAfter = 0.5
	// actTries bounds the tries of an act without an answer, and actPause the time between two.
	actTries, actPause = 20, 300 * time.Millisecond
)

func (w *organiser) target() *client.Target { return w.Targets[w.random.IntN(len(w.Targets))] }

func (w *organiser) act() {
	switch kind := w.slot.Acts[w.random.IntN(len(w.slot.Acts))]; kind {
	case client.Block:
		w.block()
	case client.Unblock:
		w.unblock()
	case client.Remove:
		if seats := w.someSeats(); seats != nil {
			w.change(seats, func(at *client.Target, act string) client.Operation {
				return w.Admin.Remove(at, w.event.Sale, act, seats)
			})
		}
	case client.Reprice:
		w.pricing++
		w.change(nil, func(at *client.Target, act string) client.Operation {
			return w.Admin.Reprice(at, w.event.Sale, act, w.pricing)
		})
	case client.Reschedule:
		w.moves++
		w.change(nil, func(at *client.Target, act string) client.Operation {
			return w.Admin.Reschedule(at, w.event.Sale, act, w.moves)
		})
	case client.Cancel:
		if time.Since(w.event.opened) > time.Duration(cancelAfter*float64(w.slot.Lifetime)) {
			o := w.change(nil, func(at *client.Target, act string) client.Operation { return w.Admin.Cancel(at, w.event.Sale, act) })
			w.cancelled = o.Succeeded()
		}
	}
}

func (w *organiser) block() {
	seats := w.someSeats()
	if seats == nil {
		return
	}
	o := w.change(seats, func(at *client.Target, act string) client.Operation {
		return w.Admin.Block(at, w.event.Sale, act, seats)
	})
	if o.Succeeded() && !slices.Contains(w.untouched, seats[0]) {
		w.blocked = append(w.blocked, seats)
	}
}

func (w *organiser) unblock() {
	if len(w.blocked) == 0 {
		return
	}
	n := w.random.IntN(len(w.blocked))
	seats := w.blocked[n]
	w.blocked = slices.Delete(w.blocked, n, n+1)
	o := w.change(seats, func(at *client.Target, act string) client.Operation {
		return w.Admin.Unblock(at, w.event.Sale, act, seats)
	})
	if !o.Succeeded() {
		w.untouched = append(w.untouched, seats...)
	}
}

// someSeats are one or two neighbours that a map shows as free, nil if it shows none or if the
// organiser has to do with one of them.
func (w *organiser) someSeats() (seats []string) {
	free := w.Admin.Free(w.target(), w.event.Sale)
	start := w.random.IntN(w.event.Size())
	for i := range w.event.Size() {
		n := (start + i) % w.event.Size()
		if seat := w.event.Seat(n); free[seat] {
			seats = append(seats, seat)
		}
		if len(seats) > 0 && (n%w.event.SeatsPerRow == w.event.SeatsPerRow-1 || len(seats) == 2 || w.random.IntN(2) == 0) {
			break
		}
	}
	mine := func(seat string) bool {
		return slices.Contains(w.untouched, seat) || slices.ContainsFunc(w.blocked, func(b []string) bool { return slices.Contains(b, seat) })
	}
	if slices.ContainsFunc(seats, mine) {
		return nil
	}
	return seats
}

// change tries an act until its outcome is known.
func (w *organiser) change(seats []string, try func(at *client.Target, act string) client.Operation) client.Operation {
	act := client.NewKey()
	o := try(w.target(), act)
	certain := o.Certain()
	for tries := 1; (!o.Certain() || o.NotExecuted()) && tries < actTries; tries++ {
		if wait.Sleep(w.ctx, actPause) != nil {
			break
		}
		o = try(w.target(), act)
		certain = certain && o.Certain()
	}
	if !certain || o.Kind == client.Remove && !o.Refusal() {
		w.untouched = append(w.untouched, seats...)
	}
	return o
}
