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
	UserExists(ctx context.Context, id eventra.ID) (bool, error)
	MakeAdmin(ctx context.Context, id eventra.ID, passwordHash []byte) error

	CreateSession(ctx context.Context, s *eventra.Session) error
	RotateSession(ctx context.Context, r eventra.Rotation) (eventra.Rotated, error)
	EndSession(ctx context.Context, caller eventra.AccessTokenID, refresh [32]byte, accessExpires time.Time) ([]eventra.ID, error)
	OpenSessions(ctx context.Context, userID eventra.ID, p eventra.Page) ([]eventra.OpenSession, *eventra.Cursor, error)
	EndOneSession(ctx context.Context, userID, session eventra.ID) error
	EndAllSessions(ctx context.Context, userID eventra.ID) (version int, err error)
	ChangePassword(ctx context.Context, change eventra.PasswordChange) (version int, err error)
	DeniedSince(ctx context.Context, after time.Time) ([]eventra.Denial, error)
}

// RunUserStore checks the contract of accounts and their sessions.
func RunUserStore(t *testing.T, open func(*testing.T) UserStore) {
	cases := map[string]func(*testing.T, UserStore){
		"an account":                            account,
		"an address has one account":            oneAccount,
		"a new admin's sessions end":            promotion,
		"a log-in races a new password":         staleLogin,
		"a session rotates":                     rotation,
		"a used token ends its family":          reuse,
		"concurrent rotations have one outcome": concurrentRotations,
		"a session's life is bounded":           boundedLife,
		"an expired token":                      expiredToken,
		"a logout":                              logout,
		"a logout with a foreign refresh token": foreignLogout,
		"a user's open sessions":                openSessions,
		"a user ends one session":               endOneSession,
		"a user ends all sessions":              endAllSessions,
		"a new password keeps one session":      newPassword,
		"two new passwords race":                racingPasswords,
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
	for id, want := range map[eventra.ID]bool{u.ID: true, NewID(): false} {
		exists, err := store.UserExists(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, exists)
	}
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

func promotion(t *testing.T, store UserStore) {
	begun := time.Now().Add(-time.Minute)
	u, s := login(t, store, time.Hour)
	other, kept := login(t, store, time.Hour)
	require.NoError(t, store.MakeAdmin(t.Context(), u.ID, []byte("another hash")))
	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	require.Equal(t, eventra.RoleAdmin, found.Role)
	require.Equal(t, []byte("another hash"), found.PasswordHash)
	require.Equal(t, u.TokenVersion+1, found.TokenVersion)
	requireInvalid(t, store, s.TokenHash)
	_, again, err := rotate(t, store, kept.TokenHash)
	require.NoError(t, err, "nobody else is thrown out")
	require.Equal(t, other.ID, again.ID)

	denied := deniedSince(t, store, begun)
	require.Equal(t, found.TokenVersion, denied[u.ID].BelowVersion, "tokens that were issued before")
	require.NotContains(t, denied, other.ID)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.MakeAdmin(t.Context(), NewID(), nil)))
}

// staleLogin starts a session for a password that was checked before it changed.
func staleLogin(t *testing.T, store UserStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	require.NoError(t, store.MakeAdmin(t.Context(), u.ID, []byte("another hash")))
	s := &eventra.Session{ID: NewID(), UserID: u.ID, TokenVersion: u.TokenVersion, TokenHash: newToken(), ExpiresAt: time.Now().Add(time.Hour)}
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(store.CreateSession(t.Context(), s)))
	requireInvalid(t, store, s.TokenHash)
	s.TokenVersion++
	require.NoError(t, store.CreateSession(t.Context(), s))
	s.ID, s.UserID = NewID(), NewID()
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(store.CreateSession(t.Context(), s)), "there is no such user")
}

// deniedSince returns denials by their subjects.
func deniedSince(t *testing.T, store UserStore, begun time.Time) map[eventra.ID]eventra.Denial {
	t.Helper()
	denied, err := store.DeniedSince(t.Context(), begun)
	require.NoError(t, err)
	bySubject := map[eventra.ID]eventra.Denial{}
	for _, d := range denied {
		bySubject[d.Subject] = d
	}
	return bySubject
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

// rotationTo has a token as the sealed form of itself.
func rotationTo(presented, next [32]byte) eventra.Rotation {
	return eventra.Rotation{Presented: presented, Successor: next, Sealed: next, ExpiresAt: time.Now().Add(time.Hour), SessionLife: time.Hour}
}

func rotate(t *testing.T, store UserStore, presented [32]byte) ([32]byte, *eventra.User, error) {
	next := newToken()
	rotated, err := store.RotateSession(t.Context(), rotationTo(presented, next))
	return rotated.Sealed, rotated.User, err
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
		rotated, err := store.RotateSession(t.Context(), rotationTo(token, next))
		require.NoError(t, err)
		require.Equal(t, eventra.Rotated{User: u, UserID: u.ID, SessionID: s.ID, Sealed: next}, rotated)
		token = next
	}
	requireInvalid(t, store, newToken())
}

func reuse(t *testing.T, store UserStore) {
	begun := time.Now().Add(-time.Minute)
	_, s := login(t, store, time.Hour)
	second, _, err := rotate(t, store, s.TokenHash)
	require.NoError(t, err)
	third, _, err := rotate(t, store, second)
	require.NoError(t, err)
	rotated, err := store.RotateSession(t.Context(), rotationTo(s.TokenHash, newToken()))
	require.Equal(t, eventra.CodeInvalidRefreshToken, eventra.CodeOf(err))
	require.Equal(t, s.ID, rotated.SessionID)
	requireInvalid(t, store, third)
	require.Equal(t, eventra.AllVersions, deniedSince(t, store, begun)[s.ID].BelowVersion)
}

func concurrentRotations(t *testing.T, store UserStore) {
	_, s := login(t, store, time.Hour)
	tokens := make([][32]byte, 8)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() {
			var err error
			if tokens[i], _, err = rotate(t, store, s.TokenHash); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, token := range tokens {
		require.Equal(t, tokens[0], token)
	}
	_, _, err := rotate(t, store, tokens[0])
	require.NoError(t, err, "the session goes on")
	requireInvalid(t, store, s.TokenHash) // its successor was used, so this is another client
	requireInvalid(t, store, tokens[0])
}

func boundedLife(t *testing.T, store UserStore) {
	_, s := login(t, store, time.Hour)
	r := rotationTo(s.TokenHash, newToken())
	r.SessionLife = time.Nanosecond
	_, err := store.RotateSession(t.Context(), r)
	require.Equal(t, eventra.CodeInvalidRefreshToken, eventra.CodeOf(err))
	r.SessionLife = 10 * time.Minute
	_, err = store.RotateSession(t.Context(), r)
	require.NoError(t, err)
}

func expiredToken(t *testing.T, store UserStore) {
	_, s := login(t, store, -time.Second)
	requireInvalid(t, store, s.TokenHash)
}

// accessTo is an access token of a session.
func accessTo(s *eventra.Session) eventra.AccessTokenID {
	return eventra.AccessTokenID{AccessID: NewID(), SessionID: s.ID, UserID: s.UserID}
}

func logout(t *testing.T, store UserStore) {
	_, s := login(t, store, time.Hour)
	elsewhere := &eventra.Session{ID: NewID(), UserID: s.UserID, TokenHash: newToken(), ExpiresAt: time.Now().Add(time.Hour)}
	require.NoError(t, store.CreateSession(t.Context(), elsewhere))
	begun := time.Now().Add(-time.Minute)
	until := time.Now().Add(15 * time.Minute).UTC().Truncate(time.Microsecond)
	access := accessTo(s)
	for range 2 {
		ended, err := store.EndSession(t.Context(), access, s.TokenHash, until)
		require.NoError(t, err)
		require.Equal(t, []eventra.ID{s.ID}, ended)
	}
	requireInvalid(t, store, s.TokenHash)
	_, _, err := rotate(t, store, elsewhere.TokenHash)
	require.NoError(t, err, "another log-in of the same user goes on")

	expired := accessTo(s)
	_, err = store.EndSession(t.Context(), expired, s.TokenHash, time.Now().Add(-time.Second))
	require.NoError(t, err)
	denied := deniedSince(t, store, begun)
	require.Equal(t, until, denied[access.AccessID].ExpiresAt)
	require.True(t, denied[access.AccessID].DeniedAt.After(begun))
	require.Equal(t, eventra.AllVersions, denied[s.ID].BelowVersion, "all access tokens of the session")
	require.True(t, denied[s.ID].ExpiresAt.After(until.Add(-time.Minute)), "the youngest of them too")
	require.NotContains(t, denied, expired.AccessID, "it has expired by itself")
	require.NotContains(t, denied, elsewhere.ID)
	require.Empty(t, deniedSince(t, store, time.Now().Add(time.Hour)))
}

func foreignLogout(t *testing.T, store UserStore) {
	_, s := login(t, store, time.Hour)
	stranger, foreign := login(t, store, time.Hour)
	until := time.Now().Add(15 * time.Minute)
	for _, token := range [][32]byte{foreign.TokenHash, newToken()} {
		ended, err := store.EndSession(t.Context(), accessTo(s), token, until)
		require.Equal(t, eventra.CodeInvalidRefreshToken, eventra.CodeOf(err))
		require.Equal(t, []eventra.ID{s.ID}, ended)
	}
	requireInvalid(t, store, s.TokenHash)
	_, found, err := rotate(t, store, foreign.TokenHash)
	require.NoError(t, err, "nobody ends somebody else's session")
	require.Equal(t, stranger.ID, found.ID)
}
