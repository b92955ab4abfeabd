package scenario

import (
	"context"
	"sync"

	"github.com/eventra/eventra/test/client"
)

// rotation keeps one event on sale and the next one ready.
type rotation struct {
	open  func() (*client.Sale, error)
	turns int // how often each seat is requested

	mu        sync.Mutex
	current   *client.Sale
	requested int // seats of current
	next      chan *client.Sale
	opened    int
	err       error // of open
}

// start opens the first event, and others when they are needed, until ctx ends.
func (s *rotation) start(ctx context.Context) (err error) {
	if s.current, err = s.open(); err != nil {
		return err
	}
	s.opened, s.next = 1, make(chan *client.Sale)
	go func() {
		for ctx.Err() == nil {
			sale, err := s.open()
			if err != nil {
				s.mu.Lock()
				s.err = err
				s.mu.Unlock()
				return
			}
			select {
			case s.next <- sale:
			case <-ctx.Done():
			}
		}
	}()
	return nil
}

// nextSeat returns the event and the index of the next seat to request.
func (s *rotation) nextSeat() (sale *client.Sale, seat int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requested >= s.turns*s.current.Size() {
		select {
		case s.current = <-s.next:
			s.requested = 0
			s.opened++
		default: // not ready yet
		}
	}
	seat = s.requested % s.current.Size()
	s.requested++
	return s.current, seat
}

// end returns the number of events that were on sale, and the error that ended the
// rotation.
func (s *rotation) end() (opened int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.err
}
