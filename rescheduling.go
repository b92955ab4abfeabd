package eventra

import "time"

// Rescheduling moves a published event to another time or place. An event has its latest.
type Rescheduling struct {
	ID          ID        `json:"id"`
	At          time.Time `json:"at"`
	Message     string    `json:"message"` // the organiser's own words to those who have tickets
	WasStartsAt time.Time `json:"wasStartsAt"`
	WasVenue    Venue     `json:"wasVenue"`
}

// Reschedule makes e, which old has become by a move, the event after that.
func (e *Event) Reschedule(old *Event, r Rescheduling) error {
	switch old.Status {
	case EventCancelled:
		return Errorf(CodeEventLocked, "the event is cancelled")
	case EventDraft:
		return Errorf(CodeInvalidTransition, "the event is a draft: nobody has to be told, and its fields can be changed")
	}
	r.WasStartsAt, r.WasVenue = old.StartsAt, old.Venue
	e.Rescheduling = &r
	var f Faults
	validateText(&f, "message", r.Message, 0, ReasonMaxRunes)
	if e.StartsAt.Equal(old.StartsAt) && e.EndsAt.Equal(old.EndsAt) && e.Venue.Trimmed() == old.Venue.Trimmed() {
		f.Add("startsAt", "unchanged", "must differ, or endsAt or the venue must")
	}
	e.Validate(&f)
	return f.Err()
}
