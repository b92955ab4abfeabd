// Package watchers watches the seats of an event by many streams of server-sent events,
// and checks that each watcher learns all changes in order.
package watchers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/wait"
)

const (
	openTimeout = 30 * time.Second
	// streamTimeout is longer than any run.
	streamTimeout = 10 * time.Minute
	// openingMax bounds the streams that are being opened.
	openingMax = 64
	// sources is the number of loopback addresses that the streams come from, so that
	// they do not run out of ports.
	sources = 8
)

// Crowd is watchers of one event. None of its seats may be taken when the first opens.
type Crowd struct {
	Address string
	Sale    *client.Sale

	ctx    context.Context
	stop   context.CancelFunc
	all    sync.WaitGroup
	slots  chan struct{}
	frames frames

	mu       sync.Mutex
	watchers []*watcher
	faults   []error
	packed   atomic.Int64 // bytes read by those that are counted only
	arrived  atomic.Int64 // of these
}

// New returns a crowd without watchers.
func New(ctx context.Context, address string, sale *client.Sale) *Crowd {
	c := &Crowd{Address: address, Sale: sale, slots: make(chan struct{}, openingMax)}
	c.ctx, c.stop = context.WithCancel(ctx)
	return c
}

// Open opens n streams of watchers who know a version and returns when all are open.
func (c *Crowd) Open(n int, since uint64) error {
	var opening sync.WaitGroup
	for range n {
		c.slots <- struct{}{}
		opening.Add(1)
		c.all.Go(func() {
			w, err := c.open(request{since: since})
			c.note(err)
			<-c.slots
			opening.Done()
			if err == nil {
				c.note(c.follow(w))
			}
		})
	}
	opening.Wait()
	return c.fault()
}

// Arrive lets n watchers come one after the other within d, who know nothing and accept
// gzip. It does not wait for them.
func (c *Crowd) Arrive(n int, d time.Duration) {
	start := time.Now()
	c.all.Go(func() {
		for i := range n {
			if wait.Sleep(c.ctx, time.Until(start.Add(d*time.Duration(i)/time.Duration(n)))) != nil {
				return
			}
			c.all.Go(func() { c.note(c.arrive(i%decodeEvery == 0)) })
		}
	})
}

// One of decodeEvery who have just come decodes what it is sent, and is checked. All of
// them would take the CPU that the sale needs.
const decodeEvery = 50

func (c *Crowd) arrive(decodes bool) error {
	w, err := c.open(request{packed: true, decodes: decodes})
	if err != nil {
		return err
	}
	c.arrived.Add(1)
	if decodes {
		return c.follow(w)
	}
	n, err := w.discard()
	c.packed.Add(n)
	return c.unlessStopped(err)
}

// follow reads a stream until the crowd stops.
func (c *Crowd) follow(w *watcher) error {
	c.mu.Lock()
	c.watchers = append(c.watchers, w)
	c.mu.Unlock()
	return c.unlessStopped(w.read(&c.frames))
}

func (c *Crowd) unlessStopped(err error) error {
	if c.ctx.Err() != nil {
		return nil //nolint:nilerr // a stream that the crowd ended itself has not failed
	}
	if err == nil {
		err = errors.New("a stream has ended")
	}
	return err
}

func (c *Crowd) note(err error) {
	if err != nil && c.ctx.Err() == nil {
		c.mu.Lock()
		c.faults = append(c.faults, err)
		c.mu.Unlock()
	}
}

const faultsShown = 3

func (c *Crowd) fault() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.faults); n > faultsShown {
		return fmt.Errorf("%d streams failed: %w", n, errors.Join(c.faults[:faultsShown]...))
	}
	return errors.Join(c.faults...)
}

// Await waits until all watchers who follow have seen a version. It reports how many have
// not after a timeout.
func (c *Crowd) Await(version uint64, timeout time.Duration) (late int) {
	const period = 10 * time.Millisecond
	for deadline := time.Now().Add(timeout); ; {
		late = 0
		c.mu.Lock()
		for _, w := range c.watchers {
			if w.version.Load() < version {
				late++
			}
		}
		c.mu.Unlock()
		if late == 0 || time.Now().After(deadline) || wait.Sleep(c.ctx, period) != nil {
			return late
		}
	}
}

// Stop ends all streams.
func (c *Crowd) Stop() {
	c.stop()
	c.all.Wait()
}

var nextSource atomic.Uint32

// dial connects from one of several loopback addresses.
func (c *Crowd) dial() (net.Conn, error) {
	source := net.IPv4(127, 0, 0, byte(2+nextSource.Add(1)%sources))
	dialer := net.Dialer{Timeout: openTimeout, LocalAddr: &net.TCPAddr{IP: source}}
	conn, err := dialer.DialContext(c.ctx, "tcp", c.Address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(c.ctx, func() { _ = conn.Close() })
	return conn, conn.SetDeadline(time.Now().Add(streamTimeout))
}
