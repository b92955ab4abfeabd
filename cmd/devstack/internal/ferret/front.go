package ferret

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// dialPatience bounds the wait for the server, which runs on the same machine.
	dialPatience = 5 * time.Second

	// answerPatience bounds how long one stuck command can keep all writers waiting.
	answerPatience = 60 * time.Second
)

// writes are the commands that change something.
var writes = map[string]bool{
	"insert": true, "update": true, "delete": true, "findAndModify": true, "findandmodify": true, "bulkWrite": true,
	"create": true, "createIndexes": true, "collMod": true, "renameCollection": true, "convertToCapped": true,
	"drop": true, "dropDatabase": true, "dropIndexes": true, "deleteIndexes": true, "compact": true,
	"createUser": true, "updateUser": true, "dropUser": true, "dropAllUsersFromDatabase": true,
}

// A front stands between clients and FerretDB and lets it run one write at a time.
//
// FerretDB's updates on SQLite read, change and write back without a transaction around them: of 100 concurrent increments
// some five survive. MongoDB promises that a command on one document is atomic, and programs rely on it. The front restores
// the promise by taking a lock before a command that writes and giving it back after the answer. Reads pass freely.
type front struct {
	listener net.Listener
	backend  string

	writing sync.Mutex // held from a write's request to its answer

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	active sync.WaitGroup
}

// newFront makes a front that accepts clients on listener and speaks to the server at the address backend.
func newFront(listener net.Listener, backend string) *front {
	return &front{listener: listener, backend: backend, conns: map[net.Conn]struct{}{}}
}

// serve accepts clients until close.
func (f *front) serve() {
	for {
		client, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, for instance
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go f.serveClient(client)
	}
}

// close ends all connections and waits until nothing is under way.
func (f *front) close() {
	_ = f.listener.Close()
	f.mu.Lock()
	f.closed = true
	for conn := range f.conns {
		_ = conn.Close()
	}
	f.mu.Unlock()
	f.active.Wait()
}

func (f *front) serveClient(client net.Conn) {
	if !f.track(client) {
		return
	}
	defer f.forget(client)

	server, err := net.DialTimeout("tcp", f.backend, dialPatience)
	if err != nil || !f.track(server) {
		return
	}
	defer f.forget(server)

	for {
		request, err := readMessage(client)
		if err != nil {
			return
		}
		if err := f.pass(request, client, server); err != nil {
			return // the driver sees a lost connection and knows what to do
		}
	}
}

// pass hands a request to the server and its answers to the client.
func (f *front) pass(request message, client, server net.Conn) error {
	command, err := request.command()
	if err != nil {
		return err
	}
	answers, err := f.ask(server, request, writes[command])
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

// ask returns the server's answers, none if the client wants none. A write is over when this returns.
func (f *front) ask(server net.Conn, request message, write bool) (answers []message, err error) {
	if write {
		f.writing.Lock()
		defer f.writing.Unlock()
	}

	// A write that nobody waits for would give the lock back too early. So the server is made to answer, and the answer
	// is kept from the client. (Its checksum, which no driver sends, would then be wrong.)
	silent := request.moreToCome()
	if silent {
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
		if !silent {
			answers = append(answers, answer)
		}
		if !answer.moreToCome() {
			return answers, nil
		}
	}
}

// track notes a connection for close; false means that it is too late and the connection is closed.
func (f *front) track(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		_ = conn.Close()
		return false
	}
	f.conns[conn] = struct{}{}
	f.active.Add(1)
	return true
}

func (f *front) forget(conn net.Conn) {
	_ = conn.Close()
	f.mu.Lock()
	delete(f.conns, conn)
	f.mu.Unlock()
	f.active.Done()
}
