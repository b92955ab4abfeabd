package readers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
	"github.com/eventra/eventra/test/wait"
)

// observePeriod is how often the observer asks for the version.
const observePeriod = 20 * time.Millisecond

// observer learns which event is on sale, and when its versions were first seen, by the
// counts of its seats, which cost the server little.
type observer struct {
	address string
	sales   []*client.Sale
	current atomic.Int64

	mu   sync.Mutex
	seen []sighting
}

// sighting is the first time at which a version was known.
type sighting struct {
	sale    int
	version uint64
	at      time.Time
}

func (o *observer) onSale() int { return int(o.current.Load()) }

func (o *observer) run(ctx context.Context) error {
	conn, err := http1.Dial(o.address, time.Now().Add(answerTimeout))
	if err != nil {
		return err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		sale := o.onSale()
		counts, err := o.ask(conn, o.sales[sale].ID)
		if err != nil {
			return err
		}
		o.mu.Lock()
		if n := len(o.seen); n == 0 || o.seen[n-1].sale != sale || counts.Version > o.seen[n-1].version {
			o.seen = append(o.seen, sighting{sale, counts.Version, time.Now()})
		}
		o.mu.Unlock()
		if counts.Available == 0 && sale+1 < len(o.sales) {
			o.current.Add(1)
			continue
		}
		_ = wait.Sleep(ctx, observePeriod)
	}
	return nil
}

type counts struct {
	Version   uint64
	Available int
}

func (o *observer) ask(conn *http1.Conn, event string) (c counts, err error) {
	response, err := conn.Do(&http1.Request{Method: "GET", Path: "/api/v1/events/" + event + "/availability"}, time.Now().Add(answerTimeout))
	if err != nil {
		return c, err
	}
	if response.Status != 200 {
		return c, fmt.Errorf("the counts are answered with %d %.200s", response.Status, response.Body)
	}
	return c, json.Unmarshal(response.Body, &c)
}

// age returns how long a newer version than the answer's had been known when the answer
// came.
func age(a answer, seen []sighting) time.Duration {
	for _, s := range seen {
		if s.sale == a.sale && s.version > a.version {
			return max(0, a.came.Sub(s.at))
		}
	}
	return 0
}
