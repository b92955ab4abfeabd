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
	c := Config{ClusterListen: "0.0.0.0:7400", PostgresURL: "postgres://u:p@127.0.0.1:5432/db"}
	config, err := c.clusterConfig(nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7400", config.Advertise)

	c.ClusterAdvertise = "eventra-1:7400"
	config, err = c.clusterConfig(nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, "eventra-1:7400", config.Advertise)
}
