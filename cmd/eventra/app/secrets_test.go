package app

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const testSecret = "5e1f3c9a7d20b84e6f91c3a5d7e9b0c2"

func TestSecrets_WeakOnesAreRefused(t *testing.T) {
	t.Parallel()
	for _, weak := range []string{
		"", "short", strings.Repeat("b", 48), strings.Repeat("ab", 24), strings.Repeat("abc", 16), strings.Repeat("changeme", 5),
		strings.Repeat("0123456789", 4), strings.Repeat("0123456789abcdef", 2), strings.Repeat(" ", 40), strings.Repeat("a", 31) + "bcdefgh",
		"abcdefghijklmnopqrstuvwxyz0123456789", "zyxwvutsrqponmlkjihgfedcba9876543210", strings.Repeat("secret-", 6) + "sec",
		strings.Repeat("x", 20) + strings.Repeat("y", 20), testSecret[:31],
	} {
		for _, list := range []string{weak, testSecret + "," + weak, weak + ", " + testSecret} {
			c := Config{HTTPAddr: "127.0.0.1:8080", JWTSecret: list}
			require.Error(t, errors.Join(c.secretFaults()...), "%q", list)
			c = Config{HTTPAddr: "127.0.0.1:8080", JWTSecret: testSecret, ClusterSecret: list}
			if list != "" { // then it is derived
				require.Error(t, errors.Join(c.secretFaults()...), "%q", list)
			}
		}
	}
	c := Config{JWTSecret: strings.Repeat(testSecret+",", 8) + testSecret}
	require.Error(t, errors.Join(c.secretFaults()...), "too many")
}

func TestSecrets_RandomOnesAreGood(t *testing.T) {
	t.Parallel()
	for range 2000 {
		random := make([]byte, 32)
		_, _ = rand.Read(random)
		for _, secret := range []string{hex.EncodeToString(random), hex.EncodeToString(random[:16]), base64.StdEncoding.EncodeToString(random),
			base64.RawURLEncoding.EncodeToString(random[:24])} {
			require.Empty(t, weakness(secret), secret)
		}
	}
}

func TestSecrets_PublishedOnesStayOnThisMachine(t *testing.T) {
	t.Parallel()
	const demo = "demonstration-only-known-to-everybody"
	for name, c := range map[string]Config{
		"token secret":          {JWTSecret: demo},
		"a secret of a list":    {JWTSecret: testSecret + ", " + demo},
		"cluster secret":        {JWTSecret: testSecret, ClusterSecret: demo},
		"administrator":         {JWTSecret: testSecret, AdminPassword: "demo-admin-password"},
		"password of the store": {JWTSecret: testSecret, PostgresURL: "postgres://eventra:demo@127.0.0.1:5432/eventra"},
	} {
		for _, address := range []string{"0.0.0.0:8080", ":8080", "10.1.2.3:8080", "[::]:8080", "eventra.example:80"} {
			c.HTTPAddr = address
			require.Error(t, errors.Join(c.secretFaults()...), "%s at %s", name, address)
		}
		c.HTTPAddr, c.ClusterListen = "127.0.0.1:8080", "10.1.2.3:7400"
		require.Error(t, errors.Join(c.secretFaults()...), "%s in a cluster", name)
		c.ClusterListen = ""
		for _, address := range []string{"127.0.0.1:8080", "[::1]:8080", "localhost:8080"} {
			c.HTTPAddr = address
			require.NoError(t, errors.Join(c.secretFaults()...), "%s at %s", name, address)
		}
	}
}
