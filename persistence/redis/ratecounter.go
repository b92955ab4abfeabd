package redis

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	rateShards = 64
	// rateSubjectsPerShard bounds the memory: with 64 shards, half a million
	// subjects of some 200 bytes. Past it one is forgotten for each new one, and
	// starts anew from what Redis knows of it.
	rateSubjectsPerShard = 8192
)

// RateCounters counts requests per subject in fixed windows: http.RateCounters.
// Taking is a map access; what instances take from the same budget they tell
// each other through Redis, every tenth of a second, while Run runs.
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
	local  int  // taken here
	told   int  // of local: what Redis has been told
	others int  // taken on other instances, as last heard
	asked  bool // since the last sync
}

// NewRateCounters makes counters that share through a database.
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
	c.asked = true
	return c.local + c.others
}

func (r *RateCounters) shard(key rateKey) *rateShard {
	return &r.shards[maphash.Comparable(r.seed, key)%rateShards]
}

func (s *rateShard) makeRoom() {
	if len(s.counters) < rateSubjectsPerShard {
		return
	}
	for key := range s.counters { // any: maps begin anywhere
		delete(s.counters, key)
		return
	}
}
