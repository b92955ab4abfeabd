package eventra

import "time"

// Page asks for a part of a list: at most Limit items after Cursor. The first page
// has no cursor.
type Page struct {
	Limit  int
	Cursor *Cursor
}

// Cursor is the position of an item in a list that is sorted by time, then by id; or by Text, then by id.
type Cursor struct {
	Time time.Time
	ID   ID
	// Split divides a list of events into those that end after it, which come
	// first, and those that are over. Past reports whether the item is over. Split is
	// zero in other lists.
	Split time.Time
	Past  bool
	// Text is what a list that is not sorted by time is sorted by. Past reports whether the item is in the second of two
	// parts of such a list.
	Text string
}

// Items on a page.
const (
	PageLimitMax     = 100
	PageLimitDefault = 20
)

// EventFilter narrows the list of events. A zero field does not narrow it. Without
// From and To, events that are over come after the others.
type EventFilter struct {
	Text       string // words in title or description, in any case, with or without accents
	Category   string
	City       string
	From, To   time.Time // of StartsAt: From inclusive, To exclusive
	Status     EventStatus
	WithDrafts bool // without it the list has PUBLISHED events only, and none if Status is another
}

// BookingFilter narrows a user's list of bookings. A zero field does not narrow it.
type BookingFilter struct {
	Status  BookingStatus
	EventID ID
}
