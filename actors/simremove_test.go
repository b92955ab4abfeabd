package actors

import (
	"errors"
	"slices"

	"github.com/eventra/eventra"
)

// remove takes a free seat away that no booking has or had, if there is one.
func (db *simStore) remove() {
	sold := map[eventra.SeatNo]bool{}
	version := db.floor.Version
	for _, b := range db.bookings {
		for i := range b.Items {
			sold[b.Items[i].No] = true
		}
	}
	for i := range db.seats {
		version = max(version, db.seats[i].Version)
	}
	first := db.s.rng.IntN(len(db.seats))
	for i := range db.seats {
		no := (first + i) % len(db.seats)
		if db.seats[no].Status == eventra.SeatAvailable && !sold[eventra.SeatNo(no)] {
			db.removedAt = version + 1
			db.seats[no] = eventra.StoredState{Status: eventra.SeatRemoved, Version: db.removedAt}
			db.s.tracef("store: seat %d is removed", no)
			return
		}
	}
}

// remaining are the seats as activations read them: a removed one has no number.
func (db *simStore) remaining(count int) []eventra.Seat {
	seats := slices.Clone(db.s.event.seats[:count])
	for no := range seats {
		if db.seats[no].Status == eventra.SeatRemoved {
			seats[no].Number = 0
		}
	}
	return seats
}

// checkUnknown checks that seats that an activation does not know were removed.
func (s *simulation) checkUnknown(a *simActor, err error) {
	refusal, _ := errors.AsType[*eventra.Error](err)
	for _, name := range refusal.Seats {
		if no, _ := s.layout.Find(name); s.db.seats[no].Status != eventra.SeatRemoved {
			s.fail("%s does not know seat %s", a.name, name)
		}
	}
}
