// Package readers reads whole seat maps over many connections as fast as they are
// answered, and checks the answers.
package readers

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
)

const (
	answerTimeout = 10 * time.Second
	// samplePeriod is the least time between two answers that are kept to be decoded after
	// the run, when that costs the sale nothing.
	samplePeriod = 250 * time.Millisecond
	samplesMax   = 16
)

// Load is a number of readers of events that are sold one after the other. They read the
// event that is on sale.
type Load struct {
	Address     string
	Sales       []*client.Sale
	Connections int
	Coding      string // the content coding that they accept
}

// Reading is a running load.
type Reading struct {
	Load
	observer *observer
	stop     context.CancelFunc
	all      sync.WaitGroup
	sampled  atomic.Int64 // the time of the last sample

	mu      sync.Mutex
	answers []answer
	samples []sample
	bodies  map[string]uint64 // hashes, by event and tag
	faults  []error
	bytes   int64
}

// answer is one answer to one reader.
type answer struct {
	sale    int
	version uint64
	came    time.Time
}

// sample is an answer that is kept as a whole.
type sample struct {
	sale int
	tag  string
	body []byte
}

// seed makes the hashes of bodies.
var seed = maphash.MakeSeed()

// Start starts the readers, until ctx ends or Stop is called.
func (l Load) Start(ctx context.Context) *Reading {
	ctx, stop := context.WithCancel(ctx)
	r := &Reading{Load: l, stop: stop, bodies: map[string]uint64{}}
	r.observer = &observer{address: l.Address, sales: l.Sales}
	r.all.Go(func() { r.note(r.observer.run(ctx)) })
	for range l.Connections {
		r.all.Go(func() { r.note(r.read(ctx)) })
	}
	return r
}

func (r *Reading) note(err error) {
	if err != nil {
		r.mu.Lock()
		r.faults = append(r.faults, err)
		r.mu.Unlock()
	}
}

// read is the work of one reader.
func (r *Reading) read(ctx context.Context) error {
	conn, err := http1.Dial(r.Address, time.Now().Add(answerTimeout))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.ReuseBody()
	var latest answer
	for ctx.Err() == nil {
		next := answer{sale: r.observer.onSale()}
		response, err := conn.Do(&http1.Request{Method: "GET", Path: "/api/v1/events/" + r.Sales[next.sale].ID + "/seats",
			Header: []string{"Accept-Encoding: " + r.Coding}}, time.Now().Add(answerTimeout))
		if err != nil {
			return err
		}
		next.came = time.Now()
		if response.Status != 200 || response.Get("Content-Encoding") != r.Coding {
			return fmt.Errorf("a map is answered with %d as %q", response.Status, response.Get("Content-Encoding"))
		}
		tag := response.Get("ETag")
		if next.version, _, err = parseTag(tag); err != nil {
			return err
		}
		if next.sale == latest.sale && next.version < latest.version {
			return fmt.Errorf("version %d follows version %d on one connection", next.version, latest.version)
		}
		latest = next
		r.keep(next, tag, response.Body)
	}
	return nil
}

func (r *Reading) keep(a answer, tag string, body []byte) {
	hash := maphash.Bytes(seed, body)
	last, now := r.sampled.Load(), a.came.UnixNano()
	chosen := now-last >= int64(samplePeriod) && r.sampled.CompareAndSwap(last, now)

	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, a)
	r.bytes += int64(len(body))
	key := r.Sales[a.sale].ID + tag
	if known, found := r.bodies[key]; found && known != hash {
		r.faults = append(r.faults, fmt.Errorf("two different answers have the tag %s", tag))
	}
	r.bodies[key] = hash
	if chosen && len(r.samples) < samplesMax {
		r.samples = append(r.samples, sample{a.sale, tag, append([]byte(nil), body...)})
	}
}

// Stop ends the readers and checks what they read.
func (r *Reading) Stop() *Summary {
	r.stop()
	r.all.Wait()
	return r.summary()
}
