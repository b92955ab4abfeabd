package persistencetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// again opens one more session of a session's user.
func again(t *testing.T, store UserStore, first *eventra.Session) *eventra.Session {
	t.Helper()
	s := &eventra.Session{ID: NewID(), UserID: first.UserID, TokenHash: newToken(), ExpiresAt: first.ExpiresAt,
		Client: eventra.Client{Address: "192.0.2.7", UserAgent: "browser/1"}}
	require.NoError(t, store.CreateSession(t.Context(), s))
	return s
}

func openIDs(t *testing.T, store UserStore, userID eventra.ID) (ids []eventra.ID) {
	t.Helper()
	page := eventra.Page{Limit: 2}
	for {
		sessions, next, err := store.OpenSessions(t.Context(), userID, page)
		require.NoError(t, err)
		for _, s := range sessions {
			ids = append(ids, s.ID)
		}
		if next == nil {
			return ids
		}
		page.Cursor = next
	}
}

func openSessions(t *testing.T, store UserStore) {
	u, first := login(t, store, time.Hour)
	second, third := again(t, store, first), again(t, store, first)
	login(t, store, time.Hour)
	expired := &eventra.Session{ID: NewID(), UserID: u.ID, TokenHash: newToken(), ExpiresAt: time.Now().Add(-time.Second)}
	require.NoError(t, store.CreateSession(t.Context(), expired))
	require.Equal(t, []eventra.ID{third.ID, second.ID, first.ID}, openIDs(t, store, u.ID))

	_, _, err := rotate(t, store, second.TokenHash)
	require.NoError(t, err)
	sessions, _, err := store.OpenSessions(t.Context(), u.ID, eventra.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, second.Client, sessions[1].Client)
	require.True(t, sessions[1].LastUsedAt.After(sessions[1].CreatedAt))
	require.Equal(t, sessions[0].CreatedAt, sessions[0].LastUsedAt)
	require.WithinDuration(t, third.ExpiresAt, sessions[0].ExpiresAt, time.Millisecond)
	require.Empty(t, openIDs(t, store, NewID()))
}

func endOneSession(t *testing.T, store UserStore) {
	begun := time.Now().Add(-time.Minute)
	u, kept := login(t, store, time.Hour)
	ended := again(t, store, kept)
	stranger, _ := login(t, store, time.Hour)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.EndOneSession(t.Context(), stranger.ID, ended.ID)))
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.EndOneSession(t.Context(), u.ID, NewID())))
	for range 2 {
		require.NoError(t, store.EndOneSession(t.Context(), u.ID, ended.ID))
	}
	requireInvalid(t, store, ended.TokenHash)
	require.Equal(t, []eventra.ID{kept.ID}, openIDs(t, store, u.ID))
	denied := deniedSince(t, store, begun)
	require.Equal(t, eventra.AllVersions, denied[ended.ID].BelowVersion)
	require.NotContains(t, denied, kept.ID)
}

func endAllSessions(t *testing.T, store UserStore) {
	begun := time.Now().Add(-time.Minute)
	u, first := login(t, store, time.Hour)
	second := again(t, store, first)
	stranger, _ := login(t, store, time.Hour)
	version, err := store.EndAllSessions(t.Context(), u.ID)
	require.NoError(t, err)
	require.Equal(t, u.TokenVersion+1, version)
	requireInvalid(t, store, first.TokenHash)
	requireInvalid(t, store, second.TokenHash)
	require.Empty(t, openIDs(t, store, u.ID))
	require.Len(t, openIDs(t, store, stranger.ID), 1)
	require.Equal(t, version, deniedSince(t, store, begun)[u.ID].BelowVersion)
	_, err = store.EndAllSessions(t.Context(), NewID())
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
}

func newPassword(t *testing.T, store UserStore) {
	begun := time.Now().Add(-time.Minute)
	u, kept := login(t, store, time.Hour)
	other, over := again(t, store, kept), again(t, store, kept)
	require.NoError(t, store.EndOneSession(t.Context(), u.ID, over.ID))
	change := eventra.PasswordChange{UserID: u.ID, TokenVersion: u.TokenVersion, Hash: []byte("another hash"), KeptSession: kept.ID}
	version, err := store.ChangePassword(t.Context(), change)
	require.NoError(t, err)
	require.Equal(t, u.TokenVersion+1, version)
	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	require.Equal(t, change.Hash, found.PasswordHash)
	require.Equal(t, version, deniedSince(t, store, begun)[u.ID].BelowVersion)
	requireInvalid(t, store, other.TokenHash)
	require.Equal(t, []eventra.ID{kept.ID}, openIDs(t, store, u.ID))
	_, refreshed, err := rotate(t, store, kept.TokenHash)
	require.NoError(t, err)
	require.Equal(t, version, refreshed.TokenVersion)

	_, err = store.ChangePassword(t.Context(), change)
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(err), "the user has changed since")
	change.TokenVersion, change.KeptSession, change.Hash = version, over.ID, []byte("a third hash")
	_, err = store.ChangePassword(t.Context(), change)
	require.NoError(t, err)
	require.Empty(t, openIDs(t, store, u.ID), "a session that has ended stays so")
	change.UserID = NewID()
	_, err = store.ChangePassword(t.Context(), change)
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(err))
}

// racingPasswords changes a password from two sessions that have checked the old one.
func racingPasswords(t *testing.T, store UserStore) {
	u, first := login(t, store, time.Hour)
	second := again(t, store, first)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, s := range []*eventra.Session{first, second} {
		both.Go(func() {
			_, errs[i] = store.ChangePassword(t.Context(), eventra.PasswordChange{
				UserID: u.ID, TokenVersion: u.TokenVersion, Hash: s.TokenHash[:], KeptSession: s.ID})
		})
	}
	both.Wait()
	winner := slices.Index(errs, nil)
	require.NotEqual(t, -1, winner, "%v", errs)
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(errs[1-winner]))
	require.Equal(t, []eventra.ID{[]*eventra.Session{first, second}[winner].ID}, openIDs(t, store, u.ID))
}
