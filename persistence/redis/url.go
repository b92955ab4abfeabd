package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// parseURL reads the address of a server, redis:// or rediss://, or that of sentinels, which
// know the server: redis+sentinel://user:password@host1:26379,host2:26379/0?master=NAME, or
// rediss+sentinel:// if the server and the sentinels speak TLS. With TLS, ca names a PEM file
// of the authorities to trust.
func parseURL(address string) (*goredis.Options, error) {
	hosts, single, sentinel, err := splitHosts(address)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(single)
	if err != nil {
		return nil, errors.New("redis: the URL is malformed") // the library's error has the password
	}
	query := u.Query()
	if misread(u, query) {
		return nil, errors.New("redis: the URL is malformed: in a password, / ? # and @ are written as %2F %3F %23 and %40")
	}
	ca, master, password := query.Get("ca"), query.Get("master"), query.Get("sentinel_password")
	for _, own := range []string{"ca", "master", "sentinel_password"} {
		query.Del(own)
	}
	u.RawQuery = query.Encode()
	options, err := goredis.ParseURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if err := trust(options.TLSConfig, ca); err != nil {
		return nil, err
	}
	switch {
	case sentinel && master == "":
		return nil, errors.New("redis: the URL of sentinels needs ?master=NAME")
	case !sentinel && (master != "" || password != ""):
		return nil, errors.New("redis: master and sentinel_password belong to redis+sentinel://")
	case sentinel:
		options.Dialer = (&sentinels{addresses: hosts, master: master, password: password, tls: options.TLSConfig}).dial
	}
	return options, nil
}

// misread reports whether a password with an unescaped separator makes a part of it the path or
// an option, which errors would show.
func misread(u *url.URL, query url.Values) bool {
	options := slices.Collect(maps.Keys(query))
	return u.Opaque != "" || u.Fragment != "" || strings.Contains(u.Path+strings.Join(options, ""), "@")
}

// CheckURL returns what is wrong with a URL for [Open], if anything.
func CheckURL(address string) error {
	_, err := parseURL(address)
	return err
}

// splitHosts returns the hosts of a URL of sentinels, and the same URL with the first alone.
func splitHosts(address string) (hosts []string, single string, sentinel bool, err error) {
	scheme, rest, _ := strings.Cut(address, "://")
	scheme, sentinel = strings.CutSuffix(scheme, "+sentinel")
	if !sentinel {
		return nil, address, false, nil
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndex(rest[:end], "@") + 1
	for host := range strings.SplitSeq(rest[at:end], ",") {
		if host == "" {
			return nil, "", true, errors.New("redis: a sentinel has no host")
		}
		if !strings.Contains(host[strings.LastIndex(host, "]")+1:], ":") {
			host += ":26379"
		}
		hosts = append(hosts, host)
	}
	return hosts, scheme + "://" + rest[:at] + hosts[0] + rest[end:], true, nil
}

// trust makes a file's authorities those that are trusted.
func trust(config *tls.Config, file string) error {
	switch {
	case file == "":
		return nil
	case config == nil:
		return errors.New("redis: ca is for rediss:// and rediss+sentinel://")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("redis: ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return fmt.Errorf("redis: ca: %s has no certificate", file)
	}
	return nil
}
