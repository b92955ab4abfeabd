package app

import "github.com/caarlos0/env/v11"

// HTTPAddr reads one setting alone, for health checks.
func HTTPAddr() string {
	var c struct {
		HTTPAddr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"`
	}
	_ = env.ParseWithOptions(&c, environment) // a string cannot fail to parse
	return c.HTTPAddr
}
