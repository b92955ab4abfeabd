package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/eventra/eventra/cmd/eventra/app"
)

type healthCommand struct{}

// Run asks /healthz. It needs only the address, so that a container's health check
// works with any configuration.
func (healthCommand) Run(ctx context.Context) error {
	addr := app.HTTPAddr()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("/healthz answers %s", resp.Status)
	}
	return nil
}
