// Package store reaches the servers that Eventra needs: it gives each scenario
// stores of its own on them, and stops PostgreSQL for a while.
package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// Stores are the addresses of one set of stores.
type Stores struct{ PostgresURL, MongoURL, RedisURL, SMTPURL string }

// FromEnvironment reads what the development stack's launcher sets.
func FromEnvironment() (s Stores, err error) {
	for _, setting := range []struct {
		name  string
		value *string
	}{
		{"EVENTRA_POSTGRES_URL", &s.PostgresURL}, {"EVENTRA_MONGO_URL", &s.MongoURL},
		{"EVENTRA_REDIS_URL", &s.RedisURL}, {"EVENTRA_SMTP_URL", &s.SMTPURL},
	} {
		if *setting.value = os.Getenv(setting.name); *setting.value == "" {
			return s, fmt.Errorf("%s is not set: run it through make test-cluster", setting.name)
		}
	}
	return s, nil
}

// Environment is how an instance is told of them.
func (s Stores) Environment() []string {
	return []string{"EVENTRA_POSTGRES_URL=" + s.PostgresURL, "EVENTRA_MONGO_URL=" + s.MongoURL,
		"EVENTRA_REDIS_URL=" + s.RedisURL, "EVENTRA_SMTP_URL=" + s.SMTPURL}
}

// redisNumber counts the Redis databases in use; 0 is the launcher's.
var redisNumber atomic.Int32

// Fresh makes empty stores on the same servers.
func (s Stores) Fresh(ctx context.Context) (Stores, error) {
	name := "clustertest_" + strings.ToLower(rand.Text()[:10])
	conn, err := pgx.Connect(ctx, s.PostgresURL)
	if err != nil {
		return s, err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return s, err
	}
	for _, u := range []struct {
		address *string
		path    string
	}{{&s.PostgresURL, name}, {&s.MongoURL, name}, {&s.RedisURL, fmt.Sprint(redisNumber.Add(1))}} {
		parsed, err := url.Parse(*u.address)
		if err != nil {
			return s, err
		}
		parsed.Path = "/" + u.path
		*u.address = parsed.String()
	}
	return s, nil
}

// At returns the same stores reached through other addresses: each is given
// the host and port of its URL.
func (s Stores) At(through func(name, address string) (string, error)) (Stores, error) {
	for _, u := range []struct {
		name    string
		address *string
	}{{"postgres", &s.PostgresURL}, {"mongo", &s.MongoURL}, {"redis", &s.RedisURL}, {"smtp", &s.SMTPURL}} {
		parsed, err := url.Parse(*u.address)
		if err != nil {
			return s, err
		}
		if parsed.Host, err = through(u.name, parsed.Host); err != nil {
			return s, err
		}
		*u.address = parsed.String()
	}
	return s, nil
}
