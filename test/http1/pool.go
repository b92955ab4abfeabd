package http1

import (
	"sync"
	"time"
)

// idleMax bounds the idle connections to one address.
const idleMax = 512

// Pool keeps connections to one address alive between requests.
type Pool struct {
	address string

	mu   sync.Mutex
	idle []*Conn
}

// NewPool returns an empty pool for connections to address.
func NewPool(address string) *Pool { return &Pool{address: address} }

// Address returns the server's address.
func (p *Pool) Address() string { return p.address }

// Do sends a request once, on an idle connection if there is a usable one, else
// on a new one. Its error is an [*Error].
func (p *Pool) Do(req *Request, timeout time.Duration) (*Response, error) {
	deadline := time.Now().Add(timeout)
	conn, err := p.get(deadline)
	if err != nil {
		return nil, err
	}
	response, err := conn.Do(req, deadline)
	if err != nil {
		conn.Close()
		return nil, err
	}
	p.put(conn)
	return response, nil
}

func (p *Pool) get(deadline time.Time) (*Conn, error) {
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

func (p *Pool) put(conn *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if conn.broken || len(p.idle) >= idleMax {
		conn.Close()
		return
	}
	p.idle = append(p.idle, conn)
}

// CloseIdle closes the idle connections.
func (p *Pool) CloseIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.idle {
		conn.Close()
	}
	p.idle = nil
}
