package linearizable

import "strings"

// state is the status of each claim of a part, a byte each. It is a string
// because states are compared and kept by the million.
type state string

// What a claim has come to.
const (
	none      = '.'
	missed    = '-' // none, and what it might have held until then is over
	held      = 'H'
	due       = 'D' // past its deadline: held, or expired already; nobody has seen yet
	confirmed = 'C'
	cancelled = 'R'
	expired   = 'X'
)

func initial(claims int) state { return state(strings.Repeat(string(none), claims)) }

func (s state) with(claim int, status byte) state {
	next := []byte(s)
	next[claim] = status
	return state(next)
}

func live(status byte) bool { return status == held || status == due || status == confirmed }

// storedAs is how the database and answers call a status.
func storedAs(status byte) string {
	switch status {
	case held, due:
		return "HELD"
	case confirmed:
		return "CONFIRMED"
	case cancelled:
		return "CANCELLED"
	case expired:
		return "EXPIRED"
	}
	return ""
}

// statusOf is the reverse.
func statusOf(stored string) byte {
	for _, status := range []byte{held, confirmed, cancelled, expired} {
		if storedAs(status) == stored {
			return status
		}
	}
	return none
}
