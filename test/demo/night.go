package main

import (
	"fmt"
	"time"

	"github.com/eventra/eventra/test/client"
)

type object = map[string]any

// The house of a night: blocks of numbered seats in three categories, and a floor.
const (
	blocks, rows, seatsPerRow = 12, 20, 30
	floorPlaces               = 3000
	holdSeconds               = 20
)

var categories = []struct {
	name          string
	full, reduced int64 // in cents
}{{"Parkett", 9500, 6500}, {"Rang", 6500, 4500}, {"Floor", 4900, 3900}}

// openNight creates an event with its house and prices and publishes it.
func openNight(admin *client.Admin, at *client.Target, night int) (event string, err error) {
	if err := admin.LogIn(at); err != nil {
		return "", err
	}
	starts := time.Now().UTC().AddDate(0, 1, night).Truncate(24 * time.Hour).Add(19 * time.Hour)
	var made struct{ ID string }
	err = at.Expect(201, "POST", "/api/v1/events", admin.Token(), object{
		"title": fmt.Sprintf("The big night, part %d", night), "description": "Everybody wants in.", "category": "concert", "tags": []string{},
		"venue":    object{"name": "Stadthalle", "address": "Am Platz 1", "city": "Berlin", "country": "DE", "timezone": "Europe/Berlin"},
		"startsAt": starts.Format(time.RFC3339), "endsAt": starts.Add(3 * time.Hour).Format(time.RFC3339),
		"holdSeconds": holdSeconds, "maxSeatsPerBooking": 8, "maxSeatsPerCustomer": 1_000_000, // few buyers play many
	}, &made)
	if err != nil {
		return "", err
	}
	path := "/api/v1/events/" + made.ID
	if err := at.Expect(200, "PUT", path+"/pricing", admin.Token(), pricing(), nil); err != nil {
		return "", err
	}
	if err := at.Expect(201, "POST", path+"/seats", admin.Token(), object{"sections": sections()}, nil); err != nil {
		return "", err
	}
	return made.ID, at.Expect(200, "POST", path+"/publish", admin.Token(), nil, nil)
}

func pricing() object {
	var names, prices []object
	for _, c := range categories {
		names = append(names, object{"name": c.name})
		prices = append(prices, object{"category": c.name, "ticketType": "Full", "amount": c.full}, object{"category": c.name, "ticketType": "Reduced", "amount": c.reduced})
	}
	return object{"currency": "EUR", "categories": names, "prices": prices,
		"ticketTypes": []object{{"name": "Full", "default": true}, {"name": "Reduced"}}}
}

func sections() (made []object) {
	for n := range blocks {
		category := categories[0].name
		if n >= blocks/2 {
			category = categories[1].name
		}
		made = append(made, object{"name": fmt.Sprintf("%s %d", category, 1+n%(blocks/2)), "rowCount": rows, "seatsPerRow": seatsPerRow, "category": category})
	}
	return append(made, object{"name": client.Floor, "capacity": floorPlaces, "category": categories[2].name})
}
