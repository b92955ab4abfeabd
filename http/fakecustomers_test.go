package http

import (
	"context"

	"github.com/eventra/eventra"
)

func (f *fakes) PutCustomer(_ context.Context, c *eventra.ShopCustomer) (eventra.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.customersPut++
	at := c.Shop + " " + c.ExternalID
	if _, known := f.shopCustomers[at]; !known {
		f.shopCustomers[at] = c.ID
	}
	return f.shopCustomers[at], f.err
}
