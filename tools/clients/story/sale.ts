import { createBooking, getBooking, pay, refundItems, type BookingRequest, type RefundRequest } from "../out/hey";
import type { Buyer } from "./account";
import { type Caller, check, refused, want } from "./caller";
import { waitForMail } from "./mails";
import { fullPrice, type Night, reducedPrice, seat } from "./organiser";

// order is a seat at the full price, and a place at the reduced one.
export function order(eventId: string): BookingRequest {
  return { eventId, items: [{ seat }, { section: "Floor", quantity: 1, ticketType: "Reduced" }] };
}

// buy holds two tickets, has a card declined, and pays with another one.
export async function buy({ caller, email }: Buyer, night: Night): Promise<string> {
  const once = { "Idempotency-Key": crypto.randomUUID() };
  const held = await want("hold", createBooking({ client: caller.next(), headers: once, body: order(night.id) }));
  check(held.items.length === 2 && held.total.amount === fullPrice + reducedPrice && held.total.currency === "EUR", `held: ${JSON.stringify(held)}`);
  const again = await createBooking({ client: caller.next(), headers: once, body: order(night.id) });
  check(again.data?.id === held.id && again.response?.headers.get("Idempotency-Replayed") === "true", `the same key has made ${JSON.stringify(again.data)}`);

  const taken = await refused("hold a seat that is taken", "seats_unavailable", createBooking({ client: caller.next(), body: order(night.id) }));
  check(taken.unavailable?.join() === seat, `unavailable are ${taken.unavailable}`);
  await refused("pay with a card without money", "payment_declined", payBy(caller, held.id, "tok_declined"));
  const paid = await want("pay", payBy(caller, held.id, "tok_ok"));
  check(paid.status === "SUCCEEDED" && paid.booking?.status === "CONFIRMED", `paid: ${JSON.stringify(paid)}`);
  await refused("pay twice", "already_paid", payBy(caller, held.id, "tok_ok"));
  await waitForMail(email, "Your tickets for A night of stories");
  return held.id;
}

export function payBy(caller: Caller, bookingId: string, token: string) {
  return pay({ client: caller.next(), path: { bookingId }, body: { method: "mock", token } });
}

// refundOne gives the money for the place back.
export async function refundOne({ admin }: Night, { caller, email }: Buyer, bookingId: string): Promise<void> {
  const body: RefundRequest = { items: [2], reason: "one is ill" }, path = { bookingId };
  await refused("refund as a buyer", "forbidden", refundItems({ client: caller.next(), path, body }));
  const refund = await want("refund one item", refundItems({ client: admin.next(), path, body }));
  check(refund.amount.amount === reducedPrice && refund.released && refund.status === "SUCCEEDED", `refund: ${JSON.stringify(refund)}`);
  const now = await want("look at the booking", getBooking({ client: caller.next(), path }));
  check(now.refunded.amount === reducedPrice && now.items.map((i) => i.status).join() === "LIVE,RELEASED", `after the refund: ${JSON.stringify(now)}`);
  await waitForMail(email, "Refund: ");
}
