package http

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// ipv6SiteBits is what one customer usually gets of IPv6: limits by single
// addresses would limit nobody.
const ipv6SiteBits = 64

// addressOf returns who a request comes from, for rate limits: an IPv4
// address or an IPv6 network.
func (s *Server) addressOf(c *fiber.Ctx) string {
	peer, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	client := peer.Unmap()
	if s.trusted(client) {
		// Some proxies add a line of their own to one that a client made up.
		lines := c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)
		client = s.forwardedFor(client, string(bytes.Join(lines, []byte(","))))
	}
	if client.Is6() {
		if site, err := client.Prefix(ipv6SiteBits); err == nil {
			return site.String()
		}
	}
	return client.String()
}

// forwardedFor walks back along the proxies that we trust to the first address
// that none of them vouches for. Anything further left is the client's own claim.
func (s *Server) forwardedFor(peer netip.Addr, header string) netip.Addr {
	hops := strings.Split(header, ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(peer); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = hop.Unmap()
	}
	return peer
}

func (s *Server) trusted(addr netip.Addr) bool {
	for _, proxies := range s.cfg.TrustedProxies {
		if proxies.Contains(addr) {
			return true
		}
	}
	return false
}
