package app

import (
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/eventra/eventra"
	web "github.com/eventra/eventra/http"
	"github.com/eventra/eventra/http/auth"
)

// publicURLFault returns what is wrong with the address with which links in mails begin, if
// anything.
func (c *Config) publicURLFault() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return settingFault("PUBLIC_URL", "must be like https://tickets.example, without a query")
	}
	return nil
}

// linkMaker makes the links in mails. listener is where this instance listens.
func (c *Config) linkMaker(listener net.Addr) func(*eventra.Mail) (string, error) {
	base := strings.TrimRight(c.PublicURL, "/")
	if base == "" {
		base = "http://" + reachable(listener.String())
	}
	tokens := auth.NewOneTimeTokens(secretList(c.JWTSecret)...)
	return func(m *eventra.Mail) (string, error) {
		token, err := tokens.Token(m.About, m.TokenHash)
		return base + web.LinkPath(m.Kind) + "?token=" + token, err
	}
}

// reachable replaces the address of all interfaces by one that a browser on this machine
// opens.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err == nil && net.ParseIP(host).IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// warnOfLinks warns of links that others cannot open.
func (c *Config) warnOfLinks(log *slog.Logger) {
	if c.PublicURL == "" && !c.onLoopback() {
		log.Warn("links in mails lead to this machine: set EVENTRA_PUBLIC_URL to where people reach it")
	}
}
