package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/instance"
)

const probeEvery = 500 * time.Millisecond

// front is a balancer that passes streams on as they come. It spreads requests over the
// instances that are ready.
type front struct {
	address string
	server  *http.Server
	stop    context.CancelFunc
	backs   []*back
	turn    atomic.Uint64
}

type back struct {
	*instance.Instance
	proxy *httputil.ReverseProxy
	ready atomic.Bool
}

func openFront(address string, instances []*instance.Instance) (*front, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &front{address: listener.Addr().String(), stop: stop}
	transport := &http.Transport{MaxIdleConnsPerHost: waitingMax}
	for _, i := range instances {
		b := &back{Instance: i, proxy: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: i.HTTPAddress})}
		b.proxy.Transport, b.proxy.FlushInterval = transport, -1
		b.ready.Store(true)
		f.backs = append(f.backs, b)
		go b.probe(ctx)
	}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = f.server.Serve(listener) }() // ends when the server is closed
	return f, nil
}

// probe asks an instance in turn whether it is ready.
func (b *back) probe(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.ready.Store(b.Readiness(probeEvery) == http.StatusOK)
		}
	}
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for range f.backs {
		if b := f.backs[f.turn.Add(1)%uint64(len(f.backs))]; b.ready.Load() {
			b.proxy.ServeHTTP(w, r)
			return
		}
	}
	http.Error(w, "no instance is ready", http.StatusServiceUnavailable)
}

func (f *front) close() {
	f.stop()
	_ = f.server.Close()
}
