package catalog

import (
	"context"

	"github.com/eventra/eventra"
)

// PutPricing replaces an event's pricing and returns it as it is stored. ifVersion is the
// version that the caller knows, or 0: see Sales. The event's actor has it when PutPricing
// returns, unless that takes too long; nothing is sold by another one in any case.
func (c *Catalog) PutPricing(ctx context.Context, id eventra.ID, ifVersion int64, p *eventra.Pricing) (*eventra.Pricing, error) {
	e, copied, err := c.details.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !copied { // PostgreSQL may not know the event at all
		if err := c.sales.PutTerms(ctx, e); err != nil {
			return nil, err
		}
	}
	stored, err := c.sales.PutPricing(ctx, id, ifVersion, p)
	if err == nil || eventra.Undecided(err) { // it may have been stored all the same
		c.reload(ctx, id)
	}
	return stored, err
}
