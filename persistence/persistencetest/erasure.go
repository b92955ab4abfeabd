package persistencetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func renamed(t *testing.T, store AccountStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	require.NoError(t, store.RenameUser(t.Context(), u.ID, "Ada King"))
	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	u.Name = "Ada King"
	require.Equal(t, u, found)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.RenameUser(t.Context(), NewID(), "Ada")))
}

// addressAskedFor: both addresses get their mail, or none does.
func addressAskedFor(t *testing.T, store AccountStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	ask := func(version int) (change *eventra.AddressChange, err error) {
		at := *u
		at.Email = NewUser().Email
		mail, _ := newAccountMail(eventra.MailChange, &at)
		told, _ := newAccountMail(eventra.MailChangeAsked, u)
		change = &eventra.AddressChange{UserID: u.ID, TokenVersion: version, Mail: *mail, Told: told}
		return change, store.AskForAddress(t.Context(), change)
	}
	_, err := ask(1)
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(err), "the user has changed since")
	for range eventra.AccountMailsPerHour {
		change, err := ask(0)
		require.NoError(t, err)
		requireState(t, store, eventra.MailRef{Kind: eventra.MailChange, About: change.Mail.Token.ID}, eventra.MailDue)
		requireState(t, store, eventra.MailRef{Kind: eventra.MailChangeAsked, About: change.Told.Token.ID}, eventra.MailDue)
	}
	change, err := ask(0)
	require.Equal(t, eventra.CodeRateLimited, eventra.CodeOf(err))
	_, err = store.VerifyEmail(t.Context(), change.Mail.Token.Hash)
	requireInvalidToken(t, err)
	change.Told, change.Mail.Token.ID = nil, NewID()
	require.NoError(t, store.AskForAddress(t.Context(), change), "an address that is not verified is not told")
}

func erased(t *testing.T, store AccountStore) {
	begun := time.Now().Add(-time.Minute)
	u, verify, _ := registered(t, store)
	s := &eventra.Session{ID: NewID(), UserID: u.ID, TokenHash: newToken(), ExpiresAt: time.Now().Add(time.Hour),
		Client: eventra.Client{Address: "192.0.2.7", UserAgent: "a browser"}}
	require.NoError(t, store.CreateSession(t.Context(), s))
	reset := sent(t, store, eventra.MailReset, u)
	version, err := store.EraseUser(t.Context(), eventra.Erasure{UserID: u.ID, NoPassword: []byte("no hash")})
	require.NoError(t, err)
	require.Equal(t, version, deniedSince(t, store, begun)[u.ID].BelowVersion)
	requireInvalid(t, store, s.TokenHash)
	for _, token := range [][32]byte{verify.Token.Hash, reset} {
		_, err = store.VerifyEmail(t.Context(), token)
		requireInvalidToken(t, err)
		_, _, err = store.ResetPassword(t.Context(), eventra.PasswordReset{Token: token, Hash: []byte("another hash")})
		requireInvalidToken(t, err)
	}
	_, err = store.UserByEmail(t.Context(), u.Email)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err, "bookings name it")
	require.True(t, found.Disabled)
	require.False(t, found.Verified)
	require.NotContains(t, found.Email+found.Name, u.Name)
	require.Equal(t, []byte("no hash"), found.PasswordHash)

	_, err = store.EraseUser(t.Context(), eventra.Erasure{UserID: u.ID, TokenVersion: version})
	require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(err), "it is gone")
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(store.RenameUser(t.Context(), u.ID, "Ada")))
	next := NewUser()
	next.Email = u.Email
	require.NoError(t, store.CreateUser(t.Context(), next), "the address is free")
	_, err = store.VerifyEmail(t.Context(), verify.Token.Hash)
	requireInvalidToken(t, err)
}

func staleErasure(t *testing.T, store AccountStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	require.NoError(t, store.MakeAdmin(t.Context(), u.ID, []byte("another hash")))
	for _, id := range []eventra.ID{u.ID, NewID()} {
		_, err := store.EraseUser(t.Context(), eventra.Erasure{UserID: id, TokenVersion: u.TokenVersion, NoPassword: []byte("no hash")})
		require.Equal(t, eventra.CodeInvalidCredentials, eventra.CodeOf(err))
	}
}
