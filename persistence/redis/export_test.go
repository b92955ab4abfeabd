package redis

// Subjects returns how many counters there are.
func (r *RateCounters) Subjects() (n int) {
	for i := range r.shards {
		r.shards[i].mu.Lock()
		n += len(r.shards[i].counters)
		r.shards[i].mu.Unlock()
	}
	return n
}
