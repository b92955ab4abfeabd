package stack

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"

	"github.com/eventra/eventra/cmd/devstack/internal/mongofront"
)

// startFerret runs FerretDB, which speaks MongoDB's protocol and keeps the documents in SQLite files, inside this process. It
// listens on a port that nobody is told; the product connects to a front that makes its writes atomic.
func startFerret(ctx context.Context, folder *Folder) (*service, error) {
	data := folder.sub("ferretdb")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	log, err := openLog(folder, "ferretdb")
	if err != nil {
		return nil, err
	}

	ferret, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: address(0)},
		Logger:    slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Handler:   "sqlite",
		SQLiteURL: (&url.URL{Scheme: "file", Path: data + "/"}).String(),
	})
	if err != nil {
		log.Close()
		return nil, withLog(fmt.Errorf("FerretDB does not start: %w", err), log.Name())
	}
	backend, err := url.Parse(ferret.MongoDBURI())
	if err != nil {
		log.Close()
		return nil, err
	}
	listener, err := listen(folder.port("mongo"))
	if err != nil {
		log.Close()
		return nil, err
	}
	folder.keepPort("mongo", listener.Addr().(*net.TCPAddr).Port)

	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer log.Close()
		_ = ferret.Run(runCtx)
	}()
	front := mongofront.New(listener, backend.Host)
	go front.Serve()

	return &service{
		name: "ferretdb",
		env:  []string{mongoEnv(listener.Addr().(*net.TCPAddr).Port)},
		stop: func() {
			front.Close() // first: FerretDB gives open connections three seconds before it ends
			cancel()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
			}
		},
	}, nil
}
