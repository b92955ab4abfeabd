package persistencetest

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// APIKeyStore is what the suite needs of an implementation.
type APIKeyStore interface {
	PutAPIKey(ctx context.Context, k *eventra.APIKey, hash [32]byte) (*eventra.APIKey, error)
	APIKeys(ctx context.Context, p eventra.Page) ([]eventra.APIKey, *eventra.Cursor, error)
	RevokeAPIKey(ctx context.Context, id eventra.ID) error
	UseAPIKey(ctx context.Context, id eventra.ID, hash [32]byte) (*eventra.APIKey, error)
	DeniedSince(ctx context.Context, after time.Time) ([]eventra.Denial, error)
}

// RunAPIKeyStore checks the contract of API keys. The store has no others.
func RunAPIKeyStore(t *testing.T, store APIKeyStore) {
	t.Run("a key", func(t *testing.T) { oneAPIKey(t, store) })
	t.Run("a key with another secret", func(t *testing.T) { otherSecret(t, store) })
	t.Run("a revoked key", func(t *testing.T) { revokedAPIKey(t, store) })
	t.Run("a list of keys", func(t *testing.T) { listOfAPIKeys(t, store) })
	t.Run("keys used at once", func(t *testing.T) { usedAtOnce(t, store) })
}

func putAPIKey(t *testing.T, store APIKeyStore, change func(*eventra.APIKey)) (made *eventra.APIKey, hash [32]byte) {
	t.Helper()
	_, _ = rand.Read(hash[:])
	key := &eventra.APIKey{ID: NewID(), Name: "A shop", Scopes: []eventra.Scope{eventra.ScopeBookingsWrite}}
	if change != nil {
		change(key)
	}
	made, err := store.PutAPIKey(t.Context(), key, hash)
	require.NoError(t, err)
	return made, hash
}

func oneAPIKey(t *testing.T, store APIKeyStore) {
	event, expires := NewID(), time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	made, hash := putAPIKey(t, store, func(k *eventra.APIKey) { k.EventIDs, k.ExpiresAt = []eventra.ID{event}, expires })
	require.WithinDuration(t, time.Now(), made.CreatedAt, time.Minute)
	require.Equal(t, expires, made.ExpiresAt)
	found, err := store.UseAPIKey(t.Context(), made.ID, hash)
	require.NoError(t, err)
	require.Equal(t, made, found, "it was never used before")
	found, err = store.UseAPIKey(t.Context(), made.ID, hash)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), found.LastUsedAt, time.Minute)
	first := found.LastUsedAt
	found, err = store.UseAPIKey(t.Context(), made.ID, hash)
	require.NoError(t, err)
	require.Equal(t, first, found.LastUsedAt, "its use is noted once a minute")
	hash[0]++
	_, err = store.UseAPIKey(t.Context(), made.ID, hash)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	_, err = store.UseAPIKey(t.Context(), NewID(), hash)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	bare, _ := putAPIKey(t, store, func(k *eventra.APIKey) { k.Scopes = nil })
	require.Empty(t, bare.Scopes)
	require.Empty(t, bare.EventIDs)
	require.True(t, bare.ExpiresAt.IsZero())
}

func deniedKeys(t *testing.T, store APIKeyStore) map[eventra.ID]int {
	t.Helper()
	denials, err := store.DeniedSince(t.Context(), time.Now().Add(-time.Hour))
	require.NoError(t, err)
	below := map[eventra.ID]int{}
	for _, d := range denials {
		below[d.Subject] = d.BelowVersion
	}
	return below
}

func otherSecret(t *testing.T, store APIKeyStore) {
	made, hash := putAPIKey(t, store, nil)
	require.NotContains(t, deniedKeys(t, store), made.ID)
	again, other := putAPIKey(t, store, func(k *eventra.APIKey) { k.ID, k.Name = made.ID, "Another name" })
	require.Equal(t, 1, again.Version)
	require.Equal(t, made.Name, again.Name)
	require.Equal(t, 1, deniedKeys(t, store)[made.ID], "the secret before has ended")
	_, err := store.UseAPIKey(t.Context(), made.ID, hash)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	_, err = store.UseAPIKey(t.Context(), made.ID, other)
	require.NoError(t, err)
}

func revokedAPIKey(t *testing.T, store APIKeyStore) {
	made, hash := putAPIKey(t, store, nil)
	for range 2 {
		require.NoError(t, store.RevokeAPIKey(t.Context(), made.ID))
	}
	require.Equal(t, eventra.AllVersions, deniedKeys(t, store)[made.ID])
	_, err := store.UseAPIKey(t.Context(), made.ID, hash)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	_, err = store.PutAPIKey(t.Context(), made, hash)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err), "no secret wakes it")
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.RevokeAPIKey(t.Context(), NewID())))
}

func listOfAPIKeys(t *testing.T, store APIKeyStore) {
	first, _ := putAPIKey(t, store, nil)
	second, _ := putAPIKey(t, store, nil)
	revoked, _ := putAPIKey(t, store, nil)
	require.NoError(t, store.RevokeAPIKey(t.Context(), revoked.ID))
	var listed []eventra.ID
	page := eventra.Page{Limit: 1}
	for {
		keys, next, err := store.APIKeys(t.Context(), page)
		require.NoError(t, err)
		for _, k := range keys {
			listed = append(listed, k.ID)
		}
		if next == nil {
			break
		}
		page.Cursor = next
	}
	require.Equal(t, []eventra.ID{second.ID, first.ID}, listed[:2])
	require.NotContains(t, listed, revoked.ID)
}

func usedAtOnce(t *testing.T, store APIKeyStore) {
	keys := make([]*eventra.APIKey, 8)
	hashes := make([][32]byte, len(keys))
	for i := range keys {
		keys[i], hashes[i] = putAPIKey(t, store, nil)
	}
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			n := i % len(keys)
			found, err := store.UseAPIKey(t.Context(), keys[n].ID, hashes[n])
			if err != nil || found.ID != keys[n].ID {
				t.Errorf("%v %v", found, err)
			}
		})
	}
	all.Wait()
}
