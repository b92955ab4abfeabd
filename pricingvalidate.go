package eventra

// Limits of a pricing.
const (
	CategoriesMax  = 500
	TicketTypesMax = 50
	PricesMax      = 5_000
	// PricingNameMaxRunes has room for a section's name and a number after it.
	PricingNameMaxRunes = SeatLabelMaxRunes + 8
	// PricingNamesEverMax bounds the categories that an event has or had, and its ticket types.
	PricingNamesEverMax = 10_000
)

// Validate checks what an organiser enters.
func (p *Pricing) Validate(f *Faults) {
	if _, known := CurrencyDecimals(p.Currency); !known {
		f.Add("currency", "invalid_currency", "must be an ISO 4217 code such as EUR")
	}
	categories := validateNames(f, "categories", len(p.Categories), CategoriesMax, func(i int) string { return p.Categories[i].Name })
	types := validateNames(f, "ticketTypes", len(p.TicketTypes), TicketTypesMax, func(i int) string { return p.TicketTypes[i].Name })
	p.validateTicketTypes(f)
	if len(p.Prices) > PricesMax {
		f.Add("prices", "too_many", "must have at most %d entries", PricesMax)
		return
	}
	p.validatePrices(f, categories, types)
}

// validateNames checks the names of a list, and returns them.
func validateNames(f *Faults, list string, count, most int, name func(int) string) (known map[string]bool) {
	known = map[string]bool{}
	switch {
	case count == 0:
		f.Add(list, "required", "must have at least one entry")
	case count > most:
		f.Add(list, "too_many", "must have at most %d entries", most)
		return known
	}
	looks := labels{}
	for i := range count {
		field, label := indexed(list, i)+".name", name(i)
		switch other, alike := looks.add(label); {
		case !validLabel(label, PricingNameMaxRunes):
			f.Add(field, "invalid_label", "must have 1 to %d letters with their marks, digits, inner spaces, dots or underscores", PricingNameMaxRunes)
		case known[label]:
			f.Add(field, "duplicate", "is given more than once")
		case alike:
			f.Add(field, "look_alike", "%s looks like %s", label, other)
		}
		known[label] = true
	}
	return known
}

func (p *Pricing) validateTicketTypes(f *Faults) {
	defaults := 0
	for i, t := range p.TicketTypes[:min(len(p.TicketTypes), TicketTypesMax)] {
		if t.Default {
			defaults++
		}
		field := indexed("ticketTypes", i)
		if t.MinPerBooking < 1 || t.MinPerBooking > MaxSeatsPerBookingMax {
			f.Add(field+".minPerBooking", "range", "must be from 1 to %d", MaxSeatsPerBookingMax)
		}
		if t.MaxPerBooking < t.MinPerBooking || t.MaxPerBooking > MaxSeatsPerBookingMax {
			f.Add(field+".maxPerBooking", "range", "must be from minPerBooking to %d", MaxSeatsPerBookingMax)
		}
	}
	if defaults != 1 && len(p.TicketTypes) > 0 {
		f.Add("ticketTypes", "one_default", "exactly one must be the default")
	}
}

func (p *Pricing) validatePrices(f *Faults, categories, types map[string]bool) {
	type pair struct{ category, ticketType string }
	seen := make(map[pair]bool, len(p.Prices))
	for i, price := range p.Prices {
		field, at := indexed("prices", i), pair{price.Category, price.TicketType}
		switch {
		case !categories[price.Category]:
			f.Add(field+".category", "unknown_category", "must be one of the categories")
		case !types[price.TicketType]:
			f.Add(field+".ticketType", "unknown_ticket_type", "must be one of the ticket types")
		case seen[at]:
			f.Add(field, "duplicate", "prices %s in %s a second time", price.TicketType, price.Category)
		}
		seen[at] = true
		if price.Amount < 0 || price.Amount > PriceMax {
			f.Add(field+".amount", "range", "must be from 0 to %d minor units", int64(PriceMax))
		}
		if len(*f) > SeatFaultsMax {
			return
		}
	}
}
