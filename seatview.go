package eventra

// Layout is the seats of an event. Nobody writes to it once it is made, so any
// number of readers may share it.
type Layout struct {
	Seats    []Seat   // by SeatNo
	Sections []string // in the order in which they were added
	Pricing  *Pricing // with the categories of all seats and floors, derived ones too

	index    seatIndex
	section  []int32 // by SeatNo, position in Sections; AnySection: the seat was removed
	row      []int32 // by SeatNo, position in rows
	category []int32 // by SeatNo, position in Pricing.Categories
	rows     []seatRow
	floor    []int32 // by floor, position in Pricing.Categories
	prices   *priceTable
}

// seatRow is one row of one section, for the search for the best available seats.
type seatRow struct {
	section int32
	depth   int      // rows between this one and the front of its section
	seats   []SeatNo // as they stand: in the order in which they were added
}

// NewLayout is NewPricedLayout for an event without a pricing of its own.
func NewLayout(seats []Seat) *Layout { return NewPricedLayout(seats, nil, nil) }

// NewPricedLayout arranges seats, which are given by SeatNo, with the numbers of their
// categories: see [Pricing.Sort]. The first row that was
// added is the front of its section; a seat that is added to a row later stands at
// the end of it.
func NewPricedLayout(seats []Seat, categories []CategoryNo, pricing *Pricing, floors ...Floor) *Layout {
	l := &Layout{
		Seats:   seats,
		section: make([]int32, len(seats)),
		row:     make([]int32, len(seats)),
	}
	type rowKey struct{ section, row string }
	sections, rows := map[string]int32{}, map[rowKey]int32{}
	var depths []int
	for i := range seats {
		s := &seats[i]
		if s.Removed() {
			l.section[i], l.row[i] = AnySection, -1
			continue
		}
		section, known := sections[s.Section]
		if !known {
			section = int32(len(l.Sections))
			sections[s.Section] = section
			l.Sections = append(l.Sections, s.Section)
			depths = append(depths, 0)
		}
		key := rowKey{s.Section, s.Row}
		row, known := rows[key]
		if !known {
			row = int32(len(l.rows))
			rows[key] = row
			l.rows = append(l.rows, seatRow{section: section, depth: depths[section]})
			depths[section]++
		}
		// Seats from a store have strings of their own; sharing them saves most of the memory.
		first := &l.rows[row]
		if len(first.seats) > 0 {
			s.Row = seats[first.seats[0]].Row
		}
		s.Section = l.Sections[section]
		l.section[i], l.row[i] = section, row
		first.seats = append(first.seats, SeatNo(i))
	}
	l.index = newSeatIndex(seats)
	l.Pricing, l.category = pricing.Sort(seats, categories)
	if len(floors) > 0 {
		l.Pricing, l.floor = l.Pricing.Sort(FloorsToSort(floors))
	}
	l.prices = newPriceTable(l.Pricing)
	return l
}

// Find returns the number of the seat with that canonical name.
func (l *Layout) Find(name string) (SeatNo, bool) {
	return l.index.find(l.Seats, name)
}

// Section returns the position in Sections of a seat's section.
func (l *Layout) Section(no SeatNo) int { return int(l.section[no]) }

// Category returns the name of a seat's category.
func (l *Layout) Category(no SeatNo) string { return l.Pricing.Categories[l.category[no]].Name }

// FloorCategory returns the name of a floor's category.
func (l *Layout) FloorCategory(no int) string { return l.Pricing.Categories[l.floor[no]].Name }

// AnySection stands for all sections.
const AnySection int32 = -1

// SectionNamed returns the position in Sections of the section with that canonical
// name, or AnySection if there is none.
func (l *Layout) SectionNamed(name string) int32 {
	for i, section := range l.Sections {
		if section == name || CanonicalName(section) == name {
			return int32(i)
		}
	}
	return AnySection
}

// SeatsView is every seat of an event at one version. Nobody writes to it once it
// is made, so any number of readers may share it.
type SeatsView struct {
	EventID ID
	Version uint64
	Layout  *Layout
	Status  []SeatStatus // by SeatNo
	Changed []uint64     // by SeatNo: the version that last changed the seat
	Floors  []FloorView  // in the order in which they were added

	// LayoutVersion is the version at which seats were last added, or their pricing changed.
	// A reader that knows an older one does not know all seats.
	LayoutVersion uint64
}

// SectionNamed returns the name of the section, with seats or without, that has that
// canonical name.
func (v *SeatsView) SectionNamed(name string) (section string, found bool) {
	if at := v.Layout.SectionNamed(name); at != AnySection {
		return v.Layout.Sections[at], true
	}
	for i := range v.Floors {
		if floor := &v.Floors[i]; floor.Name == name {
			return floor.Name, true
		}
	}
	return "", false
}

// Availability counts an event's seats and places at one version.
type Availability struct {
	EventID  ID
	Version  uint64
	Total    SectionTally   // Name is empty
	Sections []SectionTally // in the order in which sections were added, those with seats first
}

// SectionTally counts the seats and places of one section, or of all sections.
type SectionTally struct {
	Name      string
	Total     int
	Available int
	Held      int
	Booked    int
	Blocked   int
	PriceFrom Money // of the cheapest seat or place, sold or not
	General   bool  // it has places without numbers
}

func (t *SectionTally) add(status SeatStatus, n int) {
	switch status {
	case SeatAvailable:
		t.Available += n
	case SeatHeld:
		t.Held += n
	case SeatBooked:
		t.Booked += n
	case SeatBlocked:
		t.Blocked += n
	}
}

// join adds another section's numbers.
func (t *SectionTally) join(other *SectionTally) {
	if t.Total == 0 || other.PriceFrom.Amount < t.PriceFrom.Amount {
		t.PriceFrom = other.PriceFrom
	}
	t.Total += other.Total
	t.Available += other.Available
	t.Held += other.Held
	t.Booked += other.Booked
	t.Blocked += other.Blocked
}
