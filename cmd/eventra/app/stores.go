package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/eventra/eventra/persistence/catalog"
	"github.com/eventra/eventra/persistence/mongo"
	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
)

// Stores are the connections to everything that outlives the process.
type Stores struct {
	Postgres *postgres.DB
	Members  *postgres.Members
	Mongo    *mongo.DB
	Redis    *redis.DB
	Catalog  *catalog.Catalog // reloads no event actors: only a running instance has them
}

// OpenStores connects lazily: a server that is away is noticed at first use.
func OpenStores(ctx context.Context, cfg *Config, log *slog.Logger) (*Stores, error) {
	s := &Stores{}
	var err error
	if s.Postgres, err = postgres.Open(ctx, cfg.PostgresURL, postgres.Options{Retention: cfg.Retention, AuditRetention: cfg.AuditRetention, Traced: cfg.traced()}); err != nil {
		return nil, err
	}
	if s.Members, err = postgres.OpenMembers(ctx, cfg.PostgresURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	var documents []mongo.Option
	if cfg.traced() {
		documents = append(documents, mongo.Traced)
	}
	if s.Mongo, err = mongo.Open(ctx, cfg.MongoURL, documents...); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.Redis, err = redis.Open(cfg.RedisURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if cfg.traced() {
		s.Redis.Trace()
	}
	s.Catalog = s.newCatalog(nil, log)
	return s, nil
}

// OpenAccounts connects to what has the users: to PostgreSQL and, if the configuration
// names one, to Redis, which tells running instances faster.
func OpenAccounts(ctx context.Context, cfg *Config) (*Stores, error) {
	s := &Stores{}
	var err error
	if s.Postgres, err = postgres.Open(ctx, cfg.PostgresURL, postgres.Options{MaxConns: 1}); err != nil {
		return nil, err
	}
	if cfg.RedisURL == "" {
		return s, nil
	}
	if s.Redis, err = redis.Open(cfg.RedisURL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stores) newCatalog(reloader catalog.Reloader, log *slog.Logger) *catalog.Catalog {
	return catalog.New(s.Mongo, s.Postgres, redis.NewCache(s.Redis, catalog.KeptFor), reloader, log)
}

// Close ends all connections.
func (s *Stores) Close() error {
	var errs []error
	if s.Redis != nil {
		errs = append(errs, s.Redis.Close())
	}
	if s.Mongo != nil {
		errs = append(errs, s.Mongo.Close())
	}
	if s.Members != nil {
		s.Members.Close()
	}
	s.Postgres.Close()
	return errors.Join(errs...)
}
