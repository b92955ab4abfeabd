// Package wrk drives servers with wrk, from Lua scripts that it writes. One
// wrk thread leaves the CPUs to the servers, and has one Lua state, so that a
// counter in it gives no seat to two connections.
package wrk

import (
	"fmt"
	"strings"
	"time"
)

// Holds asks for seats, each one once. Seats are named SECTION-ROW-NUMBER.
type Holds struct {
	Host   string
	Tokens []string // requests take turns with them
	Events []string
	// Section, Rows and SeatsPerRow are the same for all events.
	Section           string
	Rows, SeatsPerRow int

	Group int // seats a request
	First int // the first group to ask for; those before were taken earlier
	Step  int // from one group to the next within the house; coprime to their number. 0: 1
	// Spread has requests take turns with the events, instead of selling one
	// out after the other.
	Spread bool
	// Think is what each connection waits before its next request, on average:
	// anything from nothing to twice as long. Whole milliseconds; 0: it does not.
	Think time.Duration
	// Pays has a request pay for the oldest hold that was answered, if there is
	// one, so that each second one does.
	Pays bool
	// Endless begins anew when all seats were asked for: for refusals.
	Endless bool
}

// Groups is how many requests there are seats for.
func (h *Holds) Groups() int { return len(h.Events) * h.groupsPerEvent() }

func (h *Holds) groupsPerEvent() int { return h.Rows * h.SeatsPerRow / h.Group }

// Script writes the Lua script.
func (h *Holds) Script() string {
	return settings(
		"method", "POST", "path", "/api/v1/bookings", "host", h.Host, "tokens", h.Tokens, "events", h.Events,
		"section", h.Section, "perRow", h.SeatsPerRow, "group", h.Group, "groups", h.groupsPerEvent(),
		"first", h.First, "step", max(1, h.Step), "think", h.Think.Milliseconds(), "spread", h.Spread, "pays", h.Pays, "endless", h.Endless,
	) + holdsLua + doneLua
}

// Gets asks for one path again and again.
type Gets struct {
	Host   string
	Path   string
	Tokens []string // none: anonymously
	Header []string // whole fields
}

// Script writes the Lua script.
func (g *Gets) Script() string {
	return settings("path", g.Path, "host", g.Host, "tokens", g.Tokens, "fields", g.Header) + getsLua + doneLua
}

// settings writes local variables.
func settings(pairs ...any) string {
	var out strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&out, "local %s = %s\n", pairs[i], literal(pairs[i+1]))
	}
	return out.String()
}

func literal(value any) string {
	switch v := value.(type) {
	case string:
		return quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = quote(s)
		}
		return "{" + strings.Join(quoted, ", ") + "}"
	}
	return fmt.Sprint(value)
}

// quote writes a Lua string; whatever is not plain is written as a number.
func quote(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c < ' ' || c > '~' {
			fmt.Fprintf(&out, `\%03d`, c)
		} else {
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
