package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowOf makes the body that adds seats of one section and row, in this order.
func rowOf(section, row string, numbers ...int) object {
	var seats []object
	for _, n := range numbers {
		seats = append(seats, object{"section": section, "row": row, "number": n, "price": object{"amount": 100, "currency": "EUR"}})
	}
	return object{"seats": seats}
}

// A hall whose numbers start in the middle: those who ask for two seats sit side by
// side, and not on both sides of the hall.
func TestHold_BestAvailableAreNeighbours(t *testing.T) {
	t.Parallel()
	p := start(t)
	id := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	p.must(201, "POST", "/events/"+id+"/seats", p.admin, rowOf("A", "1", 7, 5, 3, 1, 2, 4, 6, 8))
	p.must(200, "POST", "/events/"+id+"/publish", p.admin, nil)
	token, _ := p.user()
	best := func(quantity int) string {
		held := p.must(201, "POST", "/bookings", token, object{"eventId": id, "bestAvailable": object{"quantity": quantity}})
		var names []string
		for _, seat := range held.body["seats"].([]any) {
			names = append(names, seat.(object)["seat"].(string))
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, "A-1-1 A-1-2", best(2))
	p.stop()
	p.boot() // the order is stored
	require.Equal(t, "A-1-7 A-1-5 A-1-3", best(3))
	p.must(201, "POST", "/events/"+id+"/seats", p.admin, rowOf("A", "1", 10, 12))
	require.Equal(t, "A-1-4 A-1-6 A-1-8 A-1-10 A-1-12", best(5), "later ones stand at the end of the row")
}

// Names of seats may be of any script. What people type in different ways is one
// name, and what they cannot tell apart is refused.
func TestSeats_NamesOfAnyScript(t *testing.T) {
	t.Parallel()
	p := start(t)
	id := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	add := func(section, row string) *answer {
		return p.call("POST", "/events/"+id+"/seats", p.admin, rowOf(section, row, 1, 2))
	}
	for _, section := range []string{"ชั้นที่ ๒", "हिन्दी", "র\u200d্যাম্প", "Re\u0301serve\u0301", "가나", "نیم\u200cطبقه", "A"} {
		require.Equal(t, 201, add(section, "1").status, section)
	}
	for _, alike := range [][2]string{{"а", "1"}, {"Ａ", "1"}, {"a", "9"}, {"Α", "1"}, {"A", "01"}, {"A", "１"}, {"RÉSERVÉ", "1"}, {"ชั้นที่ 2", "1"}} {
		refused := add(alike[0], alike[1])
		require.Equal(t, 409, refused.status, "%q: %v", alike, refused)
		require.Equal(t, "seat_exists", refused.text("code"))
		require.NotEmpty(t, refused.body["seats"])
	}
	require.Equal(t, 201, add("A", "2").status)
	sections := object{"sections": []object{{"name": "B", "rows": []string{"1", "01"}, "seatsPerRow": 1, "price": object{"amount": 1, "currency": "EUR"}}}}
	require.Equal(t, 422, p.call("POST", "/events/"+id+"/seats", p.admin, sections).status)
	p.must(200, "POST", "/events/"+id+"/publish", p.admin, nil)

	token, _ := p.user()
	held := p.hold(token, id, "Re\u0301serve\u0301-1-1", "\u1100\u1161\u1102\u1161-1-1", "ชั้นที่ ๒-1-2")
	require.Equal(t, 201, held.status, held)
	require.Equal(t, "Réservé-1-1", held.body["seats"].([]any)[0].(object)["seat"])
	require.Equal(t, 409, p.hold(token, id, "Réservé-1-1").status)
	require.Equal(t, 422, p.hold(token, id, "Réservé-1-2", "Re\u0301serve\u0301-1-2").status, "a seat named twice")
	require.Equal(t, 422, p.hold(token, id, "а-1-1").status, "a Cyrillic letter")
	best := p.call("POST", "/bookings", token, object{"eventId": id, "bestAvailable": object{"quantity": 1, "section": "Re\u0301serve\u0301"}})
	require.Equal(t, 201, best.status, best)
	for _, typed := range []string{"Réservé", "Re\u0301serve\u0301"} {
		got := p.must(200, "GET", "/events/"+id+"/seats?section="+url.QueryEscape(typed), "", nil)
		require.Len(t, got.body["seats"], 2, typed)
	}
}

// TestSeats_Blocked: seats that the house keeps are sold to nobody until it gives them back. Only admins
// learn who keeps them, and why.
func TestSeats_Blocked(t *testing.T) {
	t.Parallel()
	p := start(t)
	id := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	p.must(201, "POST", "/events/"+id+"/seats", p.admin, rowOf("A", "1", 1, 2, 3, 4))
	p.must(200, "POST", "/events/"+id+"/publish", p.admin, nil)
	token, _ := p.user()
	seats := "/events/" + id + "/seats"
	set := func(status string, names ...string) *answer {
		return p.call("PATCH", seats, p.admin, object{"seats": names, "set": object{"status": status, "reason": "press"}})
	}

	blocked := set("BLOCKED", "A-1-1", "A-1-2")
	require.Equal(t, 200, blocked.status, blocked)
	require.EqualValues(t, 2, blocked.body["changed"])
	refused := p.hold(token, id, "A-1-2", "A-1-3")
	require.Equal(t, 409, refused.status)
	require.Equal(t, []any{"A-1-2"}, refused.body["unavailable"])
	changed := p.must(200, "GET", seats+"?since=1", "", nil)
	require.Equal(t, blocked.body["version"], changed.body["version"])
	require.Len(t, changed.body["seats"], 2)
	require.Equal(t, "BLOCKED", changed.body["seats"].([]any)[0].(object)["status"])
	require.NotContains(t, changed.String(), "press")
	counts := p.must(200, "GET", "/events/"+id+"/availability", "", nil)
	require.EqualValues(t, 2, counts.body["blocked"])
	require.EqualValues(t, 2, counts.body["available"])

	require.Equal(t, 201, p.hold(token, id, "A-1-3").status)
	taken := set("BLOCKED", "A-1-3", "A-1-4")
	require.Equal(t, 409, taken.status)
	require.Equal(t, []any{"A-1-3"}, taken.body["unavailable"])
	list := p.must(200, "GET", seats+"/blocked", p.admin, nil).body["items"].([]any)
	require.Len(t, list, 1)
	require.Equal(t, []any{"A-1-1", "A-1-2"}, list[0].(object)["seats"])
	require.Equal(t, "press", list[0].(object)["reason"])

	back := p.call("PATCH", seats, p.admin, object{"section": "A", "row": "1", "set": object{"status": "AVAILABLE"}})
	require.EqualValues(t, 2, back.body["changed"], back)
	require.Equal(t, 201, p.hold(token, id, "A-1-1").status)
	require.EqualValues(t, 0, set("AVAILABLE", "A-1-4").body["changed"])
	unknown := set("BLOCKED", "A-1-9")
	require.Equal(t, 422, unknown.status)
	require.Equal(t, []any{"A-1-9"}, unknown.body["unknown"])
	require.Equal(t, 422, set("HELD", "A-1-4").status)
	p.must(200, "POST", "/events/"+id+"/cancel", p.admin, nil)
	require.Equal(t, "event_locked", set("BLOCKED", "A-1-4").text("code"))
}

// TestSeats_Removed: a seat that nobody had is gone for every reader; one that somebody had stays.
func TestSeats_Removed(t *testing.T) {
	t.Parallel()
	p := start(t)
	id := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	p.must(201, "POST", "/events/"+id+"/seats", p.admin, rowOf("A", "1", 1, 2, 3, 4))
	p.must(200, "POST", "/events/"+id+"/publish", p.admin, nil)
	token, _ := p.user()
	seats := "/events/" + id + "/seats"
	before := p.must(200, "GET", seats, "", nil)
	require.Equal(t, 201, p.hold(token, id, "A-1-1").status)
	refused := p.call("POST", seats+"/remove", p.admin, object{"seats": []string{"A-1-1", "A-1-2"}})
	require.Equal(t, 409, refused.status)
	require.Equal(t, []any{"A-1-1"}, refused.body["unavailable"])

	removed := p.must(200, "POST", seats+"/remove", p.admin, object{"seats": []string{"A-1-2", "A-1-4"}})
	require.EqualValues(t, 2, removed.body["removed"])
	require.EqualValues(t, 2, removed.body["seatsTotal"])
	require.EqualValues(t, 2, p.must(200, "GET", "/events/"+id, "", nil).body["seatsTotal"])
	for _, address := range []string{seats, fmt.Sprintf("%s?since=%v", seats, before.body["version"]), seats + "?section=A"} {
		require.Len(t, p.must(200, "GET", address, "", nil).body["seats"], 2, address)
	}
	require.EqualValues(t, 2, p.must(200, "GET", "/events/"+id+"/availability", "", nil).body["total"])
	require.Equal(t, "unknown_seats", p.hold(token, id, "A-1-2").text("code"))
	p.must(201, "POST", seats, p.admin, rowOf("A", "1", 2))
	require.Equal(t, 201, p.hold(token, id, "A-1-2").status)
	require.EqualValues(t, 3, p.must(200, "GET", "/events/"+id, "", nil).body["seatsTotal"])
	require.Equal(t, 422, p.call("POST", seats+"/remove", p.admin, object{"seats": []string{}}).status)
	require.Equal(t, 422, p.call("POST", seats+"/remove", p.admin, object{"seats": []string{"A-1-3", "A-1-3"}}).status)
}
