package actors

import (
	"context"
	"errors"
	"time"

	"github.com/eventra/eventra"
)

// lockKeeper is Redis: locks that run out, keys that announce the end of
// holds, and now and then nothing at all.
type lockKeeper struct {
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

// Lock implements SeatLocks.
func (k *lockKeeper) Lock(_ context.Context, before eventra.LockRelease, wants []eventra.LockRequest) ([]bool, error) {
	if err := k.trip(); err != nil {
		return nil, err
	}
	k.settle(before)
	refused := make([]bool, len(wants))
	for i, want := range wants {
		for _, no := range want.Seats {
			if lock, ok := k.locks[no]; ok && lock.until > k.s.clock && lock.booking != want.BookingID {
				refused[i] = true
			}
		}
		if refused[i] {
			continue
		}
		for _, no := range want.Seats {
			k.locks[no] = seatLock{want.BookingID, k.s.clock + lockTTL}
		}
	}
	k.s.sleep(k.s.travel())
	if k.away() {
		return nil, errRedisAway // the locks are taken nevertheless
	}
	return refused, nil
}

// Release implements SeatLocks.
func (k *lockKeeper) Release(_ context.Context, settlement eventra.LockRelease) error {
	if err := k.trip(); err != nil {
		return err
	}
	k.settle(settlement)
	k.s.sleep(k.s.travel())
	return nil
}

func (k *lockKeeper) settle(settlement eventra.LockRelease) {
	for _, want := range settlement.Unlock {
		for _, no := range want.Seats {
			if k.locks[no].booking == want.BookingID {
				delete(k.locks, no)
			}
		}
	}
	for _, hold := range settlement.Held {
		k.holds[hold.BookingID] = true
		k.s.after(hold.TTL, func() { k.announce(hold.BookingID) })
	}
	for _, hold := range settlement.Ended {
		delete(k.holds, hold.BookingID)
	}
}

// trip is the way to Redis.
func (k *lockKeeper) trip() error {
	k.s.sleep(k.s.travel())
	if k.away() {
		return errRedisAway
	}
	return nil
}

func (k *lockKeeper) away() bool { return !k.s.calm && k.s.chance(k.s.odds.redisAway) }

// announce tells all members that a hold's key has run out.
func (k *lockKeeper) announce(booking eventra.ID) {
	if !k.holds[booking] {
		return
	}
	delete(k.holds, booking)
	for _, m := range k.s.members {
		m.after(k.s.travel(), func() {
			if m == k.s.owner {
				m.activation().receive(nil, &holdsDue{[]eventra.ID{booking}})
			}
		})
	}
}
