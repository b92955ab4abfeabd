package eventra

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Facts are what an entry of the audit log says about its subject, by name: texts, numbers,
// truth values, lists of texts, and Facts. No secret, nor its hash, is ever among them.
type Facts map[string]any

// Limits of what an entry of the audit log says.
const (
	factTextMaxBytes = 1 << 10 // a longer text is cut
	factsListMax     = 20      // a longer list is its number of entries
	factsMaxBytes    = 8 << 10 // further facts are left out
)

// JSON writes the facts, or nil if there are none. It is bounded, and PostgreSQL takes it as jsonb.
func (f Facts) JSON() json.RawMessage {
	if len(f) == 0 {
		return nil
	}
	room := factsMaxBytes - len(`{"omitted":100}`)
	kept := make(map[string]json.RawMessage, len(f))
	omitted := 0
	for _, name := range slices.Sorted(maps.Keys(f)) {
		value, err := json.Marshal(bounded(f[name]))
		key, _ := json.Marshal(name) // a string can be marshalled
		if room -= len(key) + len(value) + len(`:,`); err != nil || room < 0 {
			omitted++
			continue
		}
		kept[name] = value
	}
	if omitted > 0 {
		kept["omitted"], _ = json.Marshal(omitted)
	}
	text, _ := json.Marshal(kept) // of what was marshalled before
	return text
}

// bounded returns a fact that is not long.
func bounded(fact any) any {
	switch fact := fact.(type) {
	case string:
		return cutText(fact)
	case []string:
		if len(fact) > factsListMax {
			return len(fact)
		}
		texts := make([]string, len(fact))
		for i, text := range fact {
			texts[i] = cutText(text)
		}
		return texts
	case Facts:
		if len(fact) > factsListMax {
			return len(fact)
		}
		return fact.JSON()
	}
	return fact
}

// cutText also leaves out NUL, which PostgreSQL does not take.
func cutText(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if len(text) <= factTextMaxBytes {
		return text
	}
	end := factTextMaxBytes
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// AuditFacts returns what the audit log says of an action on selected seats.
func (s *SeatSelection) AuditFacts() Facts {
	f := Facts{}
	s.addTo(f)
	return f
}

func (s *SeatSelection) addTo(f Facts) {
	if len(s.Seats) > 0 {
		f["seats"] = s.Seats
		return
	}
	f["section"] = s.Section
	if s.Row != "" {
		f["row"] = s.Row
	}
}

func factTime(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// compactJSON returns free JSON as text: jsonb has neither all numbers nor all characters.
func compactJSON(raw json.RawMessage) string {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return ""
	}
	return compact.String()
}

// changedFacts returns the facts that differ, as they were and as they are.
func changedFacts(before, after Facts) (was, is Facts) {
	was, is = Facts{}, Facts{}
	for name, fact := range after {
		if old, had := before[name]; !had || !reflect.DeepEqual(old, fact) {
			is[name] = fact
		}
	}
	for name, fact := range before {
		if now, has := after[name]; !has || !reflect.DeepEqual(now, fact) {
			was[name] = fact
		}
	}
	return was, is
}

// AuditFacts returns what the audit log says of a change of an event; before is nil for a new one. Both
// are empty if nothing changed that an organiser enters.
func (e *Event) AuditFacts(before *Event) (was, is Facts) {
	if before == nil {
		return nil, e.facts()
	}
	return changedFacts(before.facts(), e.facts())
}

func (e *Event) facts() Facts {
	f := Facts{"title": e.Title, "startsAt": factTime(e.StartsAt), "endsAt": factTime(e.EndsAt), "status": string(e.Status), "venue": Facts{"name": e.Venue.Name,
		"address": e.Venue.Address, "city": e.Venue.City, "country": e.Venue.Country, "timezone": e.Venue.Timezone},
		"holdSeconds": e.HoldSeconds, "maxSeatsPerBooking": e.MaxSeatsPerBooking, "maxSeatsPerCustomer": e.CustomerLimit(),
		"orphanRule": string(e.OrphanRule.OrDefault()), "category": e.Category, "description": e.Description, "tags": slices.Clone(e.Tags),
		"attributes": compactJSON(e.Attributes)}
	for name, at := range map[string]*time.Time{"saleStartsAt": e.SaleStartsAt, "saleEndsAt": e.SaleEndsAt} {
		if at != nil {
			f[name] = factTime(*at)
		}
	}
	if e.Cancellation != nil {
		f["reason"] = e.Cancellation.Reason
	}
	if e.Rescheduling != nil {
		f["rescheduling"] = e.Rescheduling.ID.String()
		f["message"] = e.Rescheduling.Message
	}
	return f
}

// AuditFacts returns what the audit log says of a change of a pricing: what differs.
func (p *Pricing) AuditFacts(before *Pricing) (was, is Facts) {
	return changedFacts(before.facts(), p.facts())
}

func (p *Pricing) facts() Facts {
	categories, types := make([]string, len(p.Categories)), Facts{}
	for i, c := range p.Categories {
		categories[i] = c.Name
	}
	for _, t := range p.TicketTypes {
		types[t.Name] = Facts{"default": t.Default, "minPerBooking": t.MinPerBooking, "maxPerBooking": t.MaxPerBooking}
	}
	f := Facts{"currency": p.Currency, "categories": categories, "ticketTypes": types}
	for _, price := range p.Prices {
		f["price of "+price.Category+" for "+price.TicketType] = price.Amount
	}
	return f
}

// AuditFacts returns what the audit log says of a general-admission section that becomes next.
func (f *StoredFloor) AuditFacts(next *StoredFloor) (was, is Facts) {
	of := func(f *StoredFloor) Facts {
		return Facts{"section": f.Name, "capacity": f.Capacity, "blocked": f.Blocked}
	}
	return of(f), of(next)
}

// AuditFacts returns what the audit log says of a change of what an account may do.
func (u *User) AuditFacts(before *User) (was, is Facts) {
	of := func(u *User) Facts { return Facts{"role": string(u.Role), "disabled": u.Disabled} }
	return changedFacts(of(before), of(u))
}

func (k *APIKey) facts() Facts {
	scopes, events := make([]string, len(k.Scopes)), make([]string, len(k.EventIDs))
	for i, scope := range k.Scopes {
		scopes[i] = string(scope)
	}
	for i, id := range k.EventIDs {
		events[i] = id.String()
	}
	f := Facts{"name": k.Name, "scopes": scopes, "eventIds": events}
	if !k.ExpiresAt.IsZero() {
		f["expiresAt"] = factTime(k.ExpiresAt)
	}
	return f
}
