package stack

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/eventra/eventra/cmd/devstack/internal/proc"
)

func startRedis(ctx context.Context, folder *Folder) (*service, error) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, missing("redis-server")
	}
	data := folder.sub("redis")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}

	redis := server{
		name:     "redis",
		patience: 30 * time.Second, // it replays its append-only file
		ready:    pingRedis,
		spec: func(port int) proc.Spec {
			appendOnly := "yes" // instead of snapshots
			if folder.Ephemeral {
				appendOnly = "no"
			}
			args := []string{
				"--port", strconv.Itoa(port),
				"--bind", "127.0.0.1",
				"--dir", data,
				"--databases", "1024", // concurrent test packages take one each
				"--save", "",
				"--appendonly", appendOnly,
				"--appendfsync", "everysec",
			}
			return proc.Spec{Path: binary, Args: args, Env: serverEnv(), Dir: data}
		},
	}
	process, port, err := redis.start(ctx, folder)
	if err != nil {
		return nil, err
	}
	return redis.service(folder, process, 10*time.Second,
		fmt.Sprintf("EVENTRA_REDIS_URL=redis://%s/0", address(port))), nil
}

// pingRedis writes the protocol by hand, because one command needs no client library.
func pingRedis(ctx context.Context, port int) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address(port))
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))

	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer != "+PONG\r\n" {
		return fmt.Errorf("redis answers %q", strings.TrimSpace(answer)) // still loading its data
	}
	return nil
}
