// Package admission decides how much of a rush the process works on at once, and
// lets connections end in good order. It knows connections and counts, but no
// routes: the server asks it about each request and answers the refused ones.
//
// # Why a limiter before Go's scheduler
//
// Go's scheduler is fair: every runnable goroutine waits behind all others. When
// ten thousand requests arrive at once, the goroutines that commit accepted holds
// wait behind each request that has only just been read, at every step anew, so
// almost nothing is sold although the CPUs are busy. The [Limiter] keeps that queue
// short. A request acquires one of a few slots per CPU when its bytes have arrived,
// and releases it as soon as it waits for anything but the CPU: an event, a store,
// more bytes. Requests without a slot wait on a channel, where they cost no CPU, and
// when too many wait, the next ones are told that the server is overloaded.
// CockroachDB's admission control takes slots for the same reason.
//
// # What the pacer paces
//
// A refusal costs about a third of the CPU of a sale, and a refused client usually
// tries again at once. So refusals alone can fill the machine. The [Pacer] delays
// them: a token bucket allows a burst, and each few completed holds refill one token,
// so that refusing always costs less than selling. The delay has a limit. gRPC's retry
// throttling (gRFC A6) refills its bucket by successes in the same way.
//
// # How draining works
//
// Closing a [Listener] stops new connections, and nothing else: requests under way are
// answered, and the server closes their connections afterwards. Clients open
// connections in advance, though, and an idle one, which has not sent a byte, would
// hold a shutdown up until its read timeout. Once the listener is closed an idle
// connection therefore has [idleGrace] left to send a request.
//
// A connection may also close too early: when the server answers before it has read
// the whole request and then closes, TCP sends a reset, which can destroy the answer on
// its way (RFC 9112, 9.6). A lingering close sends the answer, shuts the write side
// down, and discards input for a while before it closes.
package admission
