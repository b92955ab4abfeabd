package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConfig_GatewayFault(t *testing.T) {
	t.Parallel()
	require.NoError(t, (&Config{PaymentGateway: "mock"}).gatewayFault())
	for choice, fault := range map[string]string{
		"":     "EVENTRA_PAYMENT_GATEWAY: is required; choices: mock",
		"bank": `EVENTRA_PAYMENT_GATEWAY: "bank" is unknown; choices: mock`,
	} {
		require.EqualError(t, (&Config{PaymentGateway: choice}).gatewayFault(), fault)
	}
}
