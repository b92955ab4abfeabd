package app

import (
	"math"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	web "github.com/eventra/eventra/http"
)

const (
	// secretsMax bounds a list: a rotation needs two.
	secretsMax = 8
	// secretBitsMin is what a secret's characters must tell at least if they are independent,
	// far below what a random one of the least length has.
	secretBitsMin = 80
	// repeatMin is how many characters a secret has to repeat for it to be no coincidence.
	repeatMin = 8
)

// publishedSecrets are in the repository, now or in its past.
var publishedSecrets = []string{"demonstration-only-known-to-everybody", "demo-admin-password", "demo-user-password", "demo"}

// secretList splits a list of secrets. The first is used, all are accepted.
func secretList(text string) (secrets [][]byte) {
	if text == "" {
		return nil
	}
	for secret := range strings.SplitSeq(text, ",") {
		secrets = append(secrets, []byte(strings.TrimSpace(secret)))
	}
	return secrets
}

// clusterSecrets are the cluster's own, or else those that sign tokens: as they are replaced
// one by one, members have one in common.
func (c *Config) clusterSecrets() [][]byte {
	if c.ClusterSecret != "" {
		return secretList(c.ClusterSecret)
	}
	return secretList(c.JWTSecret)
}

// secretFaults names what is wrong with the secrets: a person who guesses one can act as anybody.
func (c *Config) secretFaults() (faults []error) {
	if c.JWTSecret == "" {
		faults = append(faults, settingFault("JWT_SECRET", "is required"))
	}
	faults = append(faults, listFaults("JWT_SECRET", c.JWTSecret)...)
	faults = append(faults, listFaults("CLUSTER_SECRET", c.ClusterSecret)...)
	if !c.onLoopback() {
		faults = append(faults, c.publishedFaults()...)
	}
	return faults
}

func listFaults(name, text string) (faults []error) {
	secrets := secretList(text)
	if len(secrets) > secretsMax {
		faults = append(faults, settingFault(name, "must not list more than %d secrets", secretsMax))
	}
	for _, secret := range secrets {
		if fault := weakness(string(secret)); fault != "" {
			faults = append(faults, settingFault(name, "%s; try `openssl rand -hex 32`", fault))
		}
	}
	return faults
}

// publishedFaults names the settings whose values anybody can read in the repository.
func (c *Config) publishedFaults() (faults []error) {
	const fault = "has a value of Eventra's repository, which is good on loopback addresses only"
	for _, list := range []struct{ name, text string }{{"JWT_SECRET", c.JWTSecret}, {"CLUSTER_SECRET", c.ClusterSecret}} {
		if slices.ContainsFunc(secretList(list.text), func(s []byte) bool { return published(string(s)) }) {
			faults = append(faults, settingFault(list.name, fault))
		}
	}
	if published(c.AdminPassword) {
		faults = append(faults, settingFault("ADMIN_PASSWORD", fault))
	}
	if config, err := pgconn.ParseConfig(c.PostgresURL); err == nil && published(config.Password) {
		faults = append(faults, settingFault("POSTGRES_URL", fault))
	}
	return faults
}

func published(secret string) bool { return slices.Contains(publishedSecrets, secret) }

// onLoopback reports whether only this machine reaches the program.
func (c *Config) onLoopback() bool {
	for _, address := range []string{c.HTTPAddr, c.ClusterListen} {
		host, _, err := net.SplitHostPort(address)
		if err == nil && host != "localhost" && !net.ParseIP(host).IsLoopback() {
			return false
		}
	}
	return true
}

// weakness says why somebody might guess a secret; "" if nobody does.
func weakness(secret string) string {
	switch {
	case secret == "":
		return "has an empty secret in its list"
	case len(secret) < web.JWTSecretMinBytes:
		return "must have at least 32 bytes, each secret of a list"
	case bits(secret) < secretBitsMin:
		return "has few different characters and can be guessed"
	case repeats(secret), counts(secret):
		return "follows a pattern and can be guessed"
	}
	return ""
}

// bits is the information in a text whose characters are independent, by how often each
// of them occurs.
func bits(text string) (sum float64) {
	var times [256]float64
	for i := range len(text) {
		times[text[i]]++
	}
	for _, n := range times {
		if n > 0 {
			sum -= n * math.Log2(n/float64(len(text)))
		}
	}
	return sum
}

// repeats reports whether a text repeats its beginning before the least length of a secret.
func repeats(text string) bool {
	for period := 1; period < web.JWTSecretMinBytes && len(text)-period >= repeatMin; period++ {
		if text[period:] == text[:len(text)-period] {
			return true
		}
	}
	return false
}

// counts reports whether most characters follow the one before in the alphabet.
func counts(text string) bool {
	var up, down int
	for i := 1; i < len(text); i++ {
		switch int(text[i]) - int(text[i-1]) {
		case 1:
			up++
		case -1:
			down++
		}
	}
	return max(up, down) > len(text)/2
}
