package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eventra/eventra"
)

// A transaction that writes a key lets all others that write it wait for its end. These are
// the limits of such waits, as lock_timeout: what is under other keys waits no longer for a
// transaction that hangs. A commit of another event usually ends within the first.
const (
	keysPatience = "50ms" // of calls or holds that share a transaction
	keyPatience  = "2ms"  // of each one, when they are tried apart
)

// beginKeysSQL begins a transaction of keys: see deferFlushSQL.
const beginKeysSQL = `SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', $1, true)`

var errKeyLocked = eventra.Unavailable(backend, errors.New("another transaction is writing the idempotency key"))

// keyCalls answers calls for keys, all different, in one transaction with this lock_timeout.
type keyCalls[Request, Response any] func(context.Context, *pgxpool.Conn, []Request, string) ([]Response, error)

// apart sends the calls together or, if one of the keys is locked, one after the other.
// locked is the answer for a key that is locked then.
func (send keyCalls[Request, Response]) apart(locked Response) func(context.Context, *pgxpool.Conn, []Request) ([]Response, error) {
	return func(ctx context.Context, conn *pgxpool.Conn, requests []Request) ([]Response, error) {
		responses, err := send(ctx, conn, requests, keysPatience)
		if !isLockConflict(err) {
			return responses, err
		}
		responses = make([]Response, len(requests))
		for i := range requests {
			one, err := send(ctx, conn, requests[i:i+1], keyPatience)
			switch {
			case isLockConflict(err):
				responses[i] = locked
			case err != nil:
				return nil, err
			default:
				responses[i] = one[0]
			}
		}
		return responses, nil
	}
}
