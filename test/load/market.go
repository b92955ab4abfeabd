package load

import (
	"sync"
	"time"

	"github.com/eventra/eventra/test/client"
)

// Stall is a place in the market: what is sold there, and for how long, until
// another event of the kind takes its place. Short lives keep histories short.
type Stall struct {
	House   client.House
	HoldFor time.Duration
	Life    time.Duration
	Share   float64 // of the visitors' requests
}

// Show is an event that is or was on sale in the market.
type Show struct {
	*client.Sale
	HoldFor time.Duration
}

// Market keeps one event on sale in each of its stalls.
type Market struct {
	Stalls []Stall
	Open   func(Stall) (*client.Sale, error)

	mu      sync.Mutex
	current []*Show
	all     []*Show

	stop chan struct{}
	once sync.Once
	wg   sync.WaitGroup
}

// Start opens the first event of each stall, and goes on to replace them.
func (m *Market) Start() error {
	m.stop = make(chan struct{})
	m.current = make([]*Show, len(m.Stalls))
	for n := range m.Stalls {
		if err := m.renew(n); err != nil {
			return err
		}
	}
	for n := range m.Stalls {
		m.wg.Go(func() { m.keep(n) })
	}
	return nil
}

// Stop opens no more events.
func (m *Market) Stop() {
	m.once.Do(func() { close(m.stop) })
	m.wg.Wait()
}

// keep replaces the event of a stall again and again. While that does not work,
// the last one stays.
func (m *Market) keep(stall int) {
	const again = 500 * time.Millisecond
	wait := m.Stalls[stall].Life
	for {
		select {
		case <-m.stop:
			return
		case <-time.After(wait):
		}
		if wait = m.Stalls[stall].Life; m.renew(stall) != nil {
			wait = again
		}
	}
}

func (m *Market) renew(stall int) error {
	sale, err := m.Open(m.Stalls[stall])
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.current[stall] = &Show{sale, m.Stalls[stall].HoldFor}
	m.all = append(m.all, m.current[stall])
	return nil
}

// Pick chooses an event on sale by a number from 0 to 1.
func (m *Market) Pick(luck float64) *Show {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n := range m.Stalls {
		if luck -= m.Stalls[n].Share; luck < 0 {
			return m.current[n]
		}
	}
	return m.current[len(m.current)-1]
}

// Shows are all events that were ever on sale.
func (m *Market) Shows() []*Show {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*Show(nil), m.all...)
}
