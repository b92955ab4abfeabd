package http

import (
	"errors"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eventra/eventra/http/auth"
)

// Config is all that a [Server] is made of. Every service is needed; zero
// numbers stand for the defaults named beside them.
type Config struct {
	Users           Users
	DeniedTokens    DeniedTokens
	Catalog         Catalog
	SeatMaps        SeatMaps
	BoxOffice       BoxOffice
	Payments        Payments
	Bookings        Bookings
	IdempotencyKeys IdempotencyKeys
	RateCounters    RateCounters
	Members         Members
	Probes          []Probe

	Metrics *prometheus.Registry // takes this server's metrics; /metrics shows all it has
	Log     *slog.Logger
	Version string // of the program, told by /healthz

	JWTSecret []byte // at least JWTSecretMinBytes; the same on every instance

	PasswordCost  int // of bcrypt; 10
	PasswordSlots int // hashes at a time; half of the CPUs, so that bookings never starve
	PasswordQueue int // hashes waiting before 503; 64

	HoldsMax       int           // requests that wait for seats before more get 503; 10,000
	RequestTimeout time.Duration // of a request's work; 5 s
	PaymentTimeout time.Duration // of a payment's: the gateway's and what follows; 20 s
	DrainDelay     time.Duration // from "not ready" to the closed listener, for load balancers to notice; none

	// RateLimits by class: "bookings" per user, "auth" per address, "reads"
	// per caller, "writes" per user. A class without one is not limited.
	RateLimits map[string]RateLimit
	// Failed logins are counted apart. Zero: not limited.
	LoginFailuresPerAccount RateLimit
	LoginFailuresPerAddress RateLimit

	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
}

// RateLimit is how many requests one subject may make in each window; zero
// means any number.
type RateLimit struct {
	Requests int
	Window   time.Duration
}

// JWTSecretMinBytes is the least length of [Config.JWTSecret].
const JWTSecretMinBytes = auth.SecretMinBytes

const (
	passwordCostDefault   = 10
	passwordQueueDefault  = 64 // about 3 s of work for one slot
	holdsMaxDefault       = 10_000
	requestTimeoutDefault = 5 * time.Second
	paymentTimeoutDefault = 20 * time.Second
)

// complete fills in the defaults and names what is missing.
func (c *Config) complete() error {
	missing := func(name string, absent bool) error {
		if absent {
			return errors.New("http: no " + name)
		}
		return nil
	}
	defaultTo(&c.PasswordCost, passwordCostDefault)
	defaultTo(&c.PasswordSlots, max(1, runtime.NumCPU()/2))
	defaultTo(&c.PasswordQueue, passwordQueueDefault)
	defaultTo(&c.HoldsMax, holdsMaxDefault)
	defaultTo(&c.RequestTimeout, requestTimeoutDefault)
	defaultTo(&c.PaymentTimeout, paymentTimeoutDefault)
	return errors.Join(
		missing("Users", c.Users == nil),
		missing("DeniedTokens", c.DeniedTokens == nil),
		missing("Catalog", c.Catalog == nil),
		missing("SeatMaps", c.SeatMaps == nil),
		missing("BoxOffice", c.BoxOffice == nil),
		missing("Payments", c.Payments == nil),
		missing("Bookings", c.Bookings == nil),
		missing("IdempotencyKeys", c.IdempotencyKeys == nil),
		missing("RateCounters", c.RateCounters == nil),
		missing("Members", c.Members == nil),
		missing("Metrics", c.Metrics == nil),
		missing("Log", c.Log == nil),
		missing("JWTSecret of 32 bytes or more", len(c.JWTSecret) < JWTSecretMinBytes),
	)
}

func defaultTo[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}
