import { setTimeout as pause } from "node:timers/promises";
import { createClient, type Client } from "../out/hey/client";
import type { Problem } from "../out/hey";

// What is revoked at one instance is refused at the others as soon as they have heard of it.
const refusedWithin = 1000, refusedPoll = 10; // milliseconds
const most = 15_000; // milliseconds that a request may take

// Tour goes from instance to instance.
export class Tour {
  requests = 0;
  constructor(readonly urls: string[]) {
    check(urls.every((url) => url !== ""), "EVENTRA_URLS names no instance");
  }
}

// Caller is somebody with an access token, an API key, or neither.
export class Caller {
  token?: string;
  private readonly clients: Client[];

  constructor(readonly tour: Tour) {
    const timed: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(most) });
    this.clients = tour.urls.map((baseUrl) => createClient({ baseUrl, auth: () => this.token, fetch: timed }));
  }

  // next is the client of the next instance.
  next(): Client {
    return this.clients[this.tour.requests++ % this.clients.length]!;
  }

  // shutOut waits until each instance refuses what the caller was allowed before.
  async shutOut(what: string, ask: (client: Client) => Promise<Answer<unknown>>): Promise<void> {
    for (const _ of this.clients) {
      const client = this.next(), until = Date.now() + refusedWithin;
      while ((await ask(client)).response?.ok && Date.now() < until) await pause(refusedPoll);
      await refused(what, "unauthenticated", ask(client));
    }
  }
}

type Answer<T> = { data?: T; error?: unknown; response?: Response };

// want returns the body of an answer, which must be no problem.
export async function want<T>(what: string, answer: Promise<Answer<T>>): Promise<Exclude<T, undefined>> {
  const { data, error, response } = await answer;
  check(response?.ok === true, `${what}: ${response?.status} ${JSON.stringify(error)}`);
  return data as Exclude<T, undefined>;
}

// refused returns the problem that an answer must be.
export async function refused(what: string, code: string, answer: Promise<Answer<unknown>>): Promise<Problem> {
  const { error, response } = await answer;
  const problem = error as Problem | undefined;
  check(response?.ok === false && problem?.code === code, `${what}: ${response?.status} ${JSON.stringify(problem)}, not ${code}`);
  return problem!;
}

export function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
