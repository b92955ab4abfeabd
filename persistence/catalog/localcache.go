package catalog

import (
	"sync"
	"time"
)

const (
	// localFor is how long this process answers from its own memory: long enough to
	// spare Redis most reads during a rush, too short for readers to notice.
	localFor = time.Second

	localEventsMax = 2048
	localListsMax  = 128
)

// localCache holds values that this process has read within the last second. It
// returns a value only if this process has seen no write to its scope since before
// it read the value.
type localCache[T any] struct {
	max int

	mu     sync.RWMutex
	values map[string]localEntry[T]
}

type localEntry[T any] struct {
	value   *T
	written int64 // of its scope, before the value was read
	until   time.Time
}

func newLocalCache[T any](size int) *localCache[T] {
	return &localCache[T]{max: size, values: map[string]localEntry[T]{}}
}

func (c *localCache[T]) get(subject string, written int64) *T {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found := c.values[subject]
	if found.written != written || time.Now().After(found.until) {
		return nil
	}
	return found.value
}

func (c *localCache[T]) put(subject string, written int64, value *T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.values) >= c.max {
		c.makeRoom()
	}
	c.values[subject] = localEntry[T]{value, written, time.Now().Add(localFor)}
}

// makeRoom deletes the expired entries, or a random one if there are none.
func (c *localCache[T]) makeRoom() {
	now, before := time.Now(), len(c.values)
	for subject, value := range c.values {
		if now.After(value.until) {
			delete(c.values, subject)
		}
	}
	for subject := range c.values {
		if len(c.values) < before {
			return
		}
		delete(c.values, subject)
	}
}
