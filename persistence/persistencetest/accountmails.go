package persistencetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// AccountStore is what the suite of mails about accounts needs of an implementation.
type AccountStore interface {
	UserStore
	Register(ctx context.Context, u *eventra.User, mail *eventra.AccountMail) error
	EmailVerified(ctx context.Context, id eventra.ID) (bool, error)
	SendAccountMail(ctx context.Context, mail *eventra.AccountMail) (written bool, err error)
	VerifyEmail(ctx context.Context, token [32]byte) (eventra.Verification, error)
	ResetAddress(ctx context.Context, token [32]byte) (email string, err error)
	ResetPassword(ctx context.Context, reset eventra.PasswordReset) (userID eventra.ID, version int, err error)

	RenameUser(ctx context.Context, userID eventra.ID, name string) error
	AskForAddress(ctx context.Context, change *eventra.AddressChange) error
	EraseUser(ctx context.Context, erasure eventra.Erasure) (version int, err error)

	Due(ctx context.Context, box eventra.MailBox, limit int, lease time.Duration) ([]eventra.MailRef, error)
	Mail(ctx context.Context, ref eventra.MailRef) (*eventra.Mail, eventra.MailState, error)
	MarkSent(ctx context.Context, ref eventra.MailRef) error
	Withhold(ctx context.Context, ref eventra.MailRef) error
}

// RunAccountStore checks the contract of mails about accounts and their one-time tokens.
func RunAccountStore(t *testing.T, open func(*testing.T) AccountStore) {
	cases := map[string]func(*testing.T, AccountStore){
		"a registration writes one mail":         registeredMail,
		"a mail about an account is sent once":   accountMailSent,
		"a verified address":                     verifiedAddress,
		"tokens that are good for nothing":       uselessTokens,
		"a token used by many at once":           racedVerification,
		"an address has a few mails an hour":     fewMails,
		"a mail to nobody":                       mailToNobody,
		"a forgotten password":                   forgottenPassword,
		"two resets race":                        racedResets,
		"a new address":                          newAddress,
		"a new address that somebody else has":   takenAddress,
		"a new address is taken back":            takenBack,
		"an administrator's address is verified": verifiedAdmin,
		"a user renamed":                         renamed,
		"another address is asked for":           addressAskedFor,
		"an erased account":                      erased,
		"an erasure races a new password":        staleErasure,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

// newAccountMail is a mail with a token that lives for an hour, and its reference.
func newAccountMail(kind eventra.MailKind, u *eventra.User) (*eventra.AccountMail, eventra.MailRef) {
	m := &eventra.AccountMail{Kind: kind, Address: u.Email, UserID: u.ID,
		Token: eventra.OneTimeToken{ID: NewID(), Hash: newToken(), ExpiresAt: time.Now().Add(time.Hour)}}
	if kind == eventra.MailReset {
		m.UserID = eventra.ID{}
	}
	return m, eventra.MailRef{Kind: kind, About: m.Token.ID}
}

// registered adds a user whose address is not verified, with the mail that does that.
func registered(t *testing.T, store AccountStore) (*eventra.User, *eventra.AccountMail, eventra.MailRef) {
	t.Helper()
	u := NewUser()
	m, ref := newAccountMail(eventra.MailVerify, u)
	require.NoError(t, store.Register(t.Context(), u, m))
	return u, m, ref
}

// sent writes a mail of a kind to a user, and returns its token.
func sent(t *testing.T, store AccountStore, kind eventra.MailKind, u *eventra.User) [32]byte {
	t.Helper()
	m, _ := newAccountMail(kind, u)
	written, err := store.SendAccountMail(t.Context(), m)
	require.NoError(t, err)
	require.True(t, written)
	return m.Token.Hash
}

func requireState(t *testing.T, store AccountStore, ref eventra.MailRef, want eventra.MailState) {
	t.Helper()
	_, state, err := store.Mail(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, want, state)
}

// requireTold checks that a mail without a link is due to an address. It leases no other mail
// for longer than an instant.
func requireTold(t *testing.T, store AccountStore, address string, kind eventra.MailKind) {
	t.Helper()
	due, err := store.Due(t.Context(), eventra.AccountBox, 1000, -time.Second)
	require.NoError(t, err)
	for _, ref := range due {
		mail, state, err := store.Mail(t.Context(), ref)
		if eventra.CodeOf(err) == eventra.CodeNotFound {
			continue // another test's purge has taken it
		}
		require.NoError(t, err)
		if mail.To == address && mail.Kind == kind {
			require.Equal(t, eventra.MailDue, state)
			require.Zero(t, mail.TokenHash)
			return
		}
	}
	require.Fail(t, "no mail", "%s to %s", kind, address)
}

func requireVerified(t *testing.T, store AccountStore, id eventra.ID, want bool) {
	t.Helper()
	verified, err := store.EmailVerified(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, want, verified)
	u, err := store.UserByID(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, want, u.Verified)
}

func requireInvalidToken(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, eventra.CodeInvalidToken, eventra.CodeOf(err))
}

func registeredMail(t *testing.T, store AccountStore) {
	u, m, ref := registered(t, store)
	again, second := newAccountMail(eventra.MailVerify, u)
	require.NoError(t, store.Register(t.Context(), u, again), "the same request once more")
	_, _, err := store.Mail(t.Context(), second)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))

	mail, state, err := store.Mail(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, eventra.MailDue, state)
	require.WithinDuration(t, m.Token.ExpiresAt, mail.TokenExpires, time.Millisecond)
	mail.TokenExpires = time.Time{}
	require.Equal(t, &eventra.Mail{MailRef: ref, To: u.Email, Name: u.Name, TokenHash: m.Token.Hash}, mail)
	requireVerified(t, store, u.ID, false)

	other := NewUser()
	other.Email = u.Email
	m, ref = newAccountMail(eventra.MailVerify, other)
	require.Equal(t, eventra.CodeEmailTaken, eventra.CodeOf(store.Register(t.Context(), other, m)))
	_, _, err = store.Mail(t.Context(), ref)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
}

func accountMailSent(t *testing.T, store AccountStore) {
	_, _, ref := registered(t, store)
	requireState(t, store, ref, eventra.MailDue)
	for range 2 {
		require.NoError(t, store.MarkSent(t.Context(), ref))
		requireState(t, store, ref, eventra.MailEnded)
	}
	_, _, ref = registered(t, store)
	require.NoError(t, store.Withhold(t.Context(), ref))
	requireState(t, store, ref, eventra.MailEnded)
}

func verifiedAddress(t *testing.T, store AccountStore) {
	u, m, ref := registered(t, store)
	done, err := store.VerifyEmail(t.Context(), m.Token.Hash)
	require.NoError(t, err)
	require.Equal(t, eventra.Verification{UserID: u.ID}, done)
	requireVerified(t, store, u.ID, true)
	requireState(t, store, ref, eventra.MailObsolete)
	_, err = store.VerifyEmail(t.Context(), m.Token.Hash)
	requireInvalidToken(t, err)
	requireVerified(t, store, u.ID, true)
}

func uselessTokens(t *testing.T, store AccountStore) {
	u, m, _ := registered(t, store)
	for _, token := range [][32]byte{{}, newToken(), sent(t, store, eventra.MailReset, u)} {
		_, err := store.VerifyEmail(t.Context(), token)
		requireInvalidToken(t, err)
	}
	for _, token := range [][32]byte{{}, newToken(), m.Token.Hash} {
		_, err := store.ResetAddress(t.Context(), token)
		requireInvalidToken(t, err)
		_, _, err = store.ResetPassword(t.Context(), eventra.PasswordReset{Token: token, Hash: []byte("another hash")})
		requireInvalidToken(t, err)
	}
	expired, ref := newAccountMail(eventra.MailVerify, u)
	expired.Token.ExpiresAt = time.Now().Add(-time.Minute)
	_, err := store.SendAccountMail(t.Context(), expired)
	require.NoError(t, err)
	requireState(t, store, ref, eventra.MailObsolete)
	_, err = store.VerifyEmail(t.Context(), expired.Token.Hash)
	requireInvalidToken(t, err)
	requireVerified(t, store, u.ID, false)
}

func racedVerification(t *testing.T, store AccountStore) {
	u, m, _ := registered(t, store)
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { _, errs[i] = store.VerifyEmail(t.Context(), m.Token.Hash) })
	}
	all.Wait()
	requireOneWinner(t, errs)
	requireVerified(t, store, u.ID, true)
}

// requireOneWinner checks that one of those that used a token at once has used it.
func requireOneWinner(t *testing.T, errs []error) {
	t.Helper()
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
			continue
		}
		requireInvalidToken(t, err)
	}
	require.Equal(t, 1, winners)
}

func fewMails(t *testing.T, store AccountStore) {
	u := NewUser()
	for _, kind := range []eventra.MailKind{eventra.MailReset, eventra.MailChange} {
		for i := range eventra.AccountMailsPerHour + 2 {
			m, _ := newAccountMail(kind, u)
			written, err := store.SendAccountMail(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, i < eventra.AccountMailsPerHour, written, "also for nobody's address")
		}
	}
}

func mailToNobody(t *testing.T, store AccountStore) {
	nobody := NewUser()
	m, ref := newAccountMail(eventra.MailReset, nobody)
	_, err := store.SendAccountMail(t.Context(), m)
	require.NoError(t, err)
	requireState(t, store, ref, eventra.MailObsolete)
	_, err = store.ResetAddress(t.Context(), m.Token.Hash)
	requireInvalidToken(t, err)
}

func forgottenPassword(t *testing.T, store AccountStore) {
	begun := time.Now().Add(-time.Minute)
	u, unused, _ := registered(t, store)
	s := &eventra.Session{ID: NewID(), UserID: u.ID, TokenHash: newToken(), ExpiresAt: time.Now().Add(time.Hour)}
	require.NoError(t, store.CreateSession(t.Context(), s))
	token, second := sent(t, store, eventra.MailReset, u), sent(t, store, eventra.MailReset, u)
	email, err := store.ResetAddress(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, u.Email, email)
	userID, version, err := store.ResetPassword(t.Context(), eventra.PasswordReset{Token: token, Hash: []byte("another hash")})
	require.NoError(t, err)
	require.Equal(t, u.ID, userID)

	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	require.Equal(t, []byte("another hash"), found.PasswordHash)
	require.Equal(t, version, found.TokenVersion)
	require.Equal(t, version, deniedSince(t, store, begun)[u.ID].BelowVersion)
	requireInvalid(t, store, s.TokenHash)
	requireVerified(t, store, u.ID, true)
	requireTold(t, store, u.Email, eventra.MailPasswordChanged)
	for _, over := range [][32]byte{token, second} {
		_, err = store.ResetAddress(t.Context(), over)
		requireInvalidToken(t, err)
	}
	_, err = store.VerifyEmail(t.Context(), unused.Token.Hash)
	requireInvalidToken(t, err)
}

// racedResets uses two tokens for one password at once, each of them twice.
func racedResets(t *testing.T, store AccountStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	tokens := [][32]byte{sent(t, store, eventra.MailReset, u), sent(t, store, eventra.MailReset, u)}
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_, _, errs[i] = store.ResetPassword(t.Context(), eventra.PasswordReset{Token: tokens[i%2], Hash: []byte{byte(i)}})
		})
	}
	all.Wait()
	requireOneWinner(t, errs)
	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	require.NoError(t, errs[found.PasswordHash[0]])
	require.Equal(t, 1, found.TokenVersion)
}

// asksForAddress writes the mails of a change to a new address, and returns both tokens.
func asksForAddress(t *testing.T, store AccountStore, u *eventra.User, address string) (change, stop [32]byte) {
	t.Helper()
	at := *u
	at.Email = address
	return sent(t, store, eventra.MailChange, &at), sent(t, store, eventra.MailChangeAsked, u)
}

func newAddress(t *testing.T, store AccountStore) {
	u, m, ref := registered(t, store)
	address := NewUser().Email
	change, _ := asksForAddress(t, store, u, address)
	requireVerified(t, store, u.ID, false)
	done, err := store.VerifyEmail(t.Context(), change)
	require.NoError(t, err)
	require.Equal(t, eventra.Verification{UserID: u.ID, Changed: true}, done)
	found, err := store.UserByEmail(t.Context(), address)
	require.NoError(t, err)
	require.Equal(t, u.ID, found.ID)
	requireVerified(t, store, u.ID, true)
	_, err = store.UserByEmail(t.Context(), u.Email)
	require.Equal(t, eventra.CodeNotFound, eventra.CodeOf(err))
	requireTold(t, store, u.Email, eventra.MailAddressChanged)

	requireState(t, store, ref, eventra.MailObsolete)
	_, err = store.VerifyEmail(t.Context(), m.Token.Hash)
	requireInvalidToken(t, err)
	for _, token := range [][32]byte{change, newToken()} {
		_, err = store.VerifyEmail(t.Context(), token)
		requireInvalidToken(t, err)
	}
}

func takenAddress(t *testing.T, store AccountStore) {
	u, other := NewUser(), NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	change, _ := asksForAddress(t, store, u, other.Email)
	require.NoError(t, store.CreateUser(t.Context(), other))
	_, err := store.VerifyEmail(t.Context(), change)
	require.Equal(t, eventra.CodeEmailTaken, eventra.CodeOf(err))
	found, err := store.UserByID(t.Context(), u.ID)
	require.NoError(t, err)
	require.Equal(t, u.Email, found.Email)
}

// takenBack changes an address by a stranger; the owner reads the mails to the old one.
func takenBack(t *testing.T, store AccountStore) {
	u := NewUser()
	require.NoError(t, store.CreateUser(t.Context(), u))
	change, stop := asksForAddress(t, store, u, NewUser().Email)
	second, _ := asksForAddress(t, store, u, NewUser().Email)
	_, err := store.VerifyEmail(t.Context(), change)
	require.NoError(t, err)
	userID, _, err := store.ResetPassword(t.Context(), eventra.PasswordReset{Token: stop, Hash: []byte("another hash")})
	require.NoError(t, err)
	require.Equal(t, u.ID, userID)
	found, err := store.UserByEmail(t.Context(), u.Email)
	require.NoError(t, err)
	require.Equal(t, []byte("another hash"), found.PasswordHash)
	_, err = store.VerifyEmail(t.Context(), second)
	requireInvalidToken(t, err)
}

func verifiedAdmin(t *testing.T, store AccountStore) {
	u, _, _ := registered(t, store)
	require.NoError(t, store.MakeAdmin(t.Context(), u.ID, []byte("another hash")))
	requireVerified(t, store, u.ID, true)
}

// RunAccountMails checks the leases of mails about accounts. The store must be this test's alone.
func RunAccountMails(t *testing.T, store AccountStore) {
	_, _, ref := registered(t, store)
	_, _, withheld := registered(t, store)
	due, err := store.Due(t.Context(), eventra.AccountBox, 10, -time.Second)
	require.NoError(t, err)
	require.ElementsMatch(t, []eventra.MailRef{ref, withheld}, due)
	require.NoError(t, store.Withhold(t.Context(), withheld))
	for _, want := range [][]eventra.MailRef{{ref}, {}} {
		due, err = store.Due(t.Context(), eventra.AccountBox, 10, time.Minute)
		require.NoError(t, err)
		require.ElementsMatch(t, want, due)
	}
}
