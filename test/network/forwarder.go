// Package network injects network faults. A Forwarder is a TCP proxy that can
// reset, stall and delay connections. A Testbed gives each instance a network
// namespace on a bridge, whose packets can be dropped; it needs Linux and root.
package network

import (
	"net"
	"sync"
)

// Forwarder is a TCP proxy to one target.
type Forwarder struct {
	listener net.Listener
	target   string

	mu         sync.Mutex
	conns      map[net.Conn]struct{}
	closed     bool
	impairment impairment
}

// Forward starts a forwarder that listens at an address (port 0: any port) and
// connects to target.
func Forward(listen, target string) (*Forwarder, error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	f := &Forwarder{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	go f.accept()
	return f, nil
}

// Address returns where the forwarder listens.
func (f *Forwarder) Address() string { return f.listener.Addr().String() }

// Close closes the forwarder and all connections through it.
func (f *Forwarder) Close() {
	_ = f.listener.Close()
	f.Heal()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for conn := range f.conns {
		_ = conn.Close()
	}
}

func (f *Forwarder) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		go f.forward(conn)
	}
}

// forward copies both ways until one side ends.
func (f *Forwarder) forward(from net.Conn) {
	defer f.remove(from)
	if !f.add(from) {
		return
	}
	to, err := net.Dial("tcp", f.target)
	if err != nil {
		return
	}
	defer f.remove(to)
	if !f.add(to) {
		return
	}
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			f.copy(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// add registers a connection and reports whether it may be used.
func (f *Forwarder) add(conn net.Conn) (usable bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns[conn] = struct{}{}
	return !f.closed && !f.impairment.cut
}

func (f *Forwarder) remove(conn net.Conn) {
	_ = conn.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, conn)
}
