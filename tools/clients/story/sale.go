package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/eventra/eventra/tools/clients/out/ogen"
)

// order is a seat at the full price, and a place at the reduced one.
func order(event uuid.UUID) ogen.BookingRequest {
	return ogen.NewBookingOfItemsBookingRequest(ogen.BookingOfItems{EventId: event, Items: []ogen.ItemRequest{
		ogen.NewItemOfSeatItemRequest(ogen.ItemOfSeat{Seat: seat}),
		ogen.NewItemOfPlacesItemRequest(ogen.ItemOfPlaces{Section: "Floor", Quantity: 1, TicketType: ogen.NewOptString("Reduced")}),
	}})
}

// buy holds two tickets, has a card declined, and pays with another one.
func buy(ctx context.Context, b *buyer, n *night) uuid.UUID {
	once := ogen.CreateBookingParams{IdempotencyKey: ogen.NewOptString(uuid.NewString())}
	held := want[ogen.Booking]("hold")(b.next().CreateBooking(ctx, order(n.id), once))
	check(len(held.Items) == 2 && held.Total.Amount == fullPrice+reducedPrice && held.Total.Currency == "EUR", "held: %+v", held)
	answer, err := b.next().CreateBooking(ctx, order(n.id), once)
	again := want[ogen.Booking]("hold with the same key")(answer, err)
	replayed := answer.(*ogen.BookingHeaders).IdempotencyReplayed.Value
	check(again.ID == held.ID && replayed == "true", "the same key has made booking %s, replayed %q", again.ID, replayed)

	taken := refused("hold a seat that is taken", "seats_unavailable")(b.next().CreateBooking(ctx, order(n.id), ogen.CreateBookingParams{}))
	check(len(taken.Unavailable) == 1 && taken.Unavailable[0] == seat, "unavailable are %v", taken.Unavailable)
	refused("pay with a card without money", "payment_declined")(b.pay(ctx, held.ID, "tok_declined"))
	paid := want[ogen.Payment]("pay")(b.pay(ctx, held.ID, "tok_ok"))
	check(paid.Status == ogen.PaymentStatusSUCCEEDED && paid.Booking.Value.Status == ogen.BookingStatusCONFIRMED, "paid: %+v", paid)
	refused("pay twice", "already_paid")(b.pay(ctx, held.ID, "tok_ok"))
	tickets := waitForMail(ctx, b.email, "Your tickets for A night of stories")
	check(len(tickets.Text) > 0, "the mail is empty")
	return held.ID
}

func (c *caller) pay(ctx context.Context, booking uuid.UUID, card string) (ogen.PayRes, error) {
	return c.next().Pay(ctx, &ogen.PaymentRequest{Method: ogen.PaymentRequestMethodMock, Token: card}, ogen.PayParams{BookingId: booking})
}

// refundOne gives the money for the place back.
func refundOne(ctx context.Context, n *night, b *buyer, booking uuid.UUID) {
	request := &ogen.RefundRequest{Items: ogen.NewOptRefundRequestItems(ogen.NewIntArrayRefundRequestItems([]int{2})), Reason: ogen.NewOptString("one is ill")}
	refused("refund as a buyer", "forbidden")(b.next().RefundItems(ctx, request, ogen.RefundItemsParams{BookingId: booking}))
	refund := want[ogen.Refund]("refund one item")(n.admin.next().RefundItems(ctx, request, ogen.RefundItemsParams{BookingId: booking}))
	check(refund.Amount.Amount == reducedPrice && refund.Released && refund.Status == ogen.RefundStatusSUCCEEDED, "refund: %+v", refund)
	now := want[ogen.Booking]("look at the booking")(b.next().GetBooking(ctx, ogen.GetBookingParams{BookingId: booking}))
	check(now.Refunded.Amount == reducedPrice && now.Items[0].Status == ogen.BookedItemStatusLIVE && now.Items[1].Status == ogen.BookedItemStatusRELEASED,
		"after the refund: %+v", now)
	waitForMail(ctx, b.email, "Refund: ")
}
