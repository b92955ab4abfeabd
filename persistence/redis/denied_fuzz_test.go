package redis

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// FuzzDenied reads announcements of denied tokens. Anybody who reaches Redis can
// publish some.
func FuzzDenied(f *testing.F) {
	for _, message := range []string{
		"0190a5d2-7c3b-7e1f-8a2b-0123456789ab 1767225600000", "", " ", "0190a5d2-7c3b-7e1f-8a2b-0123456789ab",
		"0190a5d2-7c3b-7e1f-8a2b-0123456789ab -9223372036854775808", "x 1",
		"0190a5d2-7c3b-7e1f-8a2b-0123456789ab 1767225600000 7", "0190a5d2-7c3b-7e1f-8a2b-0123456789ab 1 99999999999",
	} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		made, ok := parseDenial(message)
		if !ok {
			return
		}
		_, err := eventra.ParseID(message[:36])
		require.NoError(t, err)
		require.Equal(t, strings.ToLower(message[:36]), made.Subject.String())
		d := NewDeniedTokens(nil)
		d.add(made)
		_ = d.Denied(&eventra.AccessTokenID{UserID: made.Subject}) // also if its expiry is far away
	})
}
