package network

import (
	"net"
	"time"
)

// impairment is what a forwarder does to its connections. The zero value is
// nothing.
type impairment struct {
	cut     bool
	delay   time.Duration
	stalled chan struct{} // closed when the stall ends; nil without one
}

// Cut resets all connections, and new ones as soon as they are accepted.
func (f *Forwarder) Cut() {
	f.impair(impairment{cut: true})
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // close by a reset
		}
		_ = conn.Close()
	}
}

// Stall forwards nothing. Connections stay open, and Heal forwards what was sent
// meanwhile.
func (f *Forwarder) Stall() { f.impair(impairment{stalled: make(chan struct{})}) }

// Slow delays data in both directions.
func (f *Forwarder) Slow(delay time.Duration) { f.impair(impairment{delay: delay}) }

// Heal ends the impairment.
func (f *Forwarder) Heal() { f.impair(impairment{}) }

func (f *Forwarder) impair(i impairment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.impairment.stalled != nil {
		close(f.impairment.stalled)
	}
	f.impairment = i
}

// copy copies from one side to the other until either ends.
func (f *Forwarder) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		f.wait()
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// wait delays the caller as the current impairment demands.
func (f *Forwarder) wait() {
	f.mu.Lock()
	now := f.impairment
	f.mu.Unlock()
	if now.delay > 0 {
		time.Sleep(now.delay)
	}
	if now.stalled != nil {
		<-now.stalled
	}
}
