package eventra

import (
	"slices"
	"time"
)

// Scope is one thing that an API key may do. A key has none that were not named.
type Scope string

// The scopes of API keys.
const (
	ScopeEventsWrite   Scope = "events:write"   // everything that administrators do with events, their seats and prices
	ScopeBookingsWrite Scope = "bookings:write" // holds, releases and payments
	ScopeBookingsRead  Scope = "bookings:read"
	ScopeRefundsWrite  Scope = "refunds:write"
	ScopeReportsRead   Scope = "reports:read"
)

// Scopes are all scopes, in the order in which they are listed.
var Scopes = []Scope{ScopeEventsWrite, ScopeBookingsWrite, ScopeBookingsRead, ScopeRefundsWrite, ScopeReportsRead}

// APIKeyEventsMax is to how many events a key may be limited.
const APIKeyEventsMax = 100

// APIKey is what a program that is no person calls with, such as a shop's server. Its secret
// is kept nowhere.
type APIKey struct {
	ID         ID
	Name       string // of the shop; see Shop
	Scopes     []Scope
	EventIDs   []ID      // the only events that it may touch; none: all
	ExpiresAt  time.Time // zero: never
	CreatedAt  time.Time
	LastUsedAt time.Time // about; zero: never used
	// Version grows with each new secret. Those before have ended.
	Version int
}

// Validate checks a key that is to be made.
func (k *APIKey) Validate(f *Faults, now time.Time) {
	ValidateName(f, "name", k.Name)
	for i, scope := range k.Scopes {
		switch {
		case !slices.Contains(Scopes, scope):
			f.Add(indexed("scopes", i), "unknown", "must be one of the scopes of API keys")
		case slices.Contains(k.Scopes[:i], scope):
			f.Add(indexed("scopes", i), "duplicate", "is given twice")
		}
		if i == len(Scopes) {
			break // more than there are
		}
	}
	if len(k.EventIDs) > APIKeyEventsMax {
		f.Add("eventIds", "too_many", "must have at most %d events", APIKeyEventsMax)
	}
	if !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now) {
		f.Add("expiresAt", "past", "must be in the future")
	}
}

// Has reports whether the key has a scope.
func (k *APIKey) Has(scope Scope) bool { return slices.Contains(k.Scopes, scope) }

// Limited reports whether the key is for some events alone.
func (k *APIKey) Limited() bool { return len(k.EventIDs) > 0 }

// Covers reports whether the key is for an event.
func (k *APIKey) Covers(event ID) bool { return !k.Limited() || slices.Contains(k.EventIDs, event) }

// Expired reports whether the key has come to its end.
func (k *APIKey) Expired(now time.Time) bool {
	return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt)
}

// Shop names whose customers the key sells to. Keys of one name are of one shop, so that a
// key may replace another.
func (k *APIKey) Shop() string { return CanonicalName(k.Name) }
