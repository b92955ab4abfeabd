package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra/test/certificates"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/ledger"
	"github.com/eventra/eventra/test/network"
	"github.com/eventra/eventra/test/store"
)

// Cluster is a number of instances on fresh stores, with their users.
type Cluster struct {
	*Report
	Settings  *Settings
	Stores    store.Stores
	Instances []*instance.Instance
	Targets   []*client.Target // of the instances, in the same order
	Admin     *client.Admin
	Buyers    []*client.Buyer
	Ledger    *ledger.Ledger
	DB        *pgxpool.Pool
	machine   *machine
}

// InstanceConfig configures one instance of a cluster.
type InstanceConfig struct {
	HTTPAddress, ClusterAddress string
	Binary                      string        // empty: Settings.Binary
	Wrapper                     []string      // see instance.Spec
	Stores                      *store.Stores // nil: the cluster's
	Environment                 []string      // additional
}

// Timeouts of instances.
const (
	StartTimeout = 30 * time.Second
	StopTimeout  = 30 * time.Second
)

const (
	buyers = 8

	adminEmail, adminPassword = "root@eventra.test", "root-password"
	jwtSecret                 = "a-secret-of-the-cluster-test-of-32-bytes-or-more"
	drainDelay                = "500ms"
)

// New starts a cluster of n instances on the loopback interface.
func New(ctx context.Context, s *Settings, r *Report, n int) (*Cluster, error) {
	configs, err := Loopback(n)
	if err != nil {
		return nil, err
	}
	stores, err := s.Stores.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	return NewWith(ctx, s, r, stores, configs)
}

// Loopback returns the configuration of n instances on the loopback interface.
func Loopback(n int) (configs []InstanceConfig, err error) {
	addresses, err := instance.FreeAddresses(2 * n)
	for i := 0; err == nil && i < n; i++ {
		configs = append(configs, InstanceConfig{HTTPAddress: addresses[2*i], ClusterAddress: addresses[2*i+1]})
	}
	return configs, err
}

// OnNode returns the configuration of an instance on a node of a network testbed.
func OnNode(node *network.Node) InstanceConfig {
	return InstanceConfig{HTTPAddress: node.Address + ":8080", ClusterAddress: node.Address + ":9000", Wrapper: node.Command()}
}

// NewWith starts a cluster of the configured instances.
func NewWith(ctx context.Context, s *Settings, r *Report, stores store.Stores, configs []InstanceConfig) (*Cluster, error) {
	c, err := Prepare(ctx, s, r, stores, configs)
	if err == nil {
		err = c.Open(ctx)
	}
	if err != nil && c != nil {
		c.Close()
		return nil, err
	}
	return c, err
}

// Prepare returns a cluster whose instances do not run yet.
func Prepare(ctx context.Context, s *Settings, r *Report, stores store.Stores, configs []InstanceConfig) (*Cluster, error) {
	folder, err := os.MkdirTemp(s.LogFolder, r.Scenario.Name+"-")
	if err != nil {
		return nil, err
	}
	files, issuer, err := certificates.Provide(ctx, s.Binary, folder)
	if err != nil {
		return nil, fmt.Errorf("certificates by %s: %w", issuer, err)
	}
	c := &Cluster{Report: r, Settings: s, Stores: stores, Ledger: &ledger.Ledger{},
		Admin: &client.Admin{Email: adminEmail, Password: adminPassword}}
	if c.DB, err = pgxpool.New(ctx, stores.PostgresURL); err != nil {
		return nil, err
	}
	c.machine = watchMachine(s.Stores.PostgresURL)
	for i, config := range configs {
		spec := instance.Spec{Name: fmt.Sprintf("i%d", i+1), Binary: config.Binary, HTTPAddress: config.HTTPAddress,
			ClusterAddress: config.ClusterAddress, Wrapper: config.Wrapper, LogFolder: folder}
		if spec.Binary == "" {
			spec.Binary = s.Binary
		}
		reached := stores
		if config.Stores != nil {
			reached = *config.Stores
		}
		spec.Environment = append(append(reached.Environment(), files.Environment()...),
			"EVENTRA_HTTP_ADDR="+config.HTTPAddress, "EVENTRA_CLUSTER_LISTEN="+config.ClusterAddress,
			"EVENTRA_JWT_SECRET="+jwtSecret, "EVENTRA_RATE_LIMITS=off", "EVENTRA_REQUIRE_VERIFIED_EMAIL=false", "EVENTRA_DRAIN_DELAY="+drainDelay,
			"EVENTRA_LOG_FORMAT=text", "EVENTRA_ADMIN_EMAIL="+adminEmail, "EVENTRA_ADMIN_PASSWORD="+adminPassword)
		target := client.NewTarget(spec.Name, config.HTTPAddress)
		// From another network namespace only the listener for operations shows metrics.
		if host, _, _ := net.SplitHostPort(config.HTTPAddress); !net.ParseIP(host).IsLoopback() {
			operations := net.JoinHostPort(host, operationsPort)
			spec.Environment = append(spec.Environment, "EVENTRA_OPS_ADDR="+operations)
			target = target.WithOperations(operations)
		}
		spec.Environment = append(spec.Environment, config.Environment...)
		c.Instances = append(c.Instances, instance.New(spec))
		c.Targets = append(c.Targets, target)
	}
	c.Say("certificates by %s; logs in %s", issuer, filepath.Base(folder))
	return c, nil
}

// operationsPort serves the metrics of an instance that has an address of its own.
const operationsPort = "9090"

// Open starts all instances concurrently and registers the buyers.
func (c *Cluster) Open(ctx context.Context) error {
	if err := c.Start(c.Instances...); err != nil {
		return err
	}
	return c.Register(ctx)
}

// Start starts instances concurrently and waits until they are ready.
func (c *Cluster) Start(instances ...*instance.Instance) error {
	errs := make([]error, len(instances))
	var wg sync.WaitGroup
	for k, i := range instances {
		wg.Go(func() {
			if errs[k] = i.Start(); errs[k] == nil {
				errs[k] = i.WaitReady(StartTimeout)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Register logs the administrator in, registers the buyers, and waits until the
// cluster has converged.
func (c *Cluster) Register(ctx context.Context) error {
	if err := c.Admin.LogIn(c.Targets[0]); err != nil {
		return err
	}
	for len(c.Buyers) < buyers {
		b, err := client.Register(c.Targets[0], c.Ledger)
		if err != nil {
			return err
		}
		c.Buyers = append(c.Buyers, b)
	}
	took, err := c.WaitConverged(ctx)
	if err == nil {
		c.Say("%d instances, converged after %v", len(c.Instances), took.Round(time.Millisecond))
	}
	return err
}

// Close kills the running instances.
func (c *Cluster) Close() {
	late, commit := c.machine.Stop()
	c.Figure("machine", "longest wait for a CPU %v, longest commit %v", late.Round(time.Millisecond), commit.Round(time.Millisecond))
	for _, i := range c.Instances {
		if i.Running() {
			_ = i.Thaw() // so that a frozen process can complete its log
			_ = i.Kill()
		}
	}
	c.DB.Close()
}
