package postgres

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra/circuit"
)

// The reasons for which calls fail, as operators tell them apart.
const (
	failureUnreachable = "unreachable"   // no connection, or one that was lost
	failureUnconnected = "no_connection" // none of the pool was free in time
	failureNoSlots     = "no_slots"      // the server has no connection to give
	failureDiskFull    = "disk_full"
	failureReadOnly    = "read_only" // a stand-by, or a database that may not be written to
	failureTimeout     = "timeout"   // a statement took too long
	failureLock        = "lock"      // a lock was not had in time, or transactions waited for each other
	failureShutDown    = "shut_down" // the server starts or stops, or somebody has ended the session
	failureNoMemory    = "no_memory"
	failureRejected    = "rejected" // the password, a right or the schema is wrong
)

var failureReasons = []string{failureUnreachable, failureUnconnected, failureNoSlots, failureDiskFull, failureReadOnly, failureTimeout,
	failureLock, failureShutDown, failureNoMemory, failureRejected}

// failures counts the calls that failed, by reason.
type failures map[string]*atomic.Uint64

func newFailures() failures {
	f := failures{}
	for _, reason := range failureReasons {
		f[reason] = new(atomic.Uint64)
	}
	return f
}

// Failures returns how many calls have failed, by reason: always the same reasons.
func (db *DB) Failures() map[string]uint64 {
	counts := make(map[string]uint64, len(db.failures))
	for reason, count := range db.failures {
		counts[reason] = count.Load()
	}
	return counts
}

// count counts a call that failed. What a statement of Eventra's own raises is an answer, and
// no failure.
func (f failures) count(err error) {
	if err == nil {
		return
	}
	if counter := f[failureReason(err)]; counter != nil {
		counter.Add(1)
	}
}

// countUnconnected counts a call that waited for a connection in vain.
func (f failures) countUnconnected(ctx context.Context) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		f[failureUnconnected].Add(1)
	}
}

func failureReason(err error) string {
	if isReadOnly(err) {
		return failureReadOnly
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failureOfState(refused.Code)
	}
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, circuit.ErrAway) && away(err) {
		return failureUnreachable
	}
	return ""
}

func failureOfState(code string) string {
	switch code {
	case "53300":
		return failureNoSlots
	case stateDiskFull:
		return failureDiskFull
	case "53200":
		return failureNoMemory
	case "57014":
		return failureTimeout
	case "55P03", "40P01", "40001":
		return failureLock
	case "57P01", "57P02", "57P03":
		return failureShutDown
	}
	switch code[:2] {
	case "08":
		return failureUnreachable
	case "28", "42":
		return failureRejected
	}
	return ""
}
