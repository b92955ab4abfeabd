package network

import (
	"net"
	"time"
)

// trouble is what a forwarder does to those who use it. Its zero value does
// nothing.
type trouble struct {
	cut   bool
	delay time.Duration
	gone  chan struct{} // closed when what stalls is over; nil: nothing does
}

// Cut breaks all connections, and new ones as soon as they are made.
func (f *Forwarder) Cut() {
	f.set(trouble{cut: true})
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as from a machine that knows nothing of them
		}
		_ = conn.Close()
	}
}

// Stall passes nothing on. Connections stay, and so does what is sent.
func (f *Forwarder) Stall() { f.set(trouble{gone: make(chan struct{})}) }

// Slow keeps everything back for a while, each way.
func (f *Forwarder) Slow(delay time.Duration) { f.set(trouble{delay: delay}) }

// Heal ends all trouble.
func (f *Forwarder) Heal() { f.set(trouble{}) }

func (f *Forwarder) set(t trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble.gone != nil {
		close(f.trouble.gone)
	}
	f.trouble = t
}

// pass copies from one side to the other until either is done.
func (f *Forwarder) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		f.suffer()
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// suffer waits as long as the present trouble demands.
func (f *Forwarder) suffer() {
	f.mu.Lock()
	now := f.trouble
	f.mu.Unlock()
	if now.delay > 0 {
		time.Sleep(now.delay)
	}
	if now.gone != nil {
		<-now.gone
	}
}
