// Package loadgen generates load that a wrk script cannot: requests that depend on
// earlier responses, a fixed number of requests, or a fixed rate.
package loadgen

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/test/http1"
)

// overloaded is the status by which a server sheds a request.
const overloaded = 503

// responseTimeout is when a missing response counts as an error.
const responseTimeout = 10 * time.Second

// Worker is one connection with its results.
type Worker struct {
	Number int // from 0

	address  string
	conn     *http1.Conn
	statuses map[int]int64
	errors   int64
	times    []time.Duration
	shed     []time.Duration // times of shed requests, from when they were sent
}

// Do sends a request and returns the response, nil without one. Its time counts from
// due, so that a delay by a slow earlier request is included; from now if due is
// zero.
func (w *Worker) Do(req *http1.Request, due time.Time) *http1.Response {
	start := time.Now()
	if due.IsZero() {
		due = start
	}
	response, err := w.try(req, start.Add(responseTimeout))
	if err != nil {
		w.errors++
		w.close()
		return nil
	}
	if response.Status == overloaded {
		w.shed = append(w.shed, time.Since(start))
	} else {
		w.times = append(w.times, time.Since(due))
	}
	w.statuses[response.Status]++
	return response
}

func (w *Worker) try(req *http1.Request, deadline time.Time) (response *http1.Response, err error) {
	if w.conn == nil {
		if err := w.dial(deadline); err != nil {
			return nil, err
		}
	}
	return w.conn.Do(req, deadline)
}

func (w *Worker) dial(deadline time.Time) (err error) {
	if w.conn, err = http1.Dial(w.address, deadline); err != nil {
		w.conn = nil
	}
	return err
}

func (w *Worker) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// Generator runs one worker for each connection to an address. Each step is run by
// the next free worker.
type Generator struct {
	Address     string
	Connections int
	Others      []string // addresses that the workers use in turn with Address
}

// addressOf returns the address of a worker.
func (g Generator) addressOf(worker int) string {
	if at := worker % (1 + len(g.Others)); at > 0 {
		return g.Others[at-1]
	}
	return g.Address
}

// Count runs the steps 0 to n-1.
func (g Generator) Count(n int64, step func(w *Worker, i int64)) stats.Result {
	var next atomic.Int64
	return g.run(func(w *Worker, _ time.Time) {
		for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
			step(w, i)
		}
	})
}

// For runs steps for a duration.
func (g Generator) For(d time.Duration, step func(w *Worker, i int64)) stats.Result {
	var next atomic.Int64
	return g.run(func(w *Worker, start time.Time) {
		for end := start.Add(d); time.Now().Before(end); {
			step(w, next.Add(1)-1)
		}
	})
}

// Rate runs steps at a rate, each at its due time, until stop is closed. If there are
// too few workers for the rate, steps start late, and their times grow.
func (g Generator) Rate(perSecond float64, stop <-chan struct{}, step func(w *Worker, i int64, due time.Time)) stats.Result {
	var next atomic.Int64
	return g.run(func(w *Worker, start time.Time) {
		for {
			i := next.Add(1) - 1
			due := start.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
			select {
			case <-stop:
				return
			case <-time.After(time.Until(due)):
				step(w, i, due)
			}
		}
	})
}

// run connects all workers before any of them starts.
func (g Generator) run(work func(w *Worker, start time.Time)) stats.Result {
	workers := make([]*Worker, g.Connections)
	var connected, all sync.WaitGroup
	var start time.Time
	begin := make(chan struct{})
	for i := range workers {
		w := &Worker{Number: i, address: g.addressOf(i), statuses: map[int]int64{}}
		workers[i] = w
		connected.Add(1)
		all.Go(func() {
			defer w.close()
			_ = w.dial(time.Now().Add(responseTimeout)) // Do tries again
			connected.Done()
			<-begin
			work(w, start)
		})
	}
	connected.Wait()
	start = time.Now()
	close(begin)
	all.Wait()
	return tally(workers, time.Since(start))
}

func tally(workers []*Worker, took time.Duration) stats.Result {
	result := stats.Result{Took: took, Statuses: map[int]int64{}}
	var times, shed []time.Duration
	for _, w := range workers {
		times, shed = append(times, w.times...), append(shed, w.shed...)
		result.Errors += w.errors
		for status, n := range w.statuses {
			result.Statuses[status] += n
		}
	}
	slices.Sort(times)
	slices.Sort(shed)
	result.Requests = int64(len(times) + len(shed))
	result.ShedP99 = stats.Quantile(shed, 0.99)
	result.P50, result.P99, result.Max = stats.Quantile(times, 0.5), stats.Quantile(times, 0.99), stats.Quantile(times, 1)
	return result
}
