package eventra

import "time"

// Page asks for a part of a list: at most Limit items after Cursor, which is
// nil for the first page.
type Page struct {
	Limit  int
	Cursor *Cursor
}

// Cursor is the place of the last item seen in a list sorted by time, then id.
type Cursor struct {
	Time time.Time
	ID   ID
}

const (
	PageLimitMax     = 100
	PageLimitDefault = 20
)

// EventFilter narrows the list of events. Zero fields do not narrow.
type EventFilter struct {
	Text       string // words in title or description, any case
	Category   string
	City       string
	From, To   time.Time // of StartsAt: From inclusive, To exclusive
	Status     EventStatus
	WithDrafts bool // else PUBLISHED only, whatever Status says
}

// BookingFilter narrows a user's list of bookings. Zero fields do not narrow.
type BookingFilter struct {
	Status  BookingStatus
	EventID ID
}
