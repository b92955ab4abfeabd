package persistencetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
)

// Gateway is what the suite needs of a payment gateway that obeys mock tokens.
type Gateway interface {
	Charge(ctx context.Context, p eventra.Payment, token string) error
	Void(ctx context.Context, paymentID eventra.ID) (charged bool, err error)
	Refund(ctx context.Context, p eventra.Payment) error
}

// RunGateway checks that money moves once and never after a void.
func RunGateway(t *testing.T, open func(*testing.T) Gateway) {
	cases := map[string]func(*testing.T, Gateway){
		"tokens":                         tokens,
		"a void after a charge":          voidCharged,
		"a charge after a void":          chargeVoided,
		"a refund":                       refundCharged,
		"a slow charge that is given up": slowCharge,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func newPayment() eventra.Payment {
	return eventra.Payment{ID: NewID(), Method: "mock", Amount: eventra.Money{Amount: 4200, Currency: "EUR"}}
}

func tokens(t *testing.T, gateway Gateway) {
	for token, code := range map[string]eventra.Code{
		"tok_ok":           "",
		"tok_slow_0":       "",
		"tok_slow_20":      "",
		"tok_declined":     eventra.CodePaymentDeclined,
		"":                 eventra.CodePaymentDeclined,
		"tok_unknown":      eventra.CodePaymentDeclined,
		"tok_slow_":        eventra.CodePaymentDeclined,
		"tok_slow_-1":      eventra.CodePaymentDeclined,
		"tok_slow_60001":   eventra.CodePaymentDeclined,
		"tok_slow_9999999": eventra.CodePaymentDeclined,
		"tok_error":        eventra.CodeInternal,
	} {
		p := newPayment()
		require.Equal(t, code, eventra.CodeOf(gateway.Charge(t.Context(), p, token)), token)
		charged, err := gateway.Void(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, code == "", charged, token)
	}
}

func voidCharged(t *testing.T, gateway Gateway) {
	p := newPayment()
	for range 2 {
		require.NoError(t, gateway.Charge(t.Context(), p, "tok_ok"))
	}
	for range 2 {
		charged, err := gateway.Void(t.Context(), p.ID)
		require.NoError(t, err)
		require.True(t, charged)
	}
}

func chargeVoided(t *testing.T, gateway Gateway) {
	p := newPayment()
	charged, err := gateway.Void(t.Context(), p.ID)
	require.NoError(t, err)
	require.False(t, charged)
	for range 2 {
		requireNoCharge(t, gateway, p)
	}
	charged, err = gateway.Void(t.Context(), p.ID)
	require.NoError(t, err)
	require.False(t, charged)
}

// requireNoCharge requires a charge to fail, and nobody to be told that a bank
// refused it.
func requireNoCharge(t *testing.T, gateway Gateway, p eventra.Payment) {
	t.Helper()
	err := gateway.Charge(t.Context(), p, "tok_ok")
	require.Error(t, err)
	require.NotEqual(t, eventra.CodePaymentDeclined, eventra.CodeOf(err))
}

func refundCharged(t *testing.T, gateway Gateway) {
	p := newPayment()
	require.NoError(t, gateway.Charge(t.Context(), p, "tok_ok"))
	for range 2 {
		require.NoError(t, gateway.Refund(t.Context(), p))
	}
	requireNoCharge(t, gateway, p) // money went back for good
	charged, err := gateway.Void(t.Context(), p.ID)
	require.NoError(t, err)
	require.False(t, charged)
}

func slowCharge(t *testing.T, gateway Gateway) {
	p := newPayment()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, gateway.Charge(ctx, p, "tok_slow_60000"), context.DeadlineExceeded)
	charged, err := gateway.Void(t.Context(), p.ID)
	require.NoError(t, err)
	require.False(t, charged)
}
