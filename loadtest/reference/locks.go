package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// lockTTL outlives the transaction that a lock covers.
const lockTTL = 5 * time.Second

// unlockScript drops a lock that is still its booking's.
var unlockScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// locks are the seats' locks, one key a seat, and the TTL keys of holds.
type locks struct{ client *redis.Client }

func lockKey(event uuid.UUID, seat string) string { return "lock:" + event.String() + ":" + seat }

func holdKey(booking uuid.UUID) string { return "hold:" + booking.String() }

// take locks all of the seats or none and returns those that others have.
func (l *locks) take(ctx context.Context, event uuid.UUID, seats []string, token uuid.UUID) (taken []string, err error) {
	pipe := l.client.Pipeline()
	wants := make([]*redis.BoolCmd, len(seats))
	for i, seat := range seats {
		wants[i] = pipe.SetNX(ctx, lockKey(event, seat), token.String(), lockTTL)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	var got []string
	for i, want := range wants {
		if want.Val() {
			got = append(got, seats[i])
		} else {
			taken = append(taken, seats[i])
		}
	}
	if len(taken) > 0 && len(got) > 0 {
		pipe = l.client.Pipeline()
		l.unlock(ctx, pipe, event, got, token)
		_, err = pipe.Exec(ctx)
	}
	return taken, err
}

// giveBack drops the locks, and sets the TTL key of a hold that was made, in
// one round trip.
func (l *locks) giveBack(ctx context.Context, b *booking, seats []string, held bool) error {
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

// load makes the script known, so that it can be called by its hash.
func (l *locks) load(ctx context.Context) error { return unlockScript.Load(ctx, l.client).Err() }

func (l *locks) forget(ctx context.Context, b *booking) error {
	return l.client.Del(ctx, holdKey(b.ID)).Err()
}
