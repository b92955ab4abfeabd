// Package linearizable asks whether what buyers were told of an event can have
// happened one thing after the other, each between its request and its answer:
// whether the cluster could have been one seat map. Porcupine does the search.
//
// A hold, named or best available, is a claim on its seats, for all tries under
// its key. A claim ends by a release, by a payment, or by expiry, which may
// happen at any time from the deadline on. So a deadline is a step, at its
// moment, after which the claim is due: it counts as held, until somebody sees
// that it is not. Nothing is lost by expiring that late, and a step that could
// be taken at any time would have to be tried at every time. What had
// no answer may have happened at any time after it was asked, or never; what is
// stored at the end tells which, and that is the last operation of all.
package linearizable
