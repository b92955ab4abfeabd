package app

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra/persistence/postgres"
	"github.com/eventra/eventra/persistence/redis"
)

// faults names everything that is wrong with the configuration.
func (c *Config) faults() (faults []error) {
	faults = append(c.urlFaults(), c.secretFaults()...)
	say := func(name, format string, args ...any) { faults = append(faults, settingFault(name, format, args...)) }
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		say("MAIL_FROM", "must be a mail address: %v", err)
	}
	if !(c.MailRate > 0) {
		say("MAIL_RATE", "must be above 0")
	}
	if fault := c.publicURLFault(); fault != nil {
		faults = append(faults, fault)
	}
	if c.MailWorkers < 0 || c.MailWorkers > mailWorkersMax {
		say("MAIL_WORKERS", "must be from 0 to %d", mailWorkersMax)
	}
	if (c.AdminEmail == "") != (c.AdminPassword == "") {
		say("ADMIN_EMAIL", "and EVENTRA_ADMIN_PASSWORD go together")
	}
	if c.EventQueueMax < 1 {
		say("EVENT_QUEUE_MAX", "must be at least 1")
	}
	if c.SessionLife < time.Hour {
		say("SESSION_LIFE", "must be at least 1h")
	}
	if c.Retention != 0 && c.Retention < postgres.RetentionMin {
		say("RETENTION", "must be at least 24h, or 0")
	}
	if c.AuditRetention != 0 && c.AuditRetention < postgres.AuditRetentionMin {
		say("AUDIT_RETENTION", "must be at least 720h, or 0")
	}
	if c.PaymentTimeout < time.Second || c.PaymentTimeout > time.Minute {
		say("PAYMENT_TIMEOUT", "must be from 1s to 1m")
	}
	if c.DrainDelay < 0 || c.DrainDelay > time.Minute {
		say("DRAIN_DELAY", "must be from 0s to 1m")
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		say("LOG_FORMAT", "must be json or text")
	}
	faults = append(append(faults, c.traceFaults()...), c.edgeFaults()...)
	return append(faults, addressFault("HTTP_ADDR", c.HTTPAddr), c.clusterFault(), c.profileFault())
}

// urlFaults checks the addresses of the stores and the mail server.
func (c *Config) urlFaults() (faults []error) {
	if fault := c.postgresFault(); fault != nil {
		faults = append(faults, fault)
	}
	if fault := c.redisFault(); fault != nil {
		faults = append(faults, fault)
	}
	for _, u := range []struct {
		name, value string
		schemes     []string
	}{
		{"MONGO_URL", c.MongoURL, []string{"mongodb", "mongodb+srv"}},
		{"SMTP_URL", c.SMTPURL, []string{"smtp", "smtps"}},
	} {
		parsed, err := url.Parse(u.value)
		switch {
		case u.value == "":
			faults = append(faults, settingFault(u.name, "is required"))
		case err != nil || parsed.Host == "" || !slices.Contains(u.schemes, parsed.Scheme):
			faults = append(faults, settingFault(u.name, "must be a URL of the scheme %s", strings.Join(u.schemes, " or ")))
		}
	}
	return faults
}

// postgresFault returns what is wrong with the URL of PostgreSQL, if anything. The
// library that connects parses it, because a URL may name several hosts.
func (c *Config) postgresFault() error {
	const name = "POSTGRES_URL"
	scheme, rest, _ := strings.Cut(c.PostgresURL, "://")
	switch _, err := pgconn.ParseConfig(c.PostgresURL); {
	case c.PostgresURL == "":
		return settingFault(name, "is required")
	case scheme != "postgres" && scheme != "postgresql":
		return settingFault(name, "must be a URL of the scheme postgres or postgresql")
	case strings.HasSuffix(rest, "@") || rest == "" || rest[0] == '/' && !strings.Contains(rest, "host="):
		return settingFault(name, "must name a host")
	case err != nil:
		return settingFault(name, "%v", err) // without the password
	}
	return nil
}

// redisFault returns what is wrong with the URL of Redis, if anything. The package that
// connects parses it, because a URL may name several sentinels.
func (c *Config) redisFault() error {
	const name = "REDIS_URL"
	scheme, rest, _ := strings.Cut(c.RedisURL, "://")
	switch err := redis.CheckURL(c.RedisURL); {
	case c.RedisURL == "":
		return settingFault(name, "is required")
	case !slices.Contains([]string{"redis", "rediss", "redis+sentinel", "rediss+sentinel"}, scheme) || rest == "":
		return settingFault(name, "must be a URL of the scheme redis or rediss, or redis+sentinel or rediss+sentinel")
	case err != nil:
		return settingFault(name, "%v", err) // without the password
	}
	return nil
}

// addressFault returns what is wrong with an address, if anything.
func addressFault(name, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return settingFault(name, "must be of the form host:port: %v", err)
	}
	return nil
}

// settingError is a fault of one setting.
type settingError struct{ name, text string }

func (e *settingError) Error() string { return environment.Prefix + e.name + ": " + e.text }

func settingFault(name, format string, args ...any) error {
	return &settingError{name, fmt.Sprintf(format, args...)}
}
