package wire

import (
	"sync"
	"time"
)

// idleMax is how many idle connections to one address are kept.
const idleMax = 512

// Pool keeps connections to one address alive between requests.
type Pool struct {
	address string

	mu   sync.Mutex
	idle []*Conn
}

// NewPool makes a pool of connections to an address.
func NewPool(address string) *Pool { return &Pool{address: address} }

// Address is where the connections lead.
func (p *Pool) Address() string { return p.address }

// Do makes one attempt, on a kept connection if there is a usable one, else on
// a new one. Its error is an [*Error].
func (p *Pool) Do(req *Request, timeout time.Duration) (*Response, error) {
	deadline := time.Now().Add(timeout)
	conn, err := p.take(deadline)
	if err != nil {
		return nil, err
	}
	answer, err := conn.Do(req, deadline)
	if err != nil {
		conn.Close()
		return nil, err
	}
	p.giveBack(conn)
	return answer, nil
}

func (p *Pool) take(deadline time.Time) (*Conn, error) {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return Dial(p.address, deadline)
		}
		conn := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if conn.Usable() {
			return conn, nil
		}
		conn.Close()
	}
}

func (p *Pool) giveBack(conn *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if conn.broken || len(p.idle) >= idleMax {
		conn.Close()
		return
	}
	p.idle = append(p.idle, conn)
}

// Forget closes the idle connections.
func (p *Pool) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.idle {
		conn.Close()
	}
	p.idle = nil
}
