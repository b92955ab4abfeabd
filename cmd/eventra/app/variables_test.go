package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadConfig_NamesVariables(t *testing.T) {
	for name, value := range map[string]string{
		"EVENTRA_MAIL_RATE": "fast", "EVENTRA_MIGRATE": "perhaps", "EVENTRA_DRAIN_DELAY": "5", "EVENTRA_LOG_LEVEL": "loud",
		"EVENTRA_TRUSTED_PROXIES": "everyone", "EVENTRA_RATE_LIMITS": "bookings=many", "EVENTRA_EVENT_QUEUE_MAX": "1e99",
		"EVENTRA_HTTP_ADDR": "8080", "EVENTRA_CORS_ORIGINS": "https://shop.example,*",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			_, err := LoadConfig()
			require.ErrorContains(t, err, name+": ")
			require.NotContains(t, err.Error(), "on field")
		})
	}
}

func TestAddressFault(t *testing.T) {
	t.Parallel()
	for address, wrong := range map[string]bool{
		"127.0.0.1:8080": false, ":8080": false, "[::1]:0": false, "localhost:http": false,
		"": true, "8080": true, "127.0.0.1": true, "127.0.0.1:99999": true, "::1:80": true, "127.0.0.1:no-such-port": true,
	} {
		require.Equal(t, wrong, addressFault("HTTP_ADDR", address) != nil, address)
	}
}

func TestUnknownSettings_AreThoseThatNothingReads(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"EVENTRA_POSTGRESS_URL", "EVENTRA_LOGLEVEL"}, unknownSettings([]string{"EVENTRA_POSTGRES_URL=x", "PATH=/bin",
		"EVENTRA_POSTGRESS_URL=x", "EVENTRA_SERVICE_HOST=10.0.0.1", "EVENTRA_PORT_8080_TCP=tcp://10.0.0.1:8080", "EVENTRA_DEV_MAIL_URL=x",
		"EVENTRA_LOGLEVEL=warn", "EVENTRA_CLUSTER_KEY=k"}))
}
