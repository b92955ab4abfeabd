// Package actors sells seats: one actor per event decides about the event's seats
// in memory and commits its decisions in groups.
//
// From top to bottom, a file names only files below it:
//
//   - [BoxOffice] (boxoffice.go, payments.go) is what handlers and payments ask.
//   - [Directory] (directory.go, ask.go, wire.go) finds an event's actor, in this
//     process or at another member, and asks it. seatviews.go and replicas.go read
//     seat maps through it; wake.go and expiry.go keep hold timers running.
//   - eventActor (event.go) is the actor: mailbox, timers, a place in the directory.
//   - activation is what the actor does: receive.go takes messages, handover.go and
//     retire.go end it, completion.go takes the outcomes of batches, load.go reads
//     the event, decide.go fills batches and submits them, queue.go keeps the order
//     of requests. It decides nothing itself: [eventra.SeatMap] does.
//   - holdTimer (holdtimer.go, deadlineheap.go) reports due holds to its parent.
//   - mailer (mailer.go, mailers.go) drains the outbox.
//
// Stores are interfaces in store.go. An activation knows its surroundings only by
// an interface (environment.go), so that the simulation in the tests can play them.
package actors
