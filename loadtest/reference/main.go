// Command reference is the server that the bench compares Eventra with: a conventional
// design without actors. Each request locks its seats in Redis, one key each, and makes
// its own transaction in PostgreSQL. It has Eventra's framework, drivers, pool sizes
// and responses, and leaves out what would slow it down: rate limits, logs, metrics by
// route.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

// maxConns is the size of Eventra's pool.
const maxConns = 16

type server struct {
	tokens   *tokenChecker
	db       *pgxpool.Pool
	locks    *locks
	statuses statusCounter
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	secret, address := os.Getenv("EVENTRA_JWT_SECRET"), os.Getenv("EVENTRA_HTTP_ADDR")
	if secret == "" || address == "" {
		return errors.New("EVENTRA_JWT_SECRET and EVENTRA_HTTP_ADDR must be set")
	}
	config, err := pgxpool.ParseConfig(os.Getenv("EVENTRA_POSTGRES_URL"))
	if err != nil {
		return err
	}
	config.MaxConns = maxConns
	db, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(ctx, schema); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	options, err := redis.ParseURL(os.Getenv("EVENTRA_REDIS_URL"))
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close()

	s := &server{tokens: newTokenChecker([]byte(secret)), db: db, locks: &locks{client}}
	if err := s.locks.load(ctx); err != nil {
		return err
	}
	app := s.app()
	go func() {
		<-ctx.Done()
		_ = app.ShutdownWithTimeout(10 * time.Second)
	}()
	return app.Listen(address)
}

func (s *server) app() *fiber.App {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ErrorHandler: s.handleError})
	app.Get("/readyz", func(c *fiber.Ctx) error { return s.db.Ping(c.Context()) })
	app.Get("/metrics", s.statuses.show)
	app.Get("/noop", s.authenticate, func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	app.Post("/api/v1/events", s.statuses.count, s.authenticate, s.createEvent)
	app.Post("/api/v1/bookings", s.statuses.count, s.authenticate, s.createBooking)
	app.Delete("/api/v1/bookings/:id", s.statuses.count, s.authenticate, s.releaseBooking)
	return app
}
