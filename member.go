package eventra

import "time"

// Member is one instance of Eventra in its cluster, from its joining to its
// end. Who comes back after it was given up comes back as another member.
type Member struct {
	ID      string // of its actor system
	Address string // host:port at which other members reach it; empty if it is alone
	Version string // of the program
	Leaving bool   // it hands over its events and takes no more

	JoinedAt   time.Time // the store's clock
	LeaseUntil time.Time // the store's clock; past it others may take its place

	// Unreachable are the ids of members that do not answer this one.
	Unreachable []string
	// OwnershipHash names the assignment of events to members that this member acts by; 0: not announced.
	OwnershipHash uint64
}

// MemberStatus is what a member is to the others.
type MemberStatus string

const (
	MemberActive   MemberStatus = "ACTIVE"
	MemberIsolated MemberStatus = "ISOLATED" // cut off from the others: owns nothing until it reaches them again
	MemberLeaving  MemberStatus = "LEAVING"
)

// ActiveEvent is an event whose seats a member has in its memory.
type ActiveEvent struct {
	EventID ID
	State   ActivationState
	Epoch   int64
	Seats   int
	Queued  int   // requests whose outcome is open
	Batches int64 // committed by this activation
	Changes int64 // in these batches
}

// ActivationState is where an activation stands.
type ActivationState string

const (
	ActivationLoading ActivationState = "LOADING"
	ActivationActive  ActivationState = "ACTIVE"
	ActivationDown    ActivationState = "DOWN"   // the store does not answer
	ActivationMoving  ActivationState = "MOVING" // being handed over to another member
)

// Cluster is all of it as one member sees it.
type Cluster struct {
	Members []ClusterMember // the oldest first
}

// ClusterMember is a member, as another one or itself sees it.
type ClusterMember struct {
	Member
	Status    MemberStatus
	Self      bool
	Answered  bool // whether it told of its events in time
	Converged bool // its ownership hash is that of the member that looks, or it announces none
	Events    []ActiveEvent
}
