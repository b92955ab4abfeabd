package catalog

import (
	"sync"
	"time"

	"github.com/eventra/eventra"
)

const (
	// localFor is how long this process answers from its own memory: long enough to
	// spare Redis most reads during a rush, too short for readers to notice.
	localFor = time.Second

	localEventsMax = 2048
	localListsMax  = 128
	// localMaxBytes bounds the events, and the lists, whose sizes differ a thousandfold.
	localMaxBytes = 32 << 20
)

// localCache holds values that this process has read within the last second. It
// returns a value only if this process has seen no write to its scope since before
// it read the value.
type localCache[T any] struct {
	max   int
	weigh func(*T) int // bytes

	mu     sync.RWMutex
	values map[string]localEntry[T]
	bytes  int
}

type localEntry[T any] struct {
	value   *T
	written int64 // of its scope, before the value was read
	until   time.Time
	bytes   int
}

func newLocalCache[T any](size int, weigh func(*T) int) *localCache[T] {
	return &localCache[T]{max: size, weigh: weigh, values: map[string]localEntry[T]{}}
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
	entry := localEntry[T]{value, written, time.Now().Add(localFor), len(subject) + c.weigh(value)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(subject)
	for len(c.values) > 0 && (len(c.values) >= c.max || c.bytes+entry.bytes > localMaxBytes) {
		c.makeRoom()
	}
	c.values[subject] = entry
	c.bytes += entry.bytes
}

func (c *localCache[T]) size() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.bytes
}

func (c *localCache[T]) remove(subject string) {
	c.bytes -= c.values[subject].bytes
	delete(c.values, subject)
}

// makeRoom deletes the expired entries, or a random one if there are none.
func (c *localCache[T]) makeRoom() {
	now, before := time.Now(), len(c.values)
	for subject, value := range c.values {
		if now.After(value.until) {
			c.remove(subject)
		}
	}
	for subject := range c.values {
		if len(c.values) < before {
			return
		}
		c.remove(subject)
	}
}

// eventBaseBytes is about what an event takes besides its texts.
const eventBaseBytes = 768

// eventBytes is about what an event takes in memory.
func eventBytes(e *eventra.Event) int {
	size := eventBaseBytes + len(e.Title) + len(e.Description) + len(e.Category) + len(e.Attributes) +
		len(e.Venue.Name) + len(e.Venue.Address) + len(e.Venue.City) + len(e.Venue.Country) + len(e.Venue.Timezone)
	for _, tag := range e.Tags {
		size += len(tag)
	}
	return size
}

func listBytes(l *list) (size int) {
	for _, e := range l.Items {
		size += eventBytes(e)
	}
	return size
}
