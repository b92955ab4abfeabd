// Package cluster has each event's seats served by one member of a cluster:
// who the members are, which of them an event belongs to, and how it is asked.
//
// It is made of protoactor-go's runtime, remoting and cluster, with a
// membership and an identity lookup of its own at their two extension points.
//
// # Rules
//
// Ownership only makes Eventra fast. That no seat is sold twice rests on the
// epoch in each transaction (docs/decisions/0001), whatever happens here.
//
//  1. A member is a row with a lease in PostgreSQL's time. It is renewed at a
//     quarter of its length. The member itself counts its lease from before the
//     renewal was sent, so it always thinks that it ends earlier than others do.
//  2. A member whose lease has ended by its own clock is suspended: it serves no
//     event. If its row is still there when it can renew again, it goes on;
//     otherwise it starts a new life: a new actor system, a new id.
//  3. A row whose lease has ended is deleted ("reaped") by the others, but only by
//     one whose own lease has been good for one full length without a break, or
//     for three if it had ended before. So nobody is given up because PostgreSQL
//     itself was away. Where the connection to
//     a member was lost and nobody listens at its address any more, its process has
//     ended: it is given up as soon as it has missed a renewal.
//  4. An event belongs to the member with the highest rendezvous score among
//     those who are neither leaving nor isolated. All members compute this by
//     themselves from the same rows.
//  5. Members ask each other whether they are there, and note in their rows whom
//     they do not reach. The largest group whose members all reach each other
//     goes on, in case of a tie the one with the oldest member; who is not in it is
//     isolated: it owns nothing until it is reached again.
//  6. Each member notes in its row which shares it acts by, once it has given up
//     what is not its own any more. A member starts an event's actor only when all
//     rows, its own among them, say what it sees itself: so nobody else serves the
//     event any more, reads included. Actors that are there go on meanwhile.
//  7. Who is asked for an event that it does not own by its own view, or while it
//     is suspended, says so; the asker looks again and asks again until its
//     deadline. Every command carries ids, so to ask again is harmless.
//
// # What happens when
//
//	a member is killed            nobody listens there: given up within 1 s of its last renewal; requests
//	                              that wait are asked again at the next owners
//	its machine vanishes          the same when its lease ends, within 2 s
//	a member is paused            likewise; when it wakes up it is suspended, finds its row gone, and
//	                              starts a new life; its transactions fail at the fence
//	a member leaves               it hands over event by event, those that wait are asked again elsewhere
//	a member joins                its share of the events is handed over to it
//	PostgreSQL is away            all are suspended when their leases end; afterwards all renew and go on
//	a member without PostgreSQL   suspended, given up by the others, a new life when PostgreSQL answers
//	a member without the others   isolated by rule 5, within 5 s; ready again when they reach it
//	LISTEN is not possible        changes are seen at the next renewal
//	a member comes or goes while  nobody takes an event over until that one is awake or given up, by
//	another one stands still      rule 6; who has events goes on
package cluster
