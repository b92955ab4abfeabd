// Package ferret runs FerretDB, which speaks MongoDB's protocol and keeps the documents in SQLite files, inside this process,
// and makes its writes atomic.
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

// stopPatience is more than FerretDB takes, unless a command hangs.
const stopPatience = 10 * time.Second

// A Server is a running FerretDB and its front.
type Server struct {
	front *front
	stop  context.CancelFunc
	ended chan struct{}
}

// creating guards ferretdb.New, which writes to a global variable.
var creating sync.Mutex

// Start accepts clients on listener and keeps the documents in folder, which must exist. FerretDB itself listens on a port
// that nobody is told.
func Start(listener net.Listener, folder string, logger *slog.Logger) (*Server, error) {
	creating.Lock()
	ferret, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    logger,
		Handler:   "sqlite", // a folder: in memory it hangs
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
	s.front = newFront(listener, backend.Host)
	go s.front.serve()
	return s, nil
}

// Close ends all connections and then FerretDB, which would give open ones three seconds.
func (s *Server) Close() {
	s.front.close()
	s.stop()
	select {
	case <-s.ended:
	case <-time.After(stopPatience):
	}
}
