// Package ferret runs FerretDB inside this process, and makes its writes atomic. FerretDB speaks MongoDB's protocol and keeps
// the documents in SQLite files.
package ferret

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// stopPatience is more than FerretDB needs, unless a command hangs.
const stopPatience = 10 * time.Second

// A Server is a running FerretDB with the proxy in front of it.
type Server struct {
	proxy *proxy
	stop  context.CancelFunc
	ended chan struct{}
}

// creating guards ferretdb.New, which writes to a global variable.
var creating sync.Mutex

// Start accepts clients on listener and keeps the documents in folder, which must exist. FerretDB itself listens on another
// port, which only the proxy knows.
func Start(listener net.Listener, folder string, logger *slog.Logger) (*Server, error) {
	creating.Lock()
	ferret, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    logger,
		Handler:   "sqlite", // in a folder: it hangs in memory
		SQLiteURL: (&url.URL{Scheme: "file", Path: folder + "/"}).String(),
	})
	creating.Unlock()
	if err != nil {
		return nil, fmt.Errorf("start FerretDB: %w", err)
	}

	ctx, stop := context.WithCancel(context.Background())
	s := &Server{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		_ = ferret.Run(ctx)
	}()

	backend, err := url.Parse(ferret.MongoDBURI())
	if err != nil {
		stop()
		return nil, fmt.Errorf("start FerretDB: %w", err)
	}
	s.proxy = newProxy(listener, backend.Host)
	go s.proxy.serve()
	return s, nil
}

// Close ends all connections, then FerretDB, which would wait three seconds for open ones.
func (s *Server) Close() {
	s.proxy.close()
	s.stop()
	select {
	case <-s.ended:
	case <-time.After(stopPatience):
	}
}
