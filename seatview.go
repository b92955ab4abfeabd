package eventra

// Layout is the seats of an event, which never change while an activation
// lives: who reads it needs no lock.
type Layout struct {
	Seats    []Seat // by SeatNo
	Sections []string
	index    map[string]SeatNo
	section  []int32 // of each seat, in Sections
	rows     []seatRow
}

// SeatsView is every seat of an event at one version. It is not written to
// again, so any number of readers may share it.
type SeatsView struct {
	EventID ID
	Version uint64
	Layout  *Layout
	Status  []SeatStatus // by SeatNo
	Changed []uint64     // by SeatNo: the version that last changed the seat
}

// Availability counts an event's seats at one version.
type Availability struct {
	EventID  ID
	Version  uint64
	Total    SectionTally
	Sections []SectionTally // in the order in which sections were added
}

// SectionTally counts the seats of one section, or of all.
type SectionTally struct {
	Name      string
	Total     int
	Available int
	Held      int
	Booked    int
	PriceFrom Money // the cheapest seat, sold or not
}

type seatRow struct{}
