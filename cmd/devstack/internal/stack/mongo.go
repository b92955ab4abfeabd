package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/eventra/eventra/cmd/devstack/internal/ferret"
	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

// startMongo starts MongoDB if it is installed, and otherwise FerretDB inside this process.
func startMongo(ctx context.Context, folder *Folder) (*service, error) {
	if binary, err := exec.LookPath("mongod"); err == nil {
		return startMongod(ctx, folder, binary)
	}
	return startFerret(ctx, folder)
}

func startMongod(ctx context.Context, folder *Folder, binary string) (*service, error) {
	data := folder.sub("mongod")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}

	mongod := server{
		name:     "mongod",
		patience: time.Minute,
		ready:    pingMongo,
		spec: func(port int) proc.Spec {
			return proc.Spec{
				Path: binary,
				Args: []string{"--dbpath", data, "--port", strconv.Itoa(port), "--bind_ip", "127.0.0.1", "--nounixsocket"},
				Env:  serverEnv(),
				Dir:  data,
			}
		},
	}
	process, port, err := mongod.start(ctx, folder)
	if err != nil {
		return nil, err
	}
	return mongod.service(folder, process, 20*time.Second, mongoEnv(port)), nil
}

func pingMongo(ctx context.Context, port int) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address(port))
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	return ferret.Ping(conn)
}

func mongoEnv(port int) string {
	return fmt.Sprintf("EVENTRA_MONGO_URL=mongodb://%s/eventra", address(port))
}
