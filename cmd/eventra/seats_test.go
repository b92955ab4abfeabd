package main

import (
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
