package groupcommit

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/eventra/eventra"
)

// Store persists batches.
type Store interface {
	// Commit persists a batch in one transaction. Its error is, or wraps, one
	// of eventra's: ErrStaleEpoch, ErrDiverged, ErrNotCommitted or ErrOutcomeUnknown. It refuses
	// a hold whose idempotency key another transaction is writing.
	Commit(ctx context.Context, batch *eventra.Batch) (eventra.Receipt, error)
	// CommitTogether persists batches of different events in one transaction.
	// It waits for no row that another transaction has locked, but shortly for an idempotency
	// key that one is writing. Besides Commit's errors it may return ErrSplitBatch: then nothing was written, and each batch
	// has to be committed alone. Receipts are in the order of the batches.
	CommitTogether(ctx context.Context, batches []*eventra.Batch) ([]eventra.Receipt, error)
}

// SeatLocks are the locks that keep instances apart before the store decides.
// They save work; they do not make sales safe.
type SeatLocks interface {
	// Lock first does what Release does with released, then takes the seats of
	// each request, all of a request's or none, for at most a few seconds. It
	// reports by position which requests were refused because another booking has
	// a lock. An error means that locks are not available now.
	Lock(ctx context.Context, released eventra.LockRelease, requests []eventra.LockRequest) (refused []bool, err error)
	// Release drops the locks that still belong to these bookings, sets the TTL
	// keys of new holds and deletes those of ended ones.
	Release(ctx context.Context, released eventra.LockRelease) error
}

// Metrics is told what happens.
type Metrics interface {
	// Committed reports a transaction, the time until its outcome and that outcome.
	Committed(batches []*eventra.Batch, took time.Duration, err error)
	// LocksSkipped reports a transaction without locks, because they were not available.
	LocksSkipped()
}

// Runtime is time and concurrency. A simulation plays them by a seed.
type Runtime interface {
	Now() time.Time
	// Run does work concurrently with its caller.
	Run(work func())
	// Wait blocks until done is closed.
	Wait(done <-chan struct{})
	// CPUs is how much runs in parallel.
	CPUs() int
}

// GoRuntime is the Runtime of a real process: its clock and goroutines.
type GoRuntime struct{}

// Now implements Runtime.
func (GoRuntime) Now() time.Time { return time.Now() }

// Run implements Runtime.
func (GoRuntime) Run(work func()) { go work() }

// Wait implements Runtime.
func (GoRuntime) Wait(done <-chan struct{}) { <-done }

// CPUs implements Runtime.
func (GoRuntime) CPUs() int { return runtime.GOMAXPROCS(0) }

// Config is what a [Pool] works with.
type Config struct {
	Store   Store
	Locks   SeatLocks
	Metrics Metrics
	Runtime Runtime
	Log     *slog.Logger
	// Tracer makes the spans of batches that have traced requests; nil if there never are any.
	Tracer trace.Tracer
}
