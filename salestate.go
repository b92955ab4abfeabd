package eventra

import "time"

// SaleState tells readers whether seats can be held. It decides nothing: the store's clock
// does, with each hold.
type SaleState string

// The states of a sale.
const (
	SaleUpcoming  SaleState = "UPCOMING"
	SaleOpen      SaleState = "OPEN"
	SaleEnded     SaleState = "ENDED"
	SaleCancelled SaleState = "CANCELLED" // with its event
)

// Over reports whether the sale has ended, one way or the other.
func (s SaleState) Over() bool { return s == SaleEnded || s == SaleCancelled }

// SaleAt returns the state of the event's sale at that time.
func (e *Event) SaleAt(now time.Time) SaleState {
	terms := e.SaleTerms()
	switch {
	case terms.Status == EventCancelled:
		return SaleCancelled
	case terms.OpenAt(now):
		return SaleOpen
	case terms.SaleEndsAt != nil && !now.Before(*terms.SaleEndsAt):
		return SaleEnded
	}
	return SaleUpcoming
}
