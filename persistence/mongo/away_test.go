package mongo_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/persistence/mongo"
	"github.com/eventra/eventra/persistence/persistencetest"
)

func TestDB_ServerAway(t *testing.T) {
	t.Parallel()
	e := newEvent("x", summer)
	calls := map[string]func(context.Context, *mongo.DB) error{
		"ping":    func(ctx context.Context, db *mongo.DB) error { return db.Ping(ctx) },
		"insert":  func(ctx context.Context, db *mongo.DB) error { _, err := db.Insert(ctx, e); return err },
		"get":     func(ctx context.Context, db *mongo.DB) error { _, _, err := db.Get(ctx, e.ID); return err },
		"replace": func(ctx context.Context, db *mongo.DB) error { return db.Replace(ctx, e) },
		"delete":  func(ctx context.Context, db *mongo.DB) error { return db.Delete(ctx, e.ID) },
		"copied":  func(ctx context.Context, db *mongo.DB) error { return db.MarkCopied(ctx, e.ID, 1) },
		"list": func(ctx context.Context, db *mongo.DB) error {
			_, _, err := db.List(ctx, eventra.EventFilter{}, eventra.Page{Limit: 1})
			return err
		},
		"uncopied": func(ctx context.Context, db *mongo.DB) error { _, err := db.Uncopied(ctx, 1); return err },
		"refold":   func(ctx context.Context, db *mongo.DB) error { _, err := db.Refold(ctx, 1); return err },
		"total": func(ctx context.Context, db *mongo.DB) error {
			_, err := db.SetSeatsTotal(ctx, e.ID, 1, summer)
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, url := persistencetest.ProxyTo(t, persistencetest.NewMongo(t))
			proxy.Cut()
			db := openURL(t, url)

			started := time.Now()
			err := call(t.Context(), db)
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err), "%v", err)
			require.Less(t, time.Since(started), 3*time.Second)

			proxy.Restore()
			require.Eventually(t, func() bool {
				return eventra.CodeOf(call(t.Context(), db)) != eventra.CodeUnavailable
			}, 20*time.Second, 50*time.Millisecond, "it recovers by itself")
		})
	}
}

func TestDB_GetGivesUpOnAHangingServer(t *testing.T) {
	t.Parallel()
	proxy, url := persistencetest.ProxyTo(t, persistencetest.NewMongo(t))
	db := openURL(t, url)
	insert(t, db, newEvent("x", summer))

	proxy.SwallowReplies(nil)
	started := time.Now()
	_, _, err := db.Get(t.Context(), newID())
	require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
	require.Less(t, time.Since(started), 4*time.Second)
	proxy.Restore()
}

func TestOpen_RejectsInvalidURLs(t *testing.T) {
	t.Parallel()
	_, err := mongo.Open(t.Context(), "http://localhost")
	require.Error(t, err)
}
