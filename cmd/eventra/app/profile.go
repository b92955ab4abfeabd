package app

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"runtime"
	"time"
)

const (
	// profileBlockRate samples one wait for each such time spent waiting, and
	// profileMutexFraction one of so many waits for a mutex. Both are too rare to
	// show in the profiles themselves.
	profileBlockRate     = time.Millisecond
	profileMutexFraction = 100

	profileHeaderTimeout = 5 * time.Second
)

// profileFault returns what is wrong with the address for profiles, if anything.
// Profiles show what is in memory, so only this machine's users may read them.
func (c *Config) profileFault() error {
	if c.ProfileAddr == "" {
		return nil
	}
	address, err := netip.ParseAddrPort(c.ProfileAddr)
	if err != nil || !address.Addr().IsLoopback() {
		return settingFault("PROFILE_ADDR", "must be a loopback address and a port, such as 127.0.0.1:6060")
	}
	return nil
}

// serveProfiles makes a loop that answers at /debug/pprof/ on listener, for `go tool
// pprof`, until its context ends.
func serveProfiles(listener net.Listener) func(context.Context) {
	runtime.SetBlockProfileRate(int(profileBlockRate))
	runtime.SetMutexProfileFraction(profileMutexFraction)
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: profileHeaderTimeout}
	return func(ctx context.Context) {
		stop := context.AfterFunc(ctx, func() { _ = server.Close() })
		defer stop()
		_ = server.Serve(listener)
	}
}
