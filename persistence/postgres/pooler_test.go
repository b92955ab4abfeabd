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
	// A server that drops what a connection asks for looks like this afterwards.
	url := persistencetest.NewDatabase(t)
	dropped, err := postgres.Open(t.Context(), url+"&no_such_setting=1", postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(dropped.Close)
	require.Error(t, dropped.CheckSessions(t.Context()))
	require.NotErrorIs(t, dropped.CheckSessions(t.Context()), postgres.ErrPooler, "PostgreSQL itself refuses it")
}
