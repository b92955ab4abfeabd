// Package network puts instances into network namespaces of their own, joined
// by a bridge, and cuts the wires between them. It takes Linux and root.
package network

import (
	"net"
	"sync"
)

// Forwarder passes connections on to another address.
type Forwarder struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	closed  bool
	trouble trouble
}

// Forward listens at an address, port 0 for any, and forwards to target.
func Forward(listen, target string) (*Forwarder, error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	f := &Forwarder{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	go f.accept()
	return f, nil
}

// Address is where it listens.
func (f *Forwarder) Address() string { return f.listener.Addr().String() }

// Close ends the forwarder and all connections through it.
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
		go f.join(conn)
	}
}

// join copies both ways until one side is done.
func (f *Forwarder) join(from net.Conn) {
	defer f.drop(from)
	if !f.keep(from) {
		return
	}
	to, err := net.Dial("tcp", f.target)
	if err != nil {
		return
	}
	defer f.drop(to)
	if !f.keep(to) {
		return
	}
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			f.pass(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
}

func (f *Forwarder) keep(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns[conn] = struct{}{}
	return !f.closed && !f.trouble.cut
}

func (f *Forwarder) drop(conn net.Conn) {
	_ = conn.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, conn)
}
