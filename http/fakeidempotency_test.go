package http

import (
	"context"

	"github.com/eventra/eventra"
)

// fakeKeys is fakes with the Release of IdempotencyKeys in place of that of BoxOffice.
type fakeKeys struct{ *fakes }

func (k fakeKeys) Release(_ context.Context, a *eventra.IdempotencyAttempt) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keysAway != nil {
		return k.keysAway
	}
	key := k.fakes.keys[a.Key]
	if key == nil {
		key = &fakeKey{hash: a.RequestHash, id: a.ResourceID, by: a.ResourceID}
		k.fakes.keys[a.Key] = key
	}
	if key.by == a.ResourceID {
		key.taken = false
	}
	return nil
}

// Begin claims the key although its caller does not learn of it while keysAway.
func (f *fakes) Begin(_ context.Context, a *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error) {
	if f.beforeBegin != nil {
		f.beforeBegin()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.keys[a.Key]
	again := k != nil && k.stored == nil && !k.held
	switch {
	case k == nil && a.OnlyKnown:
		return nil, notFound()
	case k == nil:
		k = &fakeKey{hash: a.RequestHash, id: a.ResourceID}
		f.keys[a.Key] = k
	case k.hash != a.RequestHash:
		return nil, eventra.Errorf(eventra.CodeIdempotencyKeyReused, "another request has this key")
	case k.taken:
		return nil, eventra.Errorf(eventra.CodeIdempotencyInProgress, "the first call is still running")
	}
	k.taken, k.by = k.stored == nil && !k.held, a.ResourceID
	if f.keysAway != nil {
		return nil, f.keysAway
	}
	return &eventra.IdempotencyClaim{ResourceID: k.id, Again: again, Stored: k.stored, Held: k.held}, nil
}

func (f *fakes) Finish(_ context.Context, a *eventra.IdempotencyAttempt, outcome eventra.StoredResponse) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.keysAway != nil {
		return f.keysAway
	}
	if key := f.keys[a.Key]; key.by == a.ResourceID {
		key.taken, key.stored = false, &outcome
	}
	return nil
}

// setKeysAway makes IdempotencyKeys fail with err, or not.
func (f *fakes) setKeysAway(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keysAway = err
}
