package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/caarlos0/env/v11"

	web "github.com/eventra/eventra/http"
)

// environment is where settings come from: variables with this prefix.
var environment = env.Options{Prefix: "EVENTRA_"}

// Config is everything that the environment decides; docs/OPERATIONS.md has the
// same table for people.
type Config struct {
	HTTPAddr         string         `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"`
	OpsAddr          string         `env:"OPS_ADDR"`
	PostgresURL      string         `env:"POSTGRES_URL"`
	MongoURL         string         `env:"MONGO_URL"`
	RedisURL         string         `env:"REDIS_URL"`
	SMTPURL          string         `env:"SMTP_URL"`
	MailFrom         string         `env:"MAIL_FROM" envDefault:"Eventra <tickets@localhost>"`
	MailRate         float64        `env:"MAIL_RATE" envDefault:"100"`
	MailWorkers      int            `env:"MAIL_WORKERS" envDefault:"0"` // 0: as the rate needs
	JWTSecret        string         `env:"JWT_SECRET"`                  // a list
	AdminEmail       string         `env:"ADMIN_EMAIL"`
	AdminPassword    string         `env:"ADMIN_PASSWORD"`
	PublicURL        string         `env:"PUBLIC_URL"` // "": where it listens
	RequireVerified  bool           `env:"REQUIRE_VERIFIED_EMAIL" envDefault:"true"`
	SessionLife      time.Duration  `env:"SESSION_LIFE" envDefault:"2160h"`
	RateLimits       RateLimits     `env:"RATE_LIMITS" envDefault:"bookings=20/1s,auth=30/1m,reads=100/1s,unauthenticated=100/1m,keys=3600/1h,mails=20/1h"`
	Retention        time.Duration  `env:"RETENTION" envDefault:"720h"`
	AuditRetention   time.Duration  `env:"AUDIT_RETENTION" envDefault:"26280h"`
	EventQueueMax    int            `env:"EVENT_QUEUE_MAX" envDefault:"10000"`
	PaymentGateway   string         `env:"PAYMENT_GATEWAY"` // serve requires it
	PaymentTimeout   time.Duration  `env:"PAYMENT_TIMEOUT" envDefault:"10s"`
	Migrate          bool           `env:"MIGRATE" envDefault:"true"`
	TrustedProxies   []netip.Prefix `env:"TRUSTED_PROXIES"`
	DrainDelay       time.Duration  `env:"DRAIN_DELAY" envDefault:"0s"`
	ClusterListen    string         `env:"CLUSTER_LISTEN"`
	ClusterAdvertise string         `env:"CLUSTER_ADVERTISE"`
	ClusterSecret    string         `env:"CLUSTER_SECRET"` // a list
	ClusterCA        string         `env:"CLUSTER_CA"`
	ClusterCert      string         `env:"CLUSTER_CERT"`
	ClusterKey       string         `env:"CLUSTER_KEY"`
	LogLevel         slog.Level     `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat        string         `env:"LOG_FORMAT" envDefault:"json"`
	ProfileAddr      string         `env:"PROFILE_ADDR"`
	OTLPEndpoint     string         `env:"OTLP_ENDPOINT"` // "": nothing is traced
	TraceRatio       float64        `env:"TRACE_RATIO" envDefault:"0.01"`

	ConnectionsMax        int           `env:"CONNECTIONS_MAX" envDefault:"0"` // 0: what the limit of descriptors leaves
	ConnectionsPerAddress int           `env:"CONNECTIONS_PER_ADDRESS" envDefault:"1024"`
	StreamsPerAddress     int           `env:"STREAMS_PER_ADDRESS" envDefault:"100"`
	StreamsPerUser        int           `env:"STREAMS_PER_USER" envDefault:"20"`
	HSTSMaxAge            time.Duration `env:"HSTS_MAX_AGE" envDefault:"0s"`
	CORSOrigins           []string      `env:"CORS_ORIGINS"`

	// The environment does not set these.
	Version                 string // of the program
	PasswordCost            int    // of bcrypt
	LoginFailuresPerAccount web.RateLimit
	LoginFailuresPerAddress web.RateLimit
}

// LoadServeConfig is LoadConfig with what only [Run] needs.
func LoadServeConfig() (*Config, error) {
	cfg, parsing := readConfig()
	return cfg, join(append(parsing, append(cfg.faults(), cfg.gatewayFault())...))
}

// LoadConfig reads the environment. Its error names every fault at once.
func LoadConfig() (*Config, error) {
	cfg, parsing := readConfig()
	return cfg, join(append(parsing, cfg.faults()...))
}

// LoadSettings is LoadConfig for a subcommand that uses these settings, such as
// POSTGRES_URL, and those of the log. Other faults are none of its business.
func LoadSettings(used ...string) (*Config, error) {
	used = append(used, "LOG_LEVEL", "LOG_FORMAT")
	cfg, parsing := readConfig()
	return cfg, join(slices.DeleteFunc(append(parsing, cfg.faults()...), func(fault error) bool {
		setting, ok := errors.AsType[*settingError](fault)
		return !ok || !slices.Contains(used, setting.name)
	}))
}

func join(faults []error) error {
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("the configuration has faults:\n%w", err)
	}
	return nil
}

func readConfig() (cfg *Config, faults []error) {
	cfg = &Config{
		PasswordCost:            10,
		LoginFailuresPerAccount: web.RateLimit{Requests: 10, Window: 15 * time.Minute},
		LoginFailuresPerAddress: web.RateLimit{Requests: 50, Window: 15 * time.Minute},
	}
	err := env.ParseWithOptions(cfg, environment)
	if aggregate := (env.AggregateError{}); errors.As(err, &aggregate) {
		for _, fault := range aggregate.Errors {
			faults = append(faults, nameVariable(fault))
		}
	} else if err != nil {
		faults = append(faults, err)
	}
	return cfg, faults
}

// Logger makes the program's log as the configuration has it. It becomes the
// default, too: what the stores' connections and libraries log obeys the level and
// the format.
func (c *Config) Logger() *slog.Logger { return c.loggerTo(os.Stderr) }

func (c *Config) loggerTo(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: withUnit}
	var handler slog.Handler = slog.NewJSONHandler(w, options)
	if c.LogFormat == "text" {
		handler = slog.NewTextHandler(w, options)
	}
	log := slog.New(handler)
	slog.SetDefault(log)
	return log
}

// withUnit writes durations as "1.5s": a bare number of nanoseconds is misread.
func withUnit(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() == slog.KindDuration {
		attr.Value = slog.StringValue(attr.Value.Duration().String())
	}
	return attr
}
