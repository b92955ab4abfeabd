package actors

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// simLocks is Redis: seat locks with a TTL, and keys that announce the end of holds.
// Now and then it is away.
type simLocks struct {
	s     *simulation
	locks map[eventra.SeatNo]seatLock
	holds map[eventra.ID]bool
}

type seatLock struct {
	booking eventra.ID
	until   time.Duration
}

// lockTTL is as in persistence/redis.
const lockTTL = 5 * time.Second

var errRedisAway = errors.New("redis is away")

// Lock implements groupcommit.SeatLocks.
func (k *simLocks) Lock(_ context.Context, released eventra.LockRelease, requests []eventra.LockRequest) ([]bool, error) {
	if err := k.reach(); err != nil {
		return nil, err
	}
	k.release(released)
	refused := make([]bool, len(requests))
	for i, request := range requests {
		for _, no := range request.Seats {
			if lock, ok := k.locks[no]; ok && lock.until > k.s.clock && lock.booking != request.BookingID {
				refused[i] = true
			}
		}
		if refused[i] {
			continue
		}
		for _, no := range request.Seats {
			k.locks[no] = seatLock{request.BookingID, k.s.clock + lockTTL}
		}
	}
	k.s.sleep(k.s.latency())
	if k.away() {
		return nil, errRedisAway // but the locks are taken
	}
	return refused, nil
}

// Release implements groupcommit.SeatLocks.
func (k *simLocks) Release(_ context.Context, released eventra.LockRelease) error {
	if err := k.reach(); err != nil {
		return err
	}
	k.release(released)
	k.s.sleep(k.s.latency())
	return nil
}

func (k *simLocks) release(released eventra.LockRelease) {
	for _, request := range released.Unlock {
		for _, no := range request.Seats {
			if k.locks[no].booking == request.BookingID {
				delete(k.locks, no)
			}
		}
	}
	for _, hold := range released.Held {
		k.holds[hold.BookingID] = true
		k.s.after(hold.TTL, func() { k.announce(hold.BookingID) })
	}
	for _, hold := range released.Ended {
		delete(k.holds, hold.BookingID)
	}
}

// reach is a message's way to Redis.
func (k *simLocks) reach() error {
	k.s.sleep(k.s.latency())
	if k.away() {
		return errRedisAway
	}
	return nil
}

func (k *simLocks) away() bool { return !k.s.faultless && k.s.chance(k.s.odds.redisAway) }

// announce tells all members that a hold's key has expired.
func (k *simLocks) announce(booking eventra.ID) {
	if !k.holds[booking] {
		return
	}
	delete(k.holds, booking)
	for _, m := range k.s.members {
		m.after(k.s.latency(), func() {
			if m == k.s.owner {
				m.activation().receive(nil, &holdsDue{[]eventra.ID{booking}})
			}
		})
	}
}
