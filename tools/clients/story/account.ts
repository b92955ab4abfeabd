import { createBooking, eraseMe, exportMe, forgotPassword, listSessions, login, me, register, resetPassword, verifyEmail } from "../out/hey";
import { Caller, check, refused, type Tour, want } from "./caller";
import { tokenOf, waitForMail } from "./mails";
import type { Night } from "./organiser";
import { order } from "./sale";

// Buyer is a user.
export type Buyer = { caller: Caller; email: string; password: string };

const oldPassword = "a first password", newPassword = "a second password";

// openAccount registers, verifies the address, forgets the password, and sets another one.
export async function openAccount(tour: Tour, night: Night): Promise<Buyer> {
  const caller = new Caller(tour), email = `hey-${crypto.randomUUID()}@example.org`;
  const registration = { email, password: oldPassword, name: "Zoë O’Hey" };
  const tokens = await want("register", register({ client: caller.next(), headers: { "Idempotency-Key": crypto.randomUUID() }, body: registration }));
  caller.token = tokens.accessToken;
  await refused("register twice", "email_taken", register({ client: caller.next(), body: { ...registration, password: "another password" } }));
  await refused("hold before the address is verified", "email_not_verified", createBooking({ client: caller.next(), body: order(night.id) }));
  const token = tokenOf(await waitForMail(email, "Confirm your e-mail address"));
  await want("verify the address", verifyEmail({ client: caller.next(), body: { token } }));
  await forget(caller, email);
  const user = await want("ask who I am", me({ client: caller.next() }));
  check(user.emailVerified && user.email === email, `the account is ${JSON.stringify(user)}`);
  return { caller, email, password: newPassword };
}

// forget sets a new password by mail, which ends the sessions of before.
async function forget(caller: Caller, email: string): Promise<void> {
  await want("forget the password", forgotPassword({ client: caller.next(), body: { email } }));
  const body = { token: tokenOf(await waitForMail(email, "Set a new password")), password: newPassword };
  await want("set a new password", resetPassword({ client: caller.next(), body }));
  await refused("use the token twice", "invalid_token", resetPassword({ client: caller.next(), body }));
  await caller.shutOut("go on in the old session", (client) => me({ client }));
  await refused("log in with the old password", "invalid_credentials", login({ client: caller.next(), body: { email, password: oldPassword } }));
  caller.token = (await want("log in", login({ client: caller.next(), body: { email, password: newPassword } }))).accessToken;
  const sessions = await want("list the sessions", listSessions({ client: caller.next() }));
  check(sessions.items.length === 1 && sessions.items[0]!.current, `${sessions.items.length} sessions are open`);
}

// leave exports the account and erases it.
export async function leave({ caller, password }: Buyer): Promise<void> {
  const exported = await want("export the account", exportMe({ client: caller.next() }));
  check(exported.bookings.length === 1, `${exported.bookings.length} bookings in the export`);
  await want("erase the account", eraseMe({ client: caller.next(), body: { password } }));
  await caller.shutOut("go on after the account is erased", (client) => me({ client }));
}
