package scenario

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventra/eventra/loadtest/bench/report"
	"github.com/eventra/eventra/loadtest/bench/stats"
	"github.com/eventra/eventra/loadtest/bench/system"
	"github.com/eventra/eventra/loadtest/bench/watchers"
	"github.com/eventra/eventra/test/client"
	"github.com/eventra/eventra/test/http1"
	"github.com/eventra/eventra/test/wait"
)

const (
	crowdTimeout = 10 * time.Second
	// crowdWatchers of the buyers also have the stream open.
	crowdWatchers = 1000
	// connectingMax bounds the buyers that connect at a time.
	connectingMax = 64
	// holdTries is how often a buyer looks for other seats.
	holdTries = 5
	groupMax  = 4
	// crowdMost is more seats a second than the crowd takes.
	crowdMost = 3000
)

// step is what a buyer does, with its times.
type step struct {
	name    string
	allowed []int // statuses

	mu       sync.Mutex
	times    []time.Duration
	statuses map[int]int64
	errors   int64
}

// buyers are a crowd that buys at one server.
type buyers struct {
	at                           *system.Server
	sales                        []*client.Sale
	taken                        [][]atomic.Bool // that somebody has been told
	held                         atomic.Int64    // seats
	tokens                       []string
	think                        time.Duration
	browse, look, hold, pay, end *step
}

// crowd lets many buyers with think time browse, look at the seats, hold some, hit taken
// ones, try others, and pay, release or abandon them.
func crowd(ctx context.Context, b *bench) error {
	b.Settings.RateLimits = limitsOff
	return b.with(ctx, false, func() error {
		for run := range b.Runs {
			if err := b.crowdOnce(ctx, run); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) crowdOnce(ctx context.Context, run int) error {
	at := b.System.Eventra
	c, err := b.gather(ctx, at)
	if err != nil {
		return err
	}
	audience := watchers.New(ctx, at.Target.Address(), c.sales[0])
	defer audience.Stop()
	if err := audience.Open(min(crowdWatchers, b.Buyers), 1); err != nil {
		return err
	}
	if err := at.Vacuum(ctx); err != nil {
		return err
	}
	cpu, machine := at.CPU(), system.ReadMachine()
	took := c.run(ctx, b.Buyers, b.For)
	result := c.result(took)
	result.CPU, result.Note = at.CPU()-cpu, system.ReadMachine().Since(machine, result.Requests)
	b.say("  %d %d buyers, %v to think: %.0f holds/s, %.1f %% of the tries hit taken seats; %.0f requests/s, %d µs of server CPU each, %s",
		run+1, b.Buyers, b.Think, result.PerSecond(c.hold.statuses[201]),
		100*float64(c.hold.statuses[409])/float64(max(1, len(c.hold.times))), result.PerSecond(result.Requests), result.CPUPerRequest().Microseconds(), result.Note)
	for _, s := range c.steps() {
		b.sayStep(s, took)
	}
	return nil
}

// gather opens events for a crowd.
func (b *bench) gather(ctx context.Context, at *system.Server) (*buyers, error) {
	sales, err := b.openHouses(ctx, at, arena, int(b.For.Seconds())*min(crowdMost, b.Buyers))
	if err != nil {
		return nil, err
	}
	tokens, err := b.Tokens(at)
	if err != nil {
		return nil, err
	}
	c := &buyers{at: at, sales: sales, tokens: tokens, think: b.Think,
		browse: newStep("browse", 200), look: newStep("look", 200), hold: newStep("hold", 201, 409),
		pay: newStep("pay", 201), end: newStep("release", 200)}
	for range sales {
		c.taken = append(c.taken, make([]atomic.Bool, arena.Size()))
	}
	return c, nil
}

func newStep(name string, allowed ...int) *step {
	return &step{name: name, allowed: allowed, statuses: map[int]int64{}}
}

func (c *buyers) steps() []*step { return []*step{c.browse, c.look, c.hold, c.pay, c.end} }

// run lets n buyers visit again and again for a duration, each over a connection of its own.
func (c *buyers) run(ctx context.Context, n int, d time.Duration) time.Duration {
	var connected, all sync.WaitGroup
	slots, begin := make(chan struct{}, connectingMax), make(chan struct{})
	var over context.Context
	for i := range n {
		connected.Add(1)
		all.Go(func() {
			slots <- struct{}{}
			conn, err := http1.Dial(c.at.Target.Address(), time.Now().Add(crowdTimeout))
			<-slots
			connected.Done()
			<-begin
			if err != nil {
				c.browse.add(0, 0)
				return
			}
			defer conn.Close()
			conn.ReuseBody()
			for v := (visit{c, conn, c.tokens[i%len(c.tokens)]}); v.pause(over) && v.visit(over); {
			}
		})
	}
	connected.Wait()
	over, stop := context.WithTimeout(ctx, d)
	defer stop()
	start := time.Now()
	close(begin)
	all.Wait()
	return time.Since(start)
}

// visit is a buyer with its connection.
type visit struct {
	*buyers
	conn  *http1.Conn
	token string
}

// pause thinks. It reports whether there is time left.
func (v visit) pause(over context.Context) bool {
	return wait.Sleep(over, time.Duration(mathrand.Int64N(int64(2*v.think)+1))) == nil
}

// visit buys once, and reports whether there is time left and the connection is good.
func (v visit) visit(over context.Context) bool {
	number := min(len(v.sales)-1, int(v.held.Load())/(arena.Size()*7/10)) // the next one before the last seats are gone
	sale := v.sales[number]
	path := "/api/v1/events/" + sale.ID
	compressed := []string{acceptEncoding}
	if v.do(v.browse, &http1.Request{Method: "GET", Path: path, Header: compressed}) == nil || !v.pause(over) ||
		v.do(v.look, &http1.Request{Method: "GET", Path: path + "/seats", Header: compressed}) == nil {
		return false
	}
	for range holdTries {
		first, group := v.pick(number)
		if !v.pause(over) {
			return false
		}
		seats := make([]string, group)
		for i := range seats {
			seats[i] = sale.Seat(first + i)
		}
		request := holdRequest(v.token, sale.ID, seats...)
		request.Header = append(request.Header, "Idempotency-Key: "+rand.Text())
		answer := v.do(v.hold, request)
		if answer == nil {
			return false
		}
		for i := range seats {
			v.taken[number][first+i].Store(true)
		}
		if answer.Status == 201 {
			v.held.Add(int64(group))
			return v.finish(over, "/api/v1/bookings/"+idOf(answer.Body))
		}
	}
	return true
}

// pick chooses seats side by side that seem free, rather in front.
func (v visit) pick(sale int) (first, group int) {
	group = 1 + mathrand.IntN(groupMax)
	for range 100 {
		bias := mathrand.Float64()
		row := int(bias * bias * float64(arena.Rows))
		first = row*arena.SeatsPerRow + mathrand.IntN(arena.SeatsPerRow-group+1)
		if !slices.ContainsFunc(indices(first, group), func(n int) bool { return v.taken[sale][n].Load() }) {
			break
		}
	}
	return first, group
}

func indices(first, n int) (all []int) {
	for i := range n {
		all = append(all, first+i)
	}
	return all
}

// finish pays for seven holds of ten, releases two, and abandons one.
func (v visit) finish(over context.Context, booking string) bool {
	if !v.pause(over) {
		return false
	}
	switch choice := mathrand.IntN(10); {
	case choice < 7:
		request := postRequest(booking+"/payments", v.token, payment)
		request.Header = append(request.Header, "Idempotency-Key: "+rand.Text())
		return v.do(v.pay, request) != nil
	case choice < 9:
		return v.do(v.end, ownRequest("DELETE", booking, v.token)) != nil
	}
	return true
}

// do sends a request, and returns nil if there is no answer.
func (v visit) do(s *step, request *http1.Request) *http1.Response {
	start := time.Now()
	answer, err := v.conn.Do(request, start.Add(crowdTimeout))
	if err != nil {
		s.add(0, 0)
		return nil
	}
	s.add(answer.Status, time.Since(start))
	return answer
}

// add counts an answer; the status 0 is none.
func (s *step) add(status int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status == 0 {
		s.errors++
		return
	}
	s.times = append(s.times, took)
	s.statuses[status]++
}

// result sums up all steps.
func (c *buyers) result(took time.Duration) stats.Result {
	result := stats.Result{Took: took, Statuses: map[int]int64{}}
	for _, s := range c.steps() {
		result.Requests += int64(len(s.times))
		result.Errors += s.errors
	}
	return result
}

// sayStep prints the times of a step, and fails for other answers than allowed.
func (b *bench) sayStep(s *step, took time.Duration) {
	slices.Sort(s.times)
	result := stats.Result{Took: took, Statuses: s.statuses}
	b.say("    %-8s %6.0f/s, p50 %s, p99 %s, max %s, %s, errors %d", s.name, result.PerSecond(int64(len(s.times))),
		ms(stats.Quantile(s.times, 0.5)), ms(stats.Quantile(s.times, 0.99)), ms(stats.Quantile(s.times, 1)), result.Outcomes(), s.errors)
	if b.Report != nil {
		b.Report.Rates = append(b.Report.Rates, report.Rate{Scenario: b.name, Title: fmt.Sprintf("%d buyers", b.Buyers), Variant: s.name, What: answered.name,
			PerSecond: result.PerSecond(int64(len(s.times))), P50Millis: millis(stats.Quantile(s.times, 0.5)),
			P99Millis: millis(stats.Quantile(s.times, 0.99)), MaxMillis: millis(stats.Quantile(s.times, 1)), Runs: 1})
	}
	var wrong []string
	for status, n := range s.statuses {
		if !slices.Contains(s.allowed, status) {
			wrong = append(wrong, fmt.Sprintf("%d×%d", status, n))
		}
	}
	if len(wrong) > 0 || s.errors > 0 {
		b.fail("%s: %s, errors %d", s.name, strings.Join(wrong, " "), s.errors)
	}
}
