package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	rateSyncInterval = 100 * time.Millisecond
	rateSyncTimeout  = time.Second
	// ratePipelineMax bounds one round trip's size.
	ratePipelineMax = 1000
)

// rateDelta is what one counter adds to its total in Redis.
type rateDelta struct {
	key   rateKey
	start time.Time
	taken int // since the last sync
	total *goredis.IntCmd
}

// Run synchronises the counters with Redis until ctx ends, and once more then.
func (r *RateCounters) Run(ctx context.Context) {
	ticker := time.NewTicker(rateSyncInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.sync(ctx)
		case <-ctx.Done():
			r.sync(context.WithoutCancel(ctx))
			return
		}
	}
}

// sync adds this instance's counts to Redis and reads the totals. While Redis is
// away, counts wait to be added, and each instance counts alone.
func (r *RateCounters) sync(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, rateSyncTimeout)
	defer cancel()
	var deltas []rateDelta
	for i := range r.shards {
		deltas = r.shards[i].collect(time.Now(), deltas)
	}
	for part := range slices.Chunk(deltas, ratePipelineMax) {
		if r.add(ctx, part) == nil {
			r.update(part)
		}
	}
}

func (r *RateCounters) add(ctx context.Context, deltas []rateDelta) error {
	if err := r.db.breaker.Allow(); err != nil {
		return err
	}
	pipe := r.db.client.Pipeline()
	for i := range deltas {
		d := &deltas[i]
		key := d.redisKey()
		d.total = pipe.IncrBy(ctx, key, int64(d.taken))
		pipe.PExpire(ctx, key, 2*d.key.window)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// redisKey contains a hash of the subject, so that Redis has no IP addresses.
func (d *rateDelta) redisKey() string {
	hash := sha256.Sum256([]byte(d.key.subject))
	return keyPrefix + "rate:" + d.key.class + ":" + d.key.window.String() + ":" +
		strconv.FormatInt(d.start.UnixMilli(), 36) + ":" + hex.EncodeToString(hash[:16])
}

// collect appends the counters in use and deletes those of past windows.
func (s *rateShard) collect(now time.Time, deltas []rateDelta) []rateDelta {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, c := range s.counters {
		switch {
		case now.Sub(c.start) >= key.window:
			delete(s.counters, key)
		case c.used || c.local > c.synced:
			deltas = append(deltas, rateDelta{key: key, start: c.start, taken: c.local - c.synced})
			c.used = false
		}
	}
	return deltas
}

func (r *RateCounters) update(deltas []rateDelta) {
	for _, d := range deltas {
		r.shard(d.key).update(d)
	}
}

func (s *rateShard) update(d rateDelta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.counters[d.key]; c != nil && c.start.Equal(d.start) {
		c.synced += d.taken
		c.others = max(0, int(d.total.Val())-c.synced)
	}
}
