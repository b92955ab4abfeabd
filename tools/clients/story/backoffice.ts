import { exportBookings, getBookingRecord, getEventReport, getSeatHistory, listAudit, searchBookings } from "../out/hey";
import type { Buyer } from "./account";
import { check, refused, want } from "./caller";
import { floorPlaces, type Night, reducedPrice, seat, stallsSeats } from "./organiser";

// lookBack finds the booking again in all that the back office has.
export async function lookBack({ admin, id: eventId }: Night, { caller, email }: Buyer, bookingId: string): Promise<void> {
  await refused("search as a buyer", "forbidden", searchBookings({ client: caller.next() }));
  const found = await want("search by e-mail", searchBookings({ client: admin.next(), query: { email } }));
  check(found.items.map((b) => b.id).join() === bookingId, `found ${JSON.stringify(found.items)}`);
  const named = await want("search by the reference", searchBookings({ client: admin.next(), query: { reference: found.items[0]!.reference! } }));
  check(named.items.map((b) => b.id).join() === bookingId, `found ${JSON.stringify(named.items)}`);
  const record = await want("look at the record", getBookingRecord({ client: admin.next(), path: { bookingId } }));
  check(record.customer.email === email && record.payments.length === 2 && record.refunds.length === 1 && record.mails.length === 2 && record.history.length >= 5,
    `the record is ${JSON.stringify(record)}`);
  const csv = await want("export the bookings", exportBookings({ client: admin.next(), path: { eventId } }));
  check(csv.split("\n").some((line) => line.includes(bookingId)), `the booking is not in ${csv}`);

  const report = await want("look at the report", getEventReport({ client: admin.next(), path: { eventId } }));
  check(report.tickets.sold === 1 && report.tickets.total === stallsSeats + floorPlaces && report.refunds.returned === reducedPrice, `the report is ${JSON.stringify(report)}`);
  const uses = await want("ask who had the seat", getSeatHistory({ client: admin.next(), path: { eventId, seat } }));
  check(uses.items.map((use) => use.booking?.id).join() === bookingId, `the seat had ${JSON.stringify(uses.items)}`);
  const log = await want("look at the audit log", listAudit({ client: admin.next(), query: { subject: bookingId } }));
  check(log.items.length === 1 && log.items[0]!.actor.kind === "user", `the audit log has ${JSON.stringify(log.items)}`);
}
