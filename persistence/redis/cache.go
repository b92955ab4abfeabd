package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Cache keeps bytes by scope and key. Each scope has a generation, a random
// token, and only values of the present generation exist. So one write invalidates
// a whole scope. A reader learns the generation before it reads the source, so it
// never overwrites newer data with older.
type Cache struct {
	db  *DB
	ttl time.Duration
}

// NewCache makes a Cache that keeps entries for ttl.
func NewCache(db *DB, ttl time.Duration) *Cache { return &Cache{db, ttl} }

// readScript returns a scope's generation and an entry. It begins a generation if
// there is none, because it is the first or Redis has evicted it. KEYS:
// generation, entry. ARGV: a new token, the generation's TTL in ms.
var readScript = goredis.NewScript(`
local generation = redis.call('GET', KEYS[1])
if not generation then
	generation = ARGV[1]
	redis.call('SET', KEYS[1], generation, 'PX', ARGV[2])
end
return {generation, redis.call('GET', KEYS[2])}`)

// Read returns the scope's generation, and the value of the key in it, nil if there
// is none.
func (c *Cache) Read(ctx context.Context, scope, key string) (value []byte, generation string, err error) {
	keys := []string{generationKey(scope), entryKey(scope, key)}
	answer, err := readScript.Run(ctx, c.db.client, keys, rand.Text(), c.generationTTL().Milliseconds()).Slice()
	if err != nil {
		return nil, "", unavailable(err)
	}
	generation, whole := answer[0].(string)
	if !whole {
		return nil, "", unavailable(errors.New("the cache's generation is not a string"))
	}
	entry, _ := answer[1].(string)
	if len(entry) <= len(generation) || entry[:len(generation)] != generation {
		return nil, generation, nil
	}
	return []byte(entry[len(generation):]), generation, nil
}

// Write keeps a value that was read from its source after Read had returned the
// generation. The value must not be empty.
func (c *Cache) Write(ctx context.Context, scope, key, generation string, value []byte) error {
	entry := append([]byte(generation), value...)
	return unavailable(c.db.client.Set(ctx, entryKey(scope, key), entry, c.ttl).Err())
}

// Invalidate begins a new generation of a scope, and so removes all its values.
// A Redis that is full takes no new token, but deletes the old one.
func (c *Cache) Invalidate(ctx context.Context, scope string) error {
	err := c.db.client.Set(ctx, generationKey(scope), rand.Text(), c.generationTTL()).Err()
	if goredis.IsOOMError(err) {
		err = c.db.client.Del(ctx, generationKey(scope)).Err()
	}
	return unavailable(err)
}

// generationTTL removes the generations of scopes that are no longer read. A
// generation may end early: the next one differs from all before.
func (c *Cache) generationTTL() time.Duration { return 6 * c.ttl }

func generationKey(scope string) string { return keyPrefix + "cache:{" + scope + "}" }

func entryKey(scope, key string) string { return generationKey(scope) + ":" + key }
