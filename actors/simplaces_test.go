package actors

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/eventra/eventra"
)

const simFloorName = "FLOOR"

func simFloor(rng *rand.Rand) eventra.StoredFloor {
	return eventra.StoredFloor{Floor: eventra.Floor{Name: simFloorName, Capacity: 1 + rng.IntN(6), Price: eventra.Money{Amount: 700, Currency: "EUR"}}}
}

// takenPlaces is how many places were durably taken from then on.
type takenPlaces struct {
	from  time.Duration
	taken int
}

// checkPlaces compares the counter with the live bookings after each commit.
func (s *simulation) checkPlaces() {
	taken := 0
	for _, b := range s.db.bookings {
		if !b.Status.Live() {
			continue
		}
		for range b.OwnPlaces() {
			taken++
		}
	}
	if floor := &s.db.floor; taken != floor.Taken || taken > floor.Capacity {
		s.fail("%d of %d places are in live bookings, the counter says %d", taken, floor.Capacity, floor.Taken)
	}
	s.placesTaken = append(s.placesTaken, takenPlaces{s.clock, taken})
}

// checkShortage judges a refusal: so few places were available at some moment since the
// question, by what is stored.
func (s *simulation) checkShortage(a *simActor, q *question, err error) {
	asked := q.asked
	if !s.current(a.activation) {
		asked = 0
	}
	var refusal *eventra.Error
	_ = errors.As(err, &refusal)
	available := s.db.floor.Capacity
	for _, t := range s.placesTaken {
		if t.from > asked && available == refusal.Places.Available {
			return
		}
		available = s.db.floor.Capacity - t.taken
	}
	if available != refusal.Places.Available && a.activation.inFlight == nil {
		s.fail("%s has %d places left, which it never had", a.name, refusal.Places.Available)
	}
}
