package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// lockTTL outlives the transaction that a lock covers.
const lockTTL = 5 * time.Second

// unlockScript deletes a lock if it still belongs to the booking.
var unlockScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// locks has the seats' locks, one key each, and the TTL keys of holds.
type locks struct{ client *redis.Client }

func lockKey(event uuid.UUID, seat string) string { return "lock:" + event.String() + ":" + seat }

func holdKey(booking uuid.UUID) string { return "hold:" + booking.String() }

// take locks all of the seats or none, and returns the seats that are locked by others.
func (l *locks) take(ctx context.Context, event uuid.UUID, seats []string, token uuid.UUID) (taken []string, err error) {
	pipe := l.client.Pipeline()
	replies := make([]*redis.BoolCmd, len(seats))
	for i, seat := range seats {
		replies[i] = pipe.SetNX(ctx, lockKey(event, seat), token.String(), lockTTL)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	var locked []string
	for i, reply := range replies {
		if reply.Val() {
			locked = append(locked, seats[i])
		} else {
			taken = append(taken, seats[i])
		}
	}
	if len(taken) > 0 && len(locked) > 0 {
		pipe = l.client.Pipeline()
		l.unlock(ctx, pipe, event, locked, token)
		_, err = pipe.Exec(ctx)
	}
	return taken, err
}

// release releases the locks, and sets the TTL key of a successful hold, in one round
// trip.
func (l *locks) release(ctx context.Context, b *booking, seats []string, held bool) error {
	pipe := l.client.Pipeline()
	if held {
		pipe.Set(ctx, holdKey(b.ID), "", b.hold)
	}
	l.unlock(ctx, pipe, b.EventID, seats, b.ID)
	_, err := pipe.Exec(ctx)
	return err
}

func (l *locks) unlock(ctx context.Context, pipe redis.Pipeliner, event uuid.UUID, seats []string, token uuid.UUID) {
	for _, seat := range seats {
		unlockScript.EvalSha(ctx, pipe, []string{lockKey(event, seat)}, token.String())
	}
}

// load loads the script, so that it can be called by its hash.
func (l *locks) load(ctx context.Context) error { return unlockScript.Load(ctx, l.client).Err() }

func (l *locks) deleteHoldKey(ctx context.Context, b *booking) error {
	return l.client.Del(ctx, holdKey(b.ID)).Err()
}
