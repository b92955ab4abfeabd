package http

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/eventra/eventra"
)

// fakeAPIKey is a key that fakes store.
type fakeAPIKey struct {
	eventra.APIKey
	hash    [sha256.Size]byte
	revoked bool
}

func (f *fakes) PutAPIKey(_ context.Context, k *eventra.APIKey, hash [sha256.Size]byte) (*eventra.APIKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.apiKeys[k.ID]; known != nil {
		known.hash = hash
		known.Version++
		return &known.APIKey, f.err
	}
	k.CreatedAt = time.Now()
	f.apiKeys[k.ID] = &fakeAPIKey{APIKey: *k, hash: hash}
	return k, f.err
}

func (f *fakes) APIKeys(context.Context, eventra.Page) (keys []eventra.APIKey, next *eventra.Cursor, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.apiKeys {
		if !k.revoked {
			keys = append(keys, k.APIKey)
		}
	}
	return keys, nil, f.err
}

func (f *fakes) RevokeAPIKey(_ context.Context, id eventra.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.apiKeys[id] == nil {
		return notFound()
	}
	f.apiKeys[id].revoked = true
	return f.err
}

func (f *fakes) UseAPIKey(_ context.Context, id eventra.ID, hash [sha256.Size]byte) (*eventra.APIKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keyLookUps++
	if f.err != nil {
		return nil, f.err
	}
	if k := f.apiKeys[id]; k != nil && k.hash == hash && !k.revoked {
		found := k.APIKey
		return &found, nil
	}
	return nil, notFound()
}
