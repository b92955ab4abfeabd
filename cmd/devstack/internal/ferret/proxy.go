package ferret

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// dialPatience bounds the wait for a connection to the server, which runs on the same machine.
	dialPatience = 5 * time.Second

	// answerPatience bounds how long one stuck command can keep all writers waiting.
	answerPatience = 60 * time.Second
)

// writes are the commands that change data.
var writes = map[string]bool{
	"insert": true, "update": true, "delete": true, "findAndModify": true, "findandmodify": true, "bulkWrite": true,
	"create": true, "createIndexes": true, "collMod": true, "renameCollection": true, "convertToCapped": true,
	"drop": true, "dropDatabase": true, "dropIndexes": true, "deleteIndexes": true, "compact": true,
	"createUser": true, "updateUser": true, "dropUser": true, "dropAllUsersFromDatabase": true,
}

// A proxy stands between clients and FerretDB and lets it run one write at a time.
//
// FerretDB's updates on SQLite read, change and write back without a transaction: of 100 concurrent increments, about five
// survive. MongoDB promises that a command on one document is atomic, and programs rely on that. The proxy keeps the promise:
// it holds a lock from a write's request to its answer. Reads take no lock.
type proxy struct {
	listener net.Listener
	backend  string

	writing sync.Mutex // held from a write's request to its answer

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	active sync.WaitGroup
}

// newProxy makes a proxy that accepts clients on listener and connects to the server at the address backend.
func newProxy(listener net.Listener, backend string) *proxy {
	return &proxy{listener: listener, backend: backend, conns: map[net.Conn]struct{}{}}
}

// serve accepts clients until close.
func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, for instance
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go p.serveClient(client)
	}
}

// close ends all connections and waits until no request is running.
func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.active.Wait()
}

func (p *proxy) serveClient(client net.Conn) {
	if !p.track(client) {
		return
	}
	defer p.forget(client)

	server, err := net.DialTimeout("tcp", p.backend, dialPatience)
	if err != nil || !p.track(server) {
		return
	}
	defer p.forget(server)

	for {
		request, err := readMessage(client)
		if err != nil {
			return
		}
		if err := p.pass(request, client, server); err != nil {
			return // the driver handles a lost connection
		}
	}
}

// pass sends a request to the server and its answers to the client.
func (p *proxy) pass(request message, client, server net.Conn) error {
	command, err := request.command()
	if err != nil {
		return err
	}
	answers, err := p.ask(server, request, writes[command])
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	for _, answer := range answers {
		if _, err := client.Write(answer); err != nil {
			return err
		}
	}
	return nil
}

// ask returns the server's answers; none if the client wants none. When it returns, a write has ended.
func (p *proxy) ask(server net.Conn, request message, write bool) (answers []message, err error) {
	if write {
		p.writing.Lock()
		defer p.writing.Unlock()
	}

	// An unacknowledged write has no answer that shows its end, so the lock would be released too early. Therefore the proxy
	// lets the server answer, and drops the answer. (The request's checksum would be wrong, but no driver sends one.)
	unacknowledged := request.moreToCome()
	if unacknowledged {
		request.clearMoreToCome()
	}

	_ = server.SetDeadline(time.Now().Add(answerPatience))
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	for {
		answer, err := readMessage(server)
		if err != nil {
			return nil, err
		}
		if !unacknowledged {
			answers = append(answers, answer)
		}
		if !answer.moreToCome() {
			return answers, nil
		}
	}
}

// track registers a connection, so that close can end it. After close, it closes the connection and returns false.
func (p *proxy) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = conn.Close()
		return false
	}
	p.conns[conn] = struct{}{}
	p.active.Add(1)
	return true
}

func (p *proxy) forget(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	delete(p.conns, conn)
	p.mu.Unlock()
	p.active.Done()
}
