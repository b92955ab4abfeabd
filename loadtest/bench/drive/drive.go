// Package drive drives servers from Go, for what a wrk script cannot say:
// requests that need what an earlier one was answered, a fixed number of them,
// or a fixed rate.
package drive

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/figures"
	"github.com/eventra/eventra/test/http1"
)

// turnedAway is the status of an overloaded server.
const turnedAway = 503

// answerTimeout is when an answer counts as an error.
const answerTimeout = 10 * time.Second

// Worker is one connection, kept alive, and what it was answered.
type Worker struct {
	Number int // from 0

	address  string
	conn     *http1.Conn
	statuses map[int]int64
	errors   int64
	times    []time.Duration
	// turnedAway is how long it took to be told so, from when it was asked.
	turnedAway []time.Duration
}

// Do sends one request and returns its answer, nil if there was none. Its time
// counts from due, or from now if due is zero: who is late because the one
// before was slow has waited, too.
func (w *Worker) Do(req *http1.Request, due time.Time) *http1.Response {
	start := time.Now()
	if due.IsZero() {
		due = start
	}
	answer, err := w.try(req, start.Add(answerTimeout))
	if err != nil {
		w.errors++
		w.hangUp()
		return nil
	}
	if answer.Status == turnedAway {
		w.turnedAway = append(w.turnedAway, time.Since(start))
	} else {
		w.times = append(w.times, time.Since(due))
	}
	w.statuses[answer.Status]++
	return answer
}

func (w *Worker) try(req *http1.Request, deadline time.Time) (answer *http1.Response, err error) {
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

func (w *Worker) hangUp() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// Crowd is a number of workers at one address.
type Crowd struct {
	Address     string
	Connections int
}

// Count has the workers carry out steps 0 to n-1, each when a worker is free.
func (c Crowd) Count(n int64, step func(w *Worker, i int64)) figures.Result {
	var next atomic.Int64
	return c.run(func(w *Worker, _ time.Time) {
		for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
			step(w, i)
		}
	})
}

// For has the workers carry out steps until the time is over.
func (c Crowd) For(d time.Duration, step func(w *Worker, i int64)) figures.Result {
	var next atomic.Int64
	return c.run(func(w *Worker, start time.Time) {
		for end := start.Add(d); time.Now().Before(end); {
			step(w, next.Add(1)-1)
		}
	})
}

// Rate has the workers carry out so many steps a second, each at its own due
// time, until stop is closed. With too few workers for it, times grow.
func (c Crowd) Rate(perSecond float64, stop <-chan struct{}, step func(w *Worker, i int64, due time.Time)) figures.Result {
	var next atomic.Int64
	return c.run(func(w *Worker, start time.Time) {
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

// run has everybody connect, and then work.
func (c Crowd) run(work func(w *Worker, start time.Time)) figures.Result {
	workers := make([]*Worker, c.Connections)
	var connected, all sync.WaitGroup
	var start time.Time
	begin := make(chan struct{})
	for i := range workers {
		w := &Worker{Number: i, address: c.Address, statuses: map[int]int64{}}
		workers[i] = w
		connected.Add(1)
		all.Go(func() {
			defer w.hangUp()
			_ = w.dial(time.Now().Add(answerTimeout)) // who cannot tries again for its first request
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

func tally(workers []*Worker, took time.Duration) figures.Result {
	result := figures.Result{Took: took, Statuses: map[int]int64{}}
	var times, away []time.Duration
	for _, w := range workers {
		times, away = append(times, w.times...), append(away, w.turnedAway...)
		result.Errors += w.errors
		for status, n := range w.statuses {
			result.Statuses[status] += n
		}
	}
	slices.Sort(times)
	slices.Sort(away)
	result.Requests = int64(len(times) + len(away))
	result.TurnedAwayP99 = figures.Quantile(away, 0.99)
	result.P50, result.P99, result.Max = figures.Quantile(times, 0.5), figures.Quantile(times, 0.99), figures.Quantile(times, 1)
	return result
}
