package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Redis controls the process of a Redis server.
type Redis struct {
	*Server
	address string
}

// FindRedis finds the server behind a URL, which must run on this machine.
func FindRedis(address string) (*Redis, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	r := &Redis{address: parsed.Host}
	info, err := r.ask("INFO server")
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(info, "process_id:")
	line, _, _ := strings.Cut(rest, "\r\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return nil, fmt.Errorf("redis does not report its process id: %w", err)
	}
	if r.Server, err = findServer(pid); err != nil {
		return nil, err
	}
	// Redis overwrites its arguments with a title. The first one makes the binary, which is several programs, the server.
	r.args = []string{"redis-server", "--bind", "127.0.0.1", "--port", parsed.Port(), "--databases", databases, "--save", ""}
	return r, nil
}

// databases is enough for a night of fault runs, which use one each.
const databases = "1024"

// Start restarts the killed server, which is empty: it persists nothing.
func (r *Redis) Start() error {
	return r.restart(exitTimeout, func() error {
		_, err := r.ask("PING")
		return err
	})
}

// Freeze sends SIGSTOP to the process.
func (r *Redis) Freeze() error { return syscall.Kill(r.pid, syscall.SIGSTOP) }

// Thaw sends SIGCONT to the process.
func (r *Redis) Thaw() error { return syscall.Kill(r.pid, syscall.SIGCONT) }

// SetFull makes the server refuse commands that need memory, as if it had run
// out, or accept them again.
func (r *Redis) SetFull(full bool) error {
	limit := "0" // none
	if full {
		limit = "1"
	}
	_, err := r.ask("CONFIG SET maxmemory-policy noeviction maxmemory " + limit)
	return err
}

// ask sends one inline command and returns its reply.
func (r *Redis) ask(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", r.address, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n')
	line = strings.TrimSpace(line)
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(line, "-"):
		return "", errors.New(line)
	case strings.HasPrefix(line, "$"):
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 {
			return "", fmt.Errorf("redis replies %q", line)
		}
		body := make([]byte, n)
		_, err = io.ReadFull(answers, body)
		return string(body), err
	}
	return line, nil
}

// redisAt returns a client of the server behind a URL, and the URL's database.
func redisAt(address string) (r *Redis, database string, err error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, "", err
	}
	return &Redis{address: parsed.Host}, strings.TrimPrefix(parsed.Path, "/"), nil
}

// addKeysStep is how many keys are set within the timeout of ask.
const addKeysStep = 10_000

// AddRedisKeys adds keys that last for a day to the database of a URL.
func AddRedisKeys(address string, keys int) error {
	r, database, err := redisAt(address)
	if err != nil {
		return err
	}
	for first := 0; first < keys; first += addKeysStep {
		if _, err := r.ask(fmt.Sprintf(`EVAL "redis.call('SELECT', '%s') for i = %d, %d do redis.call('SET', 'other:' .. i, '', 'EX', 86400) end return 'OK'" 0`,
			database, first, min(first+addKeysStep, keys)-1)); err != nil {
			return err
		}
	}
	return nil
}

// RedisUsage returns the number of keys in the database of a URL, and the bytes
// that its server uses for all databases.
func RedisUsage(address string) (keys, bytes int64, err error) {
	r, database, err := redisAt(address)
	if err != nil {
		return 0, 0, err
	}
	keyspace, err := r.ask("INFO keyspace")
	if err != nil {
		return 0, 0, err
	}
	// db3:keys=12,expires=10,… ; a database without keys is not listed.
	if _, rest, found := strings.Cut(keyspace, "\ndb"+database+":keys="); found {
		digits, _, _ := strings.Cut(rest, ",")
		if keys, err = strconv.ParseInt(digits, 10, 64); err != nil {
			return 0, 0, fmt.Errorf("redis's keyspace %q: %w", keyspace, err)
		}
	}
	memory, err := r.ask("INFO memory")
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := strings.Cut(memory, "used_memory:")
	digits, _, _ := strings.Cut(rest, "\r")
	if bytes, err = strconv.ParseInt(digits, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("redis's memory %q: %w", memory, err)
	}
	return keys, bytes, nil
}

// RedisInfo returns a section of what the server or the sentinel at an address tells of itself.
func RedisInfo(address, section string) (string, error) {
	return (&Redis{address: address}).ask("INFO " + section)
}
