package auth

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

func TestOneTimeTokens_SurviveAChangeOfSecrets(t *testing.T) {
	t.Parallel()
	older, newer := []byte("an older secret of 32 bytes or more"), []byte("a newer secret of 32 bytes or more")
	id, expires := eventra.ID(uuid.New()), time.Now()
	stored := NewOneTimeTokens(older).New(id, expires)
	require.Equal(t, eventra.OneTimeToken{ID: id, Hash: stored.Hash, ExpiresAt: expires}, stored)
	for _, secrets := range [][][]byte{{older}, {newer, older}, {older, newer}} {
		token, err := NewOneTimeTokens(secrets...).Token(id, stored.Hash)
		require.NoError(t, err)
		require.Equal(t, stored.Hash, OneTimeTokenHash(token))
		require.Len(t, token, 43)
	}
	_, err := NewOneTimeTokens(newer).Token(id, stored.Hash)
	require.Error(t, err)
	require.NotEqual(t, stored.Hash, NewOneTimeTokens(older).New(eventra.ID(uuid.New()), expires).Hash)
}
