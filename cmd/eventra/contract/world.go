package contract

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// World is what requests may refer to.
type World struct {
	Tokens   map[string]string // access tokens by caller: user, other, admin, ended
	Events   []string          // at least one of each status; their section A has rows 1 … 9 with seats 1 … 20
	Bookings []string          // the user's, at least one of each status, and some of another's
	Sessions []Session         // to end
	Email    string            // the user's
	Password string
	Keys     []string // idempotency keys to use again
}

// Session is a session's tokens.
type Session struct{ Access, Refresh string }

// maker makes the requests of one case.
type maker struct {
	*rand.Rand
	doc   *Document
	world *World
	op    *Operation
}

// sensible returns values for the fields whose schema does not say enough, by their names.
func (m *maker) sensible(field string) (value string, ok bool) {
	starts := time.Date(2031, 5, 1, 19, 30, 0, 0, time.UTC).Add(time.Duration(m.IntN(1000)) * time.Hour)
	switch field {
	case "eventId":
		return pick(m.Rand, m.world.Events), true
	case "bookingId":
		return pick(m.Rand, m.world.Bookings), true
	case "seats":
		return "A-" + strconv.Itoa(1+m.IntN(9)) + "-" + strconv.Itoa(1+m.IntN(20)), true
	case "section":
		if m.op.ID == "addSeats" {
			return "S" + digits(m.Rand), true
		}
		return "A", true
	case "rows", "row":
		return "R" + digits(m.Rand), true
	case "name", "title", "city", "category", "tags", "q":
		return "Name " + digits(m.Rand), true
	case "currency":
		return "EUR", true
	case "timezone":
		return pick(m.Rand, []string{"Europe/Berlin", "UTC", "America/New_York"}), true
	case "token":
		return pick(m.Rand, []string{"tok_ok", "tok_ok", "tok_declined", "tok_error", "tok_slow_5"}), true
	case "startsAt":
		return starts.Format(time.RFC3339), true
	case "endsAt":
		return starts.AddDate(1, 0, 0).Format(time.RFC3339), true
	case "saleStartsAt", "from":
		return starts.AddDate(-9, 0, 0).Format(time.RFC3339), true
	case "saleEndsAt", "to":
		return starts.AddDate(0, -2, 0).Format(time.RFC3339), true
	case "email":
		if m.op.ID == "login" {
			return m.world.Email, true
		}
		return "c" + digits(m.Rand) + "@example.org", true
	case "password":
		return m.world.Password, true
	}
	return "", false
}
