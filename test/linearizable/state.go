package linearizable

import "strings"

// state is the status of each attempt of a part, one byte each. It is a string
// because the search compares and keeps millions of states.
type state string

// Statuses of an attempt.
const (
	none      = '.' // no booking; of a seat: free
	missed    = '-' // no booking, and its deadline has passed
	held      = 'H'
	due       = 'D' // past its deadline: held, or expired if no operation shows otherwise
	confirmed = 'C'
	cancelled = 'R'
	refunded  = 'F' // nothing is left of it
	givenUp   = 'G' // of a refund: its items are no longer the attempt's
	expired   = 'X'
	blocked   = 'B' // of an organiser's act: its seats are off sale
	removed   = 'Z' // of an organiser's act: its seats are gone
)

func initial(attempts int) state { return state(strings.Repeat(string(none), attempts)) }

func (s state) with(attempt int, status byte) state {
	next := []byte(s)
	next[attempt] = status
	return state(next)
}

func live(status byte) bool {
	switch status {
	case held, due, confirmed, blocked, removed:
		return true
	}
	return false
}

// storedAs returns the name of a status in the database and in answers.
func storedAs(status byte) string {
	switch status {
	case held, due:
		return "HELD"
	case confirmed:
		return "CONFIRMED"
	case cancelled:
		return "CANCELLED"
	case refunded:
		return "REFUNDED"
	case expired:
		return "EXPIRED"
	case blocked:
		return "BLOCKED"
	case removed:
		return "REMOVED"
	}
	return ""
}

// statusOf is the inverse of storedAs.
func statusOf(stored string) byte {
	for _, status := range []byte{held, confirmed, cancelled, refunded, expired} {
		if storedAs(status) == stored {
			return status
		}
	}
	return none
}
