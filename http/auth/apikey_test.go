package auth

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// keyStore has one key.
type keyStore struct {
	key     eventra.APIKey
	hash    [sha256.Size]byte
	revoked bool
	asked   int
}

func (s *keyStore) UseAPIKey(_ context.Context, id eventra.ID, hash [sha256.Size]byte) (*eventra.APIKey, error) {
	s.asked++
	if id != s.key.ID || hash != s.hash || s.revoked {
		return nil, eventra.Errorf(eventra.CodeNotFound, "no such key")
	}
	found := s.key
	return &found, nil
}

func TestAPIKeys_AreAskedForOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keyStore{key: eventra.APIKey{ID: newID(), Version: 3}}
		text, hash := NewAPIKey(store.key.ID)
		store.hash = hash
		keys := NewAPIKeys(store)
		_, fresh := keys.Known(text, time.Now())
		require.False(t, fresh)
		caller, err := keys.LookUp(t.Context(), text, nil, allowed)
		require.NoError(t, err)
		require.Equal(t, store.key.ID, caller.UserID)
		require.Equal(t, 3, caller.Version)
		time.Sleep(time.Minute - time.Second) //nolint:forbidigo // fake time
		known, fresh := keys.Known(text, time.Now())
		require.True(t, fresh)
		require.Same(t, caller, known)
		time.Sleep(2 * time.Second) //nolint:forbidigo // fake time
		_, fresh = keys.Known(text, time.Now())
		require.False(t, fresh)
		_, fresh = keys.Known(text, time.Now())
		require.True(t, fresh, "one request asks for all")
		store.revoked = true
		_, err = keys.LookUp(t.Context(), text, caller, allowed)
		require.Equal(t, eventra.CodeUnauthenticated, eventra.CodeOf(err))
		known, _ = keys.Known(text, time.Now())
		require.Nil(t, known)
	})
}

func TestAPIKeys_AreForgottenWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keyStore{key: eventra.APIKey{ID: newID()}}
		text, hash := NewAPIKey(store.key.ID)
		store.hash = hash
		keys := NewAPIKeys(store)
		_, err := keys.LookUp(t.Context(), text, nil, allowed)
		require.NoError(t, err)
		time.Sleep(apiKeyLife) //nolint:forbidigo // fake time
		known, fresh := keys.Known(text, time.Now())
		require.Nil(t, known)
		require.False(t, fresh)
	})
}

func TestAPIKeys_ThatAreUnknownCostFewLookUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keyStore{}
		keys := NewAPIKeys(store)
		for range 10_000 {
			text, _ := NewAPIKey(newID())
			_, err := keys.LookUp(t.Context(), text, nil, allowed)
			require.Error(t, err)
		}
		require.Equal(t, apiKeyLookUps, store.asked)
		keys.verified.CleanUp()
		require.Zero(t, keys.verified.EstimatedSize())
	})
}

func FuzzAPIKeyID(f *testing.F) {
	id := newID()
	text, _ := NewAPIKey(id)
	for _, seed := range []string{text, "", APIKeyPrefix, text[:len(text)-1], text + "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if id, ok := apiKeyID(token); ok {
			require.Equal(t, APIKeyName(id)+"_", token[:len(APIKeyPrefix)+apiKeyIDDigits+1])
			require.Len(t, token, apiKeyLen)
		}
	})
}

func TestNewAPIKey(t *testing.T) {
	t.Parallel()
	id := newID()
	text, hash := NewAPIKey(id)
	require.True(t, IsAPIKey(text))
	require.Equal(t, sha256.Sum256([]byte(text)), hash)
	read, ok := apiKeyID(text)
	require.True(t, ok)
	require.Equal(t, id, read)
	other, _ := NewAPIKey(id)
	require.NotEqual(t, text, other)
}

func BenchmarkAPIKeys_Known(b *testing.B) {
	store := &keyStore{key: eventra.APIKey{ID: newID()}}
	text, hash := NewAPIKey(store.key.ID)
	store.hash = hash
	keys := NewAPIKeys(store)
	_, err := keys.LookUp(b.Context(), text, nil, allowed)
	require.NoError(b, err)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		keys.Known(text, now)
	}
}

func allowed() error { return nil }

// slowStore answers once it is told to.
type slowStore struct {
	keyStore
	answer chan struct{}
}

func (s *slowStore) UseAPIKey(ctx context.Context, id eventra.ID, hash [sha256.Size]byte) (*eventra.APIKey, error) {
	<-s.answer
	return s.keyStore.UseAPIKey(ctx, id, hash)
}

// The first requests of a shop come at once, and are no attack.
func TestAPIKeys_RequestsAtOnceShareALookUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{keyStore{key: eventra.APIKey{ID: newID()}}, make(chan struct{})}
		text, hash := NewAPIKey(store.key.ID)
		store.hash = hash
		keys := NewAPIKeys(store)
		asked := 0
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				caller, err := keys.LookUp(t.Context(), text, nil, func() error { asked++; return nil })
				if err != nil || caller.UserID != store.key.ID {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(store.answer)
		all.Wait()
		require.Equal(t, 1, store.asked)
		require.Equal(t, 1, asked)
		require.Empty(t, keys.pending)
	})
}
