package http

import (
	"hash/maphash"
	"sync"

	"github.com/eventra/eventra"
)

// holdKeysUsedMax bounds each of the two generations of used keys.
const holdKeysUsedMax = 1 << 16

// holdKeys are the idempotency keys of holds that this instance has had lately. It spares
// the events the repetitions, and is nothing that outcomes rest on: other instances have
// others, and of used keys it remembers a hash.
type holdKeys struct {
	seed maphash.Seed

	mu         sync.Mutex
	running    map[eventra.IdempotencyKey][32]byte // the request
	used, past map[uint64]struct{}
}

func newHoldKeys() *holdKeys {
	return &holdKeys{seed: maphash.MakeSeed(), running: map[eventra.IdempotencyKey][32]byte{}, used: map[uint64]struct{}{}}
}

// begin notes that a request runs, and reports whether its key may have been used before.
// The error is that of a key under which another one runs.
func (k *holdKeys) begin(attempt *eventra.IdempotencyAttempt) (used bool, err error) {
	hash := maphash.Comparable(k.seed, attempt.Key)
	k.mu.Lock()
	defer k.mu.Unlock()
	if request, running := k.running[attempt.Key]; running {
		if request != attempt.RequestHash {
			return true, eventra.KeyReused()
		}
		return true, eventra.KeyInProgress()
	}
	k.running[attempt.Key] = attempt.RequestHash
	_, used = k.used[hash]
	if !used {
		_, used = k.past[hash]
	}
	return used, nil
}

// end notes that a request is over, and whether its key is used now.
func (k *holdKeys) end(key eventra.IdempotencyKey, used bool) {
	hash := maphash.Comparable(k.seed, key)
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.running, key)
	if !used {
		return
	}
	if len(k.used) >= holdKeysUsedMax {
		k.used, k.past = map[uint64]struct{}{}, k.used
	}
	k.used[hash] = struct{}{}
}
