package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/eventra/eventra"
)

const (
	// APIKeyPrefix begins every API key, so that people and scanners know one when they see it.
	APIKeyPrefix = "evk_"

	apiKeySecretBytes = 32
	apiKeyIDDigits    = 32
	apiKeyLen         = len(APIKeyPrefix) + apiKeyIDDigits + 1 + 52 // base 32 of the secret

	// apiKeysMax bounds the verified keys that are remembered.
	apiKeysMax = 4096
	// apiKeyFresh is how long the store is not asked for a key again. So long at most is a
	// key's last use behind.
	apiKeyFresh = time.Minute
	// apiKeyLife is how long a key is good while the store is away. It is shorter than
	// denials last: one that an instance never learned of finds no key remembered.
	apiKeyLife = 10 * time.Minute
	// apiKeyLookUps a second are keys that are not remembered. Anybody can make up any number.
	apiKeyLookUps = 256
)

// base32Lower has no characters that double-click selection stops at.
var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewAPIKey makes the secret of a key: its text, which only its owner has, and the hash that
// the store keeps. A plain SHA-256 is right here, unlike for passwords: nobody can guess 256
// random bits, and requests must not wait for a slow hash.
func NewAPIKey(id eventra.ID) (text string, hash [sha256.Size]byte) {
	var secret [apiKeySecretBytes]byte
	_, _ = rand.Read(secret[:]) // never fails
	text = APIKeyName(id) + "_" + base32Lower.EncodeToString(secret[:])
	return text, sha256.Sum256([]byte(text))
}

// APIKeyName is the part of a key's text that is no secret.
func APIKeyName(id eventra.ID) string { return APIKeyPrefix + hex.EncodeToString(id[:]) }

// IsAPIKey reports whether a token has the form of an API key.
func IsAPIKey(token string) bool {
	return len(token) == apiKeyLen && strings.HasPrefix(token, APIKeyPrefix) && token[len(APIKeyPrefix)+apiKeyIDDigits] == '_'
}

// apiKeyID reads the id in a key's text. A key has one spelling only.
func apiKeyID(token string) (id eventra.ID, ok bool) {
	if !IsAPIKey(token) {
		return id, false
	}
	digits := token[len(APIKeyPrefix) : len(APIKeyPrefix)+apiKeyIDDigits]
	_, err := hex.Decode(id[:], []byte(digits))
	return id, err == nil && strings.ToLower(digits) == digits
}

// APIKeyStore knows the keys that have not been revoked.
type APIKeyStore interface {
	// UseAPIKey returns the key with an id whose secret has a hash, and notes that it is
	// used. CodeNotFound if there is none.
	UseAPIKey(ctx context.Context, id eventra.ID, hash [sha256.Size]byte) (*eventra.APIKey, error)
}

// APIKeys verifies API keys.
type APIKeys struct {
	store    APIKeyStore
	verified *otter.Cache[[sha256.Size]byte, *verifiedKey]
	lookUps  *rate.Limiter

	mu      sync.Mutex
	pending map[[sha256.Size]byte]*pendingKey // looked up for all requests that have the key
}

// pendingKey is a key that is being looked up.
type pendingKey struct {
	done   chan struct{}
	caller *Caller
	err    error
}

// verifiedKey is a key that the store knew. Its entry ends apiKeyLife after that.
type verifiedKey struct {
	caller *Caller
	due    atomic.Int64 // when the store is asked again, in nanoseconds since 1970
}

// NewAPIKeys makes a verifier of the store's keys.
func NewAPIKeys(store APIKeyStore) *APIKeys {
	return &APIKeys{store: store, pending: map[[sha256.Size]byte]*pendingKey{}, lookUps: rate.NewLimiter(apiKeyLookUps, apiKeyLookUps),
		verified: otter.Must(&otter.Options[[sha256.Size]byte, *verifiedKey]{
			MaximumSize:      apiKeysMax,
			Clock:            WallClock{},
			ExpiryCalculator: otter.ExpiryWriting[[sha256.Size]byte, *verifiedKey](apiKeyLife),
		})}
}

// Known returns the caller of a key that is remembered, also of one that was revoked. now is
// whether the store need not be asked about it now; nobody else is told so until it was.
func (k *APIKeys) Known(token string, now time.Time) (caller *Caller, fresh bool) {
	found, ok := k.verified.GetIfPresent(sha256.Sum256([]byte(token)))
	if !ok {
		return nil, false
	}
	due := found.due.Load()
	return found.caller, now.UnixNano() < due || !found.due.CompareAndSwap(due, now.Add(apiKeyFresh).UnixNano())
}

// LookUp asks the store for the caller of a key, and remembers it. known is what [APIKeys.Known] has
// returned: such a caller goes on while the store is away, and counts for no limit of look-ups. A
// shop's first requests come at once: one of them asks for all, after allow has agreed.
func (k *APIKeys) LookUp(ctx context.Context, token string, known *Caller, allow func() error) (*Caller, error) {
	id, ok := apiKeyID(token)
	if !ok {
		return nil, noSuchKey()
	}
	hash := sha256.Sum256([]byte(token))
	k.mu.Lock()
	if known == nil {
		if found, remembered := k.verified.GetIfPresent(hash); remembered { // meanwhile
			k.mu.Unlock()
			return found.caller, nil
		}
	}
	p := k.pending[hash]
	if p != nil {
		k.mu.Unlock()
		select {
		case <-p.done:
			return p.caller, p.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p = &pendingKey{done: make(chan struct{})}
	k.pending[hash] = p
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.pending, hash)
		k.mu.Unlock()
		close(p.done)
	}()
	p.err = eventra.Errorf(eventra.CodeUnavailable, "the API key was not looked up") // if what follows panics
	p.caller, p.err = k.lookUp(ctx, id, hash, known, allow)
	return p.caller, p.err
}

func (k *APIKeys) lookUp(ctx context.Context, id eventra.ID, hash [sha256.Size]byte, known *Caller, allow func() error) (*Caller, error) {
	if known == nil {
		if err := allow(); err != nil {
			return nil, err
		}
		if !k.lookUps.Allow() {
			return nil, eventra.Errorf(eventra.CodeOverloaded, "too many unknown API keys at once")
		}
	}
	key, err := k.store.UseAPIKey(ctx, id, hash)
	switch {
	case err == nil:
		found := &verifiedKey{caller: newKeyCaller(key)}
		found.due.Store(time.Now().Add(apiKeyFresh).UnixNano())
		k.verified.Set(hash, found)
		return found.caller, nil
	case eventra.CodeOf(err) == eventra.CodeNotFound:
		k.verified.Invalidate(hash)
		return nil, noSuchKey()
	case known != nil && eventra.CodeOf(err) == eventra.CodeUnavailable:
		return known, nil
	}
	return nil, err
}

func noSuchKey() error { return eventra.Errorf(eventra.CodeUnauthenticated, "no such API key") }

// newKeyCaller makes the caller of a key. Its id is the key's, as the id of a user's is the
// user's, so that whatever ends or limits a user's requests does the same to a key's.
func newKeyCaller(key *eventra.APIKey) *Caller {
	caller := &Caller{Key: key, Expires: key.ExpiresAt}
	caller.UserID, caller.Version = key.ID, key.Version
	caller.KnownToExist.Store(true)
	return caller
}
