package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	goredis "github.com/redis/go-redis/v9"
)

// sentinels know which server is the master. They are asked for each new connection, and a
// connection whose server has become a replica ends with its first write.
type sentinels struct {
	addresses        []string
	master, password string
	tls              *tls.Config // of the sentinels and the server; nil: none

	next atomic.Uint32 // counts up: which of the addresses is asked first
}

// dial connects to the master. It implements goredis.Options.Dialer.
func (s *sentinels) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	address, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	return s.connect(ctx, network, address)
}

func (s *sentinels) connect(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if s.tls == nil {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	config := s.tls.Clone()
	config.ServerName = "" // of the address
	return (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
}

// find returns the address of the master. One attempt may have no time left after a sentinel whose
// machine has vanished. So whoever fails is not the first to be asked again.
func (s *sentinels) find(ctx context.Context) (address string, err error) {
	var errs []error
	for range s.addresses {
		next := s.next.Load()
		if address, err = s.ask(ctx, s.addresses[int(next)%len(s.addresses)]); err == nil {
			return address, nil
		}
		errs = append(errs, err)
		s.next.CompareAndSwap(next, next+1)
		if ctx.Err() != nil {
			break
		}
	}
	return "", fmt.Errorf("redis: no sentinel knows the master %q: %w", s.master, errors.Join(errs...))
}

func (s *sentinels) ask(ctx context.Context, sentinel string) (address string, err error) {
	client := goredis.NewSentinelClient(&goredis.Options{Addr: sentinel, Password: s.password, PoolSize: 1, MaxRetries: -1, DialerRetries: 1,
		DisableIdentity: true, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout, Dialer: s.connect})
	defer func() { err = errors.Join(err, client.Close()) }()
	found, err := client.GetMasterAddrByName(ctx, s.master).Result()
	switch {
	case err != nil:
		return "", err
	case len(found) != 2:
		return "", fmt.Errorf("sentinel %s answers %q", sentinel, found)
	}
	return net.JoinHostPort(found[0], found[1]), nil
}
