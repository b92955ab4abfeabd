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

// sortFault makes a lost or overburdened Postgres CodeUnavailable and leaves
// every other error as it is.
func sortFault(err error) error {
	var domain *eventra.Error
	if err == nil || errors.As(err, &domain) || !away(err) {
		return err
	}
	return eventra.Unavailable(backend, err)
}

func away(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return awayState(refused.Code)
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connecting) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// awayState sorts the SQLSTATEs that time mends.
func awayState(code string) bool {
	switch code[:2] {
	case "08", "53": // connection; out of connections, memory or disk
		return true
	}
	switch code {
	case "57014", "57P01", "57P02", "57P03", // cancelled by timeout; shut down, crashed, starting up
		"55P03", "40001", "40P01", // lock not to be had; serialization; deadlock
		"25006": // read-only: a stand-by, during a fail-over
		return true
	}
	return false
}

// sortCommitFault says what the error of a batch that was sent proves of it.
// Only an answer of the server that it aborted the transaction proves that
// there was no commit: FATAL can follow one, and a lost connection tells nothing.
func sortCommitFault(err error) error {
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR":
		return fmt.Errorf("%w: %w", meaningOf(refused.Code), err)
	case errors.As(err, new(notSentError)), pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", eventra.ErrNotCommitted, err)
	}
	return fmt.Errorf("%w: %w", eventra.ErrOutcomeUnknown, err)
}

// notSentError says that there was no connection to send anything over.
type notSentError struct{ error }

func (e notSentError) Unwrap() error { return e.error }

// lockedState reports whether the server aborted a transaction rather than
// have it wait for others.
func lockedState(err error) bool {
	return isState(err, func(code string) bool { return code == "55P03" || code == "40P01" })
}

// oneBatchesState reports whether the server aborted a transaction for what one
// of several batches in it did.
func oneBatchesState(err error) bool {
	return isState(err, func(code string) bool { return !awayState(code) })
}

// isState asks for the SQLSTATE of a proven abort.
func isState(err error, is func(code string) bool) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR" && is(refused.Code)
}

func meaningOf(code string) error {
	switch {
	case code == stateStaleEpoch:
		return eventra.ErrStaleEpoch
	case code == stateDiverged, code[:2] == "23": // a constraint is violated only by who does not know the rows
		return eventra.ErrDiverged
	}
	return eventra.ErrNotCommitted
}
