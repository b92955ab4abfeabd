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

// rateDelta is what one counter has to tell.
type rateDelta struct {
	key   rateKey
	start time.Time
	taken int // since the last sync
	total *goredis.IntCmd
}

// Run shares the counters until ctx ends; a last time then.
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

// sync tells Redis what was taken here and learns what was taken in all.
// While Redis is away, what was not told waits, and each instance counts alone.
func (r *RateCounters) sync(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, rateSyncTimeout)
	defer cancel()
	var deltas []rateDelta
	for i := range r.shards {
		deltas = r.shards[i].collect(time.Now(), deltas)
	}
	for part := range slices.Chunk(deltas, ratePipelineMax) {
		if r.tell(ctx, part) == nil {
			r.learn(part)
		}
	}
}

func (r *RateCounters) tell(ctx context.Context, deltas []rateDelta) error {
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

// redisKey has a hash of the subject: Redis need not know addresses of people.
func (d *rateDelta) redisKey() string {
	hash := sha256.Sum256([]byte(d.key.subject))
	return keyPrefix + "rate:" + d.key.class + ":" + d.key.window.String() + ":" +
		strconv.FormatInt(d.start.UnixMilli(), 36) + ":" + hex.EncodeToString(hash[:16])
}

// collect appends the counters in use and drops those of windows that are over.
func (s *rateShard) collect(now time.Time, deltas []rateDelta) []rateDelta {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, c := range s.counters {
		switch {
		case now.Sub(c.start) >= key.window:
			delete(s.counters, key)
		case c.asked || c.local > c.told:
			deltas = append(deltas, rateDelta{key: key, start: c.start, taken: c.local - c.told})
			c.asked = false
		}
	}
	return deltas
}

func (r *RateCounters) learn(deltas []rateDelta) {
	for _, d := range deltas {
		r.shard(d.key).learn(d)
	}
}

func (s *rateShard) learn(d rateDelta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.counters[d.key]; c != nil && c.start.Equal(d.start) {
		c.told += d.taken
		c.others = max(0, int(d.total.Val())-c.told)
	}
}
