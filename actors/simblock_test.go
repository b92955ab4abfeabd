package actors

import (
	"context"
	"errors"

	"github.com/eventra/eventra"
)

// house is the administrator who keeps seats off sale and gives them back.
type house struct {
	s         *simulation
	kept      []bool // by seat: an answer said that it is blocked, and nobody asked to give it back since
	uncertain []bool // by seat: a command to give it back has no answer; it may still be carried out
}

func newHouse(s *simulation) *house {
	return &house{s: s, kept: make([]bool, len(s.event.seats)), uncertain: make([]bool, len(s.event.seats))}
}

// houseActor is what the audit log names.
var houseActor = eventra.Actor{ID: idOf('a', 1), Kind: eventra.ActorUser}

// run blocks some seats now and then, or gives them back.
func (h *house) run() {
	s := h.s
	for range s.rng.IntN(4) {
		s.sleep(s.between(0, faultPeriod/3))
		s.blockings++
		cmd := &eventra.SetBlocked{BlockingID: idOf('k', s.blockings), Author: idOf('a', 1), Blocked: s.chance(600), By: houseActor}
		first, many := s.rng.IntN(len(s.event.seats)), 1+s.rng.IntN(3)
		for no := first; no < min(first+many, len(s.event.seats)); no++ {
			cmd.Selection.Seats = append(cmd.Selection.Seats, s.event.seats[no].Name())
			h.kept[no] = h.kept[no] && cmd.Blocked
		}
		answered := h.set(cmd)
		for no := first; no < min(first+many, len(s.event.seats)); no++ {
			h.kept[no] = h.kept[no] || answered && cmd.Blocked && !h.uncertain[no]
			h.uncertain[no] = h.uncertain[no] || !answered && !cmd.Blocked
		}
	}
}

// set is [BoxOffice.SetBlocked], repeated. It reports whether the command was carried out.
func (h *house) set(cmd *eventra.SetBlocked) bool {
	b := &buyer{s: h.s}
	r, err := b.repeat(func() (*reply, error) { return h.s.network.ask(cmd) })
	made, stored := h.s.db.blockings[cmd.BlockingID]
	switch {
	case err == nil && (!stored || made.Changed != r.blocking.Changed || made.Version != r.blocking.Version):
		h.s.fail("%s was answered with %+v, and stored as %+v", nameOf(cmd.BlockingID), *r.blocking, made)
	case errors.Is(err, eventra.ErrRefusedByStore) && !stored:
		h.s.fail("%s is refused because it was made before, but it was not", nameOf(cmd.BlockingID))
	}
	return stored
}

// checkBlocks checks that blocked seats stay off sale.
func (s *simulation) checkBlocks() {
	for no, kept := range s.house.kept {
		if seat := s.db.seats[no]; kept && seat.Status != eventra.SeatBlocked {
			s.fail("seat %d was promised to stay blocked, but is %s of %s", no, seat.Status, nameOf(seat.Booking))
		}
	}
}

// block carries out a blocking, unless its id was used before. Its seats are nobody's.
func (db *simStore) block(tx *transaction, c *eventra.Change) bool {
	if _, used := db.blockings[c.Blocking.ID]; used {
		return false
	}
	if c.Audit == nil || c.Audit.ID != c.Blocking.ID || c.Audit.Actor != houseActor {
		db.s.fail("%s has no entry in the audit log: %+v", nameOf(c.Blocking.ID), c.Audit)
	}
	made := *c.Blocking
	made.Version, made.At = c.BlockingVersion(tx.batch.Version), tx.at
	put(tx, db.blockings, made.ID, made)
	for _, no := range c.Seats {
		next := db.seats[no]
		if !next.Booking.IsZero() {
			db.s.fail("%s overrides the sale of seat %d to %s", nameOf(made.ID), no, nameOf(next.Booking))
		}
		if next.Status == eventra.SeatRemoved {
			db.s.fail("%s changes seat %d, which was removed", nameOf(made.ID), no)
		}
		switch {
		case c.Kind == eventra.Unblocked:
			tx.must(next.Status == eventra.SeatBlocked)
			next = eventra.StoredState{Status: eventra.SeatAvailable, Version: tx.batch.Version}
		case next.Status == eventra.SeatAvailable:
			next = eventra.StoredState{Status: eventra.SeatBlocked, Version: tx.batch.Version}
		}
		db.seat(tx, no, next)
	}
	return true
}

// Blocking implements EventStore.
func (db *simStore) Blocking(_ context.Context, _, id eventra.ID) (*eventra.Blocking, error) {
	if err := db.read(); err != nil {
		return nil, err
	}
	made, ok := db.blockings[id]
	if !ok {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such blocking")
	}
	return &made, nil
}
