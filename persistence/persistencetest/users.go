package persistencetest

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// UserStore is what the suite needs of an implementation.
type UserStore interface {
	CreateUser(ctx context.Context, u *eventra.User) error
	UserByEmail(ctx context.Context, email string) (*eventra.User, error)
	UserByID(ctx context.Context, id eventra.ID) (*eventra.User, error)
	EnsureAdmin(ctx context.Context, u *eventra.User) error

	CreateSession(ctx context.Context, s *eventra.Session) error
	RotateSession(ctx context.Context, r eventra.Rotation) (*eventra.User, eventra.ID, error)
	EndSession(ctx context.Context, userID eventra.ID, refresh [32]byte, accessID eventra.ID, accessExpires time.Time) error
	DeniedSince(ctx context.Context, after time.Time) ([]eventra.DeniedToken, error)
}

// RunUserStore checks the contract of accounts and their sessions.
func RunUserStore(t *testing.T, open func(*testing.T) UserStore) {
	cases := map[string]func(*testing.T, UserStore){
		"an account":                            account,
		"an address has one account":            oneAccount,
		"an admin is made and kept":             admin,
		"a session rotates":                     rotation,
		"a used token ends its family":          reuse,
		"one of many concurrent rotations wins": concurrentRotations,
		"an expired token":                      expiredToken,
		"a logout":                              logout,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func account(t *testing.T, store UserStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	require.NoError(t, store.CreateUser(t.Context(), u), "the same request once more")
	found, err := store.UserByEmail(t.Context(), u.Email)
	require.NoError(t, err)
	require.Equal(t, u, found)
	found, err = store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	require.Equal(t, u, found)

	_, err = store.UserByEmail(t.Context(), "nobody@example.org")
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	_, err = store.UserByID(t.Context(), NewID())
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
}

func oneAccount(t *testing.T, store UserStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	other := NewUser()
	other.Email = u.Email
	require.Equal(t, eventra.CodeEmailTaken, eventra.CodeOf(store.CreateUser(t.Context(), other)))
	_, err := store.UserByID(t.Context(), other.ID)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
}

func admin(t *testing.T, store UserStore) {
	first := NewUser()
	require.NoError(t, store.EnsureAdmin(t.Context(), first))
	again := NewUser()
	again.Email, again.PasswordHash = first.Email, []byte("another hash")
	require.NoError(t, store.EnsureAdmin(t.Context(), again))
	found, err := store.UserByEmail(t.Context(), first.Email)
	require.NoError(t, err)
	require.Equal(t, first.ID, found.ID)
	require.Equal(t, eventra.RoleAdmin, found.Role)
	require.Equal(t, again.PasswordHash, found.PasswordHash)

	promoted := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), promoted))
	require.NoError(t, store.EnsureAdmin(t.Context(), promoted))
	found, err = store.UserByID(t.Context(), promoted.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.RoleAdmin, found.Role)
}

// login stores a user's session whose token is good for the time given.
func login(t *testing.T, store UserStore, valid time.Duration) (*eventra.User, *eventra.Session) {
	t.Helper()
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	s := &eventra.Session{ID: NewID(), UserID: u.ID, TokenHash: newToken(), ExpiresAt: time.Now().Add(valid)}
	require.NoError(t, store.CreateSession(t.Context(), s))
	return u, s
}

func newToken() [32]byte { return sha256.Sum256(randomBytes(32)) }

func rotate(t *testing.T, store UserStore, presented [32]byte) ([32]byte, *eventra.User, error) {
	next := newToken()
	u, _, err := store.RotateSession(t.Context(), eventra.Rotation{Presented: presented, Successor: next, ExpiresAt: time.Now().Add(time.Hour)})
	return next, u, err
}

func requireInvalid(t *testing.T, store UserStore, token [32]byte) {
	t.Helper()
	_, _, err := rotate(t, store, token)
	require.Equal(t, eventra.CodeInvalidRefreshToken, eventra.CodeOf(err))
}

func rotation(t *testing.T, store UserStore) {
	u, s := login(t, store, time.Hour)
	token := s.TokenHash
	for range 3 {
		next := newToken()
		found, session, err := store.RotateSession(t.Context(),
			eventra.Rotation{Presented: token, Successor: next, ExpiresAt: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		require.Equal(t, u, found)
		require.Equal(t, s.ID, session)
		token = next
	}
	requireInvalid(t, store, newToken())
}

func reuse(t *testing.T, store UserStore) {
	_, s := login(t, store, time.Hour)
	second, _, err := rotate(t, store, s.TokenHash)
	require.NoError(t, err)
	third, _, err := rotate(t, store, second)
	require.NoError(t, err)
	requireInvalid(t, store, s.TokenHash)
	requireInvalid(t, store, third)
}

func concurrentRotations(t *testing.T, store UserStore) {
	_, s := login(t, store, time.Hour)
	var mu sync.Mutex
	var tokens [][32]byte
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			next, _, err := rotate(t, store, s.TokenHash)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				tokens = append(tokens, next)
			} else if eventra.CodeOf(err) != eventra.CodeInvalidRefreshToken {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(t, tokens, 1)
	requireInvalid(t, store, tokens[0])
}

func expiredToken(t *testing.T, store UserStore) {
	_, s := login(t, store, -time.Second)
	requireInvalid(t, store, s.TokenHash)
}

func logout(t *testing.T, store UserStore) {
	u, s := login(t, store, time.Hour)
	stranger, foreign := login(t, store, time.Hour)
	begun := time.Now().Add(-time.Minute)
	until := time.Now().Add(15 * time.Minute).UTC().Truncate(time.Microsecond)
	access, over := NewID(), NewID()

	require.NoError(t, store.EndSession(t.Context(), u.ID, foreign.TokenHash, NewID(), until))
	_, found, err := rotate(t, store, foreign.TokenHash)
	require.NoError(t, err, "nobody ends somebody else's session")
	require.Equal(t, stranger.ID, found.ID)

	for range 2 {
		require.NoError(t, store.EndSession(t.Context(), u.ID, s.TokenHash, access, until))
	}
	require.NoError(t, store.EndSession(t.Context(), u.ID, newToken(), over, time.Now().Add(-time.Second)))
	requireInvalid(t, store, s.TokenHash)

	denied, err := store.DeniedSince(t.Context(), begun)
	require.NoError(t, err)
	byID := map[eventra.ID]eventra.DeniedToken{}
	for _, d := range denied {
		byID[d.AccessID] = d
	}
	require.Equal(t, until, byID[access].ExpiresAt)
	require.True(t, byID[access].DeniedAt.After(begun))
	require.NotContains(t, byID, over, "it has expired by itself")
	denied, err = store.DeniedSince(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, denied)
}
