package http

import (
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/eventra/eventra"
)

// PricingPlan is the prices that an administrator sets. Names have letters of any script with
// their marks, digits, inner spaces, dots and underscores.
type PricingPlan struct {
	Currency    string           `json:"currency" example:"EUR" validate:"required"` // ISO 4217
	Categories  []Category       `json:"categories" minItems:"1" maxItems:"500" validate:"required"`
	TicketTypes []TicketTypePlan `json:"ticketTypes" minItems:"1" maxItems:"50" validate:"required"` // exactly one is the default
	Prices      []PricePlan      `json:"prices" maxItems:"5000" validate:"required"`
}

// TicketTypePlan is a ticket type to sell.
type TicketTypePlan struct {
	Name          string `json:"name" minLength:"1" maxLength:"40" example:"Adult" validate:"required"`
	Default       bool   `json:"default,omitzero" example:"true"`
	MinPerBooking *int   `json:"minPerBooking,omitzero" minimum:"1" maximum:"50" default:"1" example:"1"`
	MaxPerBooking *int   `json:"maxPerBooking,omitzero" minimum:"1" maximum:"50" default:"50" example:"50"`
}

// PricePlan is the price of a ticket type in a category. The amount must be given: no price is
// not a price of 0.
type PricePlan struct {
	Category   string `json:"category" example:"Stalls" validate:"required"`
	TicketType string `json:"ticketType" example:"Adult" validate:"required"`
	Amount     *int64 `json:"amount" minimum:"0" maximum:"10000000000" example:"4500" validate:"required"` // in minor units of the currency, such as cents
}

// pricingPlanLists limits the lists of a plan while they are decoded.
var pricingPlanLists = json.WithUnmarshalers(json.JoinUnmarshalers(
	pricingList[Category](eventra.CategoriesMax),
	pricingList[TicketTypePlan](eventra.TicketTypesMax),
	pricingList[PricePlan](eventra.PricesMax),
))

func pricingList[T any](most int) *json.Unmarshalers {
	return json.UnmarshalFromFunc(func(d *jsontext.Decoder, list *[]T) error {
		return limitedList(d, list, most, func(field string) error {
			var faults eventra.Faults
			faults.Add(field, "too_many", "must have at most %d entries", most)
			return faults.Err()
		})
	})
}

// pricing returns the plan with its names in their canonical form. The error names the
// faults.
func (p *PricingPlan) pricing() (*eventra.Pricing, error) {
	out := &eventra.Pricing{Currency: p.Currency}
	var faults eventra.Faults
	for _, c := range p.Categories {
		out.Categories = append(out.Categories, eventra.Category{Name: eventra.CanonicalName(c.Name)})
	}
	for _, t := range p.TicketTypes {
		out.TicketTypes = append(out.TicketTypes, eventra.TicketType{Name: eventra.CanonicalName(t.Name), Default: t.Default,
			MinPerBooking: orDefault(t.MinPerBooking, 1), MaxPerBooking: orDefault(t.MaxPerBooking, eventra.MaxSeatsPerBookingMax)})
	}
	for i, price := range p.Prices {
		if price.Amount == nil && len(faults) <= eventra.SeatFaultsMax {
			faults.Add("prices["+strconv.Itoa(i)+"].amount", "required", "is required")
		}
		out.Prices = append(out.Prices, eventra.Price{Category: eventra.CanonicalName(price.Category),
			TicketType: eventra.CanonicalName(price.TicketType), Amount: orDefault(price.Amount, 0)})
	}
	if p.Prices == nil {
		faults.Add("prices", "required", "is required")
	}
	out.Validate(&faults)
	return out, faults.Err()
}
