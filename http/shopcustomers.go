package http

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/maypok86/otter/v2"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

// CustomerRequest is a customer of the shop that an API key belongs to.
type CustomerRequest struct {
	ExternalID string `json:"externalId" minLength:"1" maxLength:"200" example:"C-1042" validate:"required"` // by which the shop knows the customer
	Email      string `json:"email,omitzero" format:"idn-email" maxLength:"254" example:"ada@example.com"`   // for the tickets; it replaces the one known before
	Name       string `json:"name,omitzero" minLength:"1" maxLength:"100" example:"Ada Lovelace"`            // replaces the one known before
}

const (
	// shopCustomersMaxBytes bounds the customers that are remembered, some 60,000.
	shopCustomersMaxBytes = 16 << 20
	// shopCustomerOverhead is about what one takes besides its texts.
	shopCustomerOverhead = 200
	// shopCustomerFresh is how long a customer is not asked for again. Meanwhile an instance
	// does not see that another one was given another address or name.
	shopCustomerFresh = time.Minute
)

// shopCustomers remembers customers of shops, so that the hold of a known one costs no round
// trip of its own.
type shopCustomers struct {
	store Customers
	known *otter.Cache[shopsCustomer, knownCustomer]
}

type shopsCustomer struct{ shop, externalID string }

type knownCustomer struct {
	id          eventra.ID
	email, name string // empty if no request has given them
}

func newShopCustomers(store Customers) *shopCustomers {
	return &shopCustomers{store, otter.Must(&otter.Options[shopsCustomer, knownCustomer]{
		MaximumWeight: shopCustomersMaxBytes,
		Weigher: func(of shopsCustomer, c knownCustomer) uint32 {
			return uint32(len(of.externalID) + len(c.email) + len(c.name) + shopCustomerOverhead)
		},
		ExpiryCalculator: otter.ExpiryWriting[shopsCustomer, knownCustomer](shopCustomerFresh),
		Clock:            auth.WallClock{},
	})}
}

// find returns the id of a customer whom the store need not be asked for.
func (s *shopCustomers) find(c *eventra.ShopCustomer) (id eventra.ID, found bool) {
	known, found := s.known.GetIfPresent(shopsCustomer{c.Shop, c.ExternalID})
	same := (c.Email == "" || c.Email == known.email) && (c.Name == "" || c.Name == known.name)
	return known.id, found && same
}

// put makes or finds a customer in the store.
func (s *shopCustomers) put(ctx context.Context, c *eventra.ShopCustomer) (eventra.ID, error) {
	c.ID = newID()
	id, err := s.store.PutCustomer(ctx, c)
	if err == nil {
		s.known.Set(shopsCustomer{c.Shop, c.ExternalID}, knownCustomer{id, c.Email, c.Name})
	}
	return id, err
}

// checkCustomer checks that an API key names a customer, and that a user does not.
func (r *BookingRequest) checkCustomer(f *eventra.Faults, caller *auth.Caller) *eventra.ShopCustomer {
	switch {
	case caller.Key == nil && r.Customer != nil:
		f.Add("customer", "not_a_shop", "is for API keys: users hold for themselves")
	case caller.Key == nil && r.Metadata != nil:
		f.Add("metadata", "not_a_shop", "is for API keys")
	case caller.Key != nil && r.Customer == nil:
		f.Add("customer", "required", "is required of an API key")
	case caller.Key != nil:
		c := &eventra.ShopCustomer{Shop: caller.Key.Shop(), ExternalID: eventra.CanonicalName(r.Customer.ExternalID),
			Email: auth.NormalizeEmail(r.Customer.Email), Name: auth.NormalizeName(r.Customer.Name)}
		c.Validate(f, "customer")
		eventra.Metadata(r.Metadata).Validate(f, "metadata")
		return c
	}
	return nil
}

// customerOf returns for whom a hold is: the user who asks for it, or the shop's customer.
func (s *Server) customerOf(c *fiber.Ctx, customer *eventra.ShopCustomer) (eventra.ID, error) {
	if customer == nil {
		return callerOf(c).UserID, nil
	}
	if id, found := s.shopCustomers.find(customer); found {
		return id, nil
	}
	admission.ReleaseSlot(c.Context().Conn())
	return s.shopCustomers.put(c.UserContext(), customer)
}

// reach returns whose booking a caller may act on: the user's own or, for an API key, that of
// anybody, if it is of an event that the key is for. Any other is not found.
func (s *Server) reach(c *fiber.Ctx, id eventra.ID) (customer eventra.ID, err error) {
	caller := callerOf(c)
	if caller.Key == nil {
		return caller.UserID, nil
	}
	booking, err := s.coveredBooking(c, id)
	if err != nil {
		return customer, err
	}
	return booking.UserID, nil
}

// requireCovered refuses a booking of an event that the caller's API key is not for, as if there
// were none.
func (s *Server) requireCovered(c *fiber.Ctx, id eventra.ID) error {
	if !callerOf(c).Limited() {
		return nil
	}
	_, err := s.coveredBooking(c, id)
	return err
}

// coveredBooking reads a booking, unless the caller is an API key for other events.
func (s *Server) coveredBooking(c *fiber.Ctx, id eventra.ID) (*eventra.Booking, error) {
	booking, err := s.cfg.Bookings.Booking(c.UserContext(), id)
	if err == nil && !callerOf(c).Covers(booking.EventID) {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such booking")
	}
	return booking, err
}
