package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/eventra/eventra/persistence/catalog"
	"github.com/eventra/eventra/persistence/mongo"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
	"github.com/eventra/eventra/sleep"
)

// stores are the connections to everything that outlives the process.
type stores struct {
	postgres *postgres.DB
	members  *postgres.Members
	mongo    *mongo.DB
	redis    *redis.DB
	catalog  *catalog.Catalog // without a reloader: nothing is sold by who only opens stores
}

// openStores connects lazily: that a server is away is seen at first use.
func openStores(ctx context.Context, cfg *Config, log *slog.Logger) (*stores, error) {
	s := &stores{}
	var err error
	if s.postgres, err = postgres.Open(ctx, cfg.PostgresURL, postgres.Options{}); err != nil {
		return nil, err
	}
	if s.members, err = postgres.OpenMembers(ctx, cfg.PostgresURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.mongo, err = mongo.Open(ctx, cfg.MongoURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.redis, err = redis.Open(cfg.RedisURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.catalog = s.newCatalog(nil, log)
	return s, nil
}

func (s *stores) newCatalog(reloader catalog.Reloader, log *slog.Logger) *catalog.Catalog {
	return catalog.New(s.mongo, s.postgres, redis.NewCache(s.redis, catalog.KeptFor), reloader, log)
}

// Close ends all connections.
func (s *stores) Close() error {
	var errs []error
	if s.redis != nil {
		errs = append(errs, s.redis.Close())
	}
	if s.mongo != nil {
		errs = append(errs, s.mongo.Close())
	}
	if s.members != nil {
		s.members.Close()
	}
	s.postgres.Close()
	return errors.Join(errs...)
}

type migrateCommand struct{}

// Run brings the schema up to date.
func (migrateCommand) Run(ctx context.Context) error {
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	return migrate(ctx, cfg, cfg.logger())
}

// migrateWithin is how long a start waits for Postgres to appear: databases
// and programs are often started together.
const migrateWithin = 30 * time.Second

func migrate(ctx context.Context, cfg *Config, log *slog.Logger) error {
	deadline := time.Now().Add(migrateWithin)
	for {
		err := postgres.Migrate(ctx, cfg.PostgresURL)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		log.Warn("schema not up to date yet", "error", err)
		if err := sleep.For(ctx, time.Second); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
}
