// Package wrk generates load by wrk, with Lua scripts that it writes. It uses one
// thread, which leaves the CPUs to the servers, and has one Lua state, whose counter
// hands each seat to one connection.
package wrk

import (
	"fmt"
	"strings"
	"time"
)

// Holds requests each seat once. Seats are named SECTION-ROW-NUMBER.
type Holds struct {
	Host   string
	Tokens []string // used in turn
	Events []string
	// Section, Rows and SeatsPerRow are the same for all events.
	Section           string
	Rows, SeatsPerRow int

	Group int // seats in a request
	First int // the first group to request
	Step  int // from one group to the next of an event, coprime to their number; 0: 1
	// Spread requests the events in turn, instead of selling one out after the other.
	Spread bool
	// Think is the mean pause of a connection before its next request, uniformly
	// distributed from 0 to twice as long, in whole milliseconds.
	Think time.Duration
	// Pays makes each request pay for the oldest unpaid hold if there is one, so that
	// every second request is a payment.
	Pays bool
	// Endless starts again when all seats have been requested.
	Endless bool
	// Keys is what the Idempotency-Keys begin with, each of which is sent once; without
	// it there are none.
	Keys string
	// Customers is for how many customers of a shop an API key holds, in turn; 0: for none.
	Customers int
	// Floor asks for one place of the general-admission section of that name instead of seats.
	Floor string
}

// Groups returns the number of requests that there are seats for.
func (h *Holds) Groups() int { return len(h.Events) * h.groupsPerEvent() }

func (h *Holds) groupsPerEvent() int { return h.Rows * h.SeatsPerRow / h.Group }

// Script returns the Lua script.
func (h *Holds) Script() string {
	return settings(
		"method", "POST", "path", "/api/v1/bookings", "host", h.Host, "tokens", h.Tokens, "events", h.Events,
		"section", h.Section, "perRow", h.SeatsPerRow, "group", h.Group, "groups", h.groupsPerEvent(),
		"first", h.First, "step", max(1, h.Step), "think", h.Think.Milliseconds(), "spread", h.Spread, "pays", h.Pays, "endless", h.Endless, "keys", h.Keys, "customers", h.Customers, "floor", h.Floor,
	) + holdsLua + doneLua
}

// Gets requests one path again and again.
type Gets struct {
	Host   string
	Path   string
	Tokens []string // used in turn; none: anonymous requests
	Header []string // whole fields
}

// Script returns the Lua script.
func (g *Gets) Script() string {
	return settings("path", g.Path, "host", g.Host, "tokens", g.Tokens, "fields", g.Header) + getsLua + doneLua
}

// settings formats Lua local variables.
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

// quote formats a Lua string. Bytes that are not printable ASCII are escaped.
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
