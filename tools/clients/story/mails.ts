import { setTimeout as pause } from "node:timers/promises";

type Mail = { subject: string; text: string };

const mailWithin = 20_000, mailPoll = 50; // milliseconds

// waitForMail returns the newest mail to an address whose subject begins in this way.
export async function waitForMail(to: string, subject: string): Promise<Mail> {
  for (const began = Date.now(); Date.now() - began < mailWithin; await pause(mailPoll)) {
    const answer = await fetch(`${process.env.EVENTRA_DEV_MAIL_URL}/api/messages?to=${encodeURIComponent(to)}`, { signal: AbortSignal.timeout(mailWithin) });
    const mail = ((await answer.json()) as Mail[]).find((m) => m.subject.startsWith(subject));
    if (mail) return mail;
  }
  throw new Error(`no mail ${subject} came to ${to}`);
}

// tokenOf returns the one-time token in a mail's link.
export function tokenOf(mail: Mail): string {
  const token = /token=([\w-]+)/.exec(mail.text)?.[1];
  if (!token) throw new Error(`the mail ${mail.subject} has no link: ${mail.text}`);
  return token;
}
