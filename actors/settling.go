package actors

import (
	"context"

	"github.com/eventra/eventra"
)

// debts are what Redis has to learn of flights that have landed: locks that are
// given back, holds that began or ended. It learns of them with the next flight
// that takes locks, in the same round trip, or by itself if none follows.
type debts struct {
	eventra.LockRelease
	flights []*flight
}

func (d *debts) empty() bool { return len(d.flights) == 0 }

// settled tells who waits for these flights' locks, whether or not Redis heard
// of them: locks run out by themselves, and the hold timer needs no TTL key.
func (d *debts) settled() {
	for _, f := range d.flights {
		close(f.settled)
	}
}

// owe notes what Redis is to learn of a flight.
func (r *runways) owe(f *flight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.settle(&r.owed.LockRelease)
	f.owed = true
	r.owed.flights = append(r.owed.flights, f)
}

// collect takes all that is owed, for a flight that wants locks. If one of
// those before it is being settled by somebody else, it takes nothing and
// returns that one, which has to be waited for.
func (r *runways) collect(before []*flight) (owed debts, settling *flight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range before {
		if !f.owed && !f.isSettled() {
			return debts{}, f
		}
	}
	return r.take(), nil
}

func (r *runways) take() (owed debts) {
	owed, r.owed = r.owed, debts{}
	for _, f := range owed.flights {
		f.owed = false
	}
	return owed
}

// settle has Redis told what it is owed, one round trip at a time.
func (r *runways) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.settling && !r.owed.empty() {
		r.settling = true
		r.world.run(r.settleAll)
	}
}

func (r *runways) settleAll() {
	for owed := r.nextOwed(); !owed.empty(); owed = r.nextOwed() {
		r.tellRedis(owed)
	}
}

// nextOwed is empty if nothing is owed; then the settling is over.
func (r *runways) nextOwed() debts {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settling = !r.owed.empty()
	return r.take()
}

func (r *runways) tellRedis(owed debts) {
	defer owed.settled()
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	if err := r.Locks.Release(ctx, owed.LockRelease); err != nil {
		r.Log.Debug("redis not told of flights", "flights", len(owed.flights), "error", err)
	}
}
