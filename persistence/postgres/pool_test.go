package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/migrations"
	"github.com/eventra/eventra/persistence/persistencetest"
)

// The URL may size the pool, also where there is no pool.
func TestOpen_ObeysTheURL(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewDatabase(t)
	for parameters, c := range map[string]struct {
		conns, idle int32
		lifetime    time.Duration
	}{
		"":                           {maxConnsDefault, idleConnsMin, connLifetime},
		"&pool_max_conns=40":         {40, idleConnsMin, connLifetime},
		"&pool_max_conns=2":          {2, 2, connLifetime},
		"&pool_min_idle_conns=1":     {maxConnsDefault, 1, connLifetime},
		"&pool_max_conn_lifetime=5m": {maxConnsDefault, idleConnsMin, 5 * time.Minute},
	} {
		db, err := Open(t.Context(), url+parameters, Options{})
		require.NoError(t, err, parameters)
		config := db.pool.Config()
		require.Equal(t, c.conns, config.MaxConns, parameters)
		require.Equal(t, c.idle, config.MinIdleConns, parameters)
		require.Equal(t, c.lifetime, config.MaxConnLifetime, parameters)
		require.Equal(t, c.lifetime/10, config.MaxConnLifetimeJitter, parameters)
		require.NoError(t, db.Ping(t.Context()), parameters)
		db.Close()
		members, err := OpenMembers(t.Context(), url+parameters)
		require.NoError(t, err, parameters)
		require.NoError(t, members.Leave(t.Context(), "nobody"), parameters)
		members.Close()
		_, err = migrations.Apply(t.Context(), url+parameters)
		require.NoError(t, err, parameters)
	}
}
