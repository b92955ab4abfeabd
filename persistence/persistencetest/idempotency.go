package persistencetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// IdempotencyStore is what the suite needs of an implementation.
type IdempotencyStore interface {
	Begin(ctx context.Context, attempt *eventra.IdempotencyAttempt) (*eventra.IdempotencyClaim, error)
	Finish(ctx context.Context, attempt *eventra.IdempotencyAttempt, outcome eventra.StoredResponse) error
	Release(ctx context.Context, attempt *eventra.IdempotencyAttempt) error
}

// RunIdempotencyStore checks the contract of idempotency keys.
func RunIdempotencyStore(t *testing.T, open func(*testing.T) IdempotencyStore) {
	cases := map[string]func(*testing.T, IdempotencyStore){
		"an outcome is replayed":               replayed,
		"a key belongs to one request":         keyReused,
		"a running request is in progress":     inProgress,
		"a claim past its lease is taken over": takenOver,
		"a released claim is taken over":       releasedClaim,
		"an attempt ends its own claim alone":  othersClaim,
		"a claim released early is none":       releasedBeforeItsClaim,
		"one of many concurrent claims wins":   concurrentClaims,
		"a caller without a new key":           onlyKnownKeys,
		"keys are scoped":                      scoped,
		"a key that is no text is refused":     unstorableKey,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func newKey() eventra.IdempotencyKey {
	return eventra.IdempotencyKey{UserID: NewID(), Route: "POST /api/v1/bookings", Key: NewID().String()}
}

var (
	someRequest  = [32]byte{1}
	otherRequest = [32]byte{2}
	someOutcome  = eventra.StoredResponse{Status: 201, ContentType: "application/json", Location: "/somewhere", Body: []byte(`{"a":1}`)}
)

const lease = time.Minute

func newAttempt(key eventra.IdempotencyKey, request [32]byte, resource eventra.ID, lease time.Duration) *eventra.IdempotencyAttempt {
	return &eventra.IdempotencyAttempt{Key: key, ResourceID: resource, RequestHash: request, Lease: lease}
}

func replayed(t *testing.T, store IdempotencyStore) {
	key, id := newKey(), NewID()
	attempt := newAttempt(key, someRequest, id, lease)
	claim, err := store.Begin(t.Context(), attempt)
	require.NoError(t, err)
	require.Equal(t, &eventra.IdempotencyClaim{ResourceID: id}, claim)
	require.NoError(t, store.Finish(t.Context(), attempt, someOutcome))
	require.NoError(t, store.Finish(t.Context(), attempt, eventra.StoredResponse{Status: 500}), "the first outcome stays")
	require.NoError(t, store.Release(t.Context(), attempt), "a claim with an outcome has ended")
	for range 2 {
		claim, err = store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
		require.NoError(t, err)
		require.Equal(t, &eventra.IdempotencyClaim{ResourceID: id, Stored: &someOutcome}, claim)
	}
}

func keyReused(t *testing.T, store IdempotencyStore) {
	key := newKey()
	attempt := newAttempt(key, someRequest, NewID(), -lease)
	_, err := store.Begin(t.Context(), attempt)
	require.NoError(t, err)
	_, err = store.Begin(t.Context(), newAttempt(key, otherRequest, NewID(), lease))
	require.Equal(t, eventra.CodeIdempotencyKeyReused, eventra.CodeOf(err))
	require.NoError(t, store.Finish(t.Context(), attempt, someOutcome))
	_, err = store.Begin(t.Context(), newAttempt(key, otherRequest, NewID(), lease))
	require.Equal(t, eventra.CodeIdempotencyKeyReused, eventra.CodeOf(err))
}

func inProgress(t *testing.T, store IdempotencyStore) {
	key := newKey()
	_, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.NoError(t, err)
	_, err = store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err))
	var refused *eventra.Error
	require.ErrorAs(t, err, &refused)
	require.Positive(t, refused.RetryAfter)
}

func takenOver(t *testing.T, store IdempotencyStore) {
	key, id := newKey(), NewID()
	_, err := store.Begin(t.Context(), newAttempt(key, someRequest, id, -time.Millisecond))
	require.NoError(t, err)
	claim, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.NoError(t, err)
	require.Equal(t, &eventra.IdempotencyClaim{ResourceID: id, Again: true}, claim, "the resource id stays")
	_, err = store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err))
}

func onlyKnownKeys(t *testing.T, store IdempotencyStore) {
	begin := func(key eventra.IdempotencyKey, request [32]byte, onlyKnown bool) (*eventra.IdempotencyAttempt, *eventra.IdempotencyClaim, error) {
		attempt := newAttempt(key, request, NewID(), lease)
		attempt.OnlyKnown = onlyKnown
		claim, err := store.Begin(t.Context(), attempt)
		return attempt, claim, err
	}
	key := newKey()
	for range 2 {
		refused, _, err := begin(key, someRequest, true)
		require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err), "a new key is not claimed")
		require.NoError(t, store.Release(t.Context(), refused), "and not stored")
	}
	attempt, claim, err := begin(key, someRequest, false)
	require.NoError(t, err)
	require.False(t, claim.Again)
	_, _, err = begin(key, someRequest, true)
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err))
	require.NoError(t, store.Release(t.Context(), attempt))
	again, claim, err := begin(key, someRequest, true)
	require.NoError(t, err)
	require.Equal(t, &eventra.IdempotencyClaim{ResourceID: attempt.ResourceID, Again: true}, claim, "a known one is carried on")
	require.NoError(t, store.Finish(t.Context(), again, someOutcome))
	_, claim, err = begin(key, someRequest, true)
	require.NoError(t, err)
	require.Equal(t, &someOutcome, claim.Stored)
	_, _, err = begin(key, otherRequest, true)
	require.Equal(t, eventra.CodeIdempotencyKeyReused, eventra.CodeOf(err))
}

func releasedClaim(t *testing.T, store IdempotencyStore) {
	key, id := newKey(), NewID()
	attempt := newAttempt(key, someRequest, id, lease)
	_, err := store.Begin(t.Context(), attempt)
	require.NoError(t, err)
	require.NoError(t, store.Release(t.Context(), attempt))
	claim, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.NoError(t, err)
	require.Equal(t, id, claim.ResourceID)
	require.Nil(t, claim.Stored)
}

// Calls may arrive late, or again: what an attempt ends is its own claim.
func othersClaim(t *testing.T, store IdempotencyStore) {
	key := newKey()
	first, second := newAttempt(key, someRequest, NewID(), -lease), newAttempt(key, someRequest, NewID(), lease)
	for _, attempt := range []*eventra.IdempotencyAttempt{first, second} {
		_, err := store.Begin(t.Context(), attempt)
		require.NoError(t, err)
	}
	require.NoError(t, store.Release(t.Context(), first))
	require.NoError(t, store.Finish(t.Context(), first, eventra.StoredResponse{Status: 409}))
	_, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err))
	require.NoError(t, store.Finish(t.Context(), second, someOutcome))
	claim, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.NoError(t, err)
	require.Equal(t, &someOutcome, claim.Stored)
}

func releasedBeforeItsClaim(t *testing.T, store IdempotencyStore) {
	attempt := newAttempt(newKey(), someRequest, NewID(), lease)
	for range 2 {
		require.NoError(t, store.Release(t.Context(), attempt))
	}
	_, err := store.Begin(t.Context(), attempt)
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err), "it claims nothing")
	next := newAttempt(attempt.Key, someRequest, NewID(), lease)
	claim, err := store.Begin(t.Context(), next)
	require.NoError(t, err)
	require.Equal(t, &eventra.IdempotencyClaim{ResourceID: attempt.ResourceID, Again: true}, claim)
	require.NoError(t, store.Release(t.Context(), attempt))
	_, err = store.Begin(t.Context(), newAttempt(attempt.Key, someRequest, NewID(), lease))
	require.Equal(t, eventra.CodeIdempotencyInProgress, eventra.CodeOf(err), "the next one has it")
}

func concurrentClaims(t *testing.T, store IdempotencyStore) {
	key := newKey()
	var mu sync.Mutex
	won := 0
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if eventra.CodeOf(err) != eventra.CodeIdempotencyInProgress {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, won)
}

func unstorableKey(t *testing.T, store IdempotencyStore) {
	for _, text := range []string{"\xff", "a\x00b", strings.Repeat("x", 3000), "\xed\xa0\x80"} {
		for _, key := range []eventra.IdempotencyKey{{Route: text, Key: "k"}, {Route: "POST /", Key: text}} {
			_, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
			require.Equal(t, eventra.CodeValidationFailed, eventra.CodeOf(err), "%q", text)
		}
	}
}

func scoped(t *testing.T, store IdempotencyStore) {
	key := newKey()
	others := []eventra.IdempotencyKey{key, key, key, {Route: key.Route, Key: key.Key}}
	others[0].UserID = NewID()
	others[1].Route = "POST /api/v1/auth/register"
	others[2].Key += "x"
	_, err := store.Begin(t.Context(), newAttempt(key, someRequest, NewID(), lease))
	require.NoError(t, err)
	for _, other := range others {
		_, err := store.Begin(t.Context(), newAttempt(other, otherRequest, NewID(), lease))
		require.NoError(t, err)
	}
}
