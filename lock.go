package eventra

import "time"

// LockWant are the seats that one booking wants locked.
type LockWant struct {
	BookingID ID
	Seats     []SeatNo
}

// Settlement is what the keeper of locks has to learn of a batch that ended.
type Settlement struct {
	Unlock []LockWant
	Held   []HeldKey
	Ended  []ID // bookings that are held no more
}

// HeldKey is the key that goes with a hold, and announces it, after its TTL.
type HeldKey struct {
	BookingID ID
	TTL       time.Duration
}
