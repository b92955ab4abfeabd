package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

func TestDB_CheckSessions(t *testing.T) {
	t.Parallel()
	require.NoError(t, open(t).CheckSessions(t.Context()))
	// What PostgreSQL itself refuses is no sign of a pooler; the drill has a real one.
	refused, err := postgres.Open(t.Context(), persistencetest.NewDatabase(t)+"&no_such_setting=1", postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(refused.Close)
	err = refused.CheckSessions(t.Context())
	require.Error(t, err)
	require.NotErrorIs(t, err, postgres.ErrPooler)
}
