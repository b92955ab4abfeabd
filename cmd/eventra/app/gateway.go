package app

import (
	"maps"
	"slices"
	"strings"

	"github.com/eventra/eventra/payments"
	"github.com/eventra/eventra/payments/mockgateway"
	"github.com/eventra/eventra/persistence/postgres"
)

// gateways are the choices of EVENTRA_PAYMENT_GATEWAY. There is no default, so
// that no installation confirms bookings without taking money by mistake.
var gateways = map[string]func(*postgres.DB) payments.Gateway{
	"mock": func(db *postgres.DB) payments.Gateway { return mockgateway.New(db) },
}

// gatewayFault returns what is wrong with the choice of a gateway, if anything.
func (c *Config) gatewayFault() error {
	choices := strings.Join(slices.Sorted(maps.Keys(gateways)), ", ")
	switch {
	case c.PaymentGateway == "":
		return settingFault("PAYMENT_GATEWAY", "is required; choices: %s", choices)
	case gateways[c.PaymentGateway] == nil:
		return settingFault("PAYMENT_GATEWAY", "%q is unknown; choices: %s", c.PaymentGateway, choices)
	}
	return nil
}

// gateway makes the chosen gateway.
func (c *Config) gateway(db *postgres.DB) (payments.Gateway, error) {
	if fault := c.gatewayFault(); fault != nil {
		return nil, fault
	}
	return gateways[c.PaymentGateway](db), nil
}
