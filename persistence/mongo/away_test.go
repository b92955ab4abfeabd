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
		"uncopied":   func(ctx context.Context, db *mongo.DB) error { _, err := db.Uncopied(ctx, 1); return err },
		"refold":     func(ctx context.Context, db *mongo.DB) error { _, err := db.Refold(ctx, 1); return err },
		"not copied": func(ctx context.Context, db *mongo.DB) error { return db.MarkUncopied(ctx, e.ID) },
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

// TestDB_AnswersAtOnceWhileTheServerIsAway: calls wait for a server until the breaker
// knows that there is none, and not one by one for as long as it is away.
func TestDB_AnswersAtOnceWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*persistencetest.Proxy){
		"gone":    (*persistencetest.Proxy).Cut,
		"hanging": func(p *persistencetest.Proxy) { p.SwallowReplies(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, url := persistencetest.ProxyTo(t, persistencetest.NewMongo(t))
			db := openURL(t, url)
			insert(t, db, newEvent("x", summer))
			list := func() (time.Duration, error) {
				begun := time.Now()
				_, _, err := db.List(t.Context(), eventra.EventFilter{}, eventra.Page{Limit: 1})
				return time.Since(begun), err
			}
			take(proxy)
			_, err := list() // waits for a server
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
			for range 100 {
				took, err := list()
				require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(err))
				require.Less(t, took, 50*time.Millisecond)
			}
			require.Equal(t, eventra.CodeUnavailable, eventra.CodeOf(db.Ping(t.Context())), "it asks the server")
			proxy.Restore()
			require.Eventually(t, func() bool { _, err := list(); return err == nil }, 20*time.Second, 20*time.Millisecond, "it recovers by itself")
		})
	}
}

// A caller who gives up says nothing about the server.
func TestDB_CancelledCallsAreNoSuspicion(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		_, _, err := db.Get(ctx, newID())
		require.Error(t, err)
		_, _, err = db.Get(t.Context(), newID())
		require.Equal(t, eventra.CodeEventNotFound, eventra.CodeOf(err))
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
