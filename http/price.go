package http

import "github.com/eventra/eventra"

// Price is what an administrator asks for a seat. Both fields must be given: no price is not
// a price of 0.
type Price struct {
	Amount   *int64 `json:"amount" minimum:"0" maximum:"10000000000" example:"4500" validate:"required"` // in minor units, such as cents
	Currency string `json:"currency" example:"EUR" validate:"required"`                                  // ISO 4217
}

func (p Price) money() eventra.Money {
	if p.Amount == nil {
		return eventra.Money{Currency: p.Currency}
	}
	return eventra.Money{Amount: *p.Amount, Currency: p.Currency}
}

// validateGiven reports an amount that is missing. The rest is checked with the seat.
func (p Price) validateGiven(f *eventra.Faults, field string) {
	if p.Amount == nil {
		f.Add(field+".amount", "required", "is required")
	}
}
