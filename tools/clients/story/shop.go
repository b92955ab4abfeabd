package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

// sellByKey sells as a shop does, with a key that is revoked in the end.
func sellByKey(ctx context.Context, t *tour, n *night) {
	made := want[ogen.NewAPIKey]("make a key")(n.admin.next().CreateAPIKey(ctx, &ogen.APIKeyRequest{
		Name: "Shop of " + uuid.NewString(), Scopes: []ogen.APIKeyRequestScopesItem{ogen.APIKeyRequestScopesItemBookingsWrite, ogen.APIKeyRequestScopesItemBookingsRead},
		EventIds: []uuid.UUID{n.id},
	}, ogen.CreateAPIKeyParams{IdempotencyKey: ogen.NewOptString(uuid.NewString())}))
	shop := t.caller()
	shop.key = made.Key
	booking := sellTo(ctx, shop, n)

	missing := refused("refund without the scope", "scope_missing")(shop.next().RefundBooking(ctx, ogen.RefundBookingParams{BookingId: booking}))
	check(missing.Scope.Value == "refunds:write", "the missing scope is %q", missing.Scope.Value)
	done("revoke the key")(n.admin.next().RevokeAPIKey(ctx, ogen.RevokeAPIKeyParams{ApiKeyId: made.ID}))
	shop.shutOut("go on with a revoked key", func(at *ogen.Client) (any, error) {
		return at.GetBooking(ctx, ogen.GetBookingParams{BookingId: booking})
	})
}

// sellTo sells a seat to a customer of the shop.
func sellTo(ctx context.Context, shop *caller, n *night) uuid.UUID {
	customer := ogen.CustomerRequest{ExternalId: "C-" + uuid.NewString(), Email: ogen.NewOptString("shop-" + uuid.NewString() + "@example.org"), Name: ogen.NewOptString("Ada")}
	held := want[ogen.Booking]("hold for a customer of the shop")(shop.next().CreateBooking(ctx, ogen.NewBookingOfItemsBookingRequest(ogen.BookingOfItems{
		EventId: n.id, Items: []ogen.ItemRequest{ogen.NewItemOfSeatItemRequest(ogen.ItemOfSeat{Seat: otherSeat, TicketType: ogen.NewOptString("Reduced")})},
		Customer: ogen.NewOptCustomerRequest(customer), Metadata: ogen.NewOptBookingOfItemsMetadata(ogen.BookingOfItemsMetadata{"basket": "17"}),
	}), ogen.CreateBookingParams{IdempotencyKey: ogen.NewOptString(uuid.NewString())}))
	check(held.Metadata.Value["basket"] == "17", "held: %+v", held)
	want[ogen.Payment]("pay for the customer")(shop.pay(ctx, held.ID, "tok_ok"))
	changed := want[ogen.Booking]("change the metadata")(shop.next().UpdateBooking(ctx, &ogen.BookingPatch{Metadata: ogen.BookingPatchMetadata{"basket": "18"}}, ogen.UpdateBookingParams{BookingId: held.ID}))
	check(changed.Metadata.Value["basket"] == "18" && changed.Status == ogen.BookingStatusCONFIRMED, "changed: %+v", changed)
	shown := want[ogen.Booking]("look at the booking")(shop.next().GetBooking(ctx, ogen.GetBookingParams{BookingId: held.ID}))
	check(shown.Customer.Value.ExternalId.Value == customer.ExternalId && shown.Customer.Value.Kind == ogen.CustomerKindShop, "the customer is %+v", shown.Customer)
	waitForMail(ctx, customer.Email.Value, "Your tickets for ")
	return held.ID
}
