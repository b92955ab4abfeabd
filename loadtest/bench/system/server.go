package system

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

// Server is a program that is measured.
type Server struct {
	Name   string
	Target *client.Target
	Admin  *client.Admin // of Eventra

	buyers   []*client.Buyer
	peers    []*Server // other members of its cluster
	instance *instance.Instance
	stores   store.Stores
	counts   string // the metric that counts responses by status
	// profileAddress is where it serves profiles; empty: nowhere.
	profileAddress string
}

const (
	eventraCounts   = "eventra_http_request_duration_seconds_count"
	referenceCounts = "reference_http_requests_total"
	metricsTimeout  = 10 * time.Second
	checkTimeout    = 10 * time.Minute // of some million bookings
)

// IsReference reports whether it is the reference server, not another build.
func (s *Server) IsReference() bool { return s.counts == referenceCounts }

// Start starts the server and waits until it is ready.
func (s *Server) Start() error {
	if err := s.instance.Start(); err != nil {
		return err
	}
	return s.instance.WaitReady(readyTimeout)
}

// Set adds to the environment from the next start on.
func (s *Server) Set(environment ...string) {
	s.instance.Environment = append(s.instance.Environment, environment...)
}

// Stop stops the server gracefully.
func (s *Server) Stop() error { return s.instance.Stop(stopTimeout) }

var statusLabel = regexp.MustCompile(`status="(\d+)"`)

// Statuses counts the responses since the server's start, by status.
func (s *Server) Statuses() (map[int]int64, error) {
	samples, err := s.Target.Metrics(s.counts, metricsTimeout)
	if err != nil {
		return nil, err
	}
	statuses := map[int]int64{}
	for labels, n := range samples {
		label := statusLabel.FindStringSubmatch(labels)
		// The bench's own requests are no load.
		if label == nil || strings.Contains(labels, `route="/metrics"`) || strings.Contains(labels, `route="/readyz"`) {
			continue
		}
		status, _ := strconv.Atoi(label[1])
		statuses[status] += int64(n)
	}
	return statuses, nil
}

// Metric returns a metric without labels.
func (s *Server) Metric(name string) (float64, error) {
	samples, err := s.Target.Metrics(name, metricsTimeout)
	if err != nil {
		return 0, err
	}
	value, found := samples[""]
	if !found {
		return 0, fmt.Errorf("%s has no metric %s", s.Name, name)
	}
	return value, nil
}

var boundLabel = regexp.MustCompile(`^\{le="([^"]+)"\}$`)

// Buckets returns a histogram without labels.
func (s *Server) Buckets(name string) (stats.Buckets, error) {
	samples, err := s.Target.Metrics(name+"_bucket", metricsTimeout)
	if err != nil {
		return nil, err
	}
	buckets := stats.Buckets{}
	for labels, n := range samples {
		if label := boundLabel.FindStringSubmatch(labels); label != nil {
			bound, err := strconv.ParseFloat(label[1], 64) // parses +Inf
			if err != nil {
				return nil, err
			}
			buckets[bound] = n
		}
	}
	return buckets, nil
}

// Resident returns the resident memory of the server's process in bytes, after a pause.
func (s *Server) Resident(ctx context.Context, pause time.Duration) (int64, error) {
	if err := wait.Sleep(ctx, pause); err != nil {
		return 0, err
	}
	f, err := s.Target.Footprint(metricsTimeout)
	return f.Resident, err
}

// SQL executes statements in the server's database.
func (s *Server) SQL(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.stores.PostgresURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// Number returns the number that a query selects in the server's database.
func (s *Server) Number(ctx context.Context, query string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, s.stores.PostgresURL)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	err = conn.QueryRow(ctx, query).Scan(&n)
	return n, err
}

// AddRedisKeys adds unrelated, lasting keys to the server's Redis database.
func (s *Server) AddRedisKeys(keys int) error { return store.AddRedisKeys(s.stores.RedisURL, keys) }

// Vacuum makes PostgreSQL do what it would otherwise do during a run, so that each
// run begins with planner statistics and without a backlog.
func (s *Server) Vacuum(ctx context.Context) error {
	return s.SQL(ctx, "VACUUM (ANALYZE)", "CHECKPOINT")
}

// check runs `eventra check` on the server's database.
func (s *Server) check(ctx context.Context, eventra string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, eventra, "check")
	command.Env = append(os.Environ(), s.stores.Environment()...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("eventra check: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) drop(ctx context.Context, from store.Stores) error {
	address, err := url.Parse(s.stores.PostgresURL)
	if err != nil {
		return err
	}
	name := pgx.Identifier{strings.TrimPrefix(address.Path, "/")}.Sanitize()
	return (&Server{stores: from}).SQL(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
}
