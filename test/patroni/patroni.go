// Package patroni runs two PostgreSQL servers under Patroni, one of them the synchronous
// standby of the other, with etcd, all on the loopback interface.
package patroni

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/process"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

const (
	role, password = "eventra", "of-the-drill"
	startTimeout   = 2 * time.Minute
)

// Cluster is a running pair of servers.
type Cluster struct {
	Nodes  []*Node
	folder string
	etcd   *exec.Cmd
	system *syscall.Credential // that PostgreSQL runs as: it refuses root
}

// Node is a server and its Patroni.
type Node struct {
	Name, Address string
	config        string
	cluster       *Cluster
	patroni       *exec.Cmd
	data          string
}

// Start starts etcd and the nodes, and waits until there is a synchronous standby.
func Start(ctx context.Context) (c *Cluster, err error) {
	c = &Cluster{}
	if c.folder, err = os.MkdirTemp("", "drill-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	if c.system, err = store.PostgresUser(c.folder); err != nil {
		return c, err
	}
	addresses, err := instance.FreeAddresses(6)
	if err != nil {
		return c, err
	}
	if err := c.startEtcd(ctx, addresses[0], addresses[1]); err != nil {
		return c, err
	}
	for i, name := range []string{"n1", "n2"} {
		n := &Node{Name: name, Address: addresses[2+2*i], cluster: c, data: filepath.Join(c.folder, name)}
		if err := n.configure(addresses[0], addresses[3+2*i]); err != nil {
			return c, err
		}
		c.Nodes = append(c.Nodes, n)
		if err := n.Start(); err != nil {
			return c, err
		}
		if err := wait.Until(ctx, startTimeout, name+" to answer", func() bool { _, err := n.Primary(ctx); return err == nil }); err != nil {
			return c, fmt.Errorf("%w: see %s", err, n.log())
		}
	}
	return c, c.WaitSynchronous(ctx)
}

func (c *Cluster) run(log string, program string, args ...string) (*exec.Cmd, error) {
	out, err := os.OpenFile(filepath.Join(c.folder, log), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.folder, out, out
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + c.folder, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.system, Pdeathsig: syscall.SIGKILL}
	if err := process.Start(cmd); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	go func() { _ = cmd.Wait() }()
	return cmd, nil
}

func (c *Cluster) startEtcd(ctx context.Context, client, peer string) (err error) {
	c.etcd, err = c.run("etcd.log", "etcd", "--data-dir", filepath.Join(c.folder, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls", "http://"+client, "--advertise-client-urls", "http://"+client,
		"--listen-peer-urls", "http://"+peer, "--initial-advertise-peer-urls", "http://"+peer, "--initial-cluster", "default=http://"+peer)
	if err != nil {
		return err
	}
	return wait.Listening(ctx, startTimeout, client)
}

// configuration is what docs/runbooks/failover.md shows.
const configuration = `scope: eventra
name: %[1]s
restapi: {listen: '%[2]s', connect_address: '%[2]s'}
etcd3: {host: '%[3]s'}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 5
    synchronous_mode: true
    primary_start_timeout: 0
    postgresql:
      use_pg_rewind: true
      parameters: {max_connections: 200, wal_keep_size: 512MB, timezone: UTC, wal_log_hints: 'on'}
  initdb: [{encoding: UTF8}, {locale: C}, {auth: scram-sha-256}]
postgresql:
  listen: '%[4]s'
  connect_address: '%[4]s'
  data_dir: '%[5]s'
  bin_dir: '%[6]s'
  pgpass: '%[5]s.pgpass'
  pg_hba: ['host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256']
  authentication:
    superuser: {username: '%[7]s', password: '%[8]s'}
    replication: {username: replicator, password: '%[8]s'}
  parameters: {unix_socket_directories: ''}
`

func (n *Node) configure(etcd, api string) error {
	bin, err := store.PostgresPrograms()
	if err != nil {
		return err
	}
	n.config = n.data + ".yml"
	return os.WriteFile(n.config, fmt.Appendf(nil, configuration, n.Name, api, etcd, n.Address, n.data, bin, role, password), 0o644)
}

func (n *Node) log() string { return filepath.Join(n.cluster.folder, n.Name+".log") }

// Start starts the node's Patroni, which starts PostgreSQL.
func (n *Node) Start() (err error) {
	n.patroni, err = n.cluster.run(n.Name+".log", "patroni", n.config)
	return err
}

// Kill sends SIGKILL to all processes of the node, as if its machine had failed.
func (n *Node) Kill() error {
	content, err := os.ReadFile(filepath.Join(n.data, "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(content), "\n")
	postmaster, err := strconv.Atoi(line)
	if err != nil {
		return fmt.Errorf("postmaster.pid: %w", err)
	}
	return errors.Join(n.patroni.Process.Kill(), syscall.Kill(postmaster, syscall.SIGKILL))
}

// URL returns the address of one database, at all nodes.
func (c *Cluster) URL(database string) string {
	var hosts []string
	for _, n := range c.Nodes {
		hosts = append(hosts, n.Address)
	}
	return "postgres://" + role + ":" + password + "@" + strings.Join(hosts, ",") + "/" + database + "?sslmode=disable&target_session_attrs=read-write"
}

// Primary reports whether the node accepts writes.
func (n *Node) Primary(ctx context.Context) (primary bool, err error) {
	err = n.ask(ctx, "SELECT NOT pg_is_in_recovery()", &primary)
	return primary, err
}

func (n *Node) ask(ctx context.Context, sql string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, "postgres://"+role+":"+password+"@"+n.Address+"/postgres?sslmode=disable")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return conn.QueryRow(ctx, sql).Scan(answer)
}

// Roles returns the primary and the other node.
func (c *Cluster) Roles(ctx context.Context) (primary, other *Node, err error) {
	for i, n := range c.Nodes {
		if is, err := n.Primary(ctx); err == nil && is {
			return n, c.Nodes[1-i], nil
		}
	}
	return nil, nil, errors.New("there is no primary")
}

// WaitSynchronous waits until each commit waits for the standby.
func (c *Cluster) WaitSynchronous(ctx context.Context) error {
	return wait.Until(ctx, startTimeout, "a synchronous standby", func() bool {
		primary, _, err := c.Roles(ctx)
		synchronous := 0
		return err == nil && primary.ask(ctx, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", &synchronous) == nil && synchronous == 1
	})
}

// Stop ends everything and deletes the data.
func (c *Cluster) Stop() {
	for _, n := range c.Nodes {
		_ = n.Kill() // perhaps it has ended
	}
	if c.etcd != nil {
		_ = c.etcd.Process.Kill()
	}
	_ = os.RemoveAll(c.folder)
}
