package mockgateway_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra"
	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/payments/mockgateway"
	"github.com/eventra/eventra/persistence/persistencetest"
	"github.com/eventra/eventra/persistence/postgres"
)

var _ payments.Gateway = (*mockgateway.Gateway)(nil)

func open(t testing.TB) *mockgateway.Gateway {
	t.Helper()
	db, err := postgres.Open(context.Background(), persistencetest.NewDatabase(t), postgres.Options{MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return mockgateway.New(db)
}

// TestGateway_MovesMoneyOnce checks that money moves once and never after a void.
func TestGateway_MovesMoneyOnce(t *testing.T) {
	t.Parallel()
	gateway := open(t)
	for name, run := range map[string]func(*testing.T, *mockgateway.Gateway){
		"tokens":                         tokens,
		"a void after a charge":          voidCharged,
		"a charge after a void":          chargeVoided,
		"a refund":                       refundCharged,
		"a slow charge that is given up": slowCharge,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, gateway)
		})
	}
}

func newPayment() eventra.Payment {
	return eventra.Payment{ID: persistencetest.NewID(), Method: "mock", Amount: eventra.Money{Amount: 4200, Currency: "EUR"}}
}

func tokens(t *testing.T, gateway *mockgateway.Gateway) {
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
		charged, err := gateway.Void(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, code == "", charged, token)
	}
}

func voidCharged(t *testing.T, gateway *mockgateway.Gateway) {
	p := newPayment()
	for range 2 {
		require.NoError(t, gateway.Charge(t.Context(), p, "tok_ok"))
	}
	for range 2 {
		charged, err := gateway.Void(t.Context(), p)
		require.NoError(t, err)
		require.True(t, charged)
	}
}

func chargeVoided(t *testing.T, gateway *mockgateway.Gateway) {
	p := newPayment()
	charged, err := gateway.Void(t.Context(), p)
	require.NoError(t, err)
	require.False(t, charged)
	for range 2 {
		requireNoCharge(t, gateway, p)
	}
	charged, err = gateway.Void(t.Context(), p)
	require.NoError(t, err)
	require.False(t, charged)
}

// requireNoCharge requires a charge to fail, without the claim that a bank
// declined it.
func requireNoCharge(t *testing.T, gateway *mockgateway.Gateway, p eventra.Payment) {
	t.Helper()
	err := gateway.Charge(t.Context(), p, "tok_ok")
	require.Error(t, err)
	require.NotEqual(t, eventra.CodePaymentDeclined, eventra.CodeOf(err))
}

func refundCharged(t *testing.T, gateway *mockgateway.Gateway) {
	p := newPayment()
	require.NoError(t, gateway.Charge(t.Context(), p, "tok_ok"))
	for range 2 {
		require.NoError(t, gateway.Refund(t.Context(), p))
	}
	requireNoCharge(t, gateway, p) // the money was returned for good
	charged, err := gateway.Void(t.Context(), p)
	require.NoError(t, err)
	require.False(t, charged)
}

func slowCharge(t *testing.T, gateway *mockgateway.Gateway) {
	p := newPayment()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, gateway.Charge(ctx, p, "tok_slow_60000"), context.DeadlineExceeded)
	charged, err := gateway.Void(t.Context(), p)
	require.NoError(t, err)
	require.False(t, charged)
}

// BenchmarkCharge charges from many goroutines at once, as in a rush.
func BenchmarkCharge(b *testing.B) {
	gateway := open(b)
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := gateway.Charge(b.Context(), newPayment(), "tok_ok"); err != nil {
				b.Error(err)
			}
		}
	})
}
