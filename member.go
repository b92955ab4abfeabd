package eventra

import "time"

// Member is one incarnation of an instance in the cluster. An instance that
// returns after its eviction returns as another member.
type Member struct {
	ID      string // of its actor system
	Address string // host:port at which other members reach it; empty if it is alone
	Version string // of the program
	Leaving bool   // it hands over its events and takes no new ones

	JoinedAt   time.Time // by the store's clock
	LeaseUntil time.Time // by the store's clock; afterwards others may evict it

	// Unreachable are the ids of the members that do not answer this one.
	Unreachable []string
	// OwnershipHash names the assignment of events to members that this member acts by; 0: not announced.
	OwnershipHash uint64
}

// MemberStatus is the state of a member, as another one sees it.
type MemberStatus string

// The states of a member.
const (
	MemberActive   MemberStatus = "ACTIVE"
	MemberIsolated MemberStatus = "ISOLATED" // outside the largest fully connected group, so it owns nothing
	MemberLeaving  MemberStatus = "LEAVING"
)

// ActiveEvent is an event whose seats a member has in memory.
type ActiveEvent struct {
	EventID ID
	State   ActivationState
	Epoch   int64
	Seats   int
	Queued  int   // requests without an outcome
	Batches int64 // that this activation has committed
	Changes int64 // in these batches

	Free, Held, Booked int // seats and places; known to the event's own member alone
}

// ActivationState is the state of an activation.
type ActivationState string

// The states of an activation.
const (
	ActivationLoading ActivationState = "LOADING"
	ActivationActive  ActivationState = "ACTIVE"
	ActivationDown    ActivationState = "DOWN"   // the store does not answer
	ActivationMoving  ActivationState = "MOVING" // being handed over to another member
)

// Cluster is the members, as one of them sees them.
type Cluster struct {
	Members []ClusterMember // oldest first
}

// ClusterMember is a member, as one of them sees it.
type ClusterMember struct {
	Member
	Status    MemberStatus
	Self      bool
	Answered  bool // it listed its events in time
	Converged bool // it announces the observer's ownership hash, or none
	Events    []ActiveEvent
}
