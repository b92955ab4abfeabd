package catalog

import (
	"sync"
	"time"
)

const (
	// copiedFor is how long this process answers from its own memory: long
	// enough to spare Redis a crowd, too short for anybody to notice.
	copiedFor = time.Second

	eventCopiesMax = 2048
	listCopiesMax  = 128
)

// copies are values that this process read a moment ago. One is found only if
// no write was seen in its scope since before it was read.
type copies[T any] struct {
	max int

	mu     sync.RWMutex
	values map[string]copied[T]
}

type copied[T any] struct {
	value   *T
	written int64 // of its scope, before the value was read
	until   time.Time
}

func newCopies[T any](size int) *copies[T] {
	return &copies[T]{max: size, values: map[string]copied[T]{}}
}

func (c *copies[T]) get(subject string, written int64) *T {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found := c.values[subject]
	if found.written != written || time.Now().After(found.until) {
		return nil
	}
	return found.value
}

func (c *copies[T]) put(subject string, written int64, value *T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.values) >= c.max {
		c.makeRoom()
	}
	c.values[subject] = copied[T]{value, written, time.Now().Add(copiedFor)}
}

// makeRoom drops what is over, or else any one.
func (c *copies[T]) makeRoom() {
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
