package admission

import "net/netip"

// siteBitsIPv6 is what one customer usually gets of IPv6: a bound for single addresses
// would bound nobody.
const siteBitsIPv6 = 64

// Site returns what an address is counted as: itself, or its IPv6 network.
func Site(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = siteBitsIPv6
	}
	site, err := addr.Prefix(bits)
	if err != nil { // only for the zero address or one with a zone
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	return site
}
