package eventra

import "fmt"

// Floor is a general-admission section: so many places without numbers, of one category.
type Floor struct {
	Name       string
	Capacity   int
	Price      Money      // of the default ticket type
	CategoryNo CategoryNo // 0: the category follows from name and price, as that of a seat does
}

// Limits of an event's floors.
const (
	FloorsPerEventMax = 1000
	FloorCapacityMax  = 1_000_000
)

// StoredFloor is a floor as the store has it.
type StoredFloor struct {
	Floor
	Blocked int // places that are kept off sale
	Taken   int // places of live bookings
	Version uint64
}

// placesOf counts the places of floors.
func placesOf(floors []StoredFloor) (n int) {
	for i := range floors {
		n += floors[i].Capacity
	}
	return n
}

// PlannedFloors are the floors without their state.
func PlannedFloors(stored []StoredFloor) []Floor {
	plans := make([]Floor, len(stored))
	for i := range stored {
		plans[i] = stored[i].Floor
	}
	return plans
}

// FloorView is a floor at one version. A place costs no memory: places are counted.
type FloorView struct {
	Floor
	Category string
	Blocked  int
	Held     int
	Booked   int
	Changed  uint64 // the version that last changed it
}

// Available is the number of places that can be held.
func (f *FloorView) Available() int { return f.Capacity - f.Blocked - f.Held - f.Booked }

func (f *FloorView) add(status SeatStatus, n int) {
	switch status {
	case SeatHeld:
		f.Held += n
	case SeatBooked:
		f.Booked += n
	}
}

func (f *FloorView) tally() SectionTally {
	return SectionTally{Name: f.Name, General: true, Total: f.Capacity, Available: f.Available(), Held: f.Held, Booked: f.Booked,
		Blocked: f.Blocked, PriceFrom: f.Price}
}

// floorState is a floor in a seat map.
type floorState struct {
	FloorView
	claimed int // by changes in flight
	counted int // of Booked, those of bookings that were not read: see countedPlaces
}

// floors are the general-admission sections of a seat map, in the order in which they were
// added.
type floors []floorState

// newFloors counts the places of live bookings. They are those that are stored as taken, but for those that are counted only.
func newFloors(stored []StoredFloor, layout *Layout, live map[ID]*Booking, counted bool) (floors, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	all := make(floors, len(stored))
	for i, s := range stored {
		all[i] = floorState{FloorView: FloorView{Floor: s.Floor, Category: layout.FloorCategory(i), Blocked: s.Blocked, Changed: s.Version}}
	}
	for _, b := range live {
		for _, item := range b.OwnPlaces() {
			if int(item.Floor) >= len(all) {
				return nil, fmt.Errorf("booking %v has a place on floor %d, which does not exist", b.ID, item.Floor)
			}
			all[item.Floor].add(statusOf(b), 1)
		}
	}
	for i, s := range stored {
		floor := &all[i]
		taken := floor.Held + floor.Booked
		if counted && taken < s.Taken {
			floor.counted = s.Taken - taken
			floor.Booked += floor.counted
		} else if taken != s.Taken {
			return nil, fmt.Errorf("floor %s is stored with %d places taken, bookings have %d", s.Name, s.Taken, taken)
		}
	}
	return all, nil
}

// named returns the number of the floor with that canonical name. Floors never had another one.
func (f floors) named(name string) (no int, found bool) {
	for i := range f {
		if f[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// room says whether n places of a floor are free. Durably taken ones are a reason to refuse,
// claimed ones a reason to wait.
func (f *floorState) room(n int) (wait bool, err error) {
	available := f.Available()
	if n > available {
		return false, &Error{Code: CodeNotEnoughPlaces, Message: "the section has not so many places left",
			Places: &PlacesLeft{Section: f.Name, Available: available}}
	}
	return n > available-f.claimed, nil
}

// room says whether so many places of each floor are free.
func (f floors) room(wanted []int) (wait bool, err error) {
	for no, n := range wanted {
		if n == 0 {
			continue
		}
		claimed, err := f[no].room(n)
		if err != nil {
			return false, err
		}
		wait = wait || claimed
	}
	return wait, nil
}

// claim counts the places that a change in flight takes.
func (f floors) claim(b *Booking, by int) {
	for _, item := range b.OwnPlaces() {
		f[item.Floor].claimed += by
	}
}

// move counts the places of a booking whose status changes.
func (f floors) move(b *Booking, from, to SeatStatus, version uint64) {
	for _, item := range b.OwnPlaces() {
		floor := &f[item.Floor]
		floor.add(from, -1)
		floor.add(to, 1)
		floor.Changed = version
	}
}

// views are the floors as they are stored.
func (f floors) views() []FloorView {
	if f == nil {
		return nil
	}
	views := make([]FloorView, len(f))
	for i := range f {
		views[i] = f[i].FloorView
	}
	return views
}

// contradicts reports whether a floor is not what became of it by commits alone.
func (f floors) contradicts(shown floors) bool {
	for i := range shown {
		was := &shown[i]
		if i >= len(f) {
			return true
		}
		if is := &f[i]; is.Changed < was.Changed || is.Changed == was.Changed && is.FloorView != was.FloorView {
			return true
		}
	}
	return false
}

// check compares the counters with the bookings and claims.
func (f floors) check(m *SeatMap) error {
	counted := make(floors, len(f))
	for i := range f {
		counted[i].FloorView = f[i].FloorView
		counted[i].Held, counted[i].Booked = 0, f[i].counted
	}
	for _, b := range m.live {
		counted.move(b, SeatAvailable, statusOf(b), 0)
	}
	for _, c := range m.claims {
		if c.Kind.TakesSeats() {
			counted.claim(c.Booking, 1)
		}
	}
	for i := range f {
		is, want := &f[i], &counted[i]
		switch {
		case is.Held != want.Held || is.Booked != want.Booked || is.claimed != want.claimed:
			return fmt.Errorf("floor %s counts %+v instead of %+v", is.Name, *is, *want)
		case is.claimed < 0 || is.Available()-is.claimed < 0:
			return fmt.Errorf("floor %s has sold more than it has: %+v", is.Name, *is)
		case is.Changed > m.version:
			return fmt.Errorf("floor %s is of version %d, the map of %d", is.Name, is.Changed, m.version)
		}
	}
	return nil
}
