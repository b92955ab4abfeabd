package load

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/http1"
)

// Saturation measures the rate of holds that instances can make: each connection
// requests the next seat as soon as it has an answer. Operations are not recorded.
type Saturation struct {
	Addresses   []string // connections are spread over them
	Connections int
	Tokens      []string
	WarmUp      time.Duration // not measured
	For         time.Duration
	// Next returns the next event and seat, false if none is left.
	Next func() (event, seat string, ok bool)
}

// Throughput is the result of a saturation.
type Throughput struct {
	Granted int            // during the measurement
	Other   map[string]int // answers other than 201, and errors, at any time
	Took    time.Duration
	Median  time.Duration
	P99     time.Duration
	SoldOut bool
}

// PerSecond returns the rate of granted holds.
func (t Throughput) PerSecond() float64 {
	if t.Took <= 0 {
		return 0
	}
	return float64(t.Granted) / t.Took.Seconds()
}

func (t Throughput) String() string {
	return fmt.Sprintf("%.0f holds/s, median %v, 99 %% %v", t.PerSecond(),
		t.Median.Round(100*time.Microsecond), t.P99.Round(100*time.Microsecond))
}

// requestTimeout bounds one request.
const requestTimeout = 10 * time.Second

// Run runs the measurement.
func (s *Saturation) Run() (Throughput, error) {
	begin := time.Now().Add(s.WarmUp)
	end := begin.Add(s.For)
	var soldOut atomic.Bool
	connections := make([]*connection, s.Connections)
	var wg sync.WaitGroup
	for i := range connections {
		connections[i] = &connection{address: s.Addresses[i%len(s.Addresses)], token: s.Tokens[i%len(s.Tokens)], other: map[string]int{}}
		wg.Go(func() { connections[i].run(s, begin, end, &soldOut) })
	}
	wg.Wait()

	t := Throughput{Took: s.For, SoldOut: soldOut.Load(), Other: map[string]int{}}
	var times []time.Duration
	for _, c := range connections {
		t.Granted += len(c.times)
		for what, n := range c.other {
			t.Other[what] += n
		}
		times = append(times, c.times...)
		if c.err != nil {
			return t, c.err
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		t.Median, t.P99 = times[len(times)/2], times[len(times)*99/100]
	}
	return t, nil
}

// connection is one connection of a saturation.
type connection struct {
	address, token string
	times          []time.Duration
	other          map[string]int
	err            error
}

func (c *connection) run(s *Saturation, begin, end time.Time, soldOut *atomic.Bool) {
	conn, err := http1.Dial(c.address, time.Now().Add(requestTimeout))
	if err != nil {
		c.err = err
		return
	}
	defer func() { conn.Close() }()
	req := &http1.Request{Method: "POST", Path: "/api/v1/bookings",
		Header: []string{"Content-Type: application/json", "Authorization: Bearer " + c.token}}
	for now := time.Now(); now.Before(end); {
		event, seat, ok := s.Next()
		if !ok {
			soldOut.Store(true)
			return
		}
		req.Body = append(append(append(append(append(req.Body[:0], `{"eventId":"`...), event...), `","seats":["`...), seat...), `"]}`...)
		response, err := conn.Do(req, now.Add(requestTimeout))
		done := time.Now()
		switch {
		case err != nil:
			c.other["no answer"]++
			if conn, c.err = http1.Dial(c.address, done.Add(requestTimeout)); c.err != nil {
				return
			}
		case response.Status != 201:
			c.other[fmt.Sprintf("%d %.120s", response.Status, detailOf(response.Body))]++
		case !now.Before(begin) && done.Before(end):
			c.times = append(c.times, done.Sub(now))
		}
		now = done
	}
}

// detailOf returns the detail of a problem.
func detailOf(body []byte) string {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) != nil {
		return string(body)
	}
	return problem.Detail
}
