package contract

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what to try.
type Config struct {
	Document *Document
	Host     string // and port
	Seed     uint64
	Requests int // for each operation
	Workers  int
	Only     string                              // an operation, or OPERATION/NUMBER for one case; empty: all
	World    func(op *Operation) (*World, error) // makes a new one
}

// blockSize is how many requests share a world.
const blockSize = 500

// Finding is an answer that the document does not allow, and the least request known to get it.
type Finding struct {
	Fault   string
	Times   int
	Request *Request
	Answer  *Answer
}

func (f *Finding) String() string {
	body := string(f.Answer.Body)
	if len(body) > 600 {
		body = body[:600] + "…"
	}
	return fmt.Sprintf("%s: %s (%d times)\n  as %s: %v\n  → %d %s", f.Request.Op.ID, f.Fault, f.Times, f.Request.Caller, f.Request, f.Answer.Status, body)
}

// Report is what came of a run.
type Report struct {
	Requests int
	Statuses map[string]map[int]int // by operation
	Seconds  map[string]float64     // by operation
	Findings []*Finding
}

type run struct {
	Config
	mu       sync.Mutex
	report   Report
	findings map[string]*Finding
}

// Run tries each operation. Its error means that the service could not be reached.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := &run{Config: c, findings: map[string]*Finding{}}
	r.report.Statuses, r.report.Seconds = map[string]map[int]int{}, map[string]float64{}
	only, number, single := strings.Cut(c.Only, "/")
	for _, op := range c.Document.Operations {
		if only != "" && op.ID != only {
			continue
		}
		for first := 0; first < c.Requests && ctx.Err() == nil; first += blockSize {
			cases := make([]int, 0, blockSize)
			for i := first; i < min(first+blockSize, c.Requests); i++ {
				if !single || fmt.Sprint(i) == number {
					cases = append(cases, i)
				}
			}
			began := time.Now()
			if err := r.block(ctx, op, cases); err != nil {
				return nil, err
			}
			r.report.Seconds[op.ID] += time.Since(began).Seconds()
		}
	}
	for _, fault := range slices.Sorted(maps.Keys(r.findings)) {
		r.report.Findings = append(r.report.Findings, r.findings[fault])
	}
	return &r.report, ctx.Err()
}

// block sends some of an operation's requests.
func (r *run) block(ctx context.Context, op *Operation, cases []int) error {
	if len(cases) == 0 {
		return nil
	}
	world, err := r.World(op)
	if err != nil {
		return err
	}
	var next atomic.Int64
	errs := make(chan error, r.Workers)
	for range r.Workers {
		go func() {
			c := &client{host: r.Host}
			defer c.close()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(cases) {
					break
				}
				if err := r.try(c, op, cases[i], world); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range r.Workers {
		if failed := <-errs; failed != nil {
			err = failed
		}
	}
	return err
}

func (r *run) try(c *client, op *Operation, number int, world *World) error {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%s/%d", op.ID, number)
	m := &maker{Rand: rand.New(rand.NewPCG(r.Seed, hash.Sum64())), doc: r.Document, world: world, op: op}
	request := m.request(fmt.Sprintf("seed %d, case %s/%d", r.Seed, op.ID, number))
	answer, err := c.do(request)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.report.Requests++
	if r.report.Statuses[op.ID] == nil {
		r.report.Statuses[op.ID] = map[int]int{}
	}
	r.report.Statuses[op.ID][answer.Status]++
	r.mu.Unlock()
	for _, fault := range r.Document.judge(request, answer) {
		r.found(op, fault, request, answer)
	}
	return nil
}

var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]{4,}|"[^"]*"|'[^']*'`)

// found notes a fault. The first of a kind is reduced.
func (r *run) found(op *Operation, fault string, request *Request, answer *Answer) {
	kind := op.ID + " " + varying.ReplaceAllString(fault, "…")
	r.mu.Lock()
	known := r.findings[kind]
	if known != nil {
		known.Times++
		r.mu.Unlock()
		return
	}
	finding := &Finding{Fault: fault, Times: 1, Request: request, Answer: answer}
	r.findings[kind] = finding
	r.mu.Unlock()
	least, its := r.reduce(request, answer, varying.ReplaceAllString(fault, "…"))
	r.mu.Lock()
	finding.Request, finding.Answer = least, its
	r.mu.Unlock()
}
