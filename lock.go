package eventra

import "time"

// LockRequest asks for locks on all seats of one booking.
type LockRequest struct {
	EventID, BookingID ID
	Seats              []SeatNo
}

// LockRelease is what the keeper of seat locks learns of batches that have
// ended: locks to drop and holds that began or ended.
type LockRelease struct {
	Unlock []LockRequest
	Held   []HoldKey
	Ended  []HoldRef // holds that are over
}

// HoldRef identifies a hold and its event.
type HoldRef struct{ EventID, BookingID ID }

// HoldKey is a hold's TTL key, whose expiry announces the hold's deadline.
type HoldKey struct {
	HoldRef
	TTL time.Duration
}
