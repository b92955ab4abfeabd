package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra/actors/cluster"
)

// clusterFault returns what is wrong with the settings of the cluster, if anything.
func (c *Config) clusterFault() error {
	set := 0
	for _, file := range []string{c.ClusterCA, c.ClusterCert, c.ClusterKey} {
		if file != "" {
			set++
		}
	}
	switch {
	case set != 0 && set != 3:
		return errors.New("EVENTRA_CLUSTER_CA, EVENTRA_CLUSTER_CERT and EVENTRA_CLUSTER_KEY go together")
	case c.ClusterListen == "" && (c.ClusterAdvertise != "" || set > 0):
		return settingFault("CLUSTER_LISTEN", "is needed by the other EVENTRA_CLUSTER settings")
	case c.ClusterListen == "":
		return nil
	}
	if fault := addressFault("CLUSTER_LISTEN", c.ClusterListen); fault != nil {
		return fault
	}
	if c.ClusterAdvertise != "" {
		if fault := addressFault("CLUSTER_ADVERTISE", c.ClusterAdvertise); fault != nil {
			return fault
		}
	}
	if host, _, _ := net.SplitHostPort(c.ClusterListen); set == 0 && !net.ParseIP(host).IsLoopback() {
		return settingFault("CLUSTER_LISTEN", "without EVENTRA_CLUSTER_CA, _CERT and _KEY it must be an address of the loopback interface, because every peer that reaches the port is trusted")
	}
	return nil
}

// clusterConfig makes the configuration of this instance's member.
func (c *Config) clusterConfig(members cluster.MemberStore, log *slog.Logger) (config cluster.Config, err error) {
	config = cluster.Config{Listen: c.ClusterListen, Advertise: c.ClusterAdvertise, Secrets: c.clusterSecrets(), Version: c.Version,
		Members: members, Log: log}
	if c.ClusterCA != "" {
		if config.Credentials, err = cluster.LoadCredentials(c.ClusterCA, c.ClusterCert, c.ClusterKey); err != nil {
			return config, fmt.Errorf("certificates of the cluster: %w", err)
		}
	}
	host, port, _ := net.SplitHostPort(c.ClusterListen)
	if ip := net.ParseIP(host); config.Advertise == "" && c.ClusterListen != "" && (ip == nil || ip.IsUnspecified()) {
		own, err := addressTowards(c.PostgresURL)
		if err != nil {
			return config, fmt.Errorf("EVENTRA_CLUSTER_ADVERTISE is not set, and the address to advertise could not be found: %w", err)
		}
		config.Advertise = net.JoinHostPort(own, port)
	}
	return config, nil
}

// addressLookup bounds the look-up of PostgreSQL's names.
const addressLookup = 5 * time.Second

// addressTowards returns this machine's address on the way to the first of
// PostgreSQL's hosts that has one. The other members reach that host, too, so they
// most likely reach the address. It sends nothing to the hosts.
func addressTowards(postgresURL string) (string, error) {
	config, err := pgconn.ParseConfig(postgresURL)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), addressLookup)
	defer cancel()
	hosts := []string{config.Host}
	for _, fallback := range config.Fallbacks {
		hosts = append(hosts, fallback.Host)
	}
	var errs []error
	for _, host := range slices.Compact(hosts) { // a host is there twice if it is tried with and without TLS
		own, err := addressTowardsHost(ctx, host)
		if err == nil {
			return own, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

func addressTowardsHost(ctx context.Context, host string) (string, error) {
	if network, _ := pgconn.NetworkAddress(host, 0); network == "unix" {
		return "", fmt.Errorf("%s is a socket of this machine", host)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(host, "1"))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	own, _, err := net.SplitHostPort(conn.LocalAddr().String())
	return own, err
}
