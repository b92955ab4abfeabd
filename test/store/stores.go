// Package store connects tests to the servers that Eventra needs. It makes fresh
// databases on them, and kills, freezes and restarts the servers.
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

// Stores are the URLs of one set of stores.
type Stores struct{ PostgresURL, MongoURL, RedisURL, SMTPURL string }

// FromEnvironment reads the variables that the launcher of the development stack
// sets.
func FromEnvironment() (s Stores, err error) {
	for _, setting := range []struct {
		name  string
		value *string
	}{
		{"EVENTRA_POSTGRES_URL", &s.PostgresURL}, {"EVENTRA_MONGO_URL", &s.MongoURL},
		{"EVENTRA_REDIS_URL", &s.RedisURL}, {"EVENTRA_SMTP_URL", &s.SMTPURL},
	} {
		if *setting.value = os.Getenv(setting.name); *setting.value == "" {
			return s, fmt.Errorf("%s is not set: use make test-cluster, faults or bench-http, or bin/devstack exec -- COMMAND", setting.name)
		}
	}
	return s, nil
}

// Environment returns the settings that name the stores to an instance.
func (s Stores) Environment() []string {
	return []string{"EVENTRA_POSTGRES_URL=" + s.PostgresURL, "EVENTRA_MONGO_URL=" + s.MongoURL,
		"EVENTRA_REDIS_URL=" + s.RedisURL, "EVENTRA_SMTP_URL=" + s.SMTPURL}
}

// redisNumber is the last Redis database in use; 0 is the launcher's.
var redisNumber atomic.Int32

// Fresh creates empty databases on the same servers. Mails go to the same server.
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

// Via returns the same stores at other addresses: proxy gets a store's name and
// the host and port of its URL, and returns the host and port to use instead.
func (s Stores) Via(proxy func(name, address string) (string, error)) (Stores, error) {
	for _, u := range []struct {
		name    string
		address *string
	}{{"postgres", &s.PostgresURL}, {"mongo", &s.MongoURL}, {"redis", &s.RedisURL}, {"smtp", &s.SMTPURL}} {
		parsed, err := url.Parse(*u.address)
		if err != nil {
			return s, err
		}
		if parsed.Host, err = proxy(u.name, parsed.Host); err != nil {
			return s, err
		}
		*u.address = parsed.String()
	}
	return s, nil
}
