package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra"
)

// pricing is an event's pricing as it is stored, with the names that are no longer
// offered: items that were sold refer to them.
type pricing struct {
	*eventra.Pricing
	categories  map[eventra.CategoryNo]string
	ticketTypes map[eventra.TicketTypeNo]string
}

// queuePricing queues the statements whose results readPricingResults reads.
func queuePricing(queue *pgx.Batch, eventID eventra.ID) {
	queue.Queue(readCategoriesSQL, eventID)
	queue.Queue(readTicketTypesSQL, eventID)
	queue.Queue(readPricesSQL, eventID)
}

const (
	readCategoriesSQL = `
SELECT no, name, position IS NOT NULL FROM categories WHERE event_id = $1 ORDER BY position, no`
	readTicketTypesSQL = `
SELECT no, name, position IS NOT NULL, is_default, min_per_booking, max_per_booking
FROM ticket_types WHERE event_id = $1 ORDER BY position, no`
	readPricesSQL = `
SELECT category_no, ticket_type_no, amount FROM prices WHERE event_id = $1`
)

// readPricingResults reads a pricing. Its version and its currency are the event's.
func readPricingResults(results pgx.BatchResults, version int64, currency string) (*pricing, error) {
	p := &pricing{Pricing: &eventra.Pricing{Version: version, Currency: currency},
		categories: map[eventra.CategoryNo]string{}, ticketTypes: map[eventra.TicketTypeNo]string{}}
	var category eventra.Category
	var ticketType eventra.TicketType
	var offered bool
	err := eachRow(results, []any{&category.No, &category.Name, &offered}, func() {
		p.categories[category.No] = category.Name
		if offered {
			p.Categories = append(p.Categories, category)
		}
	})
	if err != nil {
		return nil, err
	}
	into := []any{&ticketType.No, &ticketType.Name, &offered, &ticketType.Default, &ticketType.MinPerBooking, &ticketType.MaxPerBooking}
	err = eachRow(results, into, func() {
		p.ticketTypes[ticketType.No] = ticketType.Name
		if offered {
			p.TicketTypes = append(p.TicketTypes, ticketType)
		}
	})
	if err != nil {
		return nil, err
	}
	return p, p.readPrices(results)
}

// readPrices reads the prices, in the order of categories and ticket types.
func (p *pricing) readPrices(results pgx.BatchResults) error {
	type pair struct {
		category   eventra.CategoryNo
		ticketType eventra.TicketTypeNo
	}
	var at pair
	var amount int64
	amounts := map[pair]int64{}
	if err := eachRow(results, []any{&at.category, &at.ticketType, &amount}, func() { amounts[at] = amount }); err != nil {
		return err
	}
	for _, c := range p.Categories {
		for _, t := range p.TicketTypes {
			if amount, sold := amounts[pair{c.No, t.No}]; sold {
				p.Prices = append(p.Prices, eventra.Price{Category: c.Name, TicketType: t.Name, Amount: amount})
			}
		}
	}
	return nil
}

// nameItem gives an item the category and the ticket type at which it was sold, also if
// they are no longer offered. 0 leaves it as it is.
func (p *pricing) nameItem(item *eventra.Item, category eventra.CategoryNo, ticketType eventra.TicketTypeNo) {
	if category != 0 {
		item.Category, item.CategoryNo = p.categories[category], category
	}
	if ticketType != 0 {
		item.TicketType, item.TicketTypeNo = p.ticketTypes[ticketType], ticketType
	}
}

// eachRow reads the rows of the next result.
func eachRow(results pgx.BatchResults, into []any, f func()) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		f()
		return nil
	})
	return err
}

// readPricing reads an event's pricing in a transaction.
func readPricing(ctx context.Context, tx pgx.Tx, eventID eventra.ID, version int64, currency string) (*pricing, error) {
	var queue pgx.Batch
	queuePricing(&queue, eventID)
	results := tx.SendBatch(ctx, &queue)
	p, err := readPricingResults(results, version, currency)
	if err = closeBatch(results, err); err != nil {
		return nil, err
	}
	return p, nil
}

// numbered returns a pricing with the numbers that its names have or had; new names get
// the next ones. The error is CodeValidationFailed if there have been too many.
func (p *pricing) numbered(next *eventra.Pricing) (*eventra.Pricing, error) {
	categories, ticketTypes := numbersByName(p.categories), numbersByName(p.ticketTypes)
	out := *next
	out.Categories, out.TicketTypes = slices.Clone(next.Categories), slices.Clone(next.TicketTypes)
	for i := range out.Categories {
		out.Categories[i].No = numberOf(categories, out.Categories[i].Name)
	}
	for i := range out.TicketTypes {
		out.TicketTypes[i].No = numberOf(ticketTypes, out.TicketTypes[i].Name)
	}
	var f eventra.Faults
	if max(len(categories), len(ticketTypes)) > eventra.PricingNamesEverMax {
		f.Add("categories", "too_many", "an event has at most %d categories and ticket types in its life", eventra.PricingNamesEverMax)
	}
	return &out, f.Err()
}

func numbersByName[N ~int16](names map[N]string) map[string]N {
	numbers := make(map[string]N, len(names))
	for no, name := range names {
		numbers[name] = no
	}
	return numbers
}

// numberOf returns the number of a name, which it gives the next one if need be: numbers
// are 1, 2, 3 … without gaps.
func numberOf[N ~int16](numbers map[string]N, name string) N {
	no, known := numbers[name]
	if !known {
		no = N(len(numbers) + 1)
		numbers[name] = no
	}
	return no
}
