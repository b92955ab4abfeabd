package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Cache keeps bytes by scope and key. Each scope has a generation, a random
// token; what was written under another one than the present does not exist
// any more. So forgetting all of a scope is one write, and a reader that
// learned the generation before it read the source can never put old data
// over the news.
type Cache struct {
	db  *DB
	ttl time.Duration
}

// NewCache makes a Cache that keeps entries for the time given.
func NewCache(db *DB, ttl time.Duration) *Cache { return &Cache{db, ttl} }

// readScript returns a scope's generation, beginning one if there is none
// (never made, or evicted), and the entry. KEYS: generation, entry. ARGV: a new
// token, the generation's TTL in ms.
var readScript = goredis.NewScript(`
local generation = redis.call('GET', KEYS[1])
if not generation then
	generation = ARGV[1]
	redis.call('SET', KEYS[1], generation, 'PX', ARGV[2])
end
return {generation, redis.call('GET', KEYS[2])}`)

// Read returns the generation of the scope and the value last written under
// the key in it, nil if there is none.
func (c *Cache) Read(ctx context.Context, scope, key string) (value []byte, generation string, err error) {
	keys := []string{generationKey(scope), entryKey(scope, key)}
	answer, err := readScript.Run(ctx, c.db.client, keys, rand.Text(), c.generationTTL().Milliseconds()).Slice()
	if err != nil {
		return nil, "", unavailable(err)
	}
	generation, whole := answer[0].(string)
	if !whole {
		return nil, "", unavailable(errors.New("the cache's generation is no text"))
	}
	entry, _ := answer[1].(string)
	if len(entry) <= len(generation) || entry[:len(generation)] != generation {
		return nil, generation, nil
	}
	return []byte(entry[len(generation):]), generation, nil
}

// Write keeps a value, not empty, that was made after Read told the generation.
func (c *Cache) Write(ctx context.Context, scope, key, generation string, value []byte) error {
	entry := append([]byte(generation), value...)
	return unavailable(c.db.client.Set(ctx, entryKey(scope, key), entry, c.ttl).Err())
}

// Forget begins a new generation of a scope.
func (c *Cache) Forget(ctx context.Context, scope string) error {
	return unavailable(c.db.client.Set(ctx, generationKey(scope), rand.Text(), c.generationTTL()).Err())
}

// generationTTL lets the generations of scopes that nobody reads go. That one
// ends early is no harm: the next one differs from all before.
func (c *Cache) generationTTL() time.Duration { return 6 * c.ttl }

func generationKey(scope string) string { return keyPrefix + "cache:{" + scope + "}" }

func entryKey(scope, key string) string { return generationKey(scope) + ":" + key }
