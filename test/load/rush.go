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

// Rush is as many holds as the instances can take: each connection asks for
// the next seat as soon as it is answered. Nothing is recorded but figures.
type Rush struct {
	Addresses   []string // shared out among the connections
	Connections int
	Tokens      []string
	WarmUp      time.Duration // not measured
	For         time.Duration
	// Next names the next event and seat; false when there are no more.
	Next func() (event, seat string, ok bool)
}

// Score is how a rush went.
type Score struct {
	Granted   int            // while it was measured
	Other     map[string]int // answers that were no 201, at any time, and requests without any
	Took      time.Duration
	Median    time.Duration
	Quantile9 time.Duration // 99 of 100 answers took no longer
	SoldOut   bool
}

// PerSecond is the rate of granted holds.
func (s Score) PerSecond() float64 {
	if s.Took <= 0 {
		return 0
	}
	return float64(s.Granted) / s.Took.Seconds()
}

func (s Score) String() string {
	return fmt.Sprintf("%.0f holds/s, median %v, 99 %% %v", s.PerSecond(),
		s.Median.Round(100*time.Microsecond), s.Quantile9.Round(100*time.Microsecond))
}

// requestTimeout is for the slowest answer, so that nobody waits for ever.
const requestTimeout = 10 * time.Second

// Run rushes.
func (r *Rush) Run() (Score, error) {
	begin := time.Now().Add(r.WarmUp)
	end := begin.Add(r.For)
	var soldOut atomic.Bool
	lanes := make([]*lane, r.Connections)
	var wg sync.WaitGroup
	for i := range lanes {
		lanes[i] = &lane{address: r.Addresses[i%len(r.Addresses)], token: r.Tokens[i%len(r.Tokens)], other: map[string]int{}}
		wg.Go(func() { lanes[i].rush(r, begin, end, &soldOut) })
	}
	wg.Wait()

	score := Score{Took: r.For, SoldOut: soldOut.Load(), Other: map[string]int{}}
	var times []time.Duration
	for _, l := range lanes {
		score.Granted += len(l.times)
		for what, n := range l.other {
			score.Other[what] += n
		}
		times = append(times, l.times...)
		if l.err != nil {
			return score, l.err
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		score.Median, score.Quantile9 = times[len(times)/2], times[len(times)*99/100]
	}
	return score, nil
}

// lane is one connection of a rush.
type lane struct {
	address, token string
	times          []time.Duration
	other          map[string]int
	err            error
}

func (l *lane) rush(r *Rush, begin, end time.Time, soldOut *atomic.Bool) {
	conn, err := http1.Dial(l.address, time.Now().Add(requestTimeout))
	if err != nil {
		l.err = err
		return
	}
	defer func() { conn.Close() }()
	req := &http1.Request{Method: "POST", Path: "/api/v1/bookings",
		Header: []string{"Content-Type: application/json", "Authorization: Bearer " + l.token}}
	for now := time.Now(); now.Before(end); {
		event, seat, ok := r.Next()
		if !ok {
			soldOut.Store(true)
			return
		}
		req.Body = append(append(append(append(append(req.Body[:0], `{"eventId":"`...), event...), `","seats":["`...), seat...), `"]}`...)
		answer, err := conn.Do(req, now.Add(requestTimeout))
		done := time.Now()
		switch {
		case err != nil:
			l.other["no answer"]++
			if conn, l.err = http1.Dial(l.address, done.Add(requestTimeout)); l.err != nil {
				return
			}
		case answer.Status != 201:
			l.other[fmt.Sprintf("%d %.120s", answer.Status, detailOf(answer.Body))]++
		case !now.Before(begin) && done.Before(end):
			l.times = append(l.times, done.Sub(now))
		}
		now = done
	}
}

// detailOf is what a problem says to people.
func detailOf(body []byte) string {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) != nil {
		return string(body)
	}
	return problem.Detail
}
