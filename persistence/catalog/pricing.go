package catalog

import (
	"context"

	"github.com/eventra/eventra"
)

// PutPricing replaces an event's pricing and returns it as it is stored. ifVersion is the
// version that the caller knows, or 0: see Sales. The event's actor has it when PutPricing
// returns, unless that takes too long; nothing is sold by another one in any case.
func (c *Catalog) PutPricing(ctx context.Context, id eventra.ID, ifVersion int64, p *eventra.Pricing) (*eventra.Pricing, error) {
	if err := c.ensureCopied(ctx, id); err != nil {
		return nil, err
	}
	stored, err := c.sales.PutPricing(ctx, id, ifVersion, p)
	if err == nil || eventra.Undecided(err) { // it may have been stored all the same
		c.reload(ctx, id)
	}
	return stored, err
}

// SetCategory gives seats a category of their event, as PutPricing changes that.
func (c *Catalog) SetCategory(ctx context.Context, id eventra.ID, selection eventra.SeatSelection, category string) (eventra.SeatsChanged, error) {
	if err := c.ensureCopied(ctx, id); err != nil {
		return eventra.SeatsChanged{}, err
	}
	done, err := c.sales.SetCategory(ctx, id, selection, category)
	if err == nil || eventra.Undecided(err) {
		c.reload(ctx, id)
	}
	return done, err
}

// ensureCopied lets PostgreSQL know of an event that it may not know at all yet.
func (c *Catalog) ensureCopied(ctx context.Context, id eventra.ID) error {
	e, copied, err := c.details.Get(ctx, id)
	if err != nil || copied {
		return err
	}
	return c.sales.PutTerms(ctx, e)
}
