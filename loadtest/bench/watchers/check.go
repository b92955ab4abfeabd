package watchers

import (
	"errors"
	"fmt"
	"time"
)

// Summary is what a crowd has learnt.
type Summary struct {
	Watchers, Frames int // those who followed; frames that differ
	Delivered        int // frames, to all of them
	Changes          int64
	P50, P99         time.Duration // from a hold's answer to the arrival of its change
	Arrived          int64         // those who came with nothing
	PackedBytes      int64         // that these were sent, on average
	Err              error
}

func (s *Summary) String() string {
	text := fmt.Sprintf("%d watchers, %d frames delivered (%d different), %d changes, %d ms p50 and %d ms p99 after the answer,",
		s.Watchers, s.Delivered, s.Frames, s.Changes, s.P50.Milliseconds(), s.P99.Milliseconds())
	if s.Arrived > 0 {
		text += fmt.Sprintf(" %d came meanwhile (%d kB each, compressed),", s.Arrived, s.PackedBytes/1000)
	}
	return text
}

// Check applies each watcher's frames in order. Taken says for each seat whether it is
// taken at the end, and answered when its hold was answered, the zero time if it was not.
// The crowd must have stopped.
func (c *Crowd) Check(taken []bool, answered []time.Time) *Summary {
	s := &Summary{Watchers: len(c.watchers), Frames: len(c.frames.all), Arrived: c.arrived.Load(), Err: c.fault()}
	if counted := s.Arrived - s.Arrived/decodeEvery; counted > 0 {
		s.PackedBytes = c.packed.Load() / counted
	}
	steps := map[*frame]*step{}
	var delays histogram
	wrong := 0
	var first error
	for _, w := range c.watchers {
		s.Delivered += len(w.came)
		if err := w.check(c, steps, taken, answered, &delays); err != nil {
			wrong++
			first = errors.Join(first, err)
			if wrong > faultsShown {
				break
			}
		}
	}
	if first != nil {
		s.Err = errors.Join(s.Err, fmt.Errorf("at least %d of %d watchers: %w", wrong, len(c.watchers), first))
	}
	s.Changes, s.P50, s.P99 = delays.count, delays.quantile(0.5), delays.quantile(0.99)
	return s
}

// check follows one watcher, and adds the delay of each seat that it learns to be held.
func (w *watcher) check(c *Crowd, steps map[*frame]*step, taken []bool, answered []time.Time, delays *histogram) error {
	state := make([]byte, c.Sale.Size())
	if w.since > 0 {
		for n := range state {
			state[n] = available
		}
	}
	version := w.since
	for _, a := range w.came {
		if a.frame.version <= version {
			return fmt.Errorf("version %d follows version %d", a.frame.version, version)
		}
		version = a.frame.version
		s := steps[a.frame]
		if s == nil {
			var err error
			if s, err = a.frame.decode(c.Sale.House); err != nil {
				return err
			}
			steps[a.frame] = s
		}
		for i, n := range s.seats {
			if state[n] == available && s.status[i] == held && !answered[n].IsZero() {
				delays.add(a.at.Sub(answered[n]))
			}
			state[n] = s.status[i]
		}
	}
	for n, status := range state {
		if (status == held) != taken[n] || status == unknown {
			return fmt.Errorf("after version %d seat %s is shown wrongly: %d, taken %v", version, c.Sale.Seat(n), status, taken[n])
		}
	}
	return nil
}

// histogram counts durations by millisecond.
type histogram struct {
	counts [histogramMillis]int64
	count  int64
}

const histogramMillis = 60_000

// add counts a duration, a negative one as none: the change was seen before the answer.
func (h *histogram) add(d time.Duration) {
	h.counts[max(0, min(d.Milliseconds(), histogramMillis-1))]++
	h.count++
}

// quantile returns the least whole millisecond that a share q does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	seen := int64(0)
	for ms, n := range h.counts {
		if seen += n; n > 0 && float64(seen) >= q*float64(h.count) {
			return time.Duration(ms) * time.Millisecond
		}
	}
	return 0
}
