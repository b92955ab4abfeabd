package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eventra/eventra"
)

// SQLSTATEs that eventra_assert and triggers raise.
const (
	stateStaleEpoch = "EV001"
	stateDiverged   = "EV002"
)

// classify makes errors of a lost or overloaded Postgres CodeUnavailable and
// leaves every other error as it is.
func classify(err error) error {
	var domain *eventra.Error
	if err == nil || errors.As(err, &domain) || !away(err) {
		return err
	}
	return eventra.Unavailable(backend, err)
}

// away reports whether the same call may succeed later: the server is lost,
// overloaded, starting or stopping.
func away(err error) bool {
	if isReadOnly(err) {
		return true
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isTransient(refused.Code)
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connecting) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isTransient reports whether an SQLSTATE passes with time.
func isTransient(code string) bool {
	switch code[:2] {
	case "08", "53": // connection; out of connections, memory or disk
		return true
	}
	switch code {
	case "57014", "57P01", "57P02", "57P03", // cancelled by timeout; shut down, crashed, starting up
		"55P03", "40001", "40P01", // lock not available; serialization; deadlock
		stateReadOnly:
		return true
	}
	return false
}

// classifyCommit wraps the error of a batch in what it proves about the commit.
// Only the server's answer that it aborted the transaction proves that there was
// no commit: a FATAL error can follow a commit, and a lost connection proves
// nothing.
func classifyCommit(err error) error {
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR":
		return fmt.Errorf("%w: %w", abortMeaning(refused.Code), err)
	case errors.As(err, new(notSentError)), pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", eventra.ErrNotCommitted, err)
	}
	return fmt.Errorf("%w: %w", eventra.ErrOutcomeUnknown, err)
}

// notSentError: there was no connection to send anything over.
type notSentError struct{ error }

func (e notSentError) Unwrap() error { return e.error }

// isLockConflict reports whether the server aborted a transaction instead of
// letting it wait for locks.
func isLockConflict(err error) bool {
	return isState(err, func(code string) bool { return code == "55P03" || code == "40P01" })
}

// isBatchFault reports whether the server aborted a transaction because of what
// one of its batches did.
func isBatchFault(err error) bool {
	return isState(err, func(code string) bool { return !isTransient(code) })
}

// isState applies is to the SQLSTATE of a proven abort.
func isState(err error, is func(code string) bool) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR" && is(refused.Code)
}

// abortMeaning returns what an abort with this SQLSTATE says about the batch.
func abortMeaning(code string) error {
	switch {
	case code == stateStaleEpoch:
		return eventra.ErrStaleEpoch
	case code == stateDiverged, code[:2] == "23": // a writer that knows the rows violates no constraint
		return eventra.ErrDiverged
	}
	return eventra.ErrNotCommitted
}
