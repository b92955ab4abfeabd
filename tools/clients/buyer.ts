// What a buyer's page does, with the types of openapi-typescript. It has to compile.
import createClient from "openapi-fetch";
import type { paths } from "./out/schema";

export async function story(baseUrl: string, email: string, password: string): Promise<string> {
  const api = createClient<paths>({ baseUrl });
  const login = await api.POST("/api/v1/auth/login", { body: { email, password } });
  if (login.error) throw new Error(login.error.code);
  const headers = { Authorization: `Bearer ${login.data.accessToken}` };
  const events = await api.GET("/api/v1/events", { params: { query: { limit: 1 } } });
  const event = events.data?.items[0];
  if (!event) throw new Error("no event");
  const door: unknown = event.attributes["doors"];
  const held = await api.POST("/api/v1/bookings", { headers, body: { eventId: event.id, bestAvailable: { quantity: 2 } } });
  if (held.error) throw new Error(`${held.error.code} ${held.error.unavailable?.join() ?? ""}`);
  const paid = await api.POST("/api/v1/bookings/{bookingId}/payments", {
    headers,
    params: { path: { bookingId: held.data.id } },
    body: { method: "mock", token: "tok_ok" },
  });
  if (paid.error) throw new Error(paid.error.code);
  return `${paid.data.status} ${paid.data.amount.amount} ${String(door)}`;
}
