package stack

import (
	"context"
	"log/slog"
	"net"
	"os"

	"github.com/eventra/eventra/cmd/devstack/internal/ferret"
)

// startFerret starts FerretDB inside this process.
func startFerret(_ context.Context, folder *Folder) (_ *service, err error) {
	data := folder.sub("ferretdb")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	log, err := folder.OpenLog("ferretdb")
	if err != nil {
		return nil, err
	}
	listener, err := listen(folder.port("mongo"))
	if err != nil {
		log.Close()
		return nil, err
	}

	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := ferret.Start(listener, data, logger)
	if err != nil {
		listener.Close()
		log.Close()
		return nil, withLog(err, log.Name())
	}
	port := listener.Addr().(*net.TCPAddr).Port
	folder.keepPort("mongo", port)
	return &service{
		name: "ferretdb",
		env:  []string{mongoEnv(port)},
		stop: func() { server.Close(); log.Close() },
	}, nil
}
