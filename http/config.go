package http

import (
	"errors"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra/http/admission"
	"github.com/eventra/eventra/http/auth"
)

// Config is what a [Server] needs. All services are required. A zero number stands
// for the default in its comment.
type Config struct {
	Users           Users
	APIKeys         APIKeys
	Customers       Customers
	DeniedTokens    DeniedTokens
	Catalog         Catalog
	SeatMaps        SeatMaps
	BoxOffice       BoxOffice
	Payments        Payments
	Bookings        Bookings
	Blocks          Blocks
	Cancellations   Cancellations
	BackOffice      BackOffice
	Audit           AuditLog
	UserAdmin       UserAdmin
	DeadMails       DeadMails
	MailTries       MailTries
	IdempotencyKeys IdempotencyKeys
	RateCounters    RateCounters
	Members         Members
	Probes          []Probe

	Metrics *prometheus.Registry // this server registers its metrics; /metrics shows the whole registry
	Log     *slog.Logger
	Version string // of the program; /healthz shows it

	// Tracer makes the spans of requests, of about this share of them; nil: of none.
	Tracer     trace.Tracer
	TraceRatio float64

	// JWTSecrets have at least JWTSecretMinBytes each. The first signs, all verify, so that one
	// can replace another while instances run.
	JWTSecrets [][]byte

	PasswordCost  int // of bcrypt; 10
	PasswordSlots int // passwords hashed at a time; half of the CPUs, so that bookings never starve
	PasswordQueue int // log-ins waiting for a slot, and as many registrations, before more get 503; 256

	SessionLife time.Duration // of a session, however often it is refreshed; 90 days

	// RequireVerifiedEmail: holds need a verified address, and a registration sends the mail
	// that verifies it.
	RequireVerifiedEmail bool

	HoldsMax       int           // requests that wait for seats before more get 503; 10,000
	RequestTimeout time.Duration // of a request; 5 s
	PaymentTimeout time.Duration // of a payment, the gateway's time included; 20 s
	DrainDelay     time.Duration // from "not ready" to the closed listener, so that load balancers notice; none

	// RateLimits by class: "bookings" per user, "auth" per address, "reads"
	// per caller, "writes" per user, "unauthenticated" per address, which are
	// the requests without a valid access token that need one, "keys" per user, which are new
	// idempotency keys and the KiB of what is stored under them, "mails" per user or address,
	// which are the requests for a mail about an account. A class without one is not limited.
	RateLimits map[string]RateLimit
	// Failed logins have limits of their own. Zero: not limited.
	LoginFailuresPerAccount RateLimit
	LoginFailuresPerAddress RateLimit

	ConnectionsMax        int // 0: what the limit of open files leaves
	ConnectionsPerAddress int // except of trusted proxies; 0: any number
	StreamsPerAddress     int // 0: any number
	StreamsPerUser        int // 0: any number

	// OwnOperations leaves /metrics to [Server.ServeOperations] alone.
	OwnOperations bool
	// HSTSMaxAge tells browsers for how long to use only TLS; zero: they are not told.
	HSTSMaxAge time.Duration

	// CORSOrigins are the origins whose pages may use the API, in the form of [ParseOrigin];
	// [AnyOrigin] stands for all, without credentials. None: no other origin's.
	CORSOrigins []string

	// TrustedProxies are the proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// RateLimit is the number of requests that one subject may make in each window. Zero
// means no limit.
type RateLimit struct {
	Requests int
	Window   time.Duration
}

// JWTSecretMinBytes is the least length of each of [Config.JWTSecrets].
const JWTSecretMinBytes = auth.SecretMinBytes

const (
	passwordCostDefault   = 10
	passwordQueueDefault  = 256 // more than a request waits for: addresses take turns
	holdsMaxDefault       = 10_000
	requestTimeoutDefault = 5 * time.Second
	paymentTimeoutDefault = 20 * time.Second
)

// complete sets the defaults. The error names each missing service.
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
	defaultTo(&c.SessionLife, auth.SessionLife)
	defaultTo(&c.HoldsMax, holdsMaxDefault)
	defaultTo(&c.ConnectionsMax, admission.ConnectionsMax())
	defaultTo(&c.RequestTimeout, requestTimeoutDefault)
	defaultTo(&c.PaymentTimeout, paymentTimeoutDefault)
	return errors.Join(
		missing("Users", c.Users == nil),
		missing("APIKeys", c.APIKeys == nil),
		missing("Customers", c.Customers == nil),
		missing("DeniedTokens", c.DeniedTokens == nil),
		missing("Catalog", c.Catalog == nil),
		missing("SeatMaps", c.SeatMaps == nil),
		missing("BoxOffice", c.BoxOffice == nil),
		missing("Payments", c.Payments == nil),
		missing("Bookings", c.Bookings == nil),
		missing("Blocks", c.Blocks == nil),
		missing("Cancellations", c.Cancellations == nil),
		missing("BackOffice", c.BackOffice == nil), missing("Audit", c.Audit == nil), missing("UserAdmin", c.UserAdmin == nil),
		missing("DeadMails", c.DeadMails == nil),
		missing("MailTries", c.MailTries == nil),
		missing("IdempotencyKeys", c.IdempotencyKeys == nil),
		missing("RateCounters", c.RateCounters == nil),
		missing("Members", c.Members == nil),
		missing("Metrics", c.Metrics == nil),
		missing("Log", c.Log == nil),
		missing("JWTSecrets of 32 bytes or more", len(c.JWTSecrets) == 0 || slices.ContainsFunc(c.JWTSecrets, tooShort)),
	)
}

func tooShort(secret []byte) bool { return len(secret) < JWTSecretMinBytes }

func defaultTo[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}
