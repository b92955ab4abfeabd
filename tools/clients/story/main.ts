// Lives the whole story of Eventra with the client that @hey-api/openapi-ts generates, as
// main.go does with ogen's. Each request goes to the next of the instances of EVENTRA_URLS.
import { leave, openAccount } from "./account";
import { lookBack } from "./backoffice";
import { Tour } from "./caller";
import { organise } from "./organiser";
import { buy, refundOne } from "./sale";
import { sellByKey } from "./shop";

async function tell(): Promise<void> {
  const began = Date.now();
  const tour = new Tour((process.env.EVENTRA_URLS ?? "").split(" "));
  const night = await organise(tour);
  const buyer = await openAccount(tour, night);
  const booking = await buy(buyer, night);
  await refundOne(night, buyer, booking);
  await lookBack(night, buyer, booking);
  await sellByKey(tour, night);
  await leave(buyer);
  console.log(`@hey-api/openapi-ts: the story is told in ${tour.requests} requests at ${tour.urls.length} instances, in ${Date.now() - began} ms`);
}

tell().catch((error: unknown) => {
  console.error("story:", error);
  process.exitCode = 1;
});
