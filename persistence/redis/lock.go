package redis

import (
	"context"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/eventra/eventra"
)

// lockTTL outlives the transaction that a lock covers many times over, and
// lets the seats of a process that died go soon.
const lockTTL = 5 * time.Second

// lockScript takes for each booking all of its keys or none: SET NX PX for
// several keys at once, where a lock that is the booking's already counts as
// taken. KEYS: all bookings' keys one after the other. ARGV: TTL in ms, then for
// each booking its token and how many keys are its. It returns the positions
// (from 0) of bookings that got none.
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

// unlockScript drops the locks that are still their booking's. KEYS and ARGV
// as above, without the TTL.
var unlockScript = goredis.NewScript(`
local first = 1
for arg = 1, #ARGV, 2 do
	local token, last, own = ARGV[arg], first + tonumber(ARGV[arg + 1]) - 1, {}
	if last == first then
		if redis.call('GET', KEYS[first]) == token then own[1] = KEYS[first] end
	elseif last > first then
		for i, owner in ipairs(redis.call('MGET', unpack(KEYS, first, last))) do
			if owner == token then own[#own + 1] = KEYS[first + i - 1] end
		end
	end
	if #own > 0 then redis.call('DEL', unpack(own)) end
	first = last + 1
end
return #KEYS`)

// Locks are the locks of seats and the TTL keys of holds: groupcommit.SeatLocks.
type Locks struct{ db *DB }

// NewLocks makes Locks in a database.
func NewLocks(db *DB) *Locks { return &Locks{db} }

// Lock implements groupcommit.SeatLocks in one round trip.
func (l *Locks) Lock(ctx context.Context, before eventra.LockRelease, wants []eventra.LockRequest) ([]bool, error) {
	if len(wants) == 0 {
		return nil, l.Release(ctx, before)
	}
	var locked *goredis.Cmd
	keys, args := lockArguments(wants, lockTTL.Milliseconds())
	err := l.trip(ctx, func(pipe goredis.Pipeliner, run runScript) {
		settle(ctx, pipe, run, before)
		locked = run(lockScript, ctx, pipe, keys, args...)
	})
	if err != nil {
		return nil, err
	}
	positions, err := locked.Int64Slice()
	if err != nil {
		return nil, unavailable(err)
	}
	refused := make([]bool, len(wants))
	for _, i := range positions {
		refused[i] = true
	}
	return refused, nil
}

// Release implements groupcommit.SeatLocks in one round trip.
func (l *Locks) Release(ctx context.Context, s eventra.LockRelease) error {
	return l.trip(ctx, func(pipe goredis.Pipeliner, run runScript) { settle(ctx, pipe, run, s) })
}

func settle(ctx context.Context, pipe goredis.Pipeliner, run runScript, s eventra.LockRelease) {
	if len(s.Unlock) > 0 {
		keys, args := lockArguments(s.Unlock)
		run(unlockScript, ctx, pipe, keys, args...)
	}
	for _, held := range s.Held {
		if held.TTL > 0 {
			pipe.Set(ctx, holdKey(held.HoldRef), "", max(held.TTL, time.Millisecond))
		}
	}
	if len(s.Ended) > 0 {
		ended := make([]string, len(s.Ended))
		for i, hold := range s.Ended {
			ended[i] = holdKey(hold)
		}
		pipe.Del(ctx, ended...)
	}
}

// runScript runs a script by its hash, or by its text.
type runScript = func(script *goredis.Script, ctx context.Context, pipe goredis.Scripter, keys []string, args ...any) *goredis.Cmd

// trip sends commands in one round trip; none if there are none. A server that
// started anew has forgotten the scripts: then it gets all once more, with the
// scripts' texts, for each command may be repeated.
func (l *Locks) trip(ctx context.Context, fill func(goredis.Pipeliner, runScript)) error {
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

func lockArguments(wants []eventra.LockRequest, first ...any) (keys []string, args []any) {
	keys, args = make([]string, 0, len(wants)), append(make([]any, 0, len(first)+2*len(wants)), first...)
	var id eventra.ID
	var event string
	for _, want := range wants {
		if event == "" || want.EventID != id { // mostly they are of one
			id, event = want.EventID, want.EventID.String()
		}
		for _, seat := range want.Seats {
			keys = append(keys, lockKey(event, seat))
		}
		args = append(args, want.BookingID.String(), len(want.Seats))
	}
	return keys, args
}
