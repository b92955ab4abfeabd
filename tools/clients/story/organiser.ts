import { addSeats, createEvent, login, publishEvent, putPricing } from "../out/hey";
import { Caller, check, type Tour, want } from "./caller";

// Night is an event with its organiser.
export type Night = { id: string; admin: Caller };

// The seats of the house are Stalls-1-1 to Stalls-2-10; the places are those of the Floor.
export const stallsSeats = 20, floorPlaces = 50, seat = "Stalls-1-1", otherSeat = "Stalls-1-2";
export const fullPrice = 5000, reducedPrice = 1500; // a seat at the full price, a place at the reduced one

// organise makes an event with two categories and two types of tickets, and publishes it.
export async function organise(tour: Tour): Promise<Night> {
  const admin = new Caller(tour);
  const { EVENTRA_ADMIN_EMAIL: email = "", EVENTRA_ADMIN_PASSWORD: password = "" } = process.env;
  admin.token = (await want("log in as administrator", login({ client: admin.next(), body: { email, password } }))).accessToken;
  const starts = new Date(Date.now() + 30 * 86_400_000);
  const event = await want("make an event", createEvent({
    client: admin.next(),
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: {
      title: "A night of stories", category: "theatre",
      startsAt: starts.toISOString(), endsAt: new Date(starts.getTime() + 7_200_000).toISOString(),
      venue: { name: "Hall", city: "Berlin", country: "DE", timezone: "Europe/Berlin" },
    },
  }));
  await price(admin, event.id);
  await addHouse(admin, event.id);
  const published = await want("publish it", publishEvent({ client: admin.next(), path: { eventId: event.id } }));
  check(published.status === "PUBLISHED", `the event is ${published.status}`);
  return { id: event.id, admin };
}

async function price(admin: Caller, eventId: string): Promise<void> {
  const pricing = await want("set the prices", putPricing({
    client: admin.next(),
    path: { eventId },
    body: {
      currency: "EUR", categories: [{ name: "Seats" }, { name: "Standing" }],
      ticketTypes: [{ name: "Full", default: true }, { name: "Reduced" }],
      prices: [
        { category: "Seats", ticketType: "Full", amount: fullPrice }, { category: "Seats", ticketType: "Reduced", amount: 4000 },
        { category: "Standing", ticketType: "Full", amount: 2000 }, { category: "Standing", ticketType: "Reduced", amount: reducedPrice },
      ],
    },
  }));
  check(pricing.prices.length === 4, `${pricing.prices.length} prices`);
}

async function addHouse(admin: Caller, eventId: string): Promise<void> {
  const added = await want("add seats and places", addSeats({
    client: admin.next(),
    path: { eventId },
    body: { sections: [{ name: "Stalls", rowCount: 2, seatsPerRow: stallsSeats / 2, category: "Seats" }, { name: "Floor", capacity: floorPlaces, category: "Standing" }] },
  }));
  check(added.seatsTotal === stallsSeats + floorPlaces, `${added.seatsTotal} seats in all`);
}
