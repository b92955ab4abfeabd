package redis

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	rateShards = 64
	// rateSubjectsPerShard bounds the memory: 64 shards hold half a million
	// subjects of some 200 bytes each. Past it each new subject replaces another,
	// which starts again from its count in Redis.
	rateSubjectsPerShard = 8192
)

// RateCounters counts requests per subject in fixed windows. Taking is a map
// access. While Run runs, the instances add up their counts through Redis every
// tenth of a second. It implements http.RateCounters.
type RateCounters struct {
	db     *DB
	seed   maphash.Seed
	shards [rateShards]rateShard
}

type rateShard struct {
	mu       sync.Mutex
	counters map[rateKey]*rateCounter
}

type rateKey struct {
	class, subject string
	window         time.Duration
}

// rateCounter is one subject's use of one window.
type rateCounter struct {
	start  time.Time
	local  int  // taken at this instance
	synced int  // the part of local that Redis has
	others int  // taken at other instances, as of the last sync
	used   bool // since the last sync
}

// NewRateCounters makes counters that instances share through a database.
func NewRateCounters(db *DB) *RateCounters {
	r := &RateCounters{db: db, seed: maphash.MakeSeed()}
	for i := range r.shards {
		r.shards[i].counters = map[rateKey]*rateCounter{}
	}
	return r
}

// Take implements http.RateCounters.
func (r *RateCounters) Take(class, subject string, window time.Duration, now time.Time, n int) (used int) {
	key := rateKey{class, subject, window}
	start := now.Truncate(window)
	shard := r.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()

	c := shard.counters[key]
	if c == nil {
		shard.makeRoom()
		c = &rateCounter{start: start}
		shard.counters[key] = c
	}
	if c.start.Before(start) {
		*c = rateCounter{start: start}
	}
	c.local += n
	c.used = true
	return c.local + c.others
}

func (r *RateCounters) shard(key rateKey) *rateShard {
	return &r.shards[maphash.Comparable(r.seed, key)%rateShards]
}

func (s *rateShard) makeRoom() {
	if len(s.counters) < rateSubjectsPerShard {
		return
	}
	for key := range s.counters { // a random one: maps iterate from a random place
		delete(s.counters, key)
		return
	}
}
