// Package sentinel runs a Redis server, its replica, and three sentinels that watch them, all
// on the loopback interface.
package sentinel

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/process"
	"github.com/eventra/eventra/test/store"
	"github.com/eventra/eventra/test/wait"
)

const (
	masterName = "sales"
	// startTimeout is longer than sentinels take to find each other and the replica.
	startTimeout = time.Minute
)

// Cluster is the running servers.
type Cluster struct {
	Master, Replica *Server // as they were at the start
	sentinels       []*Server
	folder          string
}

// Server is a Redis server or a sentinel.
type Server struct {
	Address string
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// configuration is what docs/runbooks/redis.md shows.
const configuration = `sentinel monitor %[1]s %[2]s %[3]s 2
sentinel down-after-milliseconds %[1]s 1000
sentinel failover-timeout %[1]s 10000
`

// Start starts the servers, and waits until each sentinel knows the others and the replica.
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
	addresses, err := instance.FreeAddresses(5)
	if err != nil {
		return c, err
	}
	if c.Master, err = c.run(addresses[0], "redis-server", "save \"\"\nrepl-diskless-sync-delay 0\n"); err != nil {
		return c, err
	}
	host, port, _ := net.SplitHostPort(addresses[0])
	if c.Replica, err = c.run(addresses[1], "redis-server", "save \"\"\nreplicaof "+host+" "+port+"\n"); err != nil {
		return c, err
	}
	err = wait.Until(ctx, startTimeout, "the replica to follow", func() bool {
		info, err := store.RedisInfo(c.Replica.Address, "replication")
		return err == nil && strings.Contains(info, "master_link_status:up")
	})
	for _, address := range addresses[2:] {
		if err != nil {
			return c, err
		}
		var s *Server
		if s, err = c.run(address, "redis-sentinel", fmt.Sprintf(configuration, masterName, host, port)); err == nil {
			c.sentinels = append(c.sentinels, s)
		}
	}
	if err != nil {
		return c, err
	}
	return c, wait.Until(ctx, startTimeout, "the sentinels to know each other and the replica", func() bool {
		for _, s := range c.sentinels {
			if info, err := store.RedisInfo(s.Address, "sentinel"); err != nil || !strings.Contains(info, "status=ok") ||
				!strings.Contains(info, "slaves=1,sentinels=3") {
				return false
			}
		}
		return true
	})
}

// run starts a server with a configuration file of its own, which a sentinel writes to.
func (c *Cluster) run(address, program, config string) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(c.folder, port+".conf")
	config = fmt.Sprintf("bind %s\nport %s\ndir %s\nlogfile %s.log\n", host, port, c.folder, port) + config
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	s := &Server{Address: address, cmd: exec.Command(program, file), ended: make(chan struct{})}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := process.Start(s.cmd); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	go func() {
		_ = s.cmd.Wait() // only the end matters
		close(s.ended)
	}()
	return s, nil
}

// URL returns the address of the master's first database, at all sentinels.
func (c *Cluster) URL() string {
	var addresses []string
	for _, s := range c.sentinels {
		addresses = append(addresses, s.Address)
	}
	return "redis+sentinel://" + strings.Join(addresses, ",") + "/0?master=" + masterName
}

// Promoted reports whether a sentinel names the replica as the master.
func (c *Cluster) Promoted() bool {
	for _, s := range c.sentinels {
		if info, err := store.RedisInfo(s.Address, "sentinel"); err == nil && strings.Contains(info, "address="+c.Replica.Address+",") {
			return true
		}
	}
	return false
}

// Kill sends SIGKILL and waits until the process has ended.
func (s *Server) Kill() error {
	err := s.cmd.Process.Kill()
	<-s.ended
	return err
}

// Stop ends everything and deletes the data.
func (c *Cluster) Stop() {
	for _, s := range append(c.sentinels, c.Replica, c.Master) {
		if s != nil {
			_ = s.Kill() // perhaps it has ended
		}
	}
	_ = os.RemoveAll(c.folder)
}
