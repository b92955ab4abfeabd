package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/eventra/eventra"
)

// lockTTL is many times longer than the transaction that a lock covers, and short
// enough to free the seats of a dead process soon.
const lockTTL = 5 * time.Second

// lockScript takes all keys of a booking or none, for each booking: a SET NX PX of
// several keys, except that a booking keeps the locks that it already has. KEYS:
// the bookings' keys, one booking after the other. ARGV: the TTL in ms, then for
// each booking its token and the number of its keys. It returns the positions
// (from 0) of the refused bookings.
var lockScript = goredis.NewScript(`
local refused, first = {}, 1
for arg = 2, #ARGV, 2 do
	local token, last = ARGV[arg], first + tonumber(ARGV[arg + 1]) - 1
	local free = true
	if last == first then
		free = redis.call('SET', KEYS[first], token, 'NX', 'PX', ARGV[1]) or redis.call('GET', KEYS[first]) == token
	elseif last > first then
		for _, owner in ipairs(redis.call('MGET', unpack(KEYS, first, last))) do
			if owner and owner ~= token then free = false end
		end
		if free then
			for i = first, last do redis.call('SET', KEYS[i], token, 'PX', ARGV[1]) end
		end
	end
	if not free then refused[#refused + 1] = arg / 2 - 1 end
	first = last + 1
end
return refused`)

// unlockScript deletes the locks that still belong to their booking, a thousand by
// two commands: Lua unpacks no more than some thousand. KEYS and ARGV are those of
// lockScript, without the TTL.
var unlockScript = goredis.NewScript(`
local tokens = {}
for arg = 1, #ARGV, 2 do
	for _ = 1, tonumber(ARGV[arg + 1]) do tokens[#tokens + 1] = ARGV[arg] end
end
for first = 1, #KEYS, 1000 do
	local own = {}
	for i, owner in ipairs(redis.call('MGET', unpack(KEYS, first, math.min(first + 999, #KEYS)))) do
		if owner == tokens[first + i - 1] then own[#own + 1] = KEYS[first + i - 1] end
	end
	if #own > 0 then redis.call('DEL', unpack(own)) end
end
return #KEYS`)

// Locks keeps the locks of seats and the TTL keys of holds. It implements
// groupcommit.SeatLocks.
type Locks struct{ db *DB }

// NewLocks makes Locks in a database.
func NewLocks(db *DB) *Locks { return &Locks{db} }

// Lock implements groupcommit.SeatLocks in one round trip.
func (l *Locks) Lock(ctx context.Context, released eventra.LockRelease, requests []eventra.LockRequest) ([]bool, error) {
	if len(requests) == 0 {
		return nil, l.Release(ctx, released)
	}
	var locked *goredis.Cmd
	keys, args := lockArguments(requests, lockTTL.Milliseconds())
	err := l.roundTrip(ctx, func(pipe goredis.Pipeliner, run runScript) {
		release(ctx, pipe, run, released)
		locked = run(lockScript, ctx, pipe, keys, args...)
	})
	if err != nil {
		return nil, err
	}
	positions, err := locked.Int64Slice()
	if err != nil {
		return nil, unavailable(err)
	}
	refused := make([]bool, len(requests))
	for _, i := range positions {
		refused[i] = true
	}
	return refused, nil
}

// Release implements groupcommit.SeatLocks in one round trip.
func (l *Locks) Release(ctx context.Context, released eventra.LockRelease) error {
	return l.roundTrip(ctx, func(pipe goredis.Pipeliner, run runScript) { release(ctx, pipe, run, released) })
}

func release(ctx context.Context, pipe goredis.Pipeliner, run runScript, released eventra.LockRelease) {
	if len(released.Unlock) > 0 {
		keys, args := lockArguments(released.Unlock)
		run(unlockScript, ctx, pipe, keys, args...)
	}
	for _, held := range released.Held {
		if held.TTL > 0 {
			pipe.Set(ctx, holdKey(held.HoldRef), "", max(held.TTL, time.Millisecond))
		}
	}
	if len(released.Ended) > 0 {
		ended := make([]string, len(released.Ended))
		for i, hold := range released.Ended {
			ended[i] = holdKey(hold)
		}
		pipe.Del(ctx, ended...)
	}
}

// runScript runs a script by its hash or by its text.
type runScript = func(script *goredis.Script, ctx context.Context, pipe goredis.Scripter, keys []string, args ...any) *goredis.Cmd

// roundTrip sends the commands in one round trip, and nothing if there are none. A
// restarted server has lost the scripts: then all commands are sent again with
// the scripts' texts, since each command may be repeated.
func (l *Locks) roundTrip(ctx context.Context, fill func(goredis.Pipeliner, runScript)) error {
	pipe := l.db.client.Pipeline()
	fill(pipe, (*goredis.Script).EvalSha)
	if pipe.Len() == 0 {
		return nil
	}
	_, err := pipe.Exec(ctx)
	if goredis.HasErrorPrefix(err, "NOSCRIPT") {
		pipe = l.db.client.Pipeline()
		fill(pipe, (*goredis.Script).Eval)
		_, err = pipe.Exec(ctx)
	}
	return unavailable(err)
}

func lockArguments(requests []eventra.LockRequest, first ...any) (keys []string, args []any) {
	keys, args = make([]string, 0, len(requests)), append(make([]any, 0, len(first)+2*len(requests)), first...)
	var id eventra.ID
	var event string
	for _, r := range requests {
		if event == "" || r.EventID != id { // most requests are of the same event
			id, event = r.EventID, r.EventID.String()
		}
		for _, seat := range r.Seats {
			keys = append(keys, lockKey(event, seat))
		}
		args = append(args, r.BookingID.String(), len(r.Seats))
	}
	return keys, args
}
