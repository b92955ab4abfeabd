package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

const testSecret = "a secret of at least 32 bytes for tests"

func newID() eventra.ID { return eventra.ID(uuid.Must(uuid.NewV7())) }

func TestAccessTokens_Verify(t *testing.T) {
	t.Parallel()
	t.Run("remembers a token until it expires", func(t *testing.T) {
		t.Parallel()
		tokens := NewAccessTokens([]byte(testSecret))
		issued := time.Now().Add(-AccessTokenLife + time.Second)
		token, err := tokens.Issue(&eventra.User{ID: newID(), Role: eventra.RoleUser}, newID(), issued)
		require.NoError(t, err)
		caller, err := tokens.Verify(token)
		require.NoError(t, err)
		again, err := tokens.Verify(token)
		require.NoError(t, err)
		require.Same(t, caller, again)
		require.Eventually(t, func() bool { _, err := tokens.Verify(token); return err != nil }, 3*time.Second, 10*time.Millisecond)
	})
}

// FuzzAccessTokens_Verify checks that only a token which the secret has signed is valid.
// Workers of a fuzzing run issue others than the seeds they get.
func FuzzAccessTokens_Verify(f *testing.F) {
	secret := []byte("a secret of at least thirty-two bytes")
	tokens := NewAccessTokens(secret)
	now := time.Now()
	good, err := tokens.Issue(&eventra.User{ID: newID(), Role: eventra.RoleUser}, newID(), now)
	require.NoError(f, err)
	other, err := NewAccessTokens([]byte("another one of at least thirty-two bytes")).Issue(&eventra.User{ID: newID(), Role: eventra.RoleAdmin}, newID(), now)
	require.NoError(f, err)
	for _, token := range []string{good, other, "", ".", "..", good + ".", "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if caller, err := tokens.Verify(token); err == nil {
			dot := strings.LastIndexByte(token, '.')
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(token[:dot]))
			require.Equal(t, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), token[dot+1:])
			require.Equal(t, eventra.RoleUser, caller.Role)
		}
	})
}

func BenchmarkAccessTokens_Verify(b *testing.B) {
	tokens := NewAccessTokens([]byte(testSecret))
	token, err := tokens.Issue(&eventra.User{ID: newID(), Role: eventra.RoleUser}, newID(), time.Now())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, err = tokens.Verify(token)
	}
	require.NoError(b, err)
}

func TestAccessTokens_OneSecretReplacesAnother(t *testing.T) {
	t.Parallel()
	first, second := []byte(testSecret), []byte("another secret of at least thirty-two bytes")
	user := &eventra.User{ID: newID(), Role: eventra.RoleUser}
	issue := func(secrets ...[]byte) string {
		token, err := NewAccessTokens(secrets...).Issue(user, newID(), time.Now())
		require.NoError(t, err)
		return token
	}
	byFirst, bySecond := issue(first, second), issue(second, first)
	for _, test := range []struct {
		name    string
		secrets [][]byte
		good    []string
		bad     []string
	}{
		{"the first", [][]byte{first}, []string{byFirst}, []string{bySecond}},
		{"both", [][]byte{first, second}, []string{byFirst, bySecond}, nil},
		{"both, exchanged", [][]byte{second, first}, []string{byFirst, bySecond}, nil},
		{"the second", [][]byte{second}, []string{bySecond}, []string{byFirst}},
	} {
		tokens := NewAccessTokens(test.secrets...)
		for _, token := range test.good {
			_, err := tokens.Verify(token)
			require.NoError(t, err, test.name)
		}
		for _, token := range test.bad {
			_, err := tokens.Verify(token)
			require.Error(t, err, test.name)
		}
	}
}

func TestAccessTokens_NameTheirKey(t *testing.T) {
	t.Parallel()
	first, second := []byte(testSecret), []byte("another secret of at least thirty-two bytes")
	tokens := NewAccessTokens(first, second)
	token, err := tokens.Issue(&eventra.User{ID: newID(), Role: eventra.RoleUser}, newID(), time.Now())
	require.NoError(t, err)
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	require.NoError(t, err)
	id := parsed.Header["kid"]
	require.Len(t, id, 12)
	require.NotContains(t, string(first), id)

	signed := func(kid any, secret []byte) string {
		again := jwt.NewWithClaims(jwt.SigningMethodHS256, parsed.Claims)
		if kid != nil {
			again.Header["kid"] = kid
		}
		text, err := again.SignedString(secret)
		require.NoError(t, err)
		return text
	}
	for _, secret := range [][]byte{first, second} {
		_, err = tokens.Verify(signed(nil, secret)) // of an earlier release
		require.NoError(t, err)
	}
	for _, kid := range []any{"", "x", 7, keyID(second), []any{id}, map[string]any{}} {
		_, err = tokens.Verify(signed(kid, first))
		require.Error(t, err, kid)
	}
	_, err = tokens.Verify(signed(nil, []byte("a third secret of at least thirty-two bytes")))
	require.Error(t, err)
}
