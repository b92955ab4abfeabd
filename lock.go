package eventra

import "time"

// LockWant are the seats that one booking wants locked.
type LockWant struct {
	EventID, BookingID ID
	Seats              []SeatNo
}

// Settlement is what the keeper of locks has to learn of batches that ended.
type Settlement struct {
	Unlock []LockWant
	Held   []HeldKey
	Ended  []HoldRef // held no more
}

// HoldRef says of which event a hold is, and which one.
type HoldRef struct{ EventID, BookingID ID }

// HeldKey is the key that goes with a hold, and announces it, after its TTL.
type HeldKey struct {
	HoldRef
	TTL time.Duration
}
