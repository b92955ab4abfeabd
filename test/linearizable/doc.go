// Package linearizable checks that the answers about an event are linearizable
// (Herlihy and Wing 1990): that there is an order of all operations, each between
// its request and its answer, in which one seat map would have given the same
// answers. Porcupine searches for it.
//
// All holds under one key are one attempt at a booking. A held attempt ends by a
// release, by a payment, or by expiry at any time after its deadline. A confirmed one
// loses items by refunds, and ends without its last one. To keep the
// search short, expiry is lazy: the deadline is a step at a fixed moment that
// makes the attempt due, and a due attempt counts as held until an operation shows
// that it has expired. An operation without an answer may have been executed at
// any time after its request, or never. The stored end state tells which, and is
// the last operation.
package linearizable
