package http

import (
	"context"

	"github.com/eventra/eventra"
)

// fakeKeys is fakes with the Release of IdempotencyKeys in place of that of BoxOffice.
type fakeKeys struct{ *fakes }

func (k fakeKeys) Release(_ context.Context, key eventra.IdempotencyKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fakes.keys[key].taken = false
	return nil
}

func (f *fakes) Begin(_ context.Context, a *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.keys[a.Key]
	again := k != nil && k.stored == nil
	switch {
	case k == nil:
		k = &fakeKey{hash: a.RequestHash, id: a.ResourceID}
		f.keys[a.Key] = k
	case k.hash != a.RequestHash:
		return nil, eventra.Errorf(eventra.CodeIdempotencyKeyReused, "another request has this key")
	case k.taken:
		return nil, eventra.Errorf(eventra.CodeIdempotencyInProgress, "the first call is still running")
	}
	k.taken = k.stored == nil
	return &eventra.IdempotencyClaim{ResourceID: k.id, Again: again, Stored: k.stored}, nil
}

func (f *fakes) Finish(_ context.Context, key eventra.IdempotencyKey, outcome eventra.StoredResponse) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys[key].taken, f.keys[key].stored = false, &outcome
	return nil
}
