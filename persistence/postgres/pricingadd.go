package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/eventra/eventra"
)

// categorizeAll is categorize for seats and floors to add. numbers are those of the seats.
func (e *repricing) categorizeAll(
	ctx context.Context, seats []eventra.Seat, added []eventra.Floor, names []string,
) (priced []eventra.Seat, floors []eventra.Floor, numbers []eventra.CategoryNo, err error) {
	if e.numbered+len(seats) > eventra.SeatsPerEventMax {
		var f eventra.Faults
		f.Add("seats", "too_many", "an event has at most %d seats; this one has %d already, with those that were removed", eventra.SeatsPerEventMax, e.numbered)
		return nil, nil, nil, f.Err()
	}
	asSeats, _ := eventra.FloorsToSort(added)
	priced, numbers, err = e.categorize(ctx, append(slices.Clip(seats), asSeats...), names)
	if err != nil {
		return nil, nil, nil, err
	}
	floors = slices.Clone(added)
	for i := range floors {
		floors[i].Price = priced[len(seats)+i].Price
		if numbers != nil {
			floors[i].CategoryNo = numbers[len(seats)+i]
		}
	}
	if numbers != nil {
		numbers = numbers[:len(seats)]
	}
	return priced[:len(seats)], floors, numbers, nil
}

// categorize returns seats to add with the amounts that they show, and the numbers of
// their categories. There are no numbers as long as the event has no pricing of its own
// and the seats have prices alone: their categories are derived. The first seats that name
// a category make the derived pricing the event's own. Seats with a price make a category of
// their section's name, if need be.
func (e *repricing) categorize(ctx context.Context, seats []eventra.Seat, names []string) ([]eventra.Seat, []eventra.CategoryNo, error) {
	named := slices.ContainsFunc(names, func(name string) bool { return name != "" })
	next, at, err := e.sortedWith(seats, names, named)
	if err != nil || !named && !e.stored.Stored() {
		return seats, nil, err
	}
	if next, err = e.own(ctx, next); err != nil {
		return nil, nil, err
	}
	priced, numbers := slices.Clone(seats), make([]eventra.CategoryNo, len(seats))
	for i := range priced {
		category := next.Categories[at[i]]
		numbers[i] = category.No
		if names != nil && names[i] != "" {
			amount, _ := next.ShownAmount(category.Name)
			priced[i].Price = eventra.Money{Amount: amount, Currency: next.Currency}
		}
	}
	return priced, numbers, nil
}

// sortedWith returns the event's pricing with the categories of seats to add, and the
// positions of these.
func (e *repricing) sortedWith(seats []eventra.Seat, names []string, named bool) (*eventra.Pricing, []int32, error) {
	var f eventra.Faults
	currency, known := e.stored.Currency, e.positionsByName()
	byPrice := make([]eventra.Seat, 0, len(seats))
	for i, s := range seats {
		if names != nil && names[i] != "" {
			if _, exists := known[names[i]]; !exists && len(f) <= eventra.SeatFaultsMax {
				f.Add(fmt.Sprintf("seats[%d].category", i), "unknown_category", "the event has no category %s", names[i])
			}
			continue
		}
		if currency == "" {
			currency = s.Price.Currency
		}
		if s.Price.Currency != currency {
			f.Add(fmt.Sprintf("seats[%d].price.currency", i), "currency_mismatch", "all seats of an event have one currency, here %s", currency)
			return nil, nil, f.Err()
		}
		byPrice = append(byPrice, s)
	}
	if err := f.Err(); err != nil {
		return nil, nil, err
	}
	next, derived := e.sorted.Sort(byPrice, nil)
	if (named || e.stored.Stored()) && len(next.Categories) > eventra.CategoriesMax {
		f.Add("sections", "too_many", "an event has at most %d categories", eventra.CategoriesMax)
		return nil, nil, f.Err()
	}
	if names == nil {
		return next, derived, nil
	}
	at := make([]int32, len(seats))
	for i := range seats {
		if names[i] == "" {
			at[i], derived = derived[0], derived[1:]
		} else {
			at[i] = known[names[i]]
		}
	}
	return next, at, nil
}

func (e *repricing) positionsByName() map[string]int32 {
	known := make(map[string]int32, len(e.sorted.Categories))
	for i, c := range e.sorted.Categories {
		known[c.Name] = int32(i)
	}
	return known
}
