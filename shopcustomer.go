package eventra

// CustomerKind says whose customer somebody is.
type CustomerKind string

// The kinds of customers.
const (
	CustomerUser CustomerKind = "user" // of this program
	CustomerShop CustomerKind = "shop" // of a shop, which sells through an API key
)

// Customer is whom a booking is for.
type Customer struct {
	ID         ID
	Kind       CustomerKind
	ExternalID string // by which the shop knows a customer of its own
	Email      string // empty if it is not known
	Name       string
}

// ExternalIDMaxRunes bounds how a shop names a customer.
const ExternalIDMaxRunes = 200

// ShopCustomer is a customer as a shop names one.
type ShopCustomer struct {
	ID         ID // if the customer is new
	Shop       string
	ExternalID string
	Email      string // normalized; empty: as known before
	Name       string // empty: as known before
}

// Validate checks a customer of a request.
func (c *ShopCustomer) Validate(f *Faults, field string) {
	validateLine(f, field+".externalId", c.ExternalID, 1, ExternalIDMaxRunes)
	if c.Email != "" {
		ValidateEmail(f, field+".email", c.Email)
	}
	if c.Name != "" {
		ValidateName(f, field+".name", c.Name)
	}
}
