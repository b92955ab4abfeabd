package mongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/circuit"
	"github.com/eventra/eventra/sleep"
)

const (
	defaultDatabase = "eventra"

	// callTimeout bounds each call. Past it, an event page answers from the cache.
	callTimeout = 2 * time.Second
	// selectionTimeout is how long a call looks for a server before it fails.
	selectionTimeout = time.Second

	indexRetryMin, indexRetryMax = 500 * time.Millisecond, 30 * time.Second
)

// DB is one database of event documents.
type DB struct {
	client *mongo.Client
	events *mongo.Collection

	breaker      breaker
	stopIndexing context.CancelFunc
	indexed      chan struct{} // closed when the indexes exist or Close was called
}

// Open makes a DB for a mongodb:// URL, whose path names the database, "eventra" by
// default. It fails only for an invalid URL: it connects when a call needs to, and
// makes the indexes as soon as the server answers.
func Open(_ context.Context, url string, with ...Option) (*DB, error) {
	o := options.Client().
		ApplyURI(url).
		SetServerSelectionTimeout(selectionTimeout).
		SetConnectTimeout(selectionTimeout).
		SetTimeout(callTimeout)
	for _, option := range with {
		option(o)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		return nil, fmt.Errorf("mongo: %w", err)
	}
	indexing, stop := context.WithCancel(context.Background())
	db := &DB{
		client:       client,
		events:       client.Database(databaseName(url)).Collection("events"),
		stopIndexing: stop,
		indexed:      make(chan struct{}),
	}
	db.breaker = breaker{circuit.New("mongo", probePause, db.ping)}
	go db.makeIndexes(indexing)
	return db, nil
}

// databaseName reads the database's name from a URL that the driver has accepted.
// The standard library cannot parse URLs with several hosts.
func databaseName(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(path, "?")
	if name == "" {
		return defaultDatabase
	}
	return name
}

// Ping returns nil if the server answers. It asks the server in any case.
func (db *DB) Ping(ctx context.Context) error {
	begun := db.breaker.Now()
	err := db.ping(ctx)
	if ctx.Err() == nil {
		db.breaker.observe(begun, err)
	}
	return err
}

func (db *DB) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return translate(db.client.Ping(ctx, nil))
}

// Close closes all connections.
func (db *DB) Close() error {
	db.stopIndexing()
	<-db.indexed
	db.breaker.Close()
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return db.client.Disconnect(ctx)
}

var indexes = []mongo.IndexModel{
	{Keys: bson.D{{Key: "startsAt", Value: 1}, {Key: "_id", Value: 1}}},
	{Keys: bson.D{{Key: "status", Value: 1}, {Key: "startsAt", Value: 1}, {Key: "_id", Value: 1}}},
	{Keys: bson.D{{Key: "copied", Value: 1}}},
	{Keys: bson.D{{Key: "searchForm", Value: 1}}},
}

// makeIndexes retries until the server has answered. Reads without an index are
// only slower, and making an existing one is harmless: alone, since FerretDB 1.24
// drops the connection of a client that asks for several.
func (db *DB) makeIndexes(ctx context.Context) {
	defer close(db.indexed)
	delay := indexRetryMin
	for _, index := range indexes {
		for !db.makeIndex(ctx, index) {
			if sleep.For(ctx, delay) != nil {
				return
			}
			delay = min(2*delay, indexRetryMax)
		}
	}
}

func (db *DB) makeIndex(ctx context.Context, index mongo.IndexModel) (done bool) {
	err := db.breaker.call(ctx, func(ctx context.Context) error {
		_, err := db.events.Indexes().CreateOne(ctx, index)
		return translate(err)
	})
	if err != nil {
		slog.Debug("mongo: an index not made yet", "error", err)
	}
	return err == nil
}

// serverAway lists the error codes of a server that answers but does not serve: it
// is shutting down, or another one is primary.
var serverAway = []int{6, 7, 89, 91, 189, 262, 9001, 10107, 10058, 11600, 11602, 13435, 13436}

// translate turns the driver's errors into CodeUnavailable, except those by which
// the server rejected the command, which are faults of this package.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var refusal mongo.ServerError
	// The driver's own errors are command errors without a code, such as those of
	// connections that it closed because it had lost another one.
	var command mongo.CommandError
	if errors.As(err, &command) && command.Code == 0 {
		return eventra.Unavailable("mongo", err)
	}
	if errors.As(err, &refusal) && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err) {
		if slices.ContainsFunc(serverAway, refusal.HasErrorCode) {
			return eventra.Unavailable("mongo", err)
		}
		return fmt.Errorf("mongo: %w", err)
	}
	return eventra.Unavailable("mongo", err)
}
