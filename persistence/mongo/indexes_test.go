package mongo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/persistence/persistencetest"
)

// Each instance makes the indexes, those of an earlier one and of an earlier release too.
func TestOpen_MakesIndexesThatExist(t *testing.T) {
	t.Parallel()
	url := persistencetest.NewMongo(t)
	for range 2 {
		db, err := Open(t.Context(), url)
		require.NoError(t, err)
		select {
		case <-db.indexed:
		case <-time.After(5 * time.Second):
			t.Error("the indexes are not made")
		}
		found, err := db.events.Indexes().ListSpecifications(t.Context())
		require.NoError(t, err)
		require.Len(t, found, len(indexes)+1, "and that of ids")
		require.NoError(t, db.Close())
	}
}
