package persistencetest

import (
	"context"
	"encoding/hex"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// NewMongo returns the URL of a MongoDB database for this test alone. It is dropped
// after the test.
func NewMongo(t testing.TB) string {
	t.Helper()
	server := Server(t, "EVENTRA_MONGO_URL")
	u, err := url.Parse(server)
	require.NoError(t, err)
	name := "test_" + hex.EncodeToString(randomBytes(8))
	u.Path = "/" + name

	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
		defer cancel()
		client, err := mongo.Connect(options.Client().ApplyURI(server))
		require.NoError(t, err)
		defer func() { require.NoError(t, client.Disconnect(ctx)) }()
		require.NoError(t, client.Database(name).Drop(ctx))
	})
	return u.String()
}
