package http

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/eventra/eventra/http/admission"
)

// addressOf returns the subject of rate limits that a request comes from: an IPv4
// address or an IPv6 network.
func (s *Server) addressOf(c *fiber.Ctx) string {
	client := s.clientOf(c)
	if site := admission.Site(client); !site.IsSingleIP() {
		return site.String()
	}
	return client.String()
}

// subjectOf returns the subject of rate limits that a request counts for: its caller or,
// for an anonymous one, where it comes from.
func (s *Server) subjectOf(c *fiber.Ctx) string {
	if caller := callerOf(c); caller != nil {
		return caller.UserID.String()
	}
	return s.addressOf(c)
}

// clientText returns the address that a request comes from as text, "" if it is unknown.
func (s *Server) clientText(c *fiber.Ctx) string {
	if client := s.clientOf(c); client.IsValid() {
		return client.String()
	}
	return ""
}

// clientOf returns the address that a request comes from.
func (s *Server) clientOf(c *fiber.Ctx) netip.Addr {
	peer, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	client := peer.Unmap()
	if s.trusted(client) {
		// Some proxies add a header line of their own to a line that the client made up.
		lines := c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)
		client = s.forwardedFor(client, string(bytes.Join(lines, []byte(","))))
	}
	return client
}

// forwardedFor follows the trusted proxies from right to left and returns the first
// address that is not one of them. The client may have invented anything further left.
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
