package app

import (
	"strings"

	web "github.com/eventra/eventra/http"
)

// edge configures what the server allows its clients.
func (c *Config) edge(server *web.Config) {
	server.OwnOperations = c.OpsAddr != ""
	server.ConnectionsMax, server.ConnectionsPerAddress = c.ConnectionsMax, c.ConnectionsPerAddress
	server.StreamsPerAddress, server.StreamsPerUser = c.StreamsPerAddress, c.StreamsPerUser
	server.HSTSMaxAge = c.HSTSMaxAge
	for _, setting := range c.CORSOrigins {
		origin, _ := web.ParseOrigin(strings.TrimSpace(setting)) // which corsFaults has checked
		server.CORSOrigins = append(server.CORSOrigins, origin)
	}
}

// edgeFaults returns what is wrong with these settings.
func (c *Config) edgeFaults() (faults []error) {
	for _, setting := range []struct {
		name  string
		value int64
	}{
		{"CONNECTIONS_MAX", int64(c.ConnectionsMax)}, {"CONNECTIONS_PER_ADDRESS", int64(c.ConnectionsPerAddress)},
		{"STREAMS_PER_ADDRESS", int64(c.StreamsPerAddress)}, {"STREAMS_PER_USER", int64(c.StreamsPerUser)},
		{"HSTS_MAX_AGE", int64(c.HSTSMaxAge)},
	} {
		if setting.value < 0 {
			faults = append(faults, settingFault(setting.name, "must not be negative"))
		}
	}
	if c.OpsAddr != "" {
		faults = append(faults, addressFault("OPS_ADDR", c.OpsAddr))
	}
	return append(faults, c.corsFaults()...)
}

// corsFaults returns what is wrong with the origins that may use the API.
func (c *Config) corsFaults() (faults []error) {
	for _, setting := range c.CORSOrigins {
		origin, ok := web.ParseOrigin(strings.TrimSpace(setting))
		switch {
		case !ok:
			faults = append(faults, settingFault("CORS_ORIGINS", "%q is no origin: one is like https://shop.example, without a path", setting))
		case origin == web.AnyOrigin && len(c.CORSOrigins) > 1:
			faults = append(faults, settingFault("CORS_ORIGINS", "* stands alone"))
		}
	}
	return faults
}
