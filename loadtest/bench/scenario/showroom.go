package scenario

import (
	"context"
	"sync"

	"github.com/eventra/eventra/test/client"
)

// showroom has one event on sale at a time and the next one ready, so that
// there are always seats to be had.
type showroom struct {
	open  func() (*client.Sale, error)
	turns int // how often each seat is asked for

	mu      sync.Mutex
	current *client.Sale
	asked   int
	next    chan *client.Sale
	shown   int
	failed  error
}

// start opens the first event, and others as they are needed until ctx ends.
func (s *showroom) start(ctx context.Context) (err error) {
	if s.current, err = s.open(); err != nil {
		return err
	}
	s.shown, s.next = 1, make(chan *client.Sale)
	go func() {
		for ctx.Err() == nil {
			sale, err := s.open()
			if err != nil {
				s.mu.Lock()
				s.failed = err
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

// place is the next seat to be asked for, by its number.
func (s *showroom) place() (sale *client.Sale, seat int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked >= s.turns*s.current.Size() {
		select {
		case s.current = <-s.next:
			s.asked = 0
			s.shown++
		default: // it will be there soon
		}
	}
	seat = s.asked % s.current.Size()
	s.asked++
	return s.current, seat
}

// end tells how many events were on sale, and why there were no more.
func (s *showroom) end() (shown int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown, s.failed
}
