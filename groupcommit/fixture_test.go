package groupcommit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventra/eventra"
)

// fixture is a pool on a store and locks that do as a test says.
type fixture struct {
	pool *Pool

	mu           sync.Mutex
	transactions []string // as events and numbers of changes; "alone:" if by Commit
	outcomes     []error  // told to Metrics
	skipped      int
	lockCalls    []lockCall
	releaseCalls []eventra.LockRelease

	// What the store and the locks do, if a test sets it.
	onCommit  func(ctx context.Context, together bool, batches []*eventra.Batch) ([]eventra.Receipt, error)
	onLock    func(requests []eventra.LockRequest) ([]bool, error)
	onRelease func() error
}

type lockCall struct {
	released eventra.LockRelease
	requests []eventra.LockRequest
}

// largeMachine has CPUs for all commits.
type largeMachine struct{ GoRuntime }

func (largeMachine) CPUs() int { return 64 }

func newFixture() *fixture {
	f := &fixture{}
	f.pool = NewPool(Config{Store: f, Locks: f, Metrics: f, Runtime: largeMachine{}, Log: slog.New(slog.DiscardHandler)})
	return f
}

func (f *fixture) Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error) {
	receipts, err := f.transact(ctx, false, []*eventra.Batch{batch})
	return receipts[0], err
}

func (f *fixture) CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	return f.transact(ctx, true, batches)
}

func (f *fixture) transact(ctx context.Context, together bool, batches []*eventra.Batch) ([]eventra.Receipt, error) {
	words := ""
	for _, b := range batches {
		words += fmt.Sprintf("%c%d", b.EventID[0], len(b.Changes))
	}
	if !together {
		words = "alone:" + words
	}
	f.mu.Lock()
	f.transactions = append(f.transactions, words)
	f.mu.Unlock()
	if f.onCommit != nil {
		return f.onCommit(ctx, together, batches)
	}
	return make([]eventra.Receipt, len(batches)), nil
}

func (f *fixture) Lock(_ context.Context, released eventra.LockRelease, requests []eventra.LockRequest) ([]bool, error) {
	f.mu.Lock()
	f.lockCalls = append(f.lockCalls, lockCall{released, slices.Clone(requests)})
	f.mu.Unlock()
	if f.onLock != nil {
		return f.onLock(requests)
	}
	return make([]bool, len(requests)), nil
}

func (f *fixture) Release(_ context.Context, released eventra.LockRelease) error {
	f.mu.Lock()
	f.releaseCalls = append(f.releaseCalls, released)
	f.mu.Unlock()
	if f.onRelease != nil {
		return f.onRelease()
	}
	return nil
}

func (f *fixture) Committed(_ []*eventra.Batch, _ time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcomes = append(f.outcomes, err)
}

func (f *fixture) LocksSkipped() { f.skipped++ }

// submit submits a batch and marks it when it has completed.
func (f *fixture) submit(b *Batch) *Batch {
	f.pool.Submit(b, func() {})
	return b
}

func (b *Batch) isDone() bool {
	select {
	case <-b.Done():
		return true
	default:
		return false
	}
}

// hung is a channel for a store that does not answer until the test closes it.
func (f *fixture) hang() (open chan struct{}) {
	open = make(chan struct{})
	f.onCommit = func(_ context.Context, _ bool, batches []*eventra.Batch) ([]eventra.Receipt, error) {
		<-open
		return make([]eventra.Receipt, len(batches)), nil
	}
	return open
}

// occupy makes every transaction of the pool busy, for events p, q, r …
func (f *fixture) occupy() {
	for i := range commitsMax {
		f.submit(newBatch('p'+byte(i), eventra.Held))
	}
	synctest.Wait()
}

// newBatch is a batch of an event, whose changes concern bookings 1, 2, 3 … of
// one seat each, of the same number.
func newBatch(event byte, kinds ...eventra.ChangeKind) *Batch {
	b := &Batch{Batch: eventra.Batch{EventID: eventra.ID{event}, Hold: time.Minute}}
	for i, kind := range kinds {
		b.Add(&eventra.Change{Kind: kind, Booking: &eventra.Booking{ID: booking(i + 1), EventID: b.EventID,
			Items: []eventra.Item{{No: eventra.SeatNo(i + 1)}}}})
	}
	return b
}

func booking(n int) eventra.ID { return eventra.ID{15: byte(n)} }

func holds(n int) []eventra.ChangeKind { return slices.Repeat([]eventra.ChangeKind{eventra.Held}, n) }

// numbers are those of the bookings.
func numbers(requests []eventra.LockRequest) (all []int) {
	for _, r := range requests {
		all = append(all, int(r.BookingID[15]))
	}
	return all
}

func inBubble(t *testing.T, name string, test func(*testing.T, *fixture)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { test(t, newFixture()) })
	})
}
