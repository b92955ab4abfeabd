import { createApiKey, createBooking, getBooking, refundBooking, revokeApiKey, updateBooking } from "../out/hey";
import { Caller, check, refused, type Tour, want } from "./caller";
import { waitForMail } from "./mails";
import { type Night, otherSeat } from "./organiser";
import { payBy } from "./sale";

// sellByKey sells as a shop does, with a key that is revoked in the end.
export async function sellByKey(tour: Tour, night: Night): Promise<void> {
  const made = await want("make a key", createApiKey({
    client: night.admin.next(),
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: { name: `Shop of ${crypto.randomUUID()}`, scopes: ["bookings:write", "bookings:read"], eventIds: [night.id] },
  }));
  const shop = new Caller(tour);
  shop.token = made.key;
  const bookingId = await sellTo(shop, night);

  const missing = await refused("refund without the scope", "scope_missing", refundBooking({ client: shop.next(), path: { bookingId } }));
  check(missing.scope === "refunds:write", `the missing scope is ${missing.scope}`);
  await want("revoke the key", revokeApiKey({ client: night.admin.next(), path: { apiKeyId: made.id } }));
  await shop.shutOut("go on with a revoked key", (client) => getBooking({ client, path: { bookingId } }));
}

// sellTo sells a seat to a customer of the shop.
async function sellTo(shop: Caller, night: Night): Promise<string> {
  const customer = { externalId: `C-${crypto.randomUUID()}`, email: `shop-${crypto.randomUUID()}@example.org`, name: "Ada" };
  const held = await want("hold for a customer of the shop", createBooking({
    client: shop.next(),
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: { eventId: night.id, items: [{ seat: otherSeat, ticketType: "Reduced" }], customer, metadata: { basket: "17" } },
  }));
  check(held.metadata?.["basket"] === "17", `held: ${JSON.stringify(held)}`);
  const path = { bookingId: held.id };
  await want("pay for the customer", payBy(shop, held.id, "tok_ok"));
  const changed = await want("change the metadata", updateBooking({ client: shop.next(), path, body: { metadata: { basket: "18" } } }));
  check(changed.metadata?.["basket"] === "18" && changed.status === "CONFIRMED", `changed: ${JSON.stringify(changed)}`);
  const shown = await want("look at the booking", getBooking({ client: shop.next(), path }));
  check(shown.customer?.externalId === customer.externalId && shown.customer.kind === "shop", `the customer is ${JSON.stringify(shown.customer)}`);
  await waitForMail(customer.email, "Your tickets for ");
  return held.id;
}
