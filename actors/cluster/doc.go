// Package cluster gives each event one owner among several instances: it knows
// the members, computes which of them owns an event, and asks the event's actor
// there.
//
// The runtime, the remoting and the cluster are protoactor-go's. Membership and
// identity lookup, its two extension points, are implemented here.
//
// # Rules
//
// Ownership only makes Eventra fast. The epoch that each transaction checks
// keeps a seat from being sold twice (docs/decisions/0001), whatever happens
// here.
//
//  1. A member is a row with a lease in PostgreSQL's time. The member renews the
//     lease at a quarter of its length. It counts its own lease from before it
//     sent the renewal, so for itself the lease always ends earlier than for the
//     others.
//  2. A member whose lease has ended by its own clock is suspended: it serves no
//     event. If its row still exists when it can renew again, it goes on;
//     otherwise it has been evicted and starts a new incarnation: a new actor
//     system with a new id.
//  3. Members evict a member whose lease has ended: they delete its row. Only a
//     member whose own lease has held for one full length without a gap may do
//     so, or for three lengths after a gap. So no member is evicted because
//     PostgreSQL itself was away. If the connection to a member breaks and
//     nothing listens at its address any longer, its process has ended: the
//     member is suspected, and evicted as soon as it has missed a renewal.
//  4. An event belongs to the member with the highest rendezvous score among the
//     members that are neither leaving nor isolated. Each member computes this
//     alone, from the same rows.
//  5. Members ping each other (the failure detector), and each notes in its row
//     which of the others it does not reach. The largest group whose members all
//     reach each other goes on; of groups of the same size, the one with the
//     oldest member. A member outside this group is isolated: it owns nothing
//     until the others reach it again.
//  6. Each member writes the ownership hash that it acts by into its row, after
//     it has handed over the events that are no longer its own. The members have
//     converged when all rows carry the same hash. A member starts an event's
//     actor only when all rows, its own among them, carry the hash of its own
//     view. So no other member serves the event any longer, reads included.
//     Actors that run already go on meanwhile.
//  7. A member that is asked for an event that it does not own by its own view,
//     or that is suspended, says so. The caller looks the owner up and asks again
//     until its deadline. Every command carries the ids of what it makes, so
//     asking again is harmless.
//
// # What happens when
//
//	a member is killed            nothing listens at its address: it is evicted within 1 s of its last
//	                              renewal; waiting requests are asked again at the next owners
//	its machine vanishes          the same when its lease ends, within 2 s
//	a member is paused            likewise; when it wakes up it is suspended, finds its row gone, and
//	                              starts a new incarnation; its transactions fail at the fence
//	a member leaves               it hands over event by event; waiting requests are asked again elsewhere
//	a member joins                its share of the events is handed over to it
//	PostgreSQL is away            all members are suspended when their leases end; later all renew and go on
//	a member without PostgreSQL   it is suspended, then evicted; a new incarnation when PostgreSQL answers
//	a member without the others   it is isolated by rule 5 within 5 s; ready again when the others reach it
//	LISTEN is not possible        members see changes at the next renewal
//	a member comes or goes while  by rule 6 no member takes an event over until that one is awake or
//	another one stands still      evicted; running actors go on
package cluster
