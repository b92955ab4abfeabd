package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// familyPricing is what adults and children pay in the categories; children pay half.
func familyPricing(amounts map[string]int, categories ...string) object {
	var names, prices []object
	for _, name := range categories {
		names = append(names, object{"name": name})
		prices = append(prices, object{"category": name, "ticketType": "Adult", "amount": amounts[name]},
			object{"category": name, "ticketType": "Child", "amount": amounts[name] / 2})
	}
	return object{"currency": "EUR", "categories": names, "prices": prices,
		"ticketTypes": []object{{"name": "Adult", "default": true}, {"name": "Child", "maxPerBooking": 3}}}
}

// A house sets its prices before it has seats, sells to two adults and a child, and changes
// its prices during the sale: bookings keep theirs.
func TestPricing_OfASale(t *testing.T) {
	t.Parallel()
	p := start(t)
	id := p.must(201, "POST", "/events", p.admin, eventBody()).text("id")
	path := "/events/" + id + "/pricing"
	none := p.must(200, "GET", path, p.admin, nil)
	require.Nil(t, none.body["currency"])
	require.Equal(t, []any{object{"name": "Standard", "default": true, "minPerBooking": 1., "maxPerBooking": 50.}}, none.body["ticketTypes"])

	first := p.must(200, "PUT", path, p.admin, familyPricing(map[string]int{"Stalls": 4550, "Balcony": 2500}, "Stalls", "Balcony"))
	p.must(201, "POST", "/events/"+id+"/seats", p.admin, object{"sections": []object{
		{"name": "A", "rowCount": 1, "seatsPerRow": 6, "category": "Stalls"}, {"name": "B", "rowCount": 1, "seatsPerRow": 6, "category": "Balcony"}}})
	require.Equal(t, "unknown_category", p.must(422, "POST", "/events/"+id+"/seats", p.admin, object{"sections": []object{
		{"name": "C", "rowCount": 1, "seatsPerRow": 6, "category": "Roof"}}}).body["errors"].([]any)[0].(object)["code"])
	p.must(200, "POST", "/events/"+id+"/publish", p.admin, nil)
	shown := p.must(200, "GET", path, "", nil)
	require.Equal(t, first.body, shown.body)
	p.must(304, "GET", path, "", nil, "If-None-Match: "+shown.header.Get("ETag"))
	seat := p.must(200, "GET", "/events/"+id+"/seats?section=B", "", nil).body["seats"].([]any)[0].(object)
	require.Equal(t, "Balcony", seat["category"])
	require.Equal(t, object{"amount": 2500., "currency": "EUR"}, seat["price"])

	token, _ := p.user()
	hold := func(status int, request object) *answer {
		request["eventId"] = id
		return p.must(status, "POST", "/bookings", token, request)
	}
	item := func(seat, ticketType string) object { return object{"seat": seat, "ticketType": ticketType} }
	family := hold(201, object{"items": []object{item("A-1-1", "Adult"), {"seat": "A-1-2"}, item("A-1-3", "Child")}})
	require.EqualValues(t, 4550+4550+2275, family.body["total"].(object)["amount"])
	require.Equal(t, "Child", family.body["items"].([]any)[2].(object)["ticketType"])
	require.Equal(t, "unknown_ticket_type", hold(422, object{"items": []object{item("A-1-4", "Senior")}}).text("code"))
	require.Equal(t, "ticket_type_quantity", hold(422, object{"bestAvailable": object{"ticketTypes": object{"Child": 4}}}).text("code"))
	best := hold(201, object{"bestAvailable": object{"ticketTypes": object{"Child": 1, "Adult": 1}, "category": "Balcony"}})
	require.EqualValues(t, 2500+1250, best.body["total"].(object)["amount"])

	dearer := familyPricing(map[string]int{"Stalls": 9900, "Balcony": 9900}, "Stalls", "Balcony")
	p.must(412, "PUT", path, p.admin, dearer, "If-Match: "+first.header.Get("ETag")) // seats were added since
	changed := p.must(200, "PUT", path, p.admin, dearer, "If-Match: "+shown.header.Get("ETag"))
	require.Equal(t, changed.header.Get("ETag"), p.must(200, "PUT", path, p.admin, dearer).header.Get("ETag"), "the same again changes nothing")
	p.must(200, "GET", path, "", nil, "If-None-Match: "+shown.header.Get("ETag"))
	require.Equal(t, "category_in_use", p.must(409, "PUT", path, p.admin, familyPricing(map[string]int{"Stalls": 1}, "Stalls")).text("code"))
	require.EqualValues(t, 9900, p.must(200, "GET", "/events/"+id+"/availability", "", nil).body["sections"].([]any)[0].(object)["priceFrom"].(object)["amount"])
	require.Equal(t, family.body["items"], p.must(200, "GET", "/bookings/"+family.text("id"), token, nil).body["items"])
	patch := func(set object) *answer {
		return p.call("PATCH", "/events/"+id+"/seats", p.admin, object{"section": "B", "row": "1", "set": set})
	}
	moved := patch(object{"category": "Stalls"})
	require.Equal(t, 200, moved.status, moved)
	require.EqualValues(t, 6, moved.body["changed"])
	require.Equal(t, "Stalls", p.must(200, "GET", "/events/"+id+"/seats?section=B", "", nil).body["seats"].([]any)[0].(object)["category"])
	require.Equal(t, 422, patch(object{"category": "Roof"}).status)
	require.Equal(t, 422, patch(object{"category": "Stalls", "status": "BLOCKED"}).status)
	p.must(200, "PUT", path, p.admin, familyPricing(map[string]int{"Stalls": 9900}, "Stalls")) // no seat is in the balcony any more
	require.Equal(t, best.body["items"], p.must(200, "GET", "/bookings/"+best.text("id"), token, nil).body["items"])
	p.must(201, "POST", "/bookings/"+family.text("id")+"/payments", token, object{"method": "mock", "token": "tok_ok"})
	require.EqualValues(t, 9900, hold(201, object{"seats": []string{"A-1-6"}}).body["total"].(object)["amount"])
}

// Children that are no longer sold stay children in the bookings that have them, also after
// a restart.
func TestPricing_OfSeatsThatHadPrices(t *testing.T) {
	t.Parallel()
	p := start(t)
	id := p.event(1, 6, nil)
	path := "/events/" + id + "/pricing"
	token, _ := p.user()
	old := p.must(201, "POST", "/bookings", token, object{"eventId": id, "seats": []string{"A-1-1"}})
	require.Equal(t, "Standard", old.body["items"].([]any)[0].(object)["ticketType"])
	derived := p.must(200, "GET", path, "", nil).body
	require.Equal(t, []any{object{"name": "A"}}, derived["categories"])
	p.must(200, "PUT", path, p.admin, familyPricing(map[string]int{"A": 3000}, "A"))
	child := p.must(201, "POST", "/bookings", token, object{"eventId": id, "items": []object{{"seat": "A-1-2", "ticketType": "Child"}}})
	p.must(200, "PUT", path, p.admin, object{"currency": "EUR", "categories": derived["categories"],
		"ticketTypes": []object{{"name": "Visitor", "default": true}}, "prices": []object{{"category": "A", "ticketType": "Visitor", "amount": 1}}})
	p.stop()
	p.boot()
	for _, booked := range []*answer{old, child} {
		require.Equal(t, booked.body["items"], p.must(200, "GET", "/bookings/"+booked.text("id"), token, nil).body["items"])
		released := p.must(200, "DELETE", "/bookings/"+booked.text("id"), token, nil).body
		require.Equal(t, booked.body["total"], released["total"])
		require.Equal(t, booked.body["items"].([]any)[0].(object)["ticketType"], released["items"].([]any)[0].(object)["ticketType"])
	}
}

func TestPricing_OfAllPricesThatAnEventMayHave(t *testing.T) {
	t.Parallel()
	const categories, types = 100, 50
	p := start(t)
	id := p.event(1, 2, nil)
	pricing := object{"currency": "EUR"}
	names, ticketTypes, prices := []object{{"name": "A"}}, []object{}, []object{}
	for n := range categories - 1 {
		names = append(names, object{"name": fmt.Sprintf("Category %03d of a large house", n)})
	}
	for n := range types {
		ticketTypes = append(ticketTypes, object{"name": fmt.Sprintf("Type %02d", n), "default": n == 0})
	}
	for c, category := range names {
		for n, ticketType := range ticketTypes {
			prices = append(prices, object{"category": category["name"], "ticketType": ticketType["name"], "amount": 100*c + n})
		}
	}
	pricing["categories"], pricing["ticketTypes"], pricing["prices"] = names, ticketTypes, prices
	set := p.must(200, "PUT", "/events/"+id+"/pricing", p.admin, pricing)
	require.Len(t, set.body["prices"], categories*types)
	require.Equal(t, set.body, p.must(200, "GET", "/events/"+id+"/pricing", "", nil).body)
	token, _ := p.user()
	held := p.must(201, "POST", "/bookings", token, object{"eventId": id, "items": []object{{"seat": "A-1-1", "ticketType": "Type 49"}}})
	require.EqualValues(t, 49, held.body["total"].(object)["amount"])
}
