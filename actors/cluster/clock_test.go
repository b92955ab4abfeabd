//go:build !race

package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

// settableClock gives the database a clock that setClock moves.
func (c *testCluster) settableClock() {
	c.t.Helper()
	c.exec(`CREATE TABLE clock AS SELECT interval '0' AS ahead;
		CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
			AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM public.clock';
		DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET search_path = public, pg_catalog'', current_database()); END'`)
}

func (c *testCluster) setClock(ahead string) { c.exec(`UPDATE clock SET ahead = '` + ahead + `'`) }

// A member dies while the database's clock is set back. Its lease must not last until
// the clock is there again.
func TestNode_TakesOverThoughTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	for _, back := range []string{"-3 seconds", "-45 seconds", "-5 hours"} {
		t.Run(back, func(t *testing.T) {
			t.Parallel()
			c := newTestCluster(t)
			c.settableClock()
			proxy, database := persistencetest.ProxyTo(t, c.database)
			dies, stays := c.nodeAt(database), c.node()
			c.awaitMembers(stays, 2)
			c.awaitMembers(dies, 2)
			before := stays.Incarnation()
			proxy.Cut()
			c.setClock(back)
			setBack := time.Now()
			c.awaitMembers(stays, 1)
			require.Less(t, time.Since(setBack), 10*time.Second)
			for _, event := range someEvents(10) {
				require.NoError(t, ask(stays, event))
			}
			require.Same(t, before, stays.Incarnation(), "the one that lives keeps its lease")
		})
	}
}
