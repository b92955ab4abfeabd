package app

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConfig_ClusterFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"in clear on all interfaces":             {ClusterListen: "0.0.0.0:7400"},
		"in clear on another machine":            {ClusterListen: "10.1.2.3:7400"},
		"in clear on a name":                     {ClusterListen: "localhost:7400"},
		"no port":                                {ClusterListen: "127.0.0.1"},
		"advertises an address without port":     {ClusterListen: "127.0.0.1:7400", ClusterAdvertise: "host"},
		"a certificate without a key":            {ClusterListen: "127.0.0.1:7400", ClusterCA: "ca", ClusterCert: "crt"},
		"certificates, no address":               {ClusterCA: "ca", ClusterCert: "crt", ClusterKey: "key"},
		"advertises an address, listens at none": {ClusterAdvertise: "host:7400"},
	} {
		require.Error(t, c.clusterFault(), name)
	}
	for name, c := range map[string]Config{
		"alone":             {},
		"on loopback":       {ClusterListen: "127.0.0.1:7400"},
		"with certificates": {ClusterListen: "0.0.0.0:7400", ClusterCA: "ca", ClusterCert: "crt", ClusterKey: "key"},
	} {
		require.NoError(t, c.clusterFault(), name)
	}
}

func TestConfig_AdvertisesTheAddressTowardsPostgres(t *testing.T) {
	t.Parallel()
	c := Config{ClusterListen: "0.0.0.0:7400"}
	for name, at := range map[string]struct{ url, advertised string }{
		"one host":                       {"postgres://u:p@127.0.0.1:5432/db", "127.0.0.1:7400"},
		"several hosts":                  {"postgres://u:p@127.0.0.1:5432,127.0.0.2:5433,127.0.0.3/db", "127.0.0.1:7400"},
		"several hosts of IPv6":          {"postgres://u:p@[::1]:5432,[::1]:5433/db", "[::1]:7400"},
		"hosts as a parameter":           {"postgres://u:p@/db?host=127.0.0.1,127.0.0.2&port=5432,5433", "127.0.0.1:7400"},
		"the first has no address":       {"postgres://u:p@nowhere.invalid:5432,127.0.0.1:5432/db", "127.0.0.1:7400"},
		"the first is a socket of files": {"postgres://u:p@/db?host=/run/postgresql,127.0.0.1", "127.0.0.1:7400"},
		"a scheme in full, with TLS":     {"postgresql://u:p@127.0.0.1,127.0.0.1:2/db?sslmode=require", "127.0.0.1:7400"},
	} {
		c.PostgresURL = at.url
		config, err := c.clusterConfig(nil, slog.New(slog.DiscardHandler))
		require.NoError(t, err, name)
		require.Equal(t, at.advertised, config.Advertise, name)
		require.NoError(t, c.postgresFault(), name)
	}
	c.PostgresURL = "postgres://u:p@nowhere.invalid,elsewhere.invalid/db"
	_, err := c.clusterConfig(nil, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "EVENTRA_CLUSTER_ADVERTISE")

	c.ClusterAdvertise = "eventra-1:7400"
	config, err := c.clusterConfig(nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, "eventra-1:7400", config.Advertise)
}
